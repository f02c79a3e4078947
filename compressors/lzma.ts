/**
 * The lzma method, Python's FORMAT_ALONE: read by a decoder of ours, with and without waiting, in every
 * runtime; written by \@napi-rs/lzma where it can be loaded. Levels are presets, 6 by default.
 */
import type { AsyncReader, SyncReader } from "../io/source.ts";
import type { AsyncSink, SyncSink } from "../io/sink.ts";
import { loadNative } from "./_lzma_native.ts";
import { checkPreset, compressLzma, LzmaSink, LzmaSinkSync } from "./_lzma_sinks.ts";
import { decompressSteps, openSteps, openStepsSync } from "./_steps.ts";
import { lzmaFormat } from "./_lzma_format.ts";
import type { BuiltInCompressor, DecompressLimits, DecompressOptions } from "./registry.ts";

/** The compressor "lzma". */
export const lzma: BuiltInCompressor = {
  prefix: Uint8Array.of(0x5d, 0x00),
  extension: ".lzma",
  compress(bytes: Uint8Array, level?: number): Promise<Uint8Array> {
    return compressLzma("lzma", bytes, checkPreset("lzma", level));
  },
  decompress(bytes: Uint8Array, options: DecompressOptions = {}): Uint8Array {
    return decompressSteps(lzmaFormat, bytes, options);
  },
  // deno-lint-ignore require-await -- what is missing must reject, not throw
  async prepare(): Promise<void> {
    loadNative("lzma");
  },
  openReader(reader: AsyncReader, limits: DecompressLimits): AsyncReader {
    return openSteps(lzmaFormat, reader, limits);
  },
  openReaderSync(reader: SyncReader, limits: DecompressLimits): SyncReader {
    return openStepsSync(lzmaFormat, reader, limits);
  },
  openSink(sink: AsyncSink, level?: number): AsyncSink {
    return new LzmaSink("lzma", sink, checkPreset("lzma", level));
  },
  openSinkSync(sink: SyncSink, level?: number): SyncSink {
    return new LzmaSinkSync("lzma", sink, checkPreset("lzma", level));
  },
};
