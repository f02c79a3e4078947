/**
 * The host's byte order, and reversing the bytes of fixed-width items in place.
 * Widths 2, 4 and 8 run over whole words; a view that is not aligned goes through a small buffer.
 */

/** Python's letter for the byte order of this machine. */
export const NATIVE_ORDER: "<" | ">" = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1
  ? "<"
  : ">";

/** Bytes that are moved at a time when the view is not aligned. */
const PIECE_BYTES = 1 << 16;

/** Reverse the bytes of each item of `width` bytes, in place; `bytes.length` is a multiple of it. */
export function swapBytes(bytes: Uint8Array, width: number): void {
  if (width <= 1) return;
  if (width !== 2 && width !== 4 && width !== 8) return swapWide(bytes, width);
  if (bytes.byteOffset % width === 0) return swapWords(bytes, width);
  const piece = new Uint8Array(Math.min(PIECE_BYTES, bytes.length));
  for (let start = 0; start < bytes.length; start += PIECE_BYTES) {
    const part = bytes.subarray(start, start + PIECE_BYTES);
    const words = piece.subarray(0, part.length);
    words.set(part);
    swapWords(words, width);
    part.set(words);
  }
}

/** Reverse whole words; the view is aligned. */
function swapWords(bytes: Uint8Array, width: 2 | 4 | 8): void {
  const { buffer, byteOffset, length } = bytes;
  if (width === 2) {
    // Two items a step: 32-bit arithmetic is as cheap as 16-bit.
    const pairs = byteOffset % 4 === 0 ? length >>> 2 : 0;
    const words = new Uint32Array(buffer, pairs ? byteOffset : 0, pairs);
    for (let i = 0; i < pairs; i++) {
      const word = words[i];
      words[i] = ((word & 0x00ff00ff) << 8) | ((word >>> 8) & 0x00ff00ff);
    }
    const rest = new Uint16Array(buffer, byteOffset + 4 * pairs, (length - 4 * pairs) >>> 1);
    for (let i = 0; i < rest.length; i++) rest[i] = (rest[i] << 8) | (rest[i] >>> 8);
    return;
  }
  // Pairs of 32-bit words for 8 bytes: measured faster than BigUint64Array, which boxes.
  const words = new Uint32Array(buffer, byteOffset, length >>> 2);
  if (width === 4) {
    for (let i = 0; i < words.length; i++) words[i] = reversed(words[i]);
    return;
  }
  for (let i = 0; i < words.length; i += 2) {
    const low = words[i];
    words[i] = reversed(words[i + 1]);
    words[i + 1] = reversed(low);
  }
}

/** The four bytes of a word in reverse. */
function reversed(word: number): number {
  return (word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24);
}

/** Reverse items of any width, byte by byte. */
function swapWide(bytes: Uint8Array, width: number): void {
  for (let start = 0; start + width <= bytes.length; start += width) {
    for (let low = start, high = start + width - 1; low < high; low++, high--) {
      const byte = bytes[low];
      bytes[low] = bytes[high];
      bytes[high] = byte;
    }
  }
}
