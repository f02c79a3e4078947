/**
 * What can be written, and how: a path is written beside and renamed when it is whole; a file or
 * stream that the caller opened is written at its cursor and stays open.
 */
import { openDenoFileSink, openDenoFileSinkSync } from "./deno_file.ts";
import { openFileHandleSink, openFileHandleSinkSync } from "./file_handle.ts";
import { openFileSink, openFileSinkSync } from "./file_sink.ts";
import { openStreamSink } from "./stream_sink.ts";
import { describe, isDenoFile, isFileHandle, isUrl, isWritableStream, pathOf } from "./_kinds.ts";
import type { DenoFile, NodeFileHandle } from "./source.ts";

/** What synchronous calls write: a path or `file:` URL, or an open file. */
export type SyncTarget = string | URL | DenoFile | NodeFileHandle;

/** Everything that can be written. */
export type Target = SyncTarget | WritableStream<Uint8Array>;

/** How long a write lasts when the machine loses power right after it. */
export type Durability = "none" | "file" | "full";

/** Options of {@linkcode openSink}. */
export interface SinkOptions {
  /** `"file"` flushes the file to the disk before it gets its name, `"full"` the folder too. */
  durability: Durability;
  /** Frees a write that waits for a stream which takes nothing; it fails with the signal's reason. */
  signal?: AbortSignal | undefined;
}

/** Bytes go in at once. */
export interface SyncSink {
  /** Position where the first byte goes: the target's cursor, 0 for a new file. */
  readonly start: number;
  /** Write all of `bytes`. */
  write(bytes: Uint8Array): void;
  /** Write over what stands at `position`, counted as `start` is; absent where there is no way back. */
  patch?(position: number, bytes: Uint8Array): void;
  /** Publish what was written. */
  close(): void;
  /** Drop what was written; what went into the caller's own file or stream stays there. */
  abort(): void;
}

/** Bytes go in, each write a promise; `bytes` must not change until it resolves. */
export interface AsyncSink {
  /** Position where the first byte goes: the target's cursor, 0 for a new file. */
  readonly start: number;
  /** Write all of `bytes`, whose memory is the caller's again when the promise resolves. */
  write(bytes: Uint8Array): Promise<void>;
  /** Write over what stands at `position`, counted as `start` is; absent where there is no way back. */
  patch?(position: number, bytes: Uint8Array): Promise<void>;
  /** Publish what was written. */
  close(): Promise<void>;
  /** Drop what was written; what went into the caller's own file or stream stays there. */
  abort(): Promise<void>;
}

/**
 * Open a target for writing from front to back.
 *
 * @throws {TypeError} What was given is no target.
 * @throws {UnsupportedError} A path, where the runtime has no files.
 */
// deno-lint-ignore require-await -- a wrong target must reject, not throw
export async function openSink(target: Target, options: SinkOptions): Promise<AsyncSink> {
  if (typeof target === "string" || isUrl(target)) {
    return openFileSink(targetPath(target), options);
  }
  if (isWritableStream(target)) return openStreamSink(target, options.signal);
  if (isDenoFile(target)) return openDenoFileSink(target, options);
  if (isFileHandle(target)) return openFileHandleSink(target, options);
  throw notATarget(target);
}

/**
 * Open a target for writing from front to back, without waiting.
 *
 * @throws {TypeError} What was given is no target, or one that can only be awaited.
 * @throws {UnsupportedError} A path, where the runtime has no files.
 */
export function openSinkSync(target: SyncTarget, options: SinkOptions): SyncSink {
  if (typeof target === "string" || isUrl(target)) {
    return openFileSinkSync(targetPath(target), options);
  }
  if (isDenoFile(target)) return openDenoFileSinkSync(target, options);
  if (isFileHandle(target)) return openFileHandleSinkSync(target, options);
  if (isWritableStream(target)) {
    throw new TypeError(
      `Cannot write a WritableStream synchronously: use the asynchronous call (the name without "Sync")`,
    );
  }
  throw notATarget(target);
}

function targetPath(target: string | URL): string {
  const path = pathOf(target);
  if (path === undefined) {
    throw new TypeError(`Cannot write to "${target}": a URL to write to must be a file: URL`);
  }
  return path;
}

function notATarget(target: unknown): TypeError {
  return new TypeError(
    `Cannot write to ${describe(target)}: a target is a path, a file: URL, a WritableStream, ` +
      `a Deno.FsFile or a FileHandle`,
  );
}
