/**
 * Bytes of a file from front to back, all of which will be wanted: a large read goes straight into
 * the caller's memory by one request. See io/file_reader.ts for what may be left in the middle.
 */
import type { RandomAccessFile } from "../io/random_access.ts";
import type { AsyncReader, SyncReader } from "../io/source.ts";

/** What is read ahead where each request must be waited for. */
const AHEAD_BYTES = 4 << 20;

/** Which bytes are read. */
export interface FileRange {
  /** Bytes in front, which were read before or stand in for others. */
  readonly head: Uint8Array;
  /** The byte of the file that follows them. */
  readonly start: number;
  /** One behind the last byte. */
  readonly end: number;
}

/** Read a part of a file. */
export function rangeReader(file: RandomAccessFile, { start, end, head }: FileRange): AsyncReader {
  let position = start;
  let ahead = head;
  return {
    exact: false,
    get remaining(): number {
      return end - position + ahead.length;
    },
    async read(into: Uint8Array): Promise<number> {
      if (ahead.length === 0) {
        const length = Math.min(into.length, end - position);
        if (length === 0) return 0;
        if (file.sync || into.length >= AHEAD_BYTES) {
          await file.read([{ start: position, into: into.subarray(0, length) }]);
          position += length;
          return length;
        }
        const bytes = new Uint8Array(Math.min(AHEAD_BYTES, end - position));
        await file.read([{ start: position, into: bytes }]);
        position += bytes.length;
        ahead = bytes;
      }
      const count = copy(ahead, into);
      ahead = ahead.subarray(count);
      return count;
    },
    unread: (): Promise<void> => Promise.resolve(),
    close: (): Promise<void> => Promise.resolve(),
  };
}

/** Read a part of a file, without waiting. */
export function rangeReaderSync(
  file: RandomAccessFile,
  { start, end, head }: FileRange,
): SyncReader {
  let position = start;
  let ahead = head;
  return {
    exact: false,
    get remaining(): number {
      return end - position + ahead.length;
    },
    read(into: Uint8Array): number {
      if (ahead.length > 0) {
        const count = copy(ahead, into);
        ahead = ahead.subarray(count);
        return count;
      }
      const length = Math.min(into.length, end - position);
      if (length > 0) file.readSync([{ start: position, into: into.subarray(0, length) }]);
      position += length;
      return length;
    },
    unread(): void {},
    close(): void {},
  };
}

function copy(from: Uint8Array, into: Uint8Array): number {
  const count = Math.min(from.length, into.length);
  into.set(from.subarray(0, count));
  return count;
}
