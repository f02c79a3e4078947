/**
 * The compressors by name: joblib's six from the start, the user's own on top. A file is told by
 * its first bytes in the order of registration; a path by its suffix, where the last one wins
 * (joblib.register_compressor and joblib.numpy_pickle_utils._detect_compressor).
 */
import { checkOptions } from "../bytes/check_options.ts";
import type { AsyncReader, SyncReader } from "../io/source.ts";
import type { AsyncSink, SyncSink } from "../io/sink.ts";
import { bz2 } from "./bz2.ts";
import { gzip } from "./gzip.ts";
import { lz4 } from "./lz4.ts";
import { lzma } from "./lzma.ts";
import { xz } from "./xz.ts";
import { zlib } from "./zlib.ts";
import { zstd } from "./zstd.ts";

/** What may be set for decompressing. */
export interface DecompressOptions {
  /** Stop with a LimitError before more than this many bytes come out. @default Infinity */
  maxBytes?: number;
}

/** Bounds for streaming decompression, each without a bound where it is not set, and where it ends. */
export interface DecompressLimits extends DecompressOptions {
  /** Stop with a LimitError when the output is more than this many times the input. */
  maxRatio?: number;
  /** Something else may follow: an end of the stream that could be the last is only passed when
   * more is asked for, and what is behind goes back to the reader. @default false */
  several?: boolean;
}

/** What may be set for compressing into a sink that is awaited. */
export interface CompressSinkOptions {
  /** How many segments are compressed at a time by methods that can: see `parallelSegments` in
   * _threads.ts. @default 1 up to 4 MiB, then as many as the machine has cores */
  threads?: number;
  /** Takes the notice that there are no threads here. */
  onWarning?: (warning: { code: string; message: string }) => void;
}

/** One compression method. */
export interface CompressorEntry {
  /** First bytes of what it writes. */
  prefix: Uint8Array;
  /** Suffix of file names that pick it, with its dot. */
  extension: string;
  /** Compress the whole of `bytes`. */
  compress(bytes: Uint8Array, level?: number): Uint8Array | Promise<Uint8Array>;
  /** Decompress the whole of `bytes`. */
  decompress(
    bytes: Uint8Array,
    options?: DecompressOptions,
  ): Uint8Array | Promise<Uint8Array>;
  /** Compress in bounded memory. */
  compressStream?(level?: number): TransformStream<Uint8Array, Uint8Array>;
  /** Decompress in bounded memory. */
  decompressStream?(): TransformStream<Uint8Array, Uint8Array>;
  /** Load what synchronous calls need. */
  prepare?(): Promise<void>;
}

/** A method that reads and writes Larder's own sources and sinks. */
export interface BuiltInCompressor extends CompressorEntry {
  /** Decompress what `reader` gives, in bounded memory. */
  openReader?(reader: AsyncReader, limits: DecompressLimits): AsyncReader;
  /** Decompress what `reader` gives. */
  openReaderSync?(reader: SyncReader, limits: DecompressLimits): SyncReader;
  /** Compress into `sink`, in bounded memory. */
  openSink?(sink: AsyncSink, level?: number, options?: CompressSinkOptions): AsyncSink;
  /** Compress into `sink`. */
  openSinkSync?(sink: SyncSink, level?: number): SyncSink;
}

/** Methods that an entry may lack. */
const OPTIONAL_METHODS = [
  "compressStream",
  "decompressStream",
  "prepare",
  "openReader",
  "openReaderSync",
  "openSink",
  "openSinkSync",
] as const satisfies readonly (keyof BuiltInCompressor)[];

/** Options of {@linkcode registerCompressor}. */
export interface RegisterCompressorOptions {
  /** Replace a compressor of that name. @default false */
  force?: boolean;
}

// joblib's order: zlib, gzip, bz2, lzma, xz, lz4; then ours.
const registry: Map<string, BuiltInCompressor> = new Map(
  Object.entries({ zlib, gzip, bz2, lzma, xz, lz4, zstd }),
);

/**
 * Make a compressor known to `dump` (by name and by extension), `load` (by its first bytes) and
 * `Memory`. As `joblib.register_compressor`, but an empty prefix or extension is refused: it would
 * match every file.
 *
 * @param name What `compress` calls it.
 * @throws {TypeError} `name` is no string, `entry` lacks a part of the interface or has one that is
 *   no function, an option is unknown.
 * @throws {RangeError} The name is taken and `force` is not set; prefix or extension is empty.
 *
 * @example A method that turns every bit
 * ```ts
 * import { compressorNames, registerCompressor } from "@larder/joblib/compressors";
 * import assert from "node:assert/strict";
 *
 * function flip(bytes: Uint8Array): Uint8Array {
 *   return bytes.map((byte) => byte ^ 0xff);
 * }
 * const magic = new TextEncoder().encode("FLIP");
 * registerCompressor("flip", {
 *   prefix: magic,
 *   extension: ".flip",
 *   compress: (bytes) => Uint8Array.of(...magic, ...flip(bytes)),
 *   decompress: (bytes) => flip(bytes.subarray(magic.length)),
 * });
 * assert(compressorNames().includes("flip"));
 * ```
 */
export function registerCompressor(
  name: string,
  entry: CompressorEntry,
  options: RegisterCompressorOptions = {},
): void {
  if (typeof name !== "string") {
    throw new TypeError(`Cannot register compressor: its name is a ${typeof name}, not a string`);
  }
  checkEntry(name, entry);
  checkOptions(options, ["force"], "registerCompressor()");
  if (registry.has(name) && options.force !== true) {
    throw new RangeError(
      `Cannot register compressor "${name}": the name is taken; set force to replace it`,
    );
  }
  registry.set(name, entry);
}

/** The names of all compressors, in the order of registration. */
export function compressorNames(): string[] {
  return [...registry.keys()];
}

/**
 * A compressor by its name.
 *
 * @throws {RangeError} No compressor has that name; the message lists those that are known.
 */
export function compressorByName(name: string): BuiltInCompressor {
  const entry = registry.get(name);
  if (entry !== undefined) return entry;
  throw new RangeError(
    `Cannot find compressor "${name}": the known ones are ${compressorNames().join(", ")}`,
  );
}

/** The name of the compressor that writes such first bytes, or `undefined`. */
export function detectCompressor(firstBytes: Uint8Array): string | undefined {
  for (const [name, { prefix }] of registry) {
    if (startsWith(firstBytes, prefix)) return name;
  }
  return undefined;
}

/** The name of the compressor whose extension `path` ends in, or `undefined`. */
export function compressorByExtension(path: string): string | undefined {
  let found: string | undefined;
  for (const [name, { extension }] of registry) {
    if (path.endsWith(extension)) found = name;
  }
  return found;
}

/** How many first bytes {@linkcode detectCompressor} needs to tell all compressors apart. */
export function maxPrefixLength(): number {
  let length = 0;
  for (const { prefix } of registry.values()) length = Math.max(length, prefix.length);
  return length;
}

/**
 * Load what synchronous calls need of a compressor; at once where nothing is missing.
 *
 * @throws {RangeError} No compressor has that name.
 */
export async function prepareCompressor(name: string): Promise<void> {
  await compressorByName(name).prepare?.();
}

function checkEntry(name: string, entry: CompressorEntry): void {
  const problem = problemOf(entry);
  if (problem !== undefined) {
    throw new TypeError(`Cannot register compressor "${name}": ${problem}`);
  }
  if (entry.prefix.length === 0) {
    throw new RangeError(`Cannot register compressor "${name}": its prefix is empty`);
  }
  if (entry.extension === "") {
    throw new RangeError(`Cannot register compressor "${name}": its extension is empty`);
  }
}

function problemOf(entry: unknown): string | undefined {
  if (typeof entry !== "object" || entry === null) return "the entry is not an object";
  const { prefix, extension, compress, decompress } = entry as Partial<BuiltInCompressor>;
  if (!(prefix instanceof Uint8Array)) return "its prefix is not a Uint8Array";
  if (typeof extension !== "string") return "its extension is not a string";
  if (typeof compress !== "function") return "it has no compress(bytes, level)";
  if (typeof decompress !== "function") return "it has no decompress(bytes, options)";
  for (const name of OPTIONAL_METHODS) {
    const method = (entry as Partial<BuiltInCompressor>)[name];
    if (method !== undefined && typeof method !== "function") {
      return `its ${name} is not a function`;
    }
  }
  return undefined;
}

function startsWith(bytes: Uint8Array, prefix: Uint8Array): boolean {
  if (bytes.length < prefix.length) return false;
  for (let i = 0; i < prefix.length; i++) {
    if (bytes[i] !== prefix[i]) return false;
  }
  return true;
}
