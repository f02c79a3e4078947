/**
 * A sink that cuts what it is given into segments and has several compressed at a time: by the
 * method itself where its own calls run in threads, else by workers. What comes out is the same for
 * any number of threads. Where neither is to be had it compresses here, a segment per turn of the
 * event loop.
 */
import { freeBuffer, freeBytes } from "../bytes/free.ts";
import { yieldToEventLoop } from "../io/event_loop.ts";
import type { AsyncSink } from "../io/sink.ts";
import { coreCount, openWorkers, type Workers, type WorkerTask } from "../io/workers.ts";
import type { CompressSinkOptions } from "./registry.ts";

/** Up to here nobody who didn't ask for threads gets any. */
const FEW_BYTES = 4 << 20;
/** Who asks for more threads than this gets no more than there are cores. */
const MANY_THREADS = 16;

/**
 * A method that compresses segment by segment. A zstd frame a segment, for instance:
 *
 *     openSink: (sink, level, options) => parallelSegments(sink, {
 *       name: "zstd",
 *       segmentBytes: 4 << 20,
 *       args: (segment) => segment.length === 0 ? undefined : [segment, level],
 *       compress: (segment, level) => compressFrame(segment, level),
 *       where: { module: import.meta.url, name: "compressFrame" },
 *     }, options)
 */
export interface SegmentMethod<Args extends [segment: Uint8Array, ...rest: unknown[]]> {
  /** What `compress` calls it. */
  readonly name: string;
  /** Length of all segments but the last, which is shorter and may be empty. */
  readonly segmentBytes: number;
  /** So much room is behind each segment in its buffer, from `segmentBytes` on, for `compress` to put
   * its output there. */
  readonly outputBytes?: number;
  /** Where calls of `compress` run at the same time: in threads of their own, in workers that call
   * an exported function with the same arguments (which must be cloneable), or nowhere. "unneeded"
   * says that they would not gain from it so far. */
  readonly where: "threads" | "nowhere" | "unneeded" | WorkerTask;
  /** The arguments for the next segment, in the order of the segments; `undefined` writes nothing
   * for it. All their memory goes over to a worker. Once its output is written, the segment's memory is used again. */
  args(segment: Uint8Array, last: boolean): Args | undefined;
  /** Compress a segment: without waiting, unless `where` is "threads". What it returns is used
   * again too, or freed. */
  compress(...args: Args): Uint8Array | Promise<Uint8Array>;
  /** What stands in front of the first segment. */
  head?(): Uint8Array;
  /** What stands behind the last one. */
  tail?(): Uint8Array;
  /** Release what `compress` holds. */
  close?(): void;
}

/**
 * Compress into `sink` by segments, several at a time.
 *
 * @param method The method, or its promise where something must be loaded first.
 */
export function parallelSegments<Args extends [segment: Uint8Array, ...rest: unknown[]]>(
  sink: AsyncSink,
  method: SegmentMethod<Args> | Promise<SegmentMethod<Args>>,
  options: CompressSinkOptions = {},
): AsyncSink {
  return new SegmentSink(sink, method, options);
}

class SegmentSink<Args extends [segment: Uint8Array, ...rest: unknown[]]> implements AsyncSink {
  readonly start = 0;
  readonly #sink: AsyncSink;
  readonly #loading: Promise<SegmentMethod<Args>>;
  readonly #options: CompressSinkOptions;
  #method: SegmentMethod<Args> | undefined;
  #segment: Uint8Array | undefined;
  #filled = 0;
  #taken = 0;
  /** How many segments that were. */
  #count = 0;
  /** Buffers of segments that were written, to be filled again. */
  readonly #free: ArrayBufferLike[] = [];
  #workers: Workers | undefined;
  #warned = false;
  readonly #end = new AbortController();
  /** While workers start, this thread goes on. */
  #starting: Promise<void> | undefined;
  readonly #slots = new Slots(1);
  #threads = 1;
  /** What was compressed or is being so, in the order in which it is written. */
  readonly #inFlight: { output: Promise<Uint8Array>; segment: Uint8Array }[] = [];

  constructor(
    sink: AsyncSink,
    method: SegmentMethod<Args> | Promise<SegmentMethod<Args>>,
    options: CompressSinkOptions,
  ) {
    this.#sink = sink;
    this.#options = options;
    this.#loading = Promise.resolve(method);
    this.#loading.catch(() => {}); // told by the first write
  }

  async write(bytes: Uint8Array): Promise<void> {
    const method = await this.#begin();
    for (let offset = 0; offset < bytes.length;) {
      this.#segment ??= this.#newSegment(method);
      const part = bytes.subarray(offset, offset + method.segmentBytes - this.#filled);
      this.#segment.set(part, this.#filled);
      this.#filled += part.length;
      offset += part.length;
      if (this.#filled === method.segmentBytes) await this.#put(method, false);
    }
  }

  async close(): Promise<void> {
    try {
      const method = await this.#begin();
      await this.#put(method, true);
      while (this.#inFlight.length > 0) await this.#writeNext(method);
      // who asked for threads is told where there are none
      if (this.#options.threads !== undefined) await this.#starting;
      const tail = method.tail?.();
      if (tail !== undefined) await this.#sink.write(tail);
    } finally {
      this.#release();
    }
    await this.#sink.close();
  }

  async abort(): Promise<void> {
    this.#inFlight.length = 0;
    this.#release();
    await this.#sink.abort();
  }

  async #begin(): Promise<SegmentMethod<Args>> {
    if (this.#method !== undefined) return this.#method;
    this.#method = await this.#loading;
    const head = this.#method.head?.();
    if (head !== undefined) await this.#sink.write(head);
    return this.#method;
  }

  async #put(method: SegmentMethod<Args>, last: boolean): Promise<void> {
    // its own memory: a thread may be reading the one before
    const segment = this.#segment?.subarray(0, this.#filled) ?? new Uint8Array(0);
    this.#segment = undefined;
    this.#filled = 0;
    this.#taken += segment.length;
    const args = method.args(segment, last);
    if (args === undefined) return this.#reuse(segment, method);
    this.#count++;
    this.#haveThreads(method, last);
    await this.#slots.take();
    const output = this.#compress(method, args);
    output.then(() => this.#slots.give(), () => this.#slots.give());
    this.#inFlight.push({ output, segment });
    while (this.#inFlight.length > this.#threads) await this.#writeNext(method);
    if (method.where !== "threads" && this.#workers === undefined) await yieldToEventLoop();
  }

  async #compress(method: SegmentMethod<Args>, args: Args): Promise<Uint8Array> {
    if (this.#workers === undefined) return await method.compress(...args);
    return await this.#workers.run(args, args.flatMap(buffersOf));
  }

  async #writeNext(method: SegmentMethod<Args>): Promise<void> {
    const next = this.#inFlight.shift();
    if (next === undefined) return;
    const bytes = await next.output;
    if (bytes.length > 0) await this.#sink.write(bytes);
    const isOther = bytes.buffer !== next.segment.buffer;
    this.#reuse(next.segment, method);
    if (isOther) this.#reuse(bytes, method);
  }

  #newSegment({ segmentBytes, outputBytes = 0 }: SegmentMethod<Args>): Uint8Array {
    const buffer = this.#free.pop() ?? new ArrayBuffer(segmentBytes + outputBytes);
    return new Uint8Array(buffer, 0, segmentBytes);
  }

  /** Keep a buffer of ours, which may have come back from a worker, and free others. */
  #reuse(bytes: Uint8Array, { segmentBytes, outputBytes = 0 }: SegmentMethod<Args>): void {
    if (bytes.buffer.byteLength === segmentBytes + outputBytes) this.#free.push(bytes.buffer);
    else freeBytes(bytes);
  }

  /** More threads, as soon as there is something for them to do: as many as there were segments. */
  #haveThreads(method: SegmentMethod<Args>, last: boolean): void {
    if (this.#warned || this.#starting !== undefined) return;
    if (last && this.#count === 1) return; // nothing to be done at the same time
    const { threads } = this.#options;
    const most = this.#mostThreads();
    const wanted = Math.min(most, this.#count + 1);
    if (wanted <= this.#threads || method.where === "unneeded") return;
    if (method.where === "nowhere") {
      if (threads !== undefined) this.#warn(method, "this runtime has none for it");
    } else if (method.where === "threads") this.#use(wanted);
    else if (wanted === most || wanted >= 2 * this.#threads) {
      this.#starting = this.#startWorkers(method, method.where, wanted)
        .finally(() => this.#starting = undefined);
    }
  }

  /** How many threads there may be for a long file. */
  #mostThreads(): number {
    const { threads } = this.#options;
    if (threads !== undefined) return Math.min(threads, Math.max(coreCount(), MANY_THREADS));
    return this.#taken > FEW_BYTES ? coreCount() : 1;
  }

  async #startWorkers(
    method: SegmentMethod<Args>,
    task: WorkerTask,
    wanted: number,
  ): Promise<void> {
    try {
      const workers = await openWorkers(task, wanted, this.#end.signal);
      if (this.#end.signal.aborted) return;
      this.#workers?.release(); // the new ones are those, and some more
      this.#workers = workers;
      this.#use(wanted);
    } catch (error) {
      if (this.#end.signal.aborted) return;
      this.#warn(method, (error as Error).message);
    }
  }

  #use(threads: number): void {
    for (; this.#threads < threads; this.#threads++) this.#slots.give();
  }

  #warn(method: SegmentMethod<Args>, reason: string): void {
    this.#warned = true;
    const found = this.#threads === 1 ? "1 thread" : `${this.#threads} threads`;
    this.#options.onWarning?.({
      code: "threads",
      message: `${method.name} is compressed by ${found}, not ${this.#mostThreads()}: ${reason}`,
    });
  }

  #release(): void {
    this.#end.abort();
    this.#workers?.release();
    this.#workers = undefined;
    this.#method?.close?.();
    this.#free.forEach(freeBuffer);
    this.#free.length = 0;
  }
}

/** So many may work at a time. */
class Slots {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  async take(): Promise<void> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  give(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free++;
    else next();
  }
}

/** The memory of an argument: of bytes, or of those in an object of options. */
function buffersOf(arg: unknown): ArrayBufferLike[] {
  if (arg instanceof Uint8Array) return [arg.buffer];
  if (typeof arg !== "object" || arg === null) return [];
  return Object.values(arg).filter((part) => part instanceof Uint8Array).map(({ buffer }) =>
    buffer
  );
}
