/**
 * Sinks that write zstd in frames of 1 MiB, which decoders read as one stream: memory is bounded on
 * both sides, and threads can compress several frames at a time. All memory is used again: what is
 * left to the collector here piles up to hundreds of megabytes in Bun.
 */
import type { AsyncSink, SyncSink } from "../io/sink.ts";
import { parallelSegments } from "./_threads.ts";
import {
  compressZstdLater,
  jobOf,
  zstdFrameBound,
  ZstdFrames,
  zstdThreads,
} from "./_zstd_frames.ts";
import type { CompressSinkOptions } from "./registry.ts";

const DEFAULT_LEVEL = 3; // zstd's own
const MAX_LEVEL = 9; // of joblib's levels; zstd itself goes to 22
/** Numbers become as small as in one long frame or smaller, text 0.3 % larger. */
const FRAME_BYTES = 1 << 20;
const FRAME_BOUND = zstdFrameBound(FRAME_BYTES);

/** Compresses into a sink, at once. */
export class ZstdSinkSync implements SyncSink {
  readonly start = 0;
  readonly #sink: SyncSink;
  readonly #frames: ZstdFrames;
  readonly #isFrame = frames();
  readonly #output = new Uint8Array(FRAME_BOUND);
  #segment: Uint8Array | undefined;
  #filled = 0;

  constructor(sink: SyncSink, level: number) {
    this.#sink = sink;
    this.#frames = new ZstdFrames(level);
  }

  write(bytes: Uint8Array): void {
    for (let start = 0; start < bytes.length;) {
      const part = bytes.subarray(start, start + FRAME_BYTES - this.#filled);
      start += part.length;
      if (part.length === FRAME_BYTES) this.#put(part); // no copy of what is as long as a frame
      else this.#collect(part);
    }
  }

  close(): void {
    this.#put(this.#segment?.subarray(0, this.#filled) ?? new Uint8Array(0));
    this.#frames.close();
    this.#sink.close();
  }

  abort(): void {
    this.#frames.close();
    this.#sink.abort();
  }

  #collect(part: Uint8Array): void {
    this.#segment ??= new Uint8Array(FRAME_BYTES);
    this.#segment.set(part, this.#filled);
    this.#filled += part.length;
    if (this.#filled < FRAME_BYTES) return;
    this.#filled = 0;
    this.#put(this.#segment);
  }

  #put(segment: Uint8Array): void {
    if (!this.#isFrame(segment)) return;
    this.#sink.write(this.#frames.put({ bytes: segment, output: this.#output }));
  }
}

/** Compress into a sink, by threads where there are any. */
export function openZstdSink(
  sink: AsyncSink,
  level: number,
  options?: CompressSinkOptions,
): AsyncSink {
  const isFrame = frames();
  const where = zstdThreads();
  const here = new ZstdFrames(level);
  return parallelSegments<[bytes: Uint8Array, level: number, roomAt: number]>(sink, {
    name: "zstd",
    segmentBytes: FRAME_BYTES,
    outputBytes: FRAME_BOUND,
    where,
    args: (segment) => isFrame(segment) ? [segment, level, FRAME_BYTES] : undefined,
    compress: where === "threads"
      ? compressZstdLater
      : (segment, _level, roomAt) => here.put(jobOf(segment, roomAt)),
    close: () => here.close(),
  }, options);
}

/** The level, checked. */
export function checkZstdLevel(level: number = DEFAULT_LEVEL): number {
  if (Number.isInteger(level) && level >= 1 && level <= MAX_LEVEL) return level;
  throw new RangeError(`Cannot compress with zstd: level ${level} is not an integer from 1 to 9`);
}

/** Whether a segment becomes a frame: an empty one only where it is the first. */
function frames(): (segment: Uint8Array) => boolean {
  let count = 0;
  return (segment) => count++ === 0 || segment.length > 0;
}
