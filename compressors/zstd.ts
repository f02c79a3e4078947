/**
 * Zstandard (RFC 8878), which joblib itself doesn't have: Python reads these files once something
 * like `compression.zstd.ZstdFile` is registered there. All frames are read; what is written are
 * frames of 4 MiB, so that memory is bounded. Levels are zstd's from 1 to 9, 3 by default.
 */
import { UnsupportedError } from "../errors.ts";
import type { AsyncReader, SyncReader } from "../io/source.ts";
import type { AsyncSink, SyncSink } from "../io/sink.ts";
import { decompressSteps, openSteps, openStepsSync } from "./_steps.ts";
import { loadZstdDecoder, readyZstdDecoder } from "./_zstd_engine.ts";
import { ZSTD_MAGIC, zstdFormat } from "./_zstd_format.ts";
import { checkZstdLevel, compressZstd, openZstdSink, ZstdSinkSync } from "./_zstd_sinks.ts";
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
    return compressZstd(bytes, checkZstdLevel(level));
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
  openReader: openZstdReader,
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

/** Read what `reader` gives; the decoder is loaded by the first read. */
function openZstdReader(reader: AsyncReader, limits: DecompressLimits): AsyncReader {
  let opened: AsyncReader | undefined;
  async function open(): Promise<AsyncReader> {
    const decoder = await loadZstdDecoder();
    return opened ??= openSteps(zstdFormat(decoder, limits), reader, limits);
  }
  return {
    exact: false,
    remaining: undefined,
    read: async (into: Uint8Array): Promise<number> => await (opened ?? await open()).read(into),
    unread: (): Promise<void> => Promise.resolve(),
    close: (): Promise<void> => (opened ?? reader).close(),
  };
}
