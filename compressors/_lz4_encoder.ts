/**
 * Encoder of LZ4 blocks (LZ4_Block_format.md): up to level 2 greedy, by the last place with the same
 * hash; from 3 on along the chain of all such places, one byte lazy, as LZ4's own "HC". The hash is
 * of five bytes: by one of four, integers become up to 1.6 times as large.
 */

const MIN_MATCH = 4;
const LENGTH_MASK = 15;
/** Up to here literals are copied by words, past their end: the bound has room for it. */
const WORD_LITERALS = 64;
/** The last match starts so far from the block's end, … */
const MATCH_START_LIMIT = 12;
/** … and ends so far from it. */
const LAST_LITERALS = 5;
const MAX_OFFSET = 65535;
/** At level 0; one more at each of the next two: a longer table finds more, and is slower. */
const HASH_BITS = 12;
const HC_HASH_BITS = 16;
const HASH_PRIME = 0x9e3779b1 | 0;
/** For the fifth byte. */
const HASH_PRIME_2 = 0x85ebca77 | 0;
/** After 2 ** 6 places without a match, the search goes on in longer steps. */
const SKIP_TRIGGER = 6;
/** The first level that follows chains, … */
export const FIRST_HC_LEVEL = 3;
/** … over at most so many places; twice as many at each further level (LZ4's own numbers). */
const FIRST_HC_ATTEMPTS = 4;
/** A match of that length is taken without a look at the next place. */
const GOOD_LENGTH = 32;
/** A place that no match reaches. */
const NOWHERE: number = -MAX_OFFSET - 1;

/** The most bytes that `length` bytes can become, and what is written past them. */
export function lz4BlockBound(length: number): number {
  return length + Math.floor(length / 255) + 32;
}

/**
 * Encode `input` as one block into `output`, which has room for the bound.
 *
 * @returns Length of the block.
 */
export function encodeLz4Block(input: Uint8Array, output: Uint8Array, level: number): number {
  if (level < FIRST_HC_LEVEL) return encodeFast(input, output, HASH_BITS + level);
  return encodeThorough(input, output, FIRST_HC_ATTEMPTS << level - FIRST_HC_LEVEL);
}

let hashTable: Int32Array | undefined;

// One long function: with calls for its parts it is 1.5 times slower.
function encodeFast(input: Uint8Array, output: Uint8Array, hashBits: number): number {
  const words = new DataView(input.buffer, input.byteOffset, input.length);
  const outputWords = new DataView(output.buffer, output.byteOffset, output.length);
  const table = (hashTable ??= new Int32Array(1 << HC_HASH_BITS)).subarray(0, 1 << hashBits);
  table.fill(NOWHERE);
  const shift = 32 - hashBits;
  const lastStart = input.length - MATCH_START_LIMIT;
  const matchLimit = input.length - LAST_LITERALS;
  const wordLimit = matchLimit - 3;
  let anchor = 0;
  let at = 0;
  let to = 0;
  let misses = 1 << SKIP_TRIGGER;
  while (at <= lastStart) {
    const word = words.getInt32(at, true);
    const slot = Math.imul(word, HASH_PRIME) + Math.imul(input[at + 4], HASH_PRIME_2) >>> shift;
    let match = table[slot];
    table[slot] = at;
    if (at - match > MAX_OFFSET || words.getInt32(match, true) !== word) {
      at += misses++ >>> SKIP_TRIGGER;
      continue;
    }
    misses = 1 << SKIP_TRIGGER;
    while (at > anchor && match > 0 && input[at - 1] === input[match - 1]) {
      at--;
      match--;
    }

    const token = to++;
    const literals = at - anchor;
    if (literals >= LENGTH_MASK) to = putLength(output, to, literals - LENGTH_MASK);
    if (literals <= WORD_LITERALS) {
      const end = to + literals;
      for (let from = anchor; to < end; from += 4) {
        outputWords.setInt32(to, words.getInt32(from, true), true);
        to += 4;
      }
      to = end;
    } else {
      output.set(input.subarray(anchor, at), to);
      to += literals;
    }
    outputWords.setUint16(to, at - match, true);
    to += 2;

    let end = at + MIN_MATCH;
    match += MIN_MATCH;
    let difference = 0;
    while (end < wordLimit) {
      difference = words.getInt32(end, true) ^ words.getInt32(match, true);
      if (difference !== 0) {
        end += 31 - Math.clz32(difference & -difference) >>> 3;
        break;
      }
      end += 4;
      match += 4;
    }
    if (difference === 0) {
      while (end < matchLimit && input[end] === input[match]) {
        end++;
        match++;
      }
    }
    const length = end - at - MIN_MATCH;
    if (length >= LENGTH_MASK) to = putLength(output, to, length - LENGTH_MASK);
    output[token] = Math.min(literals, LENGTH_MASK) << 4 | Math.min(length, LENGTH_MASK);
    at = anchor = end;
    // one place inside of the match is known too
    const inside = end - 2;
    const hash = Math.imul(words.getInt32(inside, true), HASH_PRIME) +
      Math.imul(input[inside + 4], HASH_PRIME_2);
    table[hash >>> shift] = inside;
  }
  return putLast(input, output, { anchor, to });
}

let chains: Int32Array | undefined;

function encodeThorough(input: Uint8Array, output: Uint8Array, attempts: number): number {
  const words = new DataView(input.buffer, input.byteOffset, input.length);
  const heads = hashTable ??= new Int32Array(1 << HC_HASH_BITS);
  heads.fill(NOWHERE);
  // For each of the last places, the one before it with the same hash.
  const chain = chains ??= new Int32Array(MAX_OFFSET + 1);
  const lastStart = input.length - MATCH_START_LIMIT;
  const matchLimit = input.length - LAST_LITERALS;
  let known = 0;

  /** Put the place at the head of its chain; returns the one that was. */
  function add(at: number): number {
    const slot = Math.imul(words.getInt32(at, true), HASH_PRIME) +
        Math.imul(input[at + 4], HASH_PRIME_2) >>> 32 - HC_HASH_BITS;
    const last = heads[slot];
    heads[slot] = at;
    chain[at & MAX_OFFSET] = last;
    return last;
  }

  let foundMatch = 0;
  /** End of the longest match at `at` that is longer than `least`, or `at`; each place in turn. */
  function longest(at: number, least: number): number {
    while (known < at) add(known++);
    let match = add(known++);
    if (at - match > MAX_OFFSET) return at; // nothing more is done for noise
    const word = words.getInt32(at, true);
    let best = at + least;
    let bestWord = words.getInt32(best - 3, true);
    let found = at;
    for (let left = attempts; left > 0 && at - match <= MAX_OFFSET; left--) {
      // To be longer, it must have the last bytes of the best one and the byte behind them.
      if (
        words.getInt32(match + best - at - 3, true) === bestWord &&
        words.getInt32(match, true) === word
      ) {
        const end = matchEnd(words, at + MIN_MATCH, match + MIN_MATCH, matchLimit);
        if (end > best) {
          best = found = end;
          foundMatch = match;
          if (end >= matchLimit) break;
          bestWord = words.getInt32(best - 3, true);
        }
      }
      match = chain[match & MAX_OFFSET];
    }
    return found;
  }

  let anchor = 0;
  let at = 0;
  let to = 0;
  while (at <= lastStart) {
    let end = longest(at, MIN_MATCH - 1);
    if (end === at) {
      at++;
      continue;
    }
    let match = foundMatch;
    while (at < lastStart && end - at < GOOD_LENGTH) {
      const later = longest(at + 1, end - at);
      if (later === at + 1) break;
      at++;
      end = later;
      match = foundMatch;
    }
    while (at > anchor && match > 0 && input[at - 1] === input[match - 1]) {
      at--;
      match--;
    }
    to = putSequence(input, output, { anchor, to, at, match, end });
    at = anchor = end;
  }
  return putLast(input, output, { anchor, to });
}

/** One sequence: the literals from `anchor` to `at`, the match from there to `end`. */
function putSequence(
  input: Uint8Array,
  output: Uint8Array,
  places: { anchor: number; to: number; at: number; match: number; end: number },
): number {
  const { anchor, at, match, end } = places;
  const token = places.to;
  const literals = at - anchor;
  let to = token + 1;
  if (literals >= LENGTH_MASK) to = putLength(output, to, literals - LENGTH_MASK);
  for (let from = anchor; from < at; from++) output[to++] = input[from];
  output[to++] = at - match;
  output[to++] = at - match >>> 8;
  const length = end - at - MIN_MATCH;
  if (length >= LENGTH_MASK) to = putLength(output, to, length - LENGTH_MASK);
  output[token] = Math.min(literals, LENGTH_MASK) << 4 | Math.min(length, LENGTH_MASK);
  return to;
}

/** The last sequence: the literals from `anchor` on. */
function putLast(
  input: Uint8Array,
  output: Uint8Array,
  places: { anchor: number; to: number },
): number {
  const { anchor } = places;
  const token = places.to;
  const literals = input.length - anchor;
  let to = token + 1;
  if (literals >= LENGTH_MASK) to = putLength(output, to, literals - LENGTH_MASK);
  output[token] = Math.min(literals, LENGTH_MASK) << 4;
  output.set(input.subarray(anchor), to);
  return to + literals;
}

function putLength(output: Uint8Array, to: number, rest: number): number {
  for (; rest >= 255; rest -= 255) output[to++] = 255;
  output[to++] = rest;
  return to;
}

/** Where the bytes from `at` on stop being those from `match` on. */
function matchEnd(words: DataView, at: number, match: number, limit: number): number {
  while (at + 4 <= limit) {
    const difference = words.getInt32(at, true) ^ words.getInt32(match, true);
    if (difference !== 0) return at + (31 - Math.clz32(difference & -difference) >>> 3);
    at += 4;
    match += 4;
  }
  while (at < limit && words.getUint8(at) === words.getUint8(match)) {
    at++;
    match++;
  }
  return at;
}
