/**
 * Calls of `node:fs` on descriptors: as promises, and within the length that one call may have. A position of
 * `null` is the descriptor's own cursor.
 */
import type { Builtins } from "./builtin.ts";

type Fs = Builtins["fs"];

/** Node refuses lengths above 2 GiB in one call. */
export const MAX_IO_BYTES: number = 1 << 30;

/** The promise of a call that takes a callback. */
export function called<T = void>(
  call: (callback: (error: Error | null, result?: T) => void) => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    call((error, result) => error ? reject(error) : resolve(result as T));
  });
}

/** Fill as much of `into` as one call does; resolves to how many bytes. */
export function readSome(
  fs: Fs,
  fd: number,
  into: Uint8Array,
  position: number | null,
): Promise<number> {
  const length = Math.min(into.length, MAX_IO_BYTES);
  if (length === 0) return Promise.resolve(0);
  return called((callback) => fs.read(fd, into, 0, length, position, callback));
}

/** Write as much of `bytes` as one call takes; resolves to how many bytes. */
export function writeSome(
  fs: Fs,
  fd: number,
  bytes: Uint8Array,
  position: number | null,
): Promise<number> {
  const length = Math.min(bytes.length, MAX_IO_BYTES);
  return called((callback) => fs.write(fd, bytes, 0, length, position, callback));
}

/** Write all of `bytes`: a call may take a part only, when a disk is about to be full. */
export async function writeAll(
  fs: Fs,
  fd: number,
  bytes: Uint8Array,
  position: number | null,
): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const at = position === null ? null : position + done;
    done += await writeSome(fs, fd, bytes.subarray(done), at);
  }
}

/** Write all of `bytes`, without waiting. */
export function writeAllSync(
  fs: Fs,
  fd: number,
  bytes: Uint8Array,
  position: number | null,
): void {
  for (let done = 0; done < bytes.length;) {
    const length = Math.min(bytes.length - done, MAX_IO_BYTES);
    const at = position === null ? null : position + done;
    done += fs.writeSync(fd, bytes, done, length, at);
  }
}
