/**
 * The xz method: read by a decoder of ours, with and without waiting, in every runtime; written by
 * \@napi-rs/lzma where it can be loaded. Levels are the presets of xz, 0 to 9, 6 by default.
 */
import type { AsyncReader, SyncReader } from "../io/source.ts";
import type { AsyncSink, SyncSink } from "../io/sink.ts";
import { loadNative } from "./_lzma_native.ts";
import { checkPreset, compressLzma, LzmaSink, LzmaSinkSync } from "./_lzma_sinks.ts";
import { decompressSteps, openSteps, openStepsSync } from "./_steps.ts";
import { xzFormat } from "./_xz_format.ts";
import type { BuiltInCompressor, DecompressLimits, DecompressOptions } from "./registry.ts";

/** The compressor "xz". */
export const xz: BuiltInCompressor = {
  prefix: Uint8Array.of(0xfd, 0x37, 0x7a, 0x58, 0x5a),
  extension: ".xz",
  compress(bytes: Uint8Array, level?: number): Promise<Uint8Array> {
    return compressLzma("xz", bytes, checkPreset("xz", level));
  },
  decompress(bytes: Uint8Array, options: DecompressOptions = {}): Uint8Array {
    return decompressSteps(xzFormat, bytes, options);
  },
  // deno-lint-ignore require-await -- what is missing must reject, not throw
  async prepare(): Promise<void> {
    loadNative("xz");
  },
  openReader(reader: AsyncReader, limits: DecompressLimits): AsyncReader {
    return openSteps(xzFormat, reader, limits);
  },
  openReaderSync(reader: SyncReader, limits: DecompressLimits): SyncReader {
    return openStepsSync(xzFormat, reader, limits);
  },
  openSink(sink: AsyncSink, level?: number): AsyncSink {
    return new LzmaSink("xz", sink, checkPreset("xz", level));
  },
  openSinkSync(sink: SyncSink, level?: number): SyncSink {
    return new LzmaSinkSync("xz", sink, checkPreset("xz", level));
  },
};
