/**
 * Decoder of LZ4 blocks (LZ4_Block_format.md): sequences of literals and a match further back.
 * It writes straight into the target; a linked block looks back into what came before, which may
 * lie in another buffer.
 */
import { corrupt } from "./_engine.ts";

/** Matches reach back so far. */
export const LZ4_WINDOW_BYTES = 65535;
const MIN_MATCH = 4;
const LENGTH_MASK = 15;
/**
 * Below these a loop over words is faster than a call of `set` or `copyWithin`. Words are copied
 * past the end of what is meant, inside the block's room: 1.4–1.9 times as fast as byte by byte.
 */
const LITERAL_LOOP_BYTES = 256;
const MATCH_LOOP_BYTES = 1024;
const OVERSHOOT_BYTES = 8;

/** Where the bytes of a block are. */
export interface BlockSource {
  /** The buffer. */
  readonly bytes: Uint8Array;
  /** First byte of the block. */
  readonly start: number;
  /** Behind its last byte. */
  readonly end: number;
  /** Position of the buffer in the file, for errors. */
  readonly base: number;
}

/** Where a block's output goes. */
export interface BlockTarget {
  /** The buffer. */
  readonly bytes: Uint8Array;
  /** Where the block goes. */
  readonly start: number;
  /** The block must end at or before this. */
  readonly limit: number;
  /** From here to `start`, the buffer holds output that matches may refer to. */
  readonly floor: number;
  /** Output from before `floor`, to its end. */
  readonly history: Uint8Array;
}

/**
 * Decode one block; returns the end of its output.
 *
 * @throws {CompressionError} The block is damaged.
 */
export function decodeLz4Block(source: BlockSource, target: BlockTarget): number {
  const { bytes: input, end } = source;
  const { bytes: output, limit, floor, history } = target;
  const words = new DataView(output.buffer, output.byteOffset, output.length);
  const inputWords = new DataView(input.buffer, input.byteOffset, input.length);
  const safeEnd = end - OVERSHOOT_BYTES;
  const safeLimit = limit - OVERSHOOT_BYTES;
  let from = source.start;
  let to = target.start;
  while (from < end) {
    const token = input[from++];
    let literals = token >>> 4;
    if (literals === LENGTH_MASK) {
      let more: number;
      do {
        if (from >= end) throw damaged("a length without an end", source, from);
        more = input[from++];
        literals += more;
      } while (more === 255);
    }
    if (literals > 0) {
      const literalsEnd = from + literals;
      if (literalsEnd > end) throw damaged("literals beyond the block's end", source, from);
      if (to + literals > limit) throw damaged("a block that is too long", source, from);
      if (literals >= LITERAL_LOOP_BYTES) {
        output.set(input.subarray(from, literalsEnd), to);
        to += literals;
      } else if (literalsEnd <= safeEnd && to + literals <= safeLimit) {
        const next = to + literals;
        do {
          words.setInt32(to, inputWords.getInt32(from, true), true);
          words.setInt32(to + 4, inputWords.getInt32(from + 4, true), true);
          to += 8;
          from += 8;
        } while (to < next);
        to = next;
      } else {
        while (from < literalsEnd) output[to++] = input[from++];
      }
      from = literalsEnd;
    }
    if (from === end) return to; // the last sequence has no match
    if (from + 2 > end) throw damaged("a match without an offset", source, from);
    const offset = input[from] | input[from + 1] << 8;
    from += 2;
    let length = (token & LENGTH_MASK) + MIN_MATCH;
    if (length === LENGTH_MASK + MIN_MATCH) {
      let more: number;
      do {
        if (from >= end) throw damaged("a length without an end", source, from);
        more = input[from++];
        length += more;
      } while (more === 255);
    }
    if (to + length > limit) throw damaged("a block that is too long", source, from);
    let match = to - offset;
    if (match < floor) {
      const past = history.length - (floor - match);
      if (past < 0) throw damaged("a match before the start", source, from);
      const count = Math.min(length, floor - match);
      output.set(history.subarray(past, past + count), to);
      to += count;
      length -= count;
      match = floor;
    }
    if (offset === 0) throw damaged("a match of offset 0", source, from);
    const matchEnd = to + length;
    if (length >= MATCH_LOOP_BYTES) {
      copyMatch(output, to, { offset, length });
    } else if (offset >= 8 && matchEnd <= safeLimit) {
      do {
        words.setInt32(to, words.getInt32(match, true), true);
        words.setInt32(to + 4, words.getInt32(match + 4, true), true);
        to += 8;
        match += 8;
      } while (to < matchEnd);
    } else if (offset >= 4 && matchEnd <= safeLimit) {
      do {
        words.setInt32(to, words.getInt32(match, true), true);
        to += 4;
        match += 4;
      } while (to < matchEnd);
    } else {
      while (to < matchEnd) output[to++] = output[match++];
    }
    to = matchEnd;
  }
  throw damaged("a block that ends in a match", source, from);
}

/** A match may overlap what it writes: each copy doubles what can be copied at once. */
function copyMatch(
  output: Uint8Array,
  to: number,
  match: { offset: number; length: number },
): void {
  const start = to - match.offset;
  const end = to + match.length;
  if (match.offset === 1) output.fill(output[start], to, end);
  else while (to < end) to += copyPart(output, start, to, end);
}

function copyPart(output: Uint8Array, start: number, to: number, end: number): number {
  const count = Math.min(to - start, end - to);
  output.copyWithin(to, start, start + count);
  return count;
}

function damaged(what: string, source: BlockSource, at: number): Error {
  return corrupt({ name: "lz4", offset: 0 }, what, source.base + at);
}
