/**
 * Sinks that write bzip2 in streams of 3.6 MB: whole blocks at each level, in bounded memory. Python
 * reads streams that follow each other as one, and what fits in one is written byte for byte as there.
 */
import { yieldToEventLoop } from "../io/event_loop.ts";
import type { AsyncSink, SyncSink } from "../io/sink.ts";
import { compressStream, loadBzip2 } from "./_bz2_wasm.ts";

const DEFAULT_LEVEL = 9; // Python's
const SEGMENT_BYTES = 3_600_000;

/** Compresses into a sink. */
export class Bz2SinkSync implements SyncSink {
  readonly start = 0;
  readonly #sink: SyncSink;
  readonly #segments: Segments;

  constructor(sink: SyncSink, level: number) {
    this.#sink = sink;
    this.#segments = new Segments(level);
  }

  write(bytes: Uint8Array): void {
    for (const stream of this.#segments.add(bytes)) this.#sink.write(stream);
  }

  close(): void {
    for (const stream of this.#segments.end()) this.#sink.write(stream);
    this.#sink.close();
  }

  abort(): void {
    this.#sink.abort();
  }
}

/** Compresses into a sink; timers and I/O get their turn between the streams. */
export class Bz2Sink implements AsyncSink {
  readonly start = 0;
  readonly #sink: AsyncSink;
  readonly #segments: Segments;

  constructor(sink: AsyncSink, level: number) {
    this.#sink = sink;
    this.#segments = new Segments(level);
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (const stream of this.#segments.add(bytes)) {
      await this.#sink.write(stream);
      await yieldToEventLoop();
    }
  }

  async close(): Promise<void> {
    for (const stream of this.#segments.end()) await this.#sink.write(stream);
    await this.#sink.close();
  }

  async abort(): Promise<void> {
    await this.#sink.abort();
  }
}

/** Compress the whole of `bytes`. */
export function compressBz2(bytes: Uint8Array, level: number): Uint8Array {
  const segments = new Segments(level);
  const streams = [...segments.add(bytes), ...segments.end()];
  if (streams.length === 1) return streams[0];
  const whole = new Uint8Array(streams.reduce((length, stream) => length + stream.length, 0));
  let offset = 0;
  for (const stream of streams) {
    whole.set(stream, offset);
    offset += stream.length;
  }
  return whole;
}

/** The level, checked. */
export function checkBz2Level(level: number = DEFAULT_LEVEL): number {
  if (Number.isInteger(level) && level >= 1 && level <= 9) return level;
  throw new RangeError(`Cannot compress with bz2: level ${level} is not an integer from 1 to 9`);
}

class Segments {
  readonly #level: number;
  #segment: Uint8Array | undefined;
  #filled = 0;
  #isEmpty = true;

  constructor(level: number) {
    this.#level = level;
  }

  *add(bytes: Uint8Array): Generator<Uint8Array, void> {
    for (let start = 0; start < bytes.length;) {
      this.#segment ??= new Uint8Array(SEGMENT_BYTES);
      const part = bytes.subarray(start, start + SEGMENT_BYTES - this.#filled);
      this.#segment.set(part, this.#filled);
      this.#filled += part.length;
      start += part.length;
      if (this.#filled === SEGMENT_BYTES) yield this.#compress();
    }
  }

  /** The last stream; one without bytes where nothing was written. */
  *end(): Generator<Uint8Array, void> {
    if (this.#filled > 0 || this.#isEmpty) yield this.#compress();
  }

  #compress(): Uint8Array {
    const segment = this.#segment?.subarray(0, this.#filled) ?? new Uint8Array(0);
    this.#filled = 0;
    this.#isEmpty = false;
    return compressStream(loadBzip2(), { bytes: segment, level: this.#level });
  }
}
