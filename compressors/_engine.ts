/**
 * The seam between the deflate formats and what does the work: `node:zlib` where there is one,
 * fflate elsewhere. Engines know deflate (RFC 1951), and for reading the zlib wrapper, which
 * `node:zlib` checks faster than we can; gzip's wrapper is ours everywhere.
 */
import { CompressionError } from "../errors.ts";
import { builtin } from "../io/builtin.ts";
import { loadFflateEngine, readyFflateEngine } from "./_fflate_engine.ts";
import { nodeEngine } from "./_node_engine.ts";
import { hasSteps } from "./_node_inflater.ts";
import type { SegmentMethod } from "./_threads.ts";

/** What surrounds the deflate data that an engine reads. */
export type Wrapper = "raw" | "zlib";

/** Where a stream stands, for errors. */
export interface Origin {
  /** Name of the format. */
  name: string;
  /** Position of the first byte. */
  offset: number;
}

/** Decompresses one stream step by step. */
export interface Inflater {
  /** How many bytes of its input the last step used. */
  readonly used: number;
  /** How many bytes it made. */
  readonly made: number;
  /** The stream is complete. May show only when there is more input, or when there can't be. */
  readonly done: boolean;
  /**
   * Decompress as much of `input` as fits into `output`.
   *
   * @param last Nothing comes behind `input`.
   * @throws {CompressionError} The stream is damaged, or cut.
   */
  step(input: Uint8Array, output: Uint8Array, last: boolean): void;
  /** Release what it holds. */
  close(): void;
}

/** A segment and how it is compressed. */
export type DeflateJob = [segment: Uint8Array, how: unknown];

/** Compresses raw deflate segments that follow each other. */
export interface Deflater {
  /** Compress the next segment, at once; what comes out is the caller's. */
  deflateSync(segment: Uint8Array, last: boolean): Uint8Array;
  /** Where calls of `deflate` run at the same time. */
  readonly where: SegmentMethod<DeflateJob>["where"];
  /** The arguments for the next segment. */
  job(segment: Uint8Array, last: boolean): DeflateJob;
  /** Compress a segment; may be called again before the promise resolves. */
  deflate(...job: DeflateJob): Uint8Array | Promise<Uint8Array>;
}

/** An implementation of deflate. */
export interface DeflateEngine {
  /** Decompress the stream that starts at `origin`. */
  inflater(wrapper: Wrapper, origin: Origin): Inflater;
  /** Compress segments. */
  deflater(level: number): Deflater;
  /** CRC-32 of `bytes`, continuing from `value`. */
  crc32(bytes: Uint8Array, value: number): number;
}

/** The engine of this runtime, where it needs no loading any more. */
export function readyEngine(): DeflateEngine | undefined {
  const zlib = builtin("zlib");
  return zlib === undefined || !hasSteps(zlib) ? readyFflateEngine() : nodeEngine(zlib);
}

/** The engine of this runtime. */
export async function loadEngine(): Promise<DeflateEngine> {
  return readyEngine() ?? await loadFflateEngine();
}

/** The error of a stream that ends too early. */
export function truncated(origin: Origin, offset: number, cause?: unknown): CompressionError {
  return new CompressionError(
    `Cannot decompress ${origin.name}: the data ends at byte ${offset}, before the stream does`,
    { offset, cause },
  );
}

/** The error of a stream that is damaged. */
export function corrupt(
  origin: Origin,
  reason: string,
  offset: number,
  cause?: unknown,
): CompressionError {
  return new CompressionError(
    `Cannot decompress ${origin.name}: ${reason} in the stream, at byte ${offset}`,
    { offset, cause },
  );
}
