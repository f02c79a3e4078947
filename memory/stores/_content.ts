/** The content of a large entry, opened to be read piece by piece: a file, or ranges of a store. */
import { CacheError } from "../../errors.ts";
import {
  openRandomAccessFile,
  openRandomAccessFileSync,
  type RandomAccessFile,
} from "../../io/random_access.ts";
import { cacheError, isMissing } from "./_files.ts";
import type { StoreBackend, Stored } from "./store.ts";

/** An open content. */
export interface OpenContent {
  /** Size in bytes. */
  readonly size: number;
  /** Fill all of `into` from `start` on. */
  fill(start: number, into: Uint8Array): Promise<void>;
  /** Fill all of `into` from `start` on. */
  fillSync(start: number, into: Uint8Array): void;
  /** Release what was opened. */
  close(): void;
}

/** Longest stretch that a store is asked for at once: it comes in memory of its own. */
const REQUEST_BYTES = 8 << 20;

/** Open a content; `undefined` where it is gone. */
export async function openContent(
  store: StoreBackend,
  key: string,
  size: number,
): Promise<OpenContent | undefined> {
  const path = store.path?.(key);
  if (path === undefined) return ranges(store, key, size);
  return await openRandomAccessFile(path).then(ofFile, (error) => missing(error, path));
}

/** Open a content; `undefined` where it is gone. */
export function openContentSync(
  store: StoreBackend,
  key: string,
  size: number,
): OpenContent | undefined {
  const path = store.path?.(key);
  if (path === undefined) return ranges(store, key, size);
  try {
    return ofFile(openRandomAccessFileSync(path));
  } catch (error) {
    return missing(error, path);
  }
}

function missing(error: unknown, path: string): undefined {
  if (isMissing(error)) return undefined;
  throw cacheError("read", path, error);
}

function ofFile(file: RandomAccessFile): OpenContent {
  return {
    size: file.size,
    fill: (start, into) => file.read([{ start, into }]),
    fillSync: (start, into) => file.readSync([{ start, into }]),
    close: () => file.closeSync(),
  };
}

function ranges(store: StoreBackend, key: string, size: number): OpenContent {
  return {
    size,
    async fill(start, into): Promise<void> {
      for (const [from, to] of pieces(into.length)) {
        const piece = await store.get(key, { start: start + from, end: start + to });
        place(piece, into.subarray(from, to), key);
      }
    },
    fillSync(start, into): void {
      for (const [from, to] of pieces(into.length)) {
        const piece = store.sync?.get(key, { start: start + from, end: start + to });
        place(piece, into.subarray(from, to), key);
      }
    },
    close(): void {},
  };
}

function* pieces(length: number): Generator<[from: number, to: number]> {
  for (let from = 0; from < length; from += REQUEST_BYTES) {
    yield [from, Math.min(length, from + REQUEST_BYTES)];
  }
}

function place(piece: Stored | undefined, into: Uint8Array, key: string): void {
  if (piece?.bytes.length !== into.length) {
    throw new CacheError(`Cannot read "${key}": it changed while it was read`, { path: key });
  }
  into.set(piece.bytes);
}
