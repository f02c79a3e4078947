/**
 * The part of a random-access file that differs from source to source. `BackedFile` has checked
 * the arguments, joined the ranges and seen to it that nothing is released while it is used.
 */
import { LarderError, UnsupportedError } from "../errors.ts";
import type { Joining } from "./coalesce.ts";

/** Bytes at any place, without checks. */
export interface Backend {
  /** Size in bytes. */
  readonly size: number;
  /** Path or URL. */
  readonly name: string | undefined;
  /** Whether `fillSync`, `storeSync` and `flushSync` work. */
  readonly sync: boolean;
  /** Whether it can be written to. */
  readonly writable: boolean;
  /** What it pays to join. */
  readonly joining: Joining;
  /** Called before the reads of one synchronous call, none of which goes beyond `end`. */
  prepare?(end: number): void;
  /** Fill `into` whole, or throw. */
  fill(start: number, into: Uint8Array): Promise<void>;
  /** Fill `into` whole, or throw. */
  fillSync(start: number, into: Uint8Array): void;
  /** Write all of `bytes`; called where `writable`. */
  store(start: number, bytes: Uint8Array): Promise<void>;
  /** Write all of `bytes`; called where `writable`. */
  storeSync(start: number, bytes: Uint8Array): void;
  /** Have it put on the disk. */
  flush(): Promise<void>;
  /** Have it put on the disk. */
  flushSync(): void;
  /** Release what was opened here; called once, when nothing is under way. */
  release(): void;
}

/**
 * Files on a disk. Measured on the three runtimes, warm: a synchronous read costs about 1 µs, which
 * is what 8 to 16 KiB cost to read, and 32 to 64 KiB to copy. An asynchronous one costs 4 to 20 µs;
 * many at a time make it cheaper on Bun and Node, and dearer on Deno.
 */
export const LOCAL: Joining = {
  gapBytes: 8 << 10,
  blockBytes: 1 << 20,
  aloneBytes: 32 << 10,
  inFlight: 4,
};

/** What is far away, or costs much a request: bytes between are cheaper than another request. */
export const REMOTE: Joining = {
  gapBytes: 64 << 10,
  blockBytes: 8 << 20,
  aloneBytes: 1 << 20,
  inFlight: 6,
};

/** The error of reading behind the end. */
export function endsError(name: string | undefined, end: number, needed: number): LarderError {
  return new LarderError(
    `Cannot read ${labelOf(name)}: file ends at byte ${end}, ${needed} bytes needed`,
    { offset: end, ...(name === undefined ? {} : { path: name }) },
  );
}

/** The error of writing behind the end: a file never grows by it. */
export function growsError(name: string | undefined, end: number, needed: number): LarderError {
  return new LarderError(
    `Cannot write ${labelOf(name)}: file ends at byte ${end}, ${needed} bytes needed`,
    { offset: end, ...(name === undefined ? {} : { path: name }) },
  );
}

/** The error of a synchronous call on what can only be awaited. */
export function onlyAsyncError(name: string | undefined): UnsupportedError {
  return new UnsupportedError(
    `Cannot access ${labelOf(name)} synchronously: use the asynchronous call`,
    name === undefined ? {} : { path: name },
  );
}

/** A file in a message. */
export function labelOf(name: string | undefined): string {
  return name === undefined ? "file" : `"${name}"`;
}

/** What only reads does with the calls of writing, which `BackedFile` never lets through. */
export abstract class ReadOnlyBackend {
  readonly writable: boolean = false;

  store(): Promise<void> {
    return Promise.resolve();
  }

  storeSync(): void {}

  flush(): Promise<void> {
    return Promise.resolve();
  }

  flushSync(): void {}

  release(): void {}
}
