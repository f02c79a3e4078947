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
/** Below this a loop is faster than a call of `set` or `copyWithin`; bench/lz4.ts. */
const LOOP_BYTES = 48;

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
      if (literals < LOOP_BYTES) {
        while (from < literalsEnd) output[to++] = input[from++];
      } else {
        output.set(input.subarray(from, literalsEnd), to);
        from = literalsEnd;
        to += literals;
      }
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
    if (length < LOOP_BYTES) {
      while (to < matchEnd) output[to++] = output[match++];
    } else if (offset === 1) {
      output.fill(output[match], to, matchEnd);
      to = matchEnd;
    } else {
      // A match may overlap what it writes: each copy doubles what can be copied at once.
      while (to < matchEnd) {
        const count = Math.min(to - match, matchEnd - to);
        output.copyWithin(to, match, match + count);
        to += count;
      }
    }
  }
  throw damaged("a block that ends in a match", source, from);
}

function damaged(what: string, source: BlockSource, at: number): Error {
  return corrupt({ name: "lz4", offset: 0 }, what, source.base + at);
}
