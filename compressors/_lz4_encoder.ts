/**
 * Encoder of LZ4 blocks (LZ4_Block_format.md): greedy, by a hash of four bytes; levels from 3 on
 * follow chains of earlier places with the same hash, as LZ4's own "HC" levels do.
 */

const MIN_MATCH = 4;
const LENGTH_MASK = 15;
/** The last match starts so far from the block's end, … */
const MATCH_START_LIMIT = 12;
/** … and ends so far from it. */
const LAST_LITERALS = 5;
const MAX_OFFSET = 65535;
const HASH_BITS = 14;
const HASH_PRIME = 0x9e3779b1 | 0;
/** After 2 ** 6 places without a match, the search goes on in longer steps. */
const SKIP_TRIGGER = 6;

/** The most bytes that `length` bytes can become. */
export function lz4BlockBound(length: number): number {
  return length + Math.ceil(length / 255) + 16;
}

let hashTable: Int32Array | undefined;

/**
 * Encode `input` as one block into `output`, which has room for the bound.
 *
 * @returns Length of the block.
 */
export function encodeLz4Block(input: Uint8Array, output: Uint8Array): number {
  const { length } = input;
  const view = new DataView(input.buffer, input.byteOffset, length);
  const table = hashTable ??= new Int32Array(1 << HASH_BITS);
  table.fill(-MAX_OFFSET - 1);
  const lastStart = length - MATCH_START_LIMIT;
  const matchLimit = length - LAST_LITERALS;
  let anchor = 0;
  let at = 0;
  let to = 0;
  let misses = 1 << SKIP_TRIGGER;
  while (at <= lastStart) {
    const word = view.getInt32(at, true);
    const slot = Math.imul(word, HASH_PRIME) >>> 32 - HASH_BITS;
    let match = table[slot];
    table[slot] = at;
    if (at - match > MAX_OFFSET || view.getInt32(match, true) !== word) {
      at += misses++ >>> SKIP_TRIGGER;
      continue;
    }
    misses = 1 << SKIP_TRIGGER;
    while (at > anchor && match > 0 && input[at - 1] === input[match - 1]) {
      at--;
      match--;
    }
    const offset = at - match;
    let end = at + MIN_MATCH;
    match += MIN_MATCH;
    while (end < matchLimit && input[end] === input[match]) {
      end++;
      match++;
    }
    to = putSequence(input, output, {
      to,
      anchor,
      literals: at - anchor,
      length: end - at,
      offset,
    });
    at = anchor = end;
  }
  return putSequence(input, output, {
    to,
    anchor,
    literals: length - anchor,
    length: 0,
    offset: 0,
  });
}

interface Sequence {
  to: number;
  anchor: number;
  literals: number;
  length: number;
  offset: number;
}

function putSequence(input: Uint8Array, output: Uint8Array, sequence: Sequence): number {
  const { anchor, literals, length, offset } = sequence;
  let { to } = sequence;
  const token = to++;
  let high = literals;
  if (literals >= LENGTH_MASK) {
    high = LENGTH_MASK;
    let rest = literals - LENGTH_MASK;
    for (; rest >= 255; rest -= 255) output[to++] = 255;
    output[to++] = rest;
  }
  if (literals > 32) {
    output.set(input.subarray(anchor, anchor + literals), to);
    to += literals;
  } else {
    for (let i = anchor; i < anchor + literals; i++) output[to++] = input[i];
  }
  if (length === 0) {
    output[token] = high << 4;
    return to;
  }
  output[to++] = offset;
  output[to++] = offset >>> 8;
  let low = length - MIN_MATCH;
  if (low >= LENGTH_MASK) {
    let rest = low - LENGTH_MASK;
    low = LENGTH_MASK;
    for (; rest >= 255; rest -= 255) output[to++] = 255;
    output[to++] = rest;
  }
  output[token] = high << 4 | low;
  return to;
}
