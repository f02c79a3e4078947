/**
 * Decompressors as generators: they look at a window of compressed bytes, yield what comes out of
 * it, and yield nothing to get more. One such generator is read with and without waiting.
 */
import { yieldToEventLoop } from "../io/event_loop.ts";
import { readAll, type ReadTask, runReads } from "../io/read_task.ts";
import { type AsyncReader, openReaderSync, type SyncReader } from "../io/source.ts";
import { checkLimits } from "./_limits.ts";
import type { DecompressLimits } from "./registry.ts";

const READ_BYTES = 256 << 10;
const MIN_READ_BYTES = 1 << 10;
/** Limits are looked at, and other work has its turn, after so much output. */
const SLICE_BYTES = 1 << 20;
/** What is decompressed to see whether the end follows, for decompressors that write into a target. */
const AHEAD_BYTES = 4 << 10;
const EMPTY = new Uint8Array(0);

/** What a decompressor yields: output, or nothing where it needs a longer window. */
export type Steps = Generator<Uint8Array | undefined, void>;

/**
 * It may also write into `feed.target` and yield how many bytes it wrote there. 0 says that all
 * before was checked and may be all that is wanted: it is passed only when more is asked for. Where
 * the output is awaited it may yield a promise, to go on once that is fulfilled.
 */
export type TargetSteps = Generator<
  Uint8Array | number | Promise<unknown> | undefined,
  void
>;

/** A {@linkcode ReadTask} that may wait for something else, too. */
type WaitingTask<T> = Generator<Uint8Array | Promise<unknown>, T, number>;

/** A format that is read in steps. */
export interface SteppedFormat {
  /** What `compress` calls it. */
  readonly name: string;
  /** No byte that goes in lets more than so many come out, on the whole. */
  readonly maxRatio?: number;
  /** Decompress what comes through `feed`, which stands behind the stream at the end. */
  decode(feed: Feed): TargetSteps;
}

/** The compressed bytes that were read and not used yet. */
export class Feed {
  /** The buffer that holds the window; what is around it is undefined. */
  buffer: Uint8Array = EMPTY;
  /** Where the window starts in `buffer`. */
  start = 0;
  /** Where it ends. */
  end = 0;
  /** Position of the window's first byte in the whole. */
  offset = 0;
  /** There is nothing behind the window. */
  ended = false;
  /** Where output may go, never empty; another place after each that was yielded. */
  target: Uint8Array = EMPTY;

  /** Length of the window. */
  get length(): number {
    return this.end - this.start;
  }

  /** A byte of the window. */
  byteAt(index: number): number {
    return this.buffer[this.start + index];
  }

  /** Bytes of the window, as a view that lasts until the window grows. */
  view(start: number, end: number): Uint8Array {
    return this.buffer.subarray(this.start + start, this.start + end);
  }

  /** Take the first `count` bytes out of the window. */
  skip(count: number): void {
    this.start += count;
    this.offset += count;
  }

  /** Where the next bytes go. */
  room(readBytes: number = READ_BYTES): Uint8Array {
    const { length } = this;
    if (this.start > 0 && (length === 0 || this.buffer.length - this.end < readBytes)) {
      this.buffer.copyWithin(0, this.start, this.end);
      this.start = 0;
      this.end = length;
    }
    if (this.buffer.length - this.end < readBytes) {
      const longer = new Uint8Array(Math.max(2 * this.buffer.length, this.end + readBytes));
      longer.set(this.buffer.subarray(0, this.end));
      this.buffer = longer;
    }
    return this.buffer.subarray(this.end, this.end + readBytes);
  }

  /** That many bytes went into the room, none at the end. */
  filled(count: number): void {
    this.end += count;
    if (count === 0) this.ended = true;
  }
}

/** Wait until the window holds `length` bytes; returns whether it does. */
export function* need(feed: Feed, length: number): Generator<undefined, boolean> {
  while (feed.length < length && !feed.ended) yield undefined;
  return feed.length >= length;
}

/** Read what `reader` gives, decompressed. */
export function openSteps(
  format: SteppedFormat | Promise<SteppedFormat>,
  reader: AsyncReader,
  limits: DecompressLimits,
): AsyncReader {
  let output: Output | undefined;
  if (format instanceof Promise) format.catch(() => {}); // told by the first read
  else output = new Output(format, limits);
  let turn = 0;
  return {
    exact: false,
    get remaining(): number | undefined {
      return output?.remaining(reader);
    },
    async read(into: Uint8Array): Promise<number> {
      output ??= new Output(await format, limits);
      const slice = into.length > SLICE_BYTES ? into.subarray(0, SLICE_BYTES) : into;
      const count = await runWaiting(output.read(slice, reader), reader);
      if (output.ended) await reader.unread(output.release());
      turn += count;
      if (turn >= SLICE_BYTES) {
        turn = 0;
        await yieldToEventLoop();
      }
      return count;
    },
    unread: (): Promise<void> => Promise.resolve(),
    async close(): Promise<void> {
      const rest = output?.release() ?? 0;
      if (rest > 0) await reader.unread(rest);
      await reader.close();
    },
  };
}

/** Read what `reader` gives, decompressed, without waiting. */
export function openStepsSync(
  format: SteppedFormat,
  reader: SyncReader,
  limits: DecompressLimits,
): SyncReader {
  const output = new Output(format, limits);
  return {
    exact: false,
    get remaining(): number | undefined {
      return output.remaining(reader);
    },
    read(into: Uint8Array): number {
      // nothing is waited for: the format was not opened for that
      const count = runReads(output.read(into, reader) as ReadTask<number>, reader);
      if (output.ended) reader.unread(output.release());
      return count;
    },
    unread: (): void => {},
    close(): void {
      const rest = output.release();
      if (rest > 0) reader.unread(rest);
      reader.close();
    },
  };
}

/** Decompress the whole of `bytes`. */
export function decompressSteps(
  format: SteppedFormat,
  bytes: Uint8Array,
  limits: DecompressLimits,
): Uint8Array {
  const reader = openStepsSync(format, openReaderSync(bytes), limits);
  try {
    return runReads(readAll(reader), reader);
  } finally {
    reader.close();
  }
}

async function runWaiting<T>(task: WaitingTask<T>, reader: AsyncReader): Promise<T> {
  let step = task.next();
  while (!step.done) {
    const { value } = step;
    const count = value instanceof Promise ? await value.then(() => 0) : await reader.read(value);
    step = task.next(count);
  }
  return step.value;
}

/**
 * What comes out of a decompressor. The last bytes that are known wait until more are or the end was
 * checked: a consumer that stops at the last byte it needs would never see a checksum fail.
 */
class Output {
  /** The end was checked. */
  ended = false;
  readonly #format: SteppedFormat;
  readonly #limits: DecompressLimits;
  readonly #feed = new Feed();
  readonly #steps: TargetSteps;
  readonly #ahead = new Uint8Array(AHEAD_BYTES);
  /** What came out and was not handed out. */
  #held: Uint8Array = EMPTY;
  #length = 0;

  constructor(format: SteppedFormat, limits: DecompressLimits) {
    this.#format = format;
    this.#limits = limits;
    this.#steps = format.decode(this.#feed);
  }

  /** Upper bound of what is not handed out. */
  remaining(reader: { readonly remaining: number | undefined }): number | undefined {
    if (this.ended) return this.#held.length;
    const { remaining } = reader;
    const { maxRatio } = this.#format;
    if (remaining === undefined || maxRatio === undefined) return undefined;
    const input = this.#feed.offset + this.#feed.length + remaining;
    return input * maxRatio - this.#length + this.#held.length;
  }

  /** Fill `into`, not more than once at a time. */
  *read(
    into: Uint8Array,
    reader: { readonly remaining: number | undefined },
  ): WaitingTask<number> {
    for (let filled = 0;;) {
      const room = into.subarray(filled);
      const taken = this.#held.subarray(0, room.length);
      room.set(taken);
      this.#held = this.#held.subarray(taken.length);
      filled += taken.length;
      if (this.#held.length > 0 || this.ended || into.length === 0) return filled;
      const target = filled < into.length ? into.subarray(filled) : this.#ahead;
      const made = yield* this.#next(target, reader);
      if (made === undefined) this.ended = true;
      else if (typeof made !== "number") this.#held = made;
      else if (made === 0 && filled > 0) return filled;
      else if (target === this.#ahead) this.#held = target.subarray(0, made);
      else filled += made;
    }
  }

  /** Stop; returns how many bytes of the input were read and not used. */
  release(): number {
    this.#steps.return();
    const { length } = this.#feed;
    this.#feed.skip(length);
    return length;
  }

  *#next(
    target: Uint8Array,
    reader: { readonly remaining: number | undefined },
  ): WaitingTask<Uint8Array | number | undefined> {
    const feed = this.#feed;
    feed.target = target.subarray(0, SLICE_BYTES);
    for (;;) {
      const { value, done } = this.#steps.next();
      if (done) return undefined;
      if (value === undefined) {
        // not more than there is: files are small as a rule
        const left = Math.max(MIN_READ_BYTES, (reader.remaining ?? READ_BYTES) + 1);
        feed.filled(yield feed.room(Math.min(READ_BYTES, left)));
        continue;
      }
      if (value instanceof Promise) {
        yield value;
        continue;
      }
      if (typeof value !== "number" && value.length === 0) continue;
      this.#length += typeof value === "number" ? value : value.length;
      checkLimits(this.#format.name, this.#limits, this.#length, feed.offset);
      return value;
    }
  }
}
