/**
 * What a store of cached results is: files by relative path, put whole or not at all, and leases so
 * that one computation runs for each key. The file, memory and http stores implement it; others are
 * added by `registerStoreBackend`. Metadata, digests and eviction stand above it, in entries.ts.
 */
import type { Lease, LeaseOptions } from "./lease.ts";
import type { Usage } from "./usage.ts";

/** A stretch of a stored file: half-open, cut at the file's end. */
export interface StoredRange {
  /** First byte. */
  readonly start: number;
  /** Byte behind the last one. */
  readonly end: number;
}

/** What {@linkcode StoreBackend.get} found. */
export interface Stored {
  /** The bytes that were asked for; they belong to the caller. */
  readonly bytes: Uint8Array;
  /** Size of the whole file in bytes. */
  readonly size: number;
  /** The whole file, where the store had to read all of it anyway. */
  readonly whole?: Uint8Array;
}

/** Facts about a stored file. */
export interface StoredInfo {
  /** Its key: folders and name, with `/` between them. */
  readonly key: string;
  /** Size in bytes. */
  readonly size: number;
  /** When its content was written, in milliseconds since 1970. */
  readonly modified: number;
  /** When it was read last, in milliseconds since 1970, as far as the store can tell. */
  readonly accessed: number;
  /** Another content has another version. */
  readonly version: string;
}

/** Takes the bytes of a file that is being written; bytes may change once the promise resolves. */
export interface ByteSink {
  /** Take all of `bytes`; no promise where it was done at once. */
  write(bytes: Uint8Array): Promise<void> | void;
}

/** Takes the bytes of a file that is being written, at once. */
export interface SyncByteSink {
  /** Take all of `bytes`. */
  write(bytes: Uint8Array): void;
}

/** Bytes to store, or a function that writes them piece by piece; when it fails nothing is stored. */
export type Content = Uint8Array | ((sink: ByteSink) => Promise<void>);

/** Likewise for the synchronous face. */
export type SyncContent = Uint8Array | ((sink: SyncByteSink) => void);

/** Options of putting a file. */
export interface PutOptions {
  /**
   * Small files of the same folder, by name, which must be visible whenever the file is. Asked for
   * when the content is complete. @default none
   */
  readonly beside?: () => ReadonlyMap<string, Uint8Array>;
}

/**
 * A store of cached results.
 *
 * Keys are relative paths such as `pkg/mod/function/<id>/output.pkl`. Failing to store rejects with a
 * {@linkcode CacheError} whose `cause` is the system's error; an error of a caller's content comes out
 * as it is.
 */
export interface StoreBackend {
  /** The folder or URL below which keys are, for messages. */
  readonly location: string;
  /** Whether it can be written to; where not, putting and deleting throw UnsupportedError. */
  readonly writable: boolean;
  /** The same store without promises, where it can do without. */
  readonly sync?: SyncStoreBackend;
  /** Hits and last accesses, where they are counted. */
  readonly usage?: Usage;
  /** A file's bytes, or a stretch of them; `undefined` where there is no such file. */
  get(key: string, range?: StoredRange): Promise<Stored | undefined>;
  /** Facts about a file; `undefined` where there is none. */
  stat(key: string): Promise<StoredInfo | undefined>;
  /** The files in a folder and below it; all of them for `""`. */
  list(folder: string): AsyncIterable<StoredInfo>;
  /** Store a file, replacing what is there. */
  put(key: string, content: Content, options?: PutOptions): Promise<void>;
  /** Store a file unless there is one, and tell whether it was stored. */
  putIfAbsent(key: string, content: Content, options?: PutOptions): Promise<boolean>;
  /** Replace a file unless it has changed since `version`, and tell whether it was replaced. */
  replaceIfUnchanged(key: string, version: string, content: Content): Promise<boolean>;
  /** Remove a file, or a folder with all that is below it; `""` empties the store. */
  delete(key: string): Promise<void>;
  /**
   * Move a damaged file out of the way, unless it has changed since `version`. A store without this
   * deletes it.
   *
   * @returns Where it is now; `undefined` where it has changed.
   */
  setAside?(key: string, version: string): Promise<string | undefined>;
  /** Wait until nobody else computes what belongs to `key`. */
  lease(key: string, options?: LeaseOptions): Promise<Lease>;
  /** The real path of a file, for mapping it into memory. */
  path?(key: string): string;
  /** Collect what dead processes left behind; tells how many things were removed. */
  collect?(): Promise<number>;
  /** Write down what is kept in memory, and release what is held. */
  close(): Promise<void>;
}

/** The synchronous face of a store; see {@linkcode StoreBackend}. */
export interface SyncStoreBackend {
  /** A file's bytes, or a stretch of them; `undefined` where there is no such file. */
  get(key: string, range?: StoredRange): Stored | undefined;
  /** Facts about a file; `undefined` where there is none. */
  stat(key: string): StoredInfo | undefined;
  /** The files in a folder and below it; all of them for `""`. */
  list(folder: string): Iterable<StoredInfo>;
  /** Store a file, replacing what is there. */
  put(key: string, content: SyncContent, options?: PutOptions): void;
  /** Store a file unless there is one, and tell whether it was stored. */
  putIfAbsent(key: string, content: SyncContent, options?: PutOptions): boolean;
  /** Replace a file unless it has changed since `version`, and tell whether it was replaced. */
  replaceIfUnchanged(key: string, version: string, content: SyncContent): boolean;
  /** Remove a file, or a folder with all that is below it; `""` empties the store. */
  delete(key: string): void;
  /** Move a damaged file out of the way, unless it has changed since `version`. */
  setAside?(key: string, version: string): string | undefined;
  /**
   * Wait until nobody else computes what belongs to `key`; blocks the thread meanwhile.
   *
   * @returns `undefined` where waiting would be in vain, because an unfinished call of this thread
   *   has the lease or may be waited for: the caller computes the value itself, without a lease.
   */
  lease(key: string): Lease | undefined;
}
