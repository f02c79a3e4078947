/**
 * The move-to-front list of bzip2, four bytes to a word: floats take bytes from far behind, and what
 * stands before them moves a word at a time. libbz2's 16 rows of 16 were as fast, with more code.
 */

/** A list of up to 256 bytes. */
export class MoveToFront {
  /** The first byte is the lowest of the first word. */
  readonly #words: Int32Array = new Int32Array(64);

  constructor(bytes: Uint8Array) {
    for (let i = 0; i < bytes.length; i++) this.#words[i >>> 2] |= bytes[i] << ((i & 3) << 3);
  }

  /** The first byte. */
  get first(): number {
    return this.#words[0] & 0xff;
  }

  /** Move the byte at `index` to the front; returns it. */
  take(index: number): number {
    const words = this.#words;
    const last = index >>> 2;
    const shift = (index & 3) << 3;
    const rest = words[last];
    const byte = (rest >>> shift) & 0xff;
    let carry = byte;
    for (let i = 0; i < last; i++) {
      const word = words[i];
      words[i] = (word << 8) | carry;
      carry = word >>> 24;
    }
    // Of the last word move the bytes in front of the one that was taken, into its place.
    const before = (1 << shift) - 1;
    const behind = shift === 24 ? 0 : -1 << (shift + 8);
    words[last] = (rest & behind) | ((rest & before) << 8) | carry;
    return byte;
  }
}
