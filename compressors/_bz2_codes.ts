/**
 * What stands before the symbols of a bzip2 block: the bytes that occur, and up to six Huffman codes
 * with the order of their use.
 */
import { type BitReader, Bz2Problem } from "./_bz2_bits.ts";

const MAX_SYMBOLS = 258;
/** The longest code (libbz2's decompress.c). */
export const MAX_CODE_BITS = 20;
/** Codes up to this length are found in one step. */
export const FAST_BITS = 10;

/** A Huffman code. */
export interface Bz2Code {
  /** By the next FAST_BITS bits: `symbol << 5 | length`, 0 for a longer code. */
  readonly fast: Uint16Array;
  /** Symbols in order of their codes. */
  readonly symbols: Uint16Array;
  /** By length: the first code that is too large for it, -1 for none shorter. */
  readonly limit: Int32Array;
  /** By length: what subtracted from a code gives the index of its symbol. */
  readonly base: Int32Array;
  readonly maxBits: number;
}

/** The bytes that occur in the block. */
export function readAlphabet(bits: BitReader): Uint8Array {
  const used: number[] = [];
  const ranges = bits.read(16);
  for (let range = 0; range < 16; range++) {
    if ((ranges & (0x8000 >>> range)) === 0) continue;
    const members = bits.read(16);
    for (let i = 0; i < 16; i++) {
      if (members & (0x8000 >>> i)) used.push(16 * range + i);
    }
  }
  if (used.length === 0) throw new Bz2Problem("an empty alphabet");
  return Uint8Array.from(used);
}

/** Which code is used for each 50 symbols. */
export function readSelectors(bits: BitReader, codeCount: number): Uint8Array {
  const length = bits.read(15);
  if (length === 0) throw new Bz2Problem("no selectors");
  const selectors = new Uint8Array(length);
  const front = Uint8Array.of(0, 1, 2, 3, 4, 5);
  for (let i = 0; i < length; i++) {
    let index = 0;
    while (bits.read(1) === 1) {
      if (++index >= codeCount) throw new Bz2Problem("a wrong selector");
    }
    const code = front[index];
    for (; index > 0; index--) front[index] = front[index - 1];
    front[0] = code;
    selectors[i] = code;
  }
  return selectors;
}

/** A code, as the differences of its lengths. */
export function readCode(bits: BitReader, symbolCount: number): Bz2Code {
  const lengths = new Uint8Array(symbolCount);
  let length = bits.read(5);
  let maxBits = 0;
  for (let i = 0; i < symbolCount; i++) {
    for (;;) {
      if (length < 1 || length > MAX_CODE_BITS) throw new Bz2Problem("a wrong code length");
      if (bits.read(1) === 0) break;
      length += bits.read(1) === 0 ? 1 : -1;
    }
    lengths[i] = length;
    maxBits = Math.max(maxBits, length);
  }

  const symbols = new Uint16Array(MAX_SYMBOLS);
  const limit = new Int32Array(MAX_CODE_BITS + 2);
  const base = new Int32Array(MAX_CODE_BITS + 2);
  const fast = new Uint16Array(1 << FAST_BITS);
  let code = 0;
  let index = 0;
  for (let bitsOf = 1; bitsOf <= maxBits; bitsOf++) {
    base[bitsOf] = code - index;
    for (let symbol = 0; symbol < symbolCount; symbol++) {
      if (lengths[symbol] !== bitsOf) continue;
      symbols[index++] = symbol;
      if (bitsOf <= FAST_BITS) {
        const shift = FAST_BITS - bitsOf;
        // A set of lengths that no code can have runs past the table, where nothing is stored.
        fast.fill((symbol << 5) | bitsOf, code << shift, (code + 1) << shift);
      }
      code++;
    }
    limit[bitsOf] = code;
    code <<= 1;
  }
  return { fast, symbols, limit, base, maxBits };
}
