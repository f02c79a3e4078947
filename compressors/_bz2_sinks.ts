/**
 * Sinks that write bzip2 in streams of 900 kB: whole blocks at each level, in bounded memory, which
 * threads can share. Python reads streams that follow each other as one, and what fits in one is
 * written byte for byte as there.
 */
import type { AsyncSink, SyncSink } from "../io/sink.ts";
import { BZ2_TASK, compressBz2Stream, loadBzip2 } from "./_bz2_wasm.ts";
import { parallelSegments } from "./_threads.ts";
import type { CompressSinkOptions } from "./registry.ts";

const DEFAULT_LEVEL = 9; // Python's
/** A block of level 9, nine of level 1. More streams cost 14 bytes each; longer ones take longer. */
const STREAM_BYTES = 900_000;

/** Compresses into a sink. */
export class Bz2SinkSync implements SyncSink {
  readonly start = 0;
  readonly #sink: SyncSink;
  readonly #level: number;
  readonly #isStream = streams();
  #segment: Uint8Array | undefined;
  #filled = 0;

  constructor(sink: SyncSink, level: number) {
    this.#sink = sink;
    this.#level = level;
  }

  write(bytes: Uint8Array): void {
    for (let start = 0; start < bytes.length;) {
      const part = bytes.subarray(start, start + STREAM_BYTES - this.#filled);
      start += part.length;
      if (part.length === STREAM_BYTES) this.#put(part); // no copy of what is as long as a stream
      else this.#collect(part);
    }
  }

  close(): void {
    this.#put(this.#segment?.subarray(0, this.#filled) ?? new Uint8Array(0));
    this.#sink.close();
  }

  abort(): void {
    this.#sink.abort();
  }

  #collect(part: Uint8Array): void {
    this.#segment ??= new Uint8Array(STREAM_BYTES);
    this.#segment.set(part, this.#filled);
    this.#filled += part.length;
    if (this.#filled < STREAM_BYTES) return;
    this.#filled = 0;
    this.#put(this.#segment);
  }

  #put(segment: Uint8Array): void {
    if (this.#isStream(segment)) this.#sink.write(compressBz2Stream(segment, this.#level));
  }
}

/** Compress into a sink, by workers where there is much to do. */
export function openBz2Sink(
  sink: AsyncSink,
  level: number,
  options?: CompressSinkOptions,
): AsyncSink {
  const isStream = streams();
  return parallelSegments<[segment: Uint8Array, level: number]>(sink, {
    name: "bz2",
    segmentBytes: STREAM_BYTES,
    where: BZ2_TASK,
    args(segment) {
      loadBzip2(); // what is missing is no matter of threads
      return isStream(segment) ? [segment, level] : undefined;
    },
    compress: compressBz2Stream,
  }, options);
}

/** The level, checked. */
export function checkBz2Level(level: number = DEFAULT_LEVEL): number {
  if (Number.isInteger(level) && level >= 1 && level <= 9) return level;
  throw new RangeError(`Cannot compress with bz2: level ${level} is not an integer from 1 to 9`);
}

/** Whether a segment becomes a stream: an empty one only where it is the first. */
function streams(): (segment: Uint8Array) => boolean {
  let count = 0;
  return (segment) => count++ === 0 || segment.length > 0;
}
