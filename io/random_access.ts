/**
 * Reading and writing at any place of a source: what memory maps, archives and caches work on.
 * A file is positional and serves many readers at once; it has no cursor.
 */
import { UnsupportedError } from "../errors.ts";
import {
  describe,
  isBlob,
  isBytes,
  isDenoFile,
  isFileHandle,
  isRandomAccess,
  isReadableStream,
  isUrl,
  pathOf,
} from "./_kinds.ts";
import { openBlobFile } from "./blob_file.ts";
import { openDenoRandomAccess } from "./deno_random_access.ts";
import { openHttpFile } from "./http_file.ts";
import {
  createLocalFile,
  createLocalFileSync,
  isRegular,
  openHandleFile,
  openLocalFile,
  openLocalFileSync,
} from "./local_file.ts";
import { openMemoryFile } from "./memory_file.ts";
import { openSourceFile } from "./source_file.ts";
import { asyncOnly, notASource } from "./source.ts";
import type { Source, SyncSource } from "./source.ts";

/** Bytes to be read: `into` is filled from `start` on. */
export interface ByteRange {
  /** First byte in the file. */
  readonly start: number;
  /** Filled whole; its length says how much is read. */
  readonly into: Uint8Array;
}

/** Something of known size whose bytes are read, and perhaps written, at any place. */
export interface RandomAccessFile {
  /** Size in bytes. */
  readonly size: number;
  /** Path or URL, for error messages. */
  readonly name: string | undefined;
  /** Whether the calls that end in `Sync` work; others throw UnsupportedError there. */
  readonly sync: boolean;
  /** Whether it can be written to. */
  readonly writable: boolean;
  /** Fill all ranges; ranges that lie close together are fetched at once. Never partly: all or an error. */
  read(ranges: readonly ByteRange[]): Promise<void>;
  /** Fill all ranges; ranges that lie close together are fetched at once. Never partly: all or an error. */
  readSync(ranges: readonly ByteRange[]): void;
  /** Store bytes at `start`; the file never grows by it. */
  write(start: number, bytes: Uint8Array): Promise<void>;
  /** Store bytes at `start`; the file never grows by it. */
  writeSync(start: number, bytes: Uint8Array): void;
  /** Have the operating system put what was written on the disk. */
  flush(): Promise<void>;
  /** Have the operating system put what was written on the disk. */
  flushSync(): void;
  /** Release what was opened here; a second call does nothing. */
  close(): Promise<void>;
  /** Release what was opened here; a second call does nothing. */
  closeSync(): void;
}

/** Options of {@linkcode openRandomAccessFile}. */
export interface RandomAccessOptions {
  /** Open for writing too; the source must be there already. @default false */
  write?: boolean | undefined;
  /**
   * Read a path through a memory map of the operating system, which is up to twice as fast, and
   * more for very small ranges in one call. Only Bun has one, and only for files that may be
   * written. A program that reads so ends at once, without an error, when another one cuts the
   * file in the very moment of a read. @default false
   */
  mmap?: boolean | undefined;
  /** Ends asynchronous calls, those of the file's whole life, with its reason. */
  signal?: AbortSignal | undefined;
  /** Longest file of a server without Range requests that is read as a whole. @default 2 ** 30 */
  maxBytes?: number | undefined;
  /** Takes notices that are not errors. @default console.warn */
  onWarning?: ((warning: RandomAccessWarning) => void) | undefined;
}

/** A notice that is not an error. */
export interface RandomAccessWarning {
  /** Stable short name, such as `range`. */
  code: string;
  /** A sentence for people. */
  message: string;
  /** The file concerned, where it is known. */
  path?: string;
}

/**
 * Open a source for reading at any place.
 *
 * @throws {TypeError} What was given is no source.
 * @throws {UnsupportedError} A source that only runs forwards, or that can't be written.
 */
export async function openRandomAccessFile(
  source: Source,
  options: RandomAccessOptions = {},
): Promise<RandomAccessFile> {
  options.signal?.throwIfAborted();
  if (typeof source === "string" || isUrl(source)) {
    const path = pathOf(source);
    if (path !== undefined) return await openLocalFile(path, options);
    refuseMmap(source, options);
    return await openHttpFile(new URL(source), options);
  }
  if (isBlob(source)) {
    refuseMmap(source, options);
    if (options.write) throw readOnly(source);
    return openBlobFile(source, options);
  }
  return openRandomAccessFileSync(source as SyncSource, options);
}

/**
 * Open a source for reading at any place, without waiting.
 *
 * @throws {TypeError} What was given is no source, or one that can only be awaited.
 * @throws {UnsupportedError} A source that only runs forwards, or that can't be written.
 */
export function openRandomAccessFileSync(
  source: SyncSource,
  options: RandomAccessOptions = {},
): RandomAccessFile {
  if (typeof source === "string" || isUrl(source)) {
    const path = pathOf(source);
    if (path === undefined) throw asyncOnly(String(source));
    return openLocalFileSync(path, options);
  }
  refuseMmap(source, options);
  if (isBytes(source)) return openMemoryFile(source, options);
  if (isDenoFile(source)) return openDenoRandomAccess(source, options);
  if (isFileHandle(source)) return openHandleFile(source, options);
  if (isBlob(source)) throw asyncOnly("a Blob");
  if (isReadableStream(source)) {
    throw new UnsupportedError(
      "Cannot read a ReadableStream at any place: it runs forwards only; load it as a whole",
    );
  }
  if (!isRandomAccess(source)) throw notASource(source);
  if (options.write) throw readOnly(source);
  return openSourceFile(source, options);
}

/**
 * Make a file of `size` zero bytes, open for reading and writing. What a file of that name held is
 * gone; it stays the same file for its links and for those who have it open, as numpy's "w+".
 *
 * @param path A path or `file:` URL.
 */
export async function createRandomAccessFile(
  path: string | URL,
  size: number,
): Promise<RandomAccessFile> {
  checkSize(size);
  return await createLocalFile(requirePath(path), size);
}

/**
 * Make a file of `size` zero bytes, as {@linkcode createRandomAccessFile}, without waiting.
 *
 * @param path A path or `file:` URL.
 */
export function createRandomAccessFileSync(path: string | URL, size: number): RandomAccessFile {
  checkSize(size);
  return createLocalFileSync(requirePath(path), size);
}

/**
 * Whether a source can be read at any place. Streams can't, nor can paths of pipes and devices;
 * a path where there is nothing can, so that opening it tells what is wrong.
 */
export function hasRandomAccess(source: unknown): boolean {
  if (typeof source === "string" || isUrl(source)) {
    const path = pathOf(source);
    return path === undefined || isRegular(path);
  }
  return isBytes(source) || isBlob(source) || isDenoFile(source) || isFileHandle(source) ||
    isRandomAccess(source);
}

function refuseMmap(source: unknown, { mmap = false }: RandomAccessOptions): void {
  if (!mmap) return;
  const what = typeof source === "string" || isUrl(source) ? `"${source}"` : describe(source);
  throw new UnsupportedError(`Cannot map ${what}: mmap is for paths; leave the option out`);
}

function readOnly(source: unknown): UnsupportedError {
  return new UnsupportedError(
    `Cannot write to ${describe(source)}: only files and bytes in memory can be written`,
  );
}

function requirePath(path: string | URL): string {
  const name = typeof path === "string" || isUrl(path) ? pathOf(path) : undefined;
  if (name !== undefined) return name;
  const what = typeof path === "string" || isUrl(path) ? `"${path}"` : describe(path);
  throw new TypeError(`Cannot create ${what}: a file needs a path or a file: URL`);
}

function checkSize(size: number): void {
  if (Number.isSafeInteger(size) && size >= 0) return;
  throw new RangeError(`Cannot create a file of ${size} bytes: a size is a whole number from 0 on`);
}
