/**
 * Compressors between a source and its reader, a sink and its writer. The built-in methods stream
 * in bounded memory; a registered one does where it has stream methods, else it gets the whole.
 */
import { UnsupportedError } from "../errors.ts";
import { readAll, runReads, runReadsAsync } from "../io/read_task.ts";
import type { AsyncReader, SyncReader } from "../io/source.ts";
import { asyncReader, openReaderSync } from "../io/source.ts";
import type { AsyncSink, SyncSink } from "../io/sink.ts";
import { checkLimits } from "./_limits.ts";
import { readThrough, WholeSink, WholeSinkSync, WriteThrough } from "./_registered.ts";
import { compressorByName } from "./registry.ts";
import type { CompressSinkOptions, DecompressLimits } from "./registry.ts";

/**
 * Decompress what `reader` gives. Closing the result closes `reader`; bytes behind the compressed
 * stream go back to it by `unread`.
 *
 * @param name Name of the compressor.
 * @throws {CompressionError} From `read`: the stream is cut or damaged.
 * @throws {LimitError} From `read`: more comes out than `limits` allow.
 */
export function decompressReader(
  reader: AsyncReader,
  name: string,
  limits: DecompressLimits = {},
): AsyncReader {
  const entry = compressorByName(name);
  if (entry.openReader !== undefined) return entry.openReader(reader, limits);
  if (entry.decompressStream !== undefined) {
    return readThrough(entry.decompressStream(), reader, { name, limits });
  }
  let whole: AsyncReader | undefined;
  async function open(): Promise<AsyncReader> {
    const bytes = await runReadsAsync(readAll(reader), reader);
    const output = await entry.decompress(bytes, bound(limits));
    checkLimits(name, limits, output.length, bytes.length);
    return whole = asyncReader(openReaderSync(output));
  }
  return {
    exact: false,
    get remaining(): number | undefined {
      return whole?.remaining;
    },
    read: async (into: Uint8Array): Promise<number> => await (whole ?? await open()).read(into),
    unread: async (count: number): Promise<void> => await whole?.unread(count),
    close: (): Promise<void> => reader.close(),
  };
}

/**
 * Decompress what `reader` gives, without waiting: the whole at once.
 *
 * @throws {UnsupportedError} The compressor can only be awaited, or needs loading first.
 */
export function decompressReaderSync(
  reader: SyncReader,
  name: string,
  limits: DecompressLimits = {},
): SyncReader {
  const entry = compressorByName(name);
  if (entry.openReaderSync !== undefined) return entry.openReaderSync(reader, limits);
  const bytes = runReads(readAll(reader), reader);
  const output = atOnce(entry.decompress(bytes, bound(limits)), name, "read");
  checkLimits(name, limits, output.length, bytes.length);
  return openWhole(output, reader);
}

/**
 * Compress into `sink`. Its `start` is 0: compressors count the bytes they are given. Closing the
 * result closes `sink`, aborting it aborts `sink`.
 *
 * @param name Name of the compressor.
 * @param level The method's own default where it is `undefined`.
 * @param options Threads, for methods that have a use for them.
 */
export function compressSink(
  sink: AsyncSink,
  name: string,
  level?: number,
  options: CompressSinkOptions = {},
): AsyncSink {
  const entry = compressorByName(name);
  if (entry.openSink !== undefined) return entry.openSink(sink, level, options);
  if (entry.compressStream !== undefined) {
    return new WriteThrough(entry.compressStream(level), sink);
  }
  return new WholeSink(sink, (bytes) => entry.compress(bytes, level));
}

/**
 * Compress into `sink`, without waiting.
 *
 * @throws {UnsupportedError} The compressor can only be awaited, or needs loading first.
 */
export function compressSinkSync(sink: SyncSink, name: string, level?: number): SyncSink {
  const entry = compressorByName(name);
  if (entry.openSinkSync !== undefined) return entry.openSinkSync(sink, level);
  return new WholeSinkSync(sink, (bytes) => atOnce(entry.compress(bytes, level), name, "write"));
}

/** A reader over `output` that closes the reader it came from. */
function openWhole(output: Uint8Array, source: SyncReader): SyncReader {
  const reader = openReaderSync(output);
  return {
    exact: false,
    get remaining(): number | undefined {
      return reader.remaining;
    },
    get bytes(): Uint8Array | undefined {
      return reader.bytes;
    },
    read: (into: Uint8Array): number => reader.read(into),
    unread: (count: number): void => reader.unread(count),
    close: (): void => source.close(),
  };
}

function bound(limits: DecompressLimits): { maxBytes?: number } {
  return limits.maxBytes === undefined ? {} : { maxBytes: limits.maxBytes };
}

function atOnce(
  result: Uint8Array | Promise<Uint8Array>,
  name: string,
  action: string,
): Uint8Array {
  if (!(result instanceof Promise)) return result;
  result.catch(() => {}); // nobody waits for it any more
  throw new UnsupportedError(
    `Cannot ${action} ${name} synchronously: use the asynchronous call (the name without "Sync")`,
  );
}
