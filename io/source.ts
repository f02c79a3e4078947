/**
 * What can be read, and how: every source becomes a reader that fills buffers from the front.
 * Sources that the caller opened are neither closed nor rewound; bytes that were read ahead are
 * given back by `unread`, so that the caller's cursor ends just behind what was used.
 */
import { openBytes, openRandomAccess, openRandomAccessSync } from "./bytes_source.ts";
import { openBlob } from "./blob_source.ts";
import { openDenoFileReader, openDenoFileReaderSync } from "./deno_file.ts";
import { openFileHandleReader, openFileHandleReaderSync } from "./file_handle.ts";
import { openFileReader, openFileReaderSync } from "./file_source.ts";
import { openHttp } from "./http_source.ts";
import { openStream } from "./stream_source.ts";
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

/** Bytes at any place of something whose size is known. */
export interface RandomAccessSource {
  /** Size in bytes. */
  readonly size: number;
  /** The bytes from `start` up to `end`: exactly `end - start` of them, or an error. */
  read(start: number, end: number): Uint8Array | Promise<Uint8Array>;
}

/** A random-access source that answers at once. */
export interface SyncRandomAccessSource extends RandomAccessSource {
  /** The bytes from `start` up to `end`: exactly `end - start` of them, or an error. */
  read(start: number, end: number): Uint8Array;
}

/** The part of `Deno.FsFile` that Larder uses. */
export interface DenoFile {
  /** Read at the cursor; `null` at the end. */
  read(into: Uint8Array): Promise<number | null>;
  /** Read at the cursor; `null` at the end. */
  readSync(into: Uint8Array): number | null;
  /** Write at the cursor. */
  write(bytes: Uint8Array): Promise<number>;
  /** Write at the cursor. */
  writeSync(bytes: Uint8Array): number;
  /** Move the cursor. */
  seek(offset: number | bigint, whence: number): Promise<number>;
  /** Move the cursor. */
  seekSync(offset: number | bigint, whence: number): number;
  /** Facts about the file. */
  statSync(): { size: number; isFile: boolean };
  /** Flush to the disk. */
  sync(): Promise<void>;
  /** Flush to the disk. */
  syncSync(): void;
}

/** The part of Node's `FileHandle` that Larder uses. */
export interface NodeFileHandle {
  /** The file descriptor. */
  readonly fd: number;
  /** Read at `position`, or at the cursor where it is `null`. */
  read(
    into: Uint8Array,
    offset: number,
    length: number,
    position: number | null,
  ): Promise<{ bytesRead: number }>;
  /** Write at `position`, or at the cursor where it is `null`. */
  write(
    bytes: Uint8Array,
    offset: number,
    length: number,
    position: number | null,
  ): Promise<{ bytesWritten: number }>;
  /** Facts about the file. */
  stat(): Promise<{ size: number; isFile(): boolean }>;
  /** Flush to the disk. */
  sync(): Promise<void>;
}

/** What synchronous calls read: a path or `file:` URL, bytes, an open file, random access. */
export type SyncSource =
  | string
  | URL
  | Uint8Array
  | ArrayBuffer
  | DenoFile
  | NodeFileHandle
  | SyncRandomAccessSource;

/** Everything that can be read. A string that starts with `http://`, `https://` or `file://` is a URL. */
export type Source =
  | SyncSource
  | Blob
  | ReadableStream<Uint8Array>
  | RandomAccessSource;

/** Bytes from front to back, at once. */
export interface SyncReader {
  /** Upper bound of the bytes that are left, where it is known. */
  readonly remaining: number | undefined;
  /** The whole rest as one view, where it is in memory already (no copy). */
  readonly bytes?: Uint8Array | undefined;
  /** Bytes read ahead can't be given back, so callers should read exactly what they need. */
  readonly exact: boolean;
  /** Fill `into` from the front; returns how many bytes, 0 only at the end. */
  read(into: Uint8Array): number;
  /** Give back `count` bytes that were read ahead; the last call before `close`. */
  unread(count: number): void;
  /** Release what the reader opened itself. */
  close(): void;
}

/** Bytes from front to back, each read a promise. */
export interface AsyncReader {
  /** Upper bound of the bytes that are left, where it is known. */
  readonly remaining: number | undefined;
  /** The whole rest as one view, where it is in memory already (no copy). */
  readonly bytes?: Uint8Array | undefined;
  /** Bytes read ahead can't be given back, so callers should read exactly what they need. */
  readonly exact: boolean;
  /** Fill `into` from the front; resolves to how many bytes, 0 only at the end. */
  read(into: Uint8Array): Promise<number>;
  /** Give back `count` bytes that were read ahead; the last call before `close`. */
  unread(count: number): Promise<void>;
  /** Release what the reader opened itself; a stream's unread rest is cancelled. */
  close(): Promise<void>;
}

/** Options of {@linkcode openReader}. */
export interface OpenReaderOptions {
  /** Aborts a download. @default undefined */
  signal?: AbortSignal | undefined;
}

/**
 * Open a source for reading from front to back.
 *
 * @throws {TypeError} What was given is no source.
 * @throws {UnsupportedError} A path, where the runtime has no files.
 */
export async function openReader(
  source: Source,
  options: OpenReaderOptions = {},
): Promise<AsyncReader> {
  if (isBytes(source)) return asyncReader(openBytes(source));
  if (typeof source === "string" || isUrl(source)) {
    const path = pathOf(source);
    return path === undefined
      ? await openHttp(new URL(source), options)
      : await openFileReader(path);
  }
  if (isBlob(source)) return openBlob(source);
  if (isReadableStream(source)) return openStream(source, options);
  if (isDenoFile(source)) return openDenoFileReader(source);
  if (isFileHandle(source)) return await openFileHandleReader(source);
  if (isRandomAccess(source)) return openRandomAccess(source);
  throw notASource(source);
}

/**
 * Open a source for reading from front to back, without waiting.
 *
 * @throws {TypeError} What was given is no source, or one that can only be awaited.
 * @throws {UnsupportedError} A path, where the runtime has no files.
 */
export function openReaderSync(source: SyncSource): SyncReader {
  if (isBytes(source)) return openBytes(source);
  if (typeof source === "string" || isUrl(source)) {
    const path = pathOf(source);
    if (path === undefined) throw asyncOnly(String(source));
    return openFileReaderSync(path);
  }
  if (isBlob(source)) throw asyncOnly("a Blob");
  if (isReadableStream(source)) throw asyncOnly("a ReadableStream");
  if (isDenoFile(source)) return openDenoFileReaderSync(source);
  if (isFileHandle(source)) return openFileHandleReaderSync(source);
  if (isRandomAccess(source)) return openRandomAccessSync(source);
  throw notASource(source);
}

/**
 * The path of a source that is a file (a path, or a `file:` URL), otherwise `undefined`.
 * For error messages and for the files that lie beside it.
 */
export function sourcePath(source: unknown): string | undefined {
  return typeof source === "string" || isUrl(source) ? pathOf(source) : undefined;
}

/** The same reader with promises. */
export function asyncReader(reader: SyncReader): AsyncReader {
  return {
    get remaining(): number | undefined {
      return reader.remaining;
    },
    get bytes(): Uint8Array | undefined {
      return reader.bytes;
    },
    exact: reader.exact,
    async read(into: Uint8Array): Promise<number> {
      return await reader.read(into);
    },
    async unread(count: number): Promise<void> {
      await reader.unread(count);
    },
    async close(): Promise<void> {
      await reader.close();
    },
  };
}

/** The error of a synchronous call that was given a source of the other kind. */
export function asyncOnly(what: string): TypeError {
  return new TypeError(
    `Cannot read ${what} synchronously: use the asynchronous call (the name without "Sync")`,
  );
}

/** The error of a call that was given something else. */
export function notASource(source: unknown): TypeError {
  return new TypeError(
    `Cannot read ${
      describe(source)
    }: a source is a path, a URL (http, https, file), a Uint8Array, ` +
      `an ArrayBuffer, a Blob, a ReadableStream, a Deno.FsFile, a FileHandle, ` +
      `or an object with size and read(start, end)`,
  );
}
