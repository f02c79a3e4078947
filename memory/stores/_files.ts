/** Small things that all parts of the file store share: errors by their code, waiting, random names. */
import { CacheError } from "../../errors.ts";
import type { Builtins } from "../../io/builtin.ts";
import { builtin } from "../../io/builtin.ts";
import { requireFs } from "../../io/file_source.ts";

/** `node:fs`. */
export type Fs = Builtins["fs"];

/** Facts about a file or folder. */
export interface Stats {
  readonly ino: number;
  readonly size: number;
  readonly atimeMs: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
  isFile(): boolean;
}

/** `node:fs`, or an UnsupportedError that names the cache's folder. */
export function fileSystem(path: string): Fs {
  return requireFs(path);
}

/** Whether names of files follow the rules of Windows. */
export function isWindows(): boolean {
  return builtin("path")?.sep === "\\";
}

/** The code of a system error, such as `ENOENT`. */
export function errorCode(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" ? code : undefined;
}

/** Whether an error says that there is no such file. */
export function isMissing(error: unknown): boolean {
  const code = errorCode(error);
  return code === "ENOENT" || code === "ENOTDIR";
}

/** Do something with the cache's folder; a failure of the system becomes a CacheError. */
export function guarded<T>(action: string, path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw cacheError(action, path, error);
  }
}

/** Likewise, with promises. */
export async function guardedAsync<T>(
  action: string,
  path: string,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw cacheError(action, path, error);
  }
}

/** The error of a cache folder that can't be used. */
export function cacheError(action: string, path: string, cause: unknown): CacheError {
  if (cause instanceof CacheError) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new CacheError(`Cannot ${action} "${path}": ${reason}`, { path, cause });
}

/**
 * Why nothing can be made in a folder, or in the nearest one above it that exists; `undefined` if it
 * can. On a disk that is read only Node says ENOENT of folders in folders, and SQLite that it can't
 * open a file.
 */
export function refusalOf(fs: Fs, folder: string): unknown {
  try {
    let nearest = folder;
    while (nearest.includes("/") && !fs.existsSync(nearest)) {
      nearest = nearest.slice(0, nearest.lastIndexOf("/"));
    }
    const made = `${nearest}/larder-trial`; // one name, so that the same refusal has the same text
    fs.mkdirSync(made);
    fs.rmdirSync(made);
    return undefined;
  } catch (error) {
    return errorCode(error) === "EEXIST" ? undefined : error;
  }
}

/** Facts about a file or folder; `undefined` where there is none. */
export function statOf(fs: Fs, path: string): Stats | undefined {
  try {
    return fs.statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** The number by which the file system knows a file; `undefined` where there is none. */
export function inodeOf(fs: Fs, path: string): bigint | undefined {
  try {
    return fs.statSync(path, { bigint: true, throwIfNoEntry: false })?.ino;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** The names in a folder; none where there is no folder. */
export function namesIn(fs: Fs, folder: string): string[] {
  try {
    return fs.readdirSync(folder);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

/** Text of `length` hexadecimal digits that nobody else has. */
export function randomHex(length: number): string {
  const bytes = crypto.getRandomValues(new Uint8Array(length / 2));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Resolves after `ms` milliseconds, or rejects with the signal's reason. */
export function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", abort);
      resolve();
    }, ms);
    signal?.addEventListener("abort", abort, { once: true });
  });
}

/** Blocks the thread. */
export function sleepSync(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
