/**
 * Reading a random-access file from front to back, with places to skip: a load steps over the
 * bytes that a memory map will fetch later. What is far away is read ahead in growing pieces.
 */
import type { RandomAccessFile } from "./random_access.ts";
import type { AsyncReader, SyncReader } from "./source.ts";

/** First piece that is read ahead, and the first after a skip. */
const MIN_AHEAD_BYTES = 64 << 10;
/** The piece grows to this while nothing is skipped. */
const MAX_AHEAD_BYTES = 4 << 20;

/** Which part of a file is read. */
export interface FileReaderOptions {
  /** First byte. @default 0 */
  start?: number;
  /** One behind the last byte. @default the file's size */
  end?: number;
}

/** A cursor in a file. */
export interface FileCursor {
  /** Place in the file of the next byte. */
  readonly position: number;
  /** Pass over bytes without reading them; it ends at the end at most. Returns how many. */
  skip(count: number): number;
}

/** An asynchronous reader with a cursor. */
export type FileReader = AsyncReader & FileCursor & { readonly remaining: number };

/** A synchronous reader with a cursor. */
export type SyncFileReader = SyncReader & FileCursor & { readonly remaining: number };

/** Read a file from front to back; closing the reader does not close the file. */
export function fileReader(file: RandomAccessFile, options: FileReaderOptions = {}): FileReader {
  const cursor = new Cursor(file, options);
  let ahead: Uint8Array = new Uint8Array(0);
  let aheadStart = cursor.position;
  let piece = MIN_AHEAD_BYTES;
  return {
    exact: false,
    get position(): number {
      return cursor.position;
    },
    get remaining(): number {
      return cursor.end - cursor.position;
    },
    skip(count: number): number {
      const skipped = cursor.advance(count);
      if (cursor.position > aheadStart + ahead.length) piece = MIN_AHEAD_BYTES;
      return skipped;
    },
    async read(into: Uint8Array): Promise<number> {
      const start = cursor.position;
      const length = Math.min(into.length, cursor.end - start);
      if (length === 0) return 0;
      let offset = start - aheadStart;
      if (offset < 0 || offset >= ahead.length) {
        if (file.sync || length >= piece) {
          await file.read([{ start, into: into.subarray(0, length) }]);
          return cursor.advance(length);
        }
        const bytes = new Uint8Array(Math.min(piece, cursor.end - start));
        await file.read([{ start, into: bytes }]);
        ahead = bytes;
        aheadStart = start;
        offset = 0;
        piece = Math.min(2 * piece, MAX_AHEAD_BYTES);
      }
      const count = Math.min(length, ahead.length - offset);
      into.set(ahead.subarray(offset, offset + count));
      return cursor.advance(count);
    },
    unread(count: number): Promise<void> {
      cursor.advance(-count);
      return Promise.resolve();
    },
    close(): Promise<void> {
      ahead = new Uint8Array(0);
      return Promise.resolve();
    },
  };
}

/** Read a file from front to back; closing the reader does not close the file. */
export function fileReaderSync(
  file: RandomAccessFile,
  options: FileReaderOptions = {},
): SyncFileReader {
  const cursor = new Cursor(file, options);
  return {
    exact: false,
    get position(): number {
      return cursor.position;
    },
    get remaining(): number {
      return cursor.end - cursor.position;
    },
    skip(count: number): number {
      return cursor.advance(count);
    },
    read(into: Uint8Array): number {
      const start = cursor.position;
      const length = Math.min(into.length, cursor.end - start);
      if (length === 0) return 0;
      file.readSync([{ start, into: into.subarray(0, length) }]);
      return cursor.advance(length);
    },
    unread(count: number): void {
      cursor.advance(-count);
    },
    close(): void {},
  };
}

class Cursor {
  readonly start: number;
  readonly end: number;
  position: number;

  constructor(file: RandomAccessFile, { start = 0, end = file.size }: FileReaderOptions) {
    if (!Number.isSafeInteger(start) || !Number.isSafeInteger(end) || start < 0 || end < start) {
      throw new RangeError(
        `Cannot read bytes ${start} to ${end} of a file: they are no part of it`,
      );
    }
    this.start = start;
    this.end = Math.max(start, Math.min(end, file.size));
    this.position = start;
  }

  advance(count: number): number {
    const from = this.position;
    this.position = Math.max(this.start, Math.min(from + count, this.end));
    return this.position - from;
  }
}
