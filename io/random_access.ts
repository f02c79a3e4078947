/**
 * Reading and writing at any place of a source: what memory maps, archives and caches work on.
 * A file is positional and serves many readers at once; it has no cursor.
 */

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
