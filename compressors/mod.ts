/**
 * Compressors of joblib's files, by name, by extension and by first bytes.
 *
 * @example Compress and decompress by name
 * ```ts
 * import { compressorByName, detectCompressor } from "@larder/joblib/compressors";
 * import assert from "node:assert/strict";
 *
 * const gzip = compressorByName("gzip");
 * const bytes = await gzip.compress(new Uint8Array(1000), 3);
 * assert.equal(detectCompressor(bytes), "gzip");
 * assert.deepEqual(await gzip.decompress(bytes), new Uint8Array(1000));
 * ```
 *
 * @module
 */
export {
  type BuiltInCompressor,
  compressorByExtension,
  compressorByName,
  type CompressorEntry,
  compressorNames,
  type CompressSinkOptions,
  type DecompressLimits,
  type DecompressOptions,
  detectCompressor,
  maxPrefixLength,
  prepareCompressor,
  registerCompressor,
  type RegisterCompressorOptions,
} from "./registry.ts";
export {
  type CompressOption,
  type CompressorName,
  resolveCompress,
  type ResolvedCompress,
} from "./options.ts";
export {
  compressSink,
  compressSinkSync,
  decompressReader,
  decompressReaderSync,
} from "./streams.ts";
export type { AsyncReader, SyncReader } from "../io/source.ts";
export type { AsyncSink, SyncSink } from "../io/sink.ts";
