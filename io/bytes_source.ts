/**
 * Readers over memory and over a caller's own random-access source. Bytes in memory are offered
 * whole as `bytes`, so that a consumer may take views; an answer of another length than was asked
 * for is an error here, not a short file further up.
 */
import { LarderError } from "../errors.ts";
import type {
  AsyncReader,
  RandomAccessSource,
  SyncRandomAccessSource,
  SyncReader,
} from "./source.ts";

/** Largest single request: a bigger one would hold the data twice. */
const MAX_REQUEST_BYTES = 8 << 20;

/** Read bytes that are in memory. */
export function openBytes(source: Uint8Array | ArrayBuffer): SyncReader {
  const bytes = source instanceof Uint8Array ? source : toView(source);
  let position = 0;
  return {
    exact: false,
    get remaining(): number {
      return bytes.length - position;
    },
    get bytes(): Uint8Array {
      return bytes.subarray(position);
    },
    read(into: Uint8Array): number {
      const count = Math.min(into.length, bytes.length - position);
      into.set(bytes.subarray(position, position + count));
      position += count;
      return count;
    },
    unread(count: number): void {
      position -= count;
    },
    close(): void {},
  };
}

/** Read a random-access source that answers at once. */
export function openRandomAccessSync(source: SyncRandomAccessSource): SyncReader {
  const cursor = new Cursor(source);
  return {
    exact: false,
    get remaining(): number {
      return cursor.remaining;
    },
    read(into: Uint8Array): number {
      const end = cursor.end(into.length);
      if (end === cursor.position) return 0;
      const bytes: Uint8Array | Promise<Uint8Array> = source.read(cursor.position, end);
      if (bytes instanceof Promise) {
        throw new TypeError(
          `Cannot read a random-access source whose read() returns a promise synchronously: ` +
            `use the asynchronous call (the name without "Sync")`,
        );
      }
      return cursor.take(bytes, end, into);
    },
    unread(count: number): void {
      cursor.position -= count;
    },
    close(): void {},
  };
}

/** Read a random-access source. */
export function openRandomAccess(source: RandomAccessSource): AsyncReader {
  const cursor = new Cursor(source);
  return {
    exact: false,
    get remaining(): number {
      return cursor.remaining;
    },
    async read(into: Uint8Array): Promise<number> {
      const end = cursor.end(into.length);
      if (end === cursor.position) return 0;
      return cursor.take(await source.read(cursor.position, end), end, into);
    },
    unread(count: number): Promise<void> {
      cursor.position -= count;
      return Promise.resolve();
    },
    close: (): Promise<void> => Promise.resolve(),
  };
}

class Cursor {
  position = 0;
  readonly #size: number;

  constructor(source: RandomAccessSource) {
    if (!Number.isSafeInteger(source.size) || source.size < 0) {
      throw new TypeError(`Cannot read a random-access source of size ${source.size}`);
    }
    this.#size = source.size;
  }

  get remaining(): number {
    return this.#size - this.position;
  }

  end(length: number): number {
    return this.position + Math.min(length, this.remaining, MAX_REQUEST_BYTES);
  }

  take(bytes: Uint8Array, end: number, into: Uint8Array): number {
    const { position } = this;
    if (bytes.length !== end - position) {
      throw new LarderError(
        `Cannot read source: read(${position}, ${end}) gave ${bytes.length} bytes, ` +
          `${end - position} needed`,
        { offset: position },
      );
    }
    into.set(bytes);
    this.position = end;
    return bytes.length;
  }
}

/** Bytes as one view, without a copy. */
export function toView(source: Uint8Array | ArrayBuffer): Uint8Array {
  if (!ArrayBuffer.isView(source)) return new Uint8Array(source);
  // A Uint8Array of another realm.
  return new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
}
