/**
 * Reading a random-access file from front to back, with places to skip: a load steps over the
 * bytes that a memory map will fetch later. It may give less than asked for: pieces begin short and
 * grow, and what is far away is read ahead.
 */
import type { RandomAccessFile } from "./random_access.ts";
import type { AsyncReader, SyncReader } from "./source.ts";

/** The longest piece; pieces grow to it while nothing is skipped, so that what is read goes unused seldom. */
const MAX_PIECE_BYTES = 8 << 20;
/** First piece, and the first after a skip. */
const MIN_LOCAL_BYTES = 16 << 10;
/** First piece where each costs a request. */
const MIN_REMOTE_BYTES = 64 << 10;

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
  let aheadStart = 0;
  return {
    exact: false,
    get position(): number {
      return cursor.position;
    },
    get remaining(): number {
      return cursor.remaining;
    },
    skip(count: number): number {
      const skipped = cursor.advance(count);
      // What is read ahead already is passed over for nothing.
      if (cursor.position > aheadStart + ahead.length) cursor.restart();
      return skipped;
    },
    async read(into: Uint8Array): Promise<number> {
      if (into.length === 0) return 0;
      const start = cursor.position;
      let offset = start - aheadStart;
      if (offset < 0 || offset >= ahead.length) {
        const length = cursor.piece();
        if (file.sync || into.length >= length) {
          const part = into.subarray(0, length);
          if (part.length > 0) await file.read([{ start, into: part }]);
          return cursor.advance(part.length);
        }
        const bytes = new Uint8Array(length);
        await file.read([{ start, into: bytes }]);
        ahead = bytes;
        aheadStart = start;
        offset = 0;
      }
      const part = ahead.subarray(offset, offset + into.length);
      into.set(part);
      return cursor.advance(part.length);
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
      return cursor.remaining;
    },
    skip(count: number): number {
      cursor.restart();
      return cursor.advance(count);
    },
    read(into: Uint8Array): number {
      if (into.length === 0) return 0;
      const part = into.subarray(0, cursor.piece());
      if (part.length > 0) file.readSync([{ start: cursor.position, into: part }]);
      return cursor.advance(part.length);
    },
    unread(count: number): void {
      cursor.advance(-count);
    },
    close(): void {},
  };
}

class Cursor {
  position: number;
  readonly #start: number;
  readonly #end: number;
  readonly #minPiece: number;
  #piece: number;

  constructor(file: RandomAccessFile, options: FileReaderOptions) {
    const { start = 0, end = Math.max(start, file.size) } = options;
    if (!Number.isSafeInteger(start) || !Number.isSafeInteger(end) || start < 0 || end < start) {
      throw new RangeError(
        `Cannot read bytes ${start} to ${end} of a file: they are no part of it`,
      );
    }
    this.#start = Math.min(start, file.size);
    this.#end = Math.min(end, file.size);
    this.position = this.#start;
    this.#piece = this.#minPiece = file.sync ? MIN_LOCAL_BYTES : MIN_REMOTE_BYTES;
  }

  get remaining(): number {
    return this.#end - this.position;
  }

  /** How many bytes to read next; the one after that may be twice as long. */
  piece(): number {
    const length = Math.min(this.#piece, this.remaining);
    this.#piece = Math.min(2 * this.#piece, MAX_PIECE_BYTES);
    return length;
  }

  /** Begin with short pieces again. */
  restart(): void {
    this.#piece = this.#minPiece;
  }

  advance(count: number): number {
    const from = this.position;
    this.position = Math.max(this.#start, Math.min(from + count, this.#end));
    return this.position - from;
  }
}
