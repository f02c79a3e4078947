/**
 * The xz method: read by a decoder of ours, with and without waiting, in every runtime; written by
 * \@napi-rs/lzma where it can be loaded. Levels are the presets of xz, 0 to 9, 6 by default.
 */
import { loadNative } from "./_lzma_native.ts";
import { checkPreset, LzmaSinkSync } from "./_lzma_sinks.ts";
import { steppedCompressor } from "./_stepped.ts";
import { xzFormat } from "./_xz_format.ts";
import { openXzSink } from "./_xz_sink.ts";
import type { BuiltInCompressor } from "./registry.ts";

/** The compressor "xz". */
export const xz: BuiltInCompressor = steppedCompressor({
  prefix: Uint8Array.of(0xfd, 0x37, 0x7a, 0x58, 0x5a),
  extension: ".xz",
  format: xzFormat,
  checkLevel: (level) => checkPreset("xz", level),
  load: () => void loadNative("xz"),
  openSink: openXzSink,
  openSinkSync: (sink, preset) => new LzmaSinkSync("xz", sink, preset),
});
