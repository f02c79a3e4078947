/**
 * From a source to the reader of a pickle: the first bytes tell whether it is compressed, whatever the
 * name says, and go back in front of the rest.
 */
import {
  compressorByName,
  compressorNames,
  type DecompressLimits,
  decompressReader,
  decompressReaderSync,
  detectCompressor,
  maxPrefixLength,
  prepareCompressor,
} from "../compressors/mod.ts";
import { headedReader, headedReaderSync } from "../io/headed_reader.ts";
import {
  readAll,
  type ReaderFacts,
  type ReadTask,
  runReads,
  runReadsAsync,
} from "../io/read_task.ts";
import {
  type AsyncReader,
  openReader,
  openReaderSync,
  type Source,
  sourcePath,
  type SyncReader,
  type SyncSource,
} from "../io/source.ts";
import type { Companions } from "../pickle/driver.ts";
import type { LoadOptions } from "./options.ts";
import { isZfFile, readZfFile } from "./legacy.ts";
import { refuseOtherFormats } from "./_other_formats.ts";
import { ReplayReader } from "./replay_reader.ts";

/** An opened source. */
export interface Input<R> {
  /** The pickle's bytes, decompressed. */
  readonly reader: R;
  /** Whether the source was compressed. */
  readonly compressed: boolean;
  /** Release what was opened. */
  close(): ReturnType<R extends AsyncReader ? AsyncReader["close"] : SyncReader["close"]>;
}

/** Open a source without waiting. */
export function openInputSync(source: SyncSource, options: LoadOptions): Input<SyncReader> {
  const reader = openReaderSync(source);
  try {
    const { head, method, zf } = runReads(look(reader), reader);
    if (zf !== undefined) {
      const bytes = readZfFile(zf, sourcePath(source), options.limits?.maxBytes);
      return { reader: openReaderSync(bytes), compressed: true, close: () => reader.close() };
    }
    const whole = headedReaderSync(head, reader);
    if (method === undefined) {
      return { reader: whole, compressed: false, close: () => reader.close() };
    }
    const limits = { ...options.limits, several: staysOpen(source) };
    const decompressed = decompressReaderSync(whole, method, limits);
    return { reader: decompressed, compressed: true, close: () => decompressed.close() };
  } catch (error) {
    reader.close();
    throw error;
  }
}

/** Open a source. */
export async function openInput(source: Source, options: LoadOptions): Promise<Input<AsyncReader>> {
  const reader = await openReader(
    source,
    options.signal === undefined ? {} : { signal: options.signal },
  );
  try {
    return await inputOf(reader, source, { ...options.limits, several: staysOpen(source) });
  } catch (error) {
    await reader.close();
    options.signal?.throwIfAborted();
    throw error;
  }
}

/** Open a source for all dumps that it holds. */
export async function openInputs(source: Source, options: LoadOptions): Promise<Inputs> {
  const reader = await openReader(
    source,
    options.signal === undefined ? {} : { signal: options.signal },
  );
  return new Inputs(source, reader, options);
}

/** The parts of a source that are read one after the other: uncompressed dumps, compressed streams. */
export class Inputs {
  readonly #source: Source;
  readonly #opened: AsyncReader;
  readonly #limits: DecompressLimits;
  /** What gives bytes back whatever the source is; nothing where all of them are in memory. */
  readonly #replay: ReplayReader | undefined;
  #reader: AsyncReader;

  /** The parts of a reader that was just opened. */
  constructor(source: Source, reader: AsyncReader, options: LoadOptions) {
    this.#source = source;
    this.#opened = reader;
    this.#limits = { ...options.limits, several: true };
    this.#replay = reader.bytes === undefined ? new ReplayReader(reader) : undefined;
    this.#reader = this.#replay ?? reader;
  }

  /** The next part; nothing at the end. */
  async next(): Promise<Input<AsyncReader> | undefined> {
    if (await this.#atEnd()) return undefined;
    const replay = this.#replay;
    if (replay !== undefined) replay.keeps = true;
    const input = await inputOf(this.#reader, this.#source, this.#limits);
    if (replay !== undefined && !input.compressed) replay.keeps = false;
    return input;
  }

  /** Leave a part, of which `rest` was read and not used. */
  async leave(input: Input<AsyncReader>, rest: Uint8Array): Promise<void> {
    if (input.compressed) await input.close();
    else if (this.#replay === undefined) this.#reader = await openReader(rest);
    else this.#replay.putBack(rest);
  }

  /** Leave the source, an open file right behind the last part. */
  async close(): Promise<void> {
    await this.#replay?.settle();
    await this.#opened.close();
  }

  async #atEnd(): Promise<boolean> {
    if (this.#replay === undefined) return this.#reader.remaining === 0;
    const byte = new Uint8Array(1);
    if (await this.#replay.read(byte) === 0) return true;
    this.#replay.putBack(byte);
    return false;
  }
}

/** Whether a compressed stream may start with such bytes, where a pickle could start as well. */
export function mayBeCompressed(bytes: Uint8Array): boolean {
  return compressorNames().some((name) => compressorByName(name).prefix[0] === bytes[0]);
}

async function inputOf(
  reader: AsyncReader,
  source: Source,
  limits: DecompressLimits,
): Promise<Input<AsyncReader>> {
  const { head, method, zf } = await runReadsAsync(look(reader), reader);
  if (zf !== undefined) {
    await prepareCompressor("zlib");
    const bytes = readZfFile(zf, sourcePath(source), limits.maxBytes);
    return { reader: await openReader(bytes), compressed: true, close: () => reader.close() };
  }
  const whole = headedReader(head, reader);
  if (method === undefined) {
    return { reader: whole, compressed: false, close: () => reader.close() };
  }
  const decompressed = decompressReader(whole, method, limits);
  return { reader: decompressed, compressed: true, close: () => decompressed.close() };
}

/** What the first bytes tell of a source. */
interface Look {
  /** The bytes that were taken out of its reader. */
  readonly head: Uint8Array;
  /** The method it is compressed by. */
  readonly method?: string | undefined;
  /** All of it, where it is a "ZF" file. */
  readonly zf?: Uint8Array;
}

function* look(reader: ReaderFacts & { readonly exact: boolean }): ReadTask<Look> {
  const { bytes, exact } = reader;
  const length = Math.max(2, maxPrefixLength()); // "ZF" and every compressor
  let head: Uint8Array = new Uint8Array(0);
  if (bytes === undefined) {
    const into = new Uint8Array(length);
    // what can't be given back is read byte by byte, as long as it may be compressed
    while (head.length < length && (!exact || head.length === 0 || startsPrefix(head))) {
      const got = yield into.subarray(head.length, exact ? head.length + 1 : length);
      if (got === 0) break;
      head = into.subarray(0, head.length + got);
    }
  }
  const start = bytes?.subarray(0, length) ?? head;
  refuseOtherFormats(start);
  if (!isZfFile(start)) return { head, method: detectCompressor(start) };
  const rest = yield* readAll(reader);
  if (bytes !== undefined) return { head, zf: rest };
  const zf = new Uint8Array(head.length + rest.length);
  zf.set(head);
  zf.set(rest, head.length);
  return { head, zf };
}

/** Whether "ZF" or what a method writes first goes on behind `head`; no pickle starts in such a way. */
function startsPrefix(head: Uint8Array): boolean {
  if (head.length < 2 && head[0] === 0x5a) return true;
  return compressorNames().some((name) => {
    const { prefix } = compressorByName(name);
    return head.length < prefix.length && head.every((byte, i) => byte === prefix[i]);
  });
}

/** Whether what follows the value is somebody else's: in a file that the caller opened. */
function staysOpen(source: unknown): boolean {
  const { fd, readSync } = source as { fd?: unknown; readSync?: unknown };
  return typeof fd === "number" || typeof readSync === "function";
}

/** The files beside `source`, where it is a path. */
export function companionsSync(source: unknown): Companions<Uint8Array> | undefined {
  const path = sourcePath(source);
  if (path === undefined) return undefined;
  return {
    read(name: string): Uint8Array {
      const reader = openReaderSync(beside(path, name));
      try {
        return runReads(readAll(reader), reader);
      } finally {
        reader.close();
      }
    },
  };
}

/** The files beside `source`, where it is a path. */
export function companions(source: unknown): Companions<Promise<Uint8Array>> | undefined {
  const path = sourcePath(source);
  if (path === undefined) return undefined;
  return {
    async read(name: string): Promise<Uint8Array> {
      const reader = await openReader(beside(path, name));
      try {
        return await runReadsAsync(readAll(reader), reader);
      } finally {
        await reader.close();
      }
    },
  };
}

/** The path of a file in the folder of `path`. */
export function beside(path: string, name: string): string {
  const cut = Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\"));
  return path.slice(0, cut + 1) + name;
}
