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
} from "../compressors/mod.ts";
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
    const head = new Uint8Array(headLength());
    let length = 0;
    while (needsMore(head.subarray(0, length), reader)) {
      const got = reader.read(head.subarray(length, reader.exact ? length + 1 : head.length));
      if (got === 0) break;
      length += got;
    }
    const start = reader.bytes === undefined
      ? head.subarray(0, length)
      : reader.bytes.subarray(0, head.length);
    const whole = reader.bytes === undefined ? new HeadedReader(start, reader) : reader;
    if (isZfFile(start)) {
      const bytes = readZfFile(readAll(whole), sourcePath(source), options.limits?.maxBytes);
      return { reader: openReaderSync(bytes), compressed: true, close: () => reader.close() };
    }
    const method = detectCompressor(start);
    if (method === undefined) {
      return {
        reader: whole,
        compressed: false,
        close: () => reader.close(),
      };
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
  const head = new Uint8Array(headLength());
  let length = 0;
  while (needsMore(head.subarray(0, length), reader)) {
    const got = await reader.read(head.subarray(length, reader.exact ? length + 1 : head.length));
    if (got === 0) break;
    length += got;
  }
  const start = reader.bytes === undefined
    ? head.subarray(0, length)
    : reader.bytes.subarray(0, head.length);
  const whole = reader.bytes === undefined ? new HeadedAsyncReader(start, reader) : reader;
  if (isZfFile(start)) {
    const zlib = compressorByName("zlib");
    await zlib.prepare?.();
    const bytes = readZfFile(await readAllAsync(whole), sourcePath(source), limits.maxBytes);
    const inner = await openReader(bytes);
    return { reader: inner, compressed: true, close: () => reader.close() };
  }
  const method = detectCompressor(start);
  if (method === undefined) {
    return { reader: whole, compressed: false, close: () => reader.close() };
  }
  const decompressed = decompressReader(whole, method, limits);
  return { reader: decompressed, compressed: true, close: () => decompressed.close() };
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
        return readAll(reader);
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
        return await readAllAsync(reader);
      } finally {
        await reader.close();
      }
    },
  };
}

/** A reader whose first bytes were read already. */
class HeadedReader implements SyncReader {
  readonly exact: boolean;
  #head: Uint8Array;
  readonly #reader: SyncReader;

  constructor(head: Uint8Array, reader: SyncReader) {
    this.#head = head;
    this.#reader = reader;
    this.exact = reader.exact;
  }

  get remaining(): number | undefined {
    const { remaining } = this.#reader;
    return remaining === undefined ? undefined : remaining + this.#head.length;
  }

  read(into: Uint8Array): number {
    if (this.#head.length === 0) return this.#reader.read(into);
    const count = Math.min(into.length, this.#head.length);
    into.set(this.#head.subarray(0, count));
    this.#head = this.#head.subarray(count);
    return count;
  }

  unread(count: number): void {
    this.#reader.unread(count + this.#head.length);
  }

  close(): void {
    this.#reader.close();
  }
}

/** Likewise, with promises. */
class HeadedAsyncReader implements AsyncReader {
  readonly exact: boolean;
  #head: Uint8Array;
  readonly #reader: AsyncReader;

  constructor(head: Uint8Array, reader: AsyncReader) {
    this.#head = head;
    this.#reader = reader;
    this.exact = reader.exact;
  }

  get remaining(): number | undefined {
    const { remaining } = this.#reader;
    return remaining === undefined ? undefined : remaining + this.#head.length;
  }

  async read(into: Uint8Array): Promise<number> {
    if (this.#head.length === 0) return await this.#reader.read(into);
    const count = Math.min(into.length, this.#head.length);
    into.set(this.#head.subarray(0, count));
    this.#head = this.#head.subarray(count);
    return count;
  }

  unread(count: number): Promise<void> {
    return this.#reader.unread(count + this.#head.length);
  }

  close(): Promise<void> {
    return this.#reader.close();
  }
}

/** Bytes that tell "ZF" and every compressor apart. */
function headLength(): number {
  return Math.max(2, maxPrefixLength());
}

/** Whether more of the beginning must be seen; a reader that can't give back is asked byte by byte. */
function needsMore(
  head: Uint8Array,
  reader: { exact: boolean; bytes?: Uint8Array | undefined },
): boolean {
  if (reader.bytes !== undefined || head.length === headLength()) return false;
  return !reader.exact || head.length === 0 || startsPrefix(head);
}

/** Whether "ZF" or what a method writes first goes on behind `head`; no pickle starts in such a way. */
function startsPrefix(head: Uint8Array): boolean {
  if (head.length < 2 && head[0] === 0x5a) return true;
  return compressorNames().some((name) => {
    const { prefix } = compressorByName(name);
    return head.length < prefix.length && head.every((byte, i) => byte === prefix[i]);
  });
}

/** The path of a file in the folder of `path`. */
export function beside(path: string, name: string): string {
  const cut = Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\"));
  return path.slice(0, cut + 1) + name;
}

function readAll(reader: SyncReader): Uint8Array {
  if (reader.bytes !== undefined) return reader.bytes;
  let all = new Uint8Array((reader.remaining ?? 4096) + 1);
  for (let length = 0;;) {
    const got = reader.read(all.subarray(length));
    if (got === 0) return all.subarray(0, length);
    length += got;
    if (length === all.length) all = doubled(all);
  }
}

async function readAllAsync(reader: AsyncReader): Promise<Uint8Array> {
  if (reader.bytes !== undefined) return reader.bytes;
  let all = new Uint8Array((reader.remaining ?? 4096) + 1);
  for (let length = 0;;) {
    const got = await reader.read(all.subarray(length));
    if (got === 0) return all.subarray(0, length);
    length += got;
    if (length === all.length) all = doubled(all);
  }
}

function doubled(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(2 * bytes.length);
  larger.set(bytes);
  return larger;
}
