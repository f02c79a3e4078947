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
import {
  bytesOf,
  readThrough,
  transformOf,
  WholeSink,
  WholeSinkSync,
  WriteThrough,
} from "./_registered.ts";
import { compressorByName } from "./registry.ts";
import type { CompressSinkOptions, DecompressLimits } from "./registry.ts";

/**
 * Decompress what `reader` gives. Closing the result closes `reader`; bytes behind the compressed
 * stream go back to it by `unread`.
 *
 * @param name Name of the compressor.
 * @throws {CompressionError} From `read`: the stream is cut or damaged.
 * @throws {LimitError} From `read`: more comes out than `limits` allow.
 * @throws {TypeError} A registered function gives something else than it must, here or from `read`.
 */
export function decompressReader(
  reader: AsyncReader,
  name: string,
  limits: DecompressLimits = {},
): AsyncReader {
  const entry = compressorByName(name);
  if (entry.openReader !== undefined) return entry.openReader(reader, limits);
  if (entry.decompressStream !== undefined) {
    const transform = transformOf(entry.decompressStream(), { name, call: "decompressStream" });
    return readThrough(transform, reader, { name, limits });
  }
  let whole: AsyncReader | undefined;
  async function open(): Promise<AsyncReader> {
    const bytes = await runReadsAsync(readAll(reader), reader);
    const given = await entry.decompress(bytes, bound(limits));
    const output = bytesOf(given, { name, call: "decompress" });
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
 * @throws {TypeError} A registered `decompress` gives no Uint8Array.
 */
export function decompressReaderSync(
  reader: SyncReader,
  name: string,
  limits: DecompressLimits = {},
): SyncReader {
  const entry = compressorByName(name);
  if (entry.openReaderSync !== undefined) return entry.openReaderSync(reader, limits);
  const bytes = runReads(readAll(reader), reader);
  const output = atOnce(entry.decompress(bytes, bound(limits)), { name, call: "decompress" });
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
 * @throws {TypeError} A registered function gives something else than it must, here or from `write`
 *   and `close`; `sink` is then the caller's to abort.
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
    const transform = transformOf(entry.compressStream(level), { name, call: "compressStream" });
    return new WriteThrough(transform, sink, { name });
  }
  return new WholeSink(sink, async (bytes) => {
    return bytesOf(await entry.compress(bytes, level), { name, call: "compress" });
  });
}

/**
 * Compress into `sink`, without waiting.
 *
 * @throws {UnsupportedError} The compressor can only be awaited, or needs loading first.
 * @throws {TypeError} From `close`: a registered `compress` gives no Uint8Array.
 */
export function compressSinkSync(sink: SyncSink, name: string, level?: number): SyncSink {
  const entry = compressorByName(name);
  if (entry.openSinkSync !== undefined) return entry.openSinkSync(sink, level);
  return new WholeSinkSync(sink, (bytes) => {
    return atOnce(entry.compress(bytes, level), { name, call: "compress" });
  });
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

/** What a registered function gave, which must not be something to wait for. */
function atOnce(
  given: unknown,
  origin: { name: string; call: "compress" | "decompress" },
): Uint8Array {
  if (typeof Object(given).then !== "function") return bytesOf(given, origin);
  Promise.resolve(given).catch(() => {}); // nobody waits for it any more
  const action = origin.call === "compress" ? "write" : "read";
  throw new UnsupportedError(
    `Cannot ${action} ${origin.name} synchronously: use the asynchronous call (the name without "Sync")`,
  );
}
