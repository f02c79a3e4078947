/**
 * A random-access file over a backend: checks arguments, joins ranges, and puts off the release
 * until no call is under way, because a descriptor's number is given to the next file at once.
 */
import { LarderError, UnsupportedError } from "../errors.ts";
import { endsError, growsError, labelOf, onlyAsyncError } from "./_backend.ts";
import type { Backend } from "./_backend.ts";
import { planReads, scatter } from "./coalesce.ts";
import type { Block } from "./coalesce.ts";
import type { ByteRange, RandomAccessFile } from "./random_access.ts";

/** The face of a backend. */
export class BackedFile implements RandomAccessFile {
  readonly #backend: Backend;
  readonly #signal: AbortSignal | undefined;
  #scratch: Uint8Array = new Uint8Array(0);
  #closed = false;
  #running = 0;
  #whenIdle: (() => void)[] = [];

  /** Serve a backend; an aborted signal ends asynchronous calls with its reason. */
  constructor(backend: Backend, signal?: AbortSignal | undefined) {
    this.#backend = backend;
    this.#signal = signal;
  }

  get size(): number {
    return this.#backend.size;
  }

  get name(): string | undefined {
    return this.#backend.name;
  }

  get sync(): boolean {
    return this.#backend.sync;
  }

  get writable(): boolean {
    return this.#backend.writable;
  }

  async read(ranges: readonly ByteRange[]): Promise<void> {
    this.#checkOpen("read");
    this.#endOf(ranges);
    const backend = this.#backend;
    await this.#run(async () => {
      if (ranges.length === 1) return await backend.fill(ranges[0].start, ranges[0].into);
      const { joining } = backend;
      await eachBlock(planReads(ranges, joining), joining.inFlight, fillBlocks(backend));
    });
  }

  readSync(ranges: readonly ByteRange[]): void {
    const backend = this.#backend;
    this.#checkOpen("read");
    if (!backend.sync) throw onlyAsyncError(backend.name);
    const end = this.#endOf(ranges);
    backend.prepare?.(end);
    if (ranges.length === 1) return backend.fillSync(ranges[0].start, ranges[0].into);
    for (const block of planReads(ranges, backend.joining)) {
      if (block.ranges.length === 1) {
        backend.fillSync(block.start, block.ranges[0].into);
      } else {
        const bytes = this.#room(block.end - block.start);
        backend.fillSync(block.start, bytes);
        scatter(block, bytes);
      }
    }
  }

  async write(start: number, bytes: Uint8Array): Promise<void> {
    this.#checkWrite(start, bytes);
    await this.#run(() => this.#backend.store(start, bytes));
  }

  writeSync(start: number, bytes: Uint8Array): void {
    this.#checkWrite(start, bytes);
    if (!this.#backend.sync) throw onlyAsyncError(this.name);
    this.#backend.storeSync(start, bytes);
  }

  async flush(): Promise<void> {
    this.#checkOpen("flush");
    if (this.writable) await this.#run(() => this.#backend.flush());
  }

  flushSync(): void {
    this.#checkOpen("flush");
    if (!this.writable) return;
    if (!this.#backend.sync) throw onlyAsyncError(this.name);
    this.#backend.flushSync();
  }

  async close(): Promise<void> {
    this.closeSync();
    if (this.#running > 0) await new Promise<void>((resolve) => this.#whenIdle.push(resolve));
  }

  closeSync(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#scratch = new Uint8Array(0);
    if (this.#running === 0) this.#backend.release();
  }

  async #run(work: () => Promise<void>): Promise<void> {
    this.#signal?.throwIfAborted();
    this.#running++;
    try {
      await work();
    } finally {
      if (--this.#running === 0 && this.#closed) {
        this.#backend.release();
        for (const idle of this.#whenIdle) idle();
      }
    }
  }

  #checkOpen(action: string): void {
    if (!this.#closed) return;
    throw new LarderError(
      `Cannot ${action} ${labelOf(this.name)}: it is closed`,
      this.name === undefined ? {} : { path: this.name },
    );
  }

  /** Where the last of the ranges ends, all of which are checked. */
  #endOf(ranges: readonly ByteRange[]): number {
    const { size } = this.#backend;
    let last = 0;
    for (let i = 0; i < ranges.length; i++) {
      const { start, into } = ranges[i];
      checkStart(start);
      const end = start + into.length;
      if (end > size) throw endsError(this.name, size, end);
      if (end > last) last = end;
    }
    return last;
  }

  #checkWrite(start: number, bytes: Uint8Array): void {
    this.#checkOpen("write");
    if (!this.writable) {
      throw new UnsupportedError(
        `Cannot write ${labelOf(this.name)}: it was opened for reading`,
        this.name === undefined ? {} : { path: this.name },
      );
    }
    checkStart(start);
    if (start + bytes.length > this.size) {
      throw growsError(this.name, this.size, start + bytes.length);
    }
  }

  #room(length: number): Uint8Array {
    if (this.#scratch.length < length) this.#scratch = new Uint8Array(length);
    return this.#scratch.subarray(0, length);
  }
}

/** A function that fills one block, each with a buffer of its own that it uses again. */
function fillBlocks(backend: Backend): () => (block: Block) => Promise<void> {
  return () => {
    let scratch = new Uint8Array(0);
    return async (block) => {
      if (block.ranges.length === 1) {
        return await backend.fill(block.start, block.ranges[0].into);
      }
      const length = block.end - block.start;
      if (scratch.length < length) scratch = new Uint8Array(length);
      const bytes = scratch.subarray(0, length);
      await backend.fill(block.start, bytes);
      scatter(block, bytes);
    };
  };
}

/** Some blocks at a time. After an error no more are begun, and those under way are waited for. */
async function eachBlock(
  blocks: readonly Block[],
  inFlight: number,
  lane: () => (block: Block) => Promise<void>,
): Promise<void> {
  let next = 0;
  let failure: { error: unknown } | undefined;
  const lanes: Promise<void>[] = [];
  for (let i = 0; i < Math.min(inFlight, blocks.length); i++) lanes.push(work(lane()));
  await Promise.all(lanes);
  if (failure !== undefined) throw (failure as { error: unknown }).error;

  async function work(fill: (block: Block) => Promise<void>): Promise<void> {
    while (next < blocks.length && failure === undefined) {
      try {
        await fill(blocks[next++]);
      } catch (error) {
        failure ??= { error };
      }
    }
  }
}

function checkStart(start: number): void {
  if (Number.isSafeInteger(start) && start >= 0) return;
  throw new RangeError(`Cannot access a file at ${start}: a place is a whole number from 0 on`);
}
