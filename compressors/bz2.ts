/**
 * The bz2 method: read by a decoder of ours, with and without waiting, in every runtime; written by
 * libbz2 in WebAssembly where it can be loaded. Levels are sizes of blocks, 9 by default.
 */
import type { AsyncReader } from "../io/source.ts";
import { Bz2Ahead } from "./_bz2_ahead.ts";
import { bz2Format } from "./_bz2_format.ts";
import { Bz2SinkSync, checkBz2Level, openBz2Sink } from "./_bz2_sinks.ts";
import { loadBzip2 } from "./_bz2_wasm.ts";
import { compressWhole } from "./_whole.ts";
import { steppedCompressor } from "./_stepped.ts";
import { openSteps } from "./_steps.ts";
import type { BuiltInCompressor, DecompressLimits } from "./registry.ts";

/** The compressor "bz2". */
export const bz2: BuiltInCompressor = {
  ...steppedCompressor({
    prefix: Uint8Array.of(0x42, 0x5a),
    extension: ".bz2",
    format: bz2Format,
    checkLevel: checkBz2Level,
    load: () => void loadBzip2(),
    openSink: openBz2Sink,
    openSinkSync: (sink, level) => new Bz2SinkSync(sink, level),
  }),
  openReader(reader: AsyncReader, limits: DecompressLimits): AsyncReader {
    return openSteps(bz2Format(limits, new Bz2Ahead(reader)), reader, limits);
  },
  compress(bytes: Uint8Array, level?: number): Uint8Array {
    const checked = checkBz2Level(level);
    return compressWhole(bytes, (sink) => new Bz2SinkSync(sink, checked));
  },
};
