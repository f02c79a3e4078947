/**
 * The lzma method, Python's FORMAT_ALONE: read by a decoder of ours, with and without waiting, in
 * every runtime; written by \@napi-rs/lzma where it can be loaded. Levels are presets, 6 by default.
 * The format has no parts that threads could share: how many there are makes no difference.
 */
import { lzmaFormat } from "./_lzma_format.ts";
import { loadNative } from "./_lzma_native.ts";
import { checkPreset, LzmaSink, LzmaSinkSync } from "./_lzma_sinks.ts";
import { steppedCompressor } from "./_stepped.ts";
import type { BuiltInCompressor } from "./registry.ts";

/** The compressor "lzma". */
export const lzma: BuiltInCompressor = steppedCompressor({
  prefix: Uint8Array.of(0x5d, 0x00),
  extension: ".lzma",
  format: lzmaFormat,
  checkLevel: (level) => checkPreset("lzma", level),
  load: () => void loadNative("lzma"),
  openSink: (sink, preset) => new LzmaSink(sink, preset),
  openSinkSync: (sink, preset) => new LzmaSinkSync("lzma", sink, preset),
});
