/**
 * Zstandard (RFC 8878), which joblib itself doesn't have: Python reads these files once something
 * like `compression.zstd.ZstdFile` is registered there. All frames are read; what is written are
 * frames of 1 MiB, so that memory is bounded and threads have something to share. Levels are zstd's from 1 to 9, 3 by default.
 */
import { UnsupportedError } from "../errors.ts";
import type { AsyncReader, SyncReader } from "../io/source.ts";
import type { AsyncSink, SyncSink } from "../io/sink.ts";
import { decompressSteps, openSteps, openStepsSync } from "./_steps.ts";
import { loadZstdDecoder, readyZstdDecoder } from "./_zstd_engine.ts";
import { ZSTD_MAGIC, zstdFormat } from "./_zstd_format.ts";
import { checkZstdLevel, openZstdSink, ZstdSinkSync } from "./_zstd_sinks.ts";
import { compressWhole } from "./_whole.ts";
import type {
  BuiltInCompressor,
  CompressSinkOptions,
  DecompressLimits,
  DecompressOptions,
} from "./registry.ts";

/** The compressor "zstd". */
export const zstd: BuiltInCompressor = {
  prefix: ZSTD_MAGIC,
  extension: ".zst",
  compress(bytes: Uint8Array, level?: number): Uint8Array {
    const checked = checkZstdLevel(level);
    return compressWhole(bytes, (sink) => new ZstdSinkSync(sink, checked));
  },
  decompress(
    bytes: Uint8Array,
    options: DecompressOptions = {},
  ): Uint8Array | Promise<Uint8Array> {
    const ready = readyZstdDecoder();
    if (ready !== undefined) return decompressSteps(zstdFormat(ready, options), bytes, options);
    return loadZstdDecoder().then((decoder) =>
      decompressSteps(zstdFormat(decoder, options), bytes, options)
    );
  },
  async prepare(): Promise<void> {
    await loadZstdDecoder();
  },
  openReader(reader: AsyncReader, limits: DecompressLimits): AsyncReader {
    const ready = readyZstdDecoder();
    const format = ready === undefined
      ? loadZstdDecoder().then((decoder) => zstdFormat(decoder, limits))
      : zstdFormat(ready, limits);
    return openSteps(format, reader, limits);
  },
  openReaderSync(reader: SyncReader, limits: DecompressLimits): SyncReader {
    const decoder = readyZstdDecoder();
    if (decoder !== undefined) return openStepsSync(zstdFormat(decoder, limits), reader, limits);
    throw new UnsupportedError(
      `Cannot read zstd synchronously here: await prepare("zstd") first, ` +
        `or use the asynchronous call`,
    );
  },
  openSink(sink: AsyncSink, level?: number, options?: CompressSinkOptions): AsyncSink {
    return openZstdSink(sink, checkZstdLevel(level), options);
  },
  openSinkSync(sink: SyncSink, level?: number): SyncSink {
    return new ZstdSinkSync(sink, checkZstdLevel(level));
  },
};
