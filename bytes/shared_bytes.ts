/**
 * CPython keeps one bytes object for `b""` and one for each single byte, so that a pickle refers to
 * them by the memo. A value that stands for such bytes must be one object here as well.
 */

const EMPTY = new Uint8Array(0);
const SINGLE: (Uint8Array | undefined)[] = [];

/** The shared object for none or one byte; longer bytes are answered as they are. */
export function sharedBytes(bytes: Uint8Array): Uint8Array {
  if (bytes.length > 1) return bytes;
  if (bytes.length === 0) return EMPTY;
  const byte = bytes[0];
  return SINGLE[byte] ??= Uint8Array.of(byte);
}
