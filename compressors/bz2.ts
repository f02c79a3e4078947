/**
 * The bz2 method: read by a decoder of ours, with and without waiting, in every runtime; written by
 * libbz2 in WebAssembly where it can be loaded. Levels are sizes of blocks, 9 by default.
 */
import type { AsyncReader, SyncReader } from "../io/source.ts";
import type { AsyncSink, SyncSink } from "../io/sink.ts";
import { bz2Format } from "./_bz2_format.ts";
import { Bz2Sink, Bz2SinkSync, checkBz2Level, compressBz2 } from "./_bz2_sinks.ts";
import { loadBzip2 } from "./_bz2_wasm.ts";
import { decompressSteps, openSteps, openStepsSync } from "./_steps.ts";
import type { BuiltInCompressor, DecompressLimits, DecompressOptions } from "./registry.ts";

/** The compressor "bz2". */
export const bz2: BuiltInCompressor = {
  prefix: Uint8Array.of(0x42, 0x5a),
  extension: ".bz2",
  compress(bytes: Uint8Array, level?: number): Uint8Array {
    return compressBz2(bytes, checkBz2Level(level));
  },
  decompress(bytes: Uint8Array, options: DecompressOptions = {}): Uint8Array {
    return decompressSteps(bz2Format, bytes, options);
  },
  // deno-lint-ignore require-await -- what is missing must reject, not throw
  async prepare(): Promise<void> {
    loadBzip2();
  },
  openReader(reader: AsyncReader, limits: DecompressLimits): AsyncReader {
    return openSteps(bz2Format, reader, limits);
  },
  openReaderSync(reader: SyncReader, limits: DecompressLimits): SyncReader {
    return openStepsSync(bz2Format, reader, limits);
  },
  openSink(sink: AsyncSink, level?: number): AsyncSink {
    return new Bz2Sink(sink, checkBz2Level(level));
  },
  openSinkSync(sink: SyncSink, level?: number): SyncSink {
    return new Bz2SinkSync(sink, checkBz2Level(level));
  },
};
