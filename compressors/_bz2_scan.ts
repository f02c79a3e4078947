/**
 * Where blocks of bzip2 can start and end: their magic numbers, at any bit. One in 2 ** 48 places of
 * any other data looks alike, so what is found is a guess.
 */

/** The digits of pi, before a block. */
export const BLOCK_MAGIC = 0x314159265359;
/** The digits of its square root, at the end of a stream. */
export const END_MAGIC = 0x177245385090;

const MAGIC_BITS = 48;
/** A magic number and the bits before it are in so many bytes. */
const SPAN_BYTES = 7;

/** A magic number. */
export interface Bz2Magic {
  /** Its first bit. */
  readonly bit: number;
  /** Whether a stream ends here, where else a block starts. */
  readonly isEnd: boolean;
}

/** All magic numbers that start in a byte from `start` on, and where to look on with more bytes. */
export function findMagics(
  bytes: Uint8Array,
  start: number,
): { found: Bz2Magic[]; next: number } {
  const kinds = kindsByWord();
  const found: Bz2Magic[] = [];
  const end = Math.max(start, bytes.length - SPAN_BYTES + 1);
  let word = bytes[start + 1];
  for (let at = start; at < end; at++) {
    word = ((word << 8) | bytes[at + 2]) & 0xffff;
    const kind = kinds[word];
    if (kind === 0) continue;
    const bit = 8 * at + (kind & 7);
    const isEnd = kind >= FIRST_END_KIND;
    if (bitsAt(bytes, bit) === (isEnd ? END_MAGIC : BLOCK_MAGIC)) found.push({ bit, isEnd });
  }
  return { found, next: end };
}

/** Kinds are 8 plus the bits before a block's magic number, 16 plus those before an end's. */
const FIRST_BLOCK_KIND = 8;
const FIRST_END_KIND = 16;

let table: Uint8Array | undefined;

/** By the second and third byte: what can start in the first. No two have these in common. */
function kindsByWord(): Uint8Array {
  if (table !== undefined) return table;
  table = new Uint8Array(1 << 16);
  for (let bit = 0; bit < 8; bit++) {
    for (const [magic, kind] of [[BLOCK_MAGIC, FIRST_BLOCK_KIND], [END_MAGIC, FIRST_END_KIND]]) {
      table[Math.floor(magic / 2 ** (24 + bit)) & 0xffff] = kind + bit;
    }
  }
  return table;
}

function bitsAt(bytes: Uint8Array, bit: number): number {
  const start = bit >>> 3;
  let high = 0;
  let low = 0;
  for (let i = 0; i < 4; i++) high = (high << 8) | bytes[start + i];
  for (let i = 3; i < SPAN_BYTES; i++) low = (low << 8) | bytes[start + i];
  const shift = 8 - (bit & 7);
  // 32 bits that begin with the byte of `bit`, and 32 with the one three behind.
  const first = (high >>> shift) & 0xffffff;
  const second = (low >>> shift) & 0xffffff;
  return first * 2 ** (MAGIC_BITS / 2) + second;
}
