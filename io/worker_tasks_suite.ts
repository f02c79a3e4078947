/** Functions that the tests of workers call in workers. */

/** Called in workers. */
export function doubled(bytes: Uint8Array): Uint8Array {
  return bytes.map((byte) => 2 * byte);
}

/** Called in workers. */
export function failing(): never {
  throw new RangeError("as told");
}

/** Called in workers. */
export function part(bytes: Uint8Array): Uint8Array {
  return bytes.subarray(1, 3);
}
