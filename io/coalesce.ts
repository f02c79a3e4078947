/**
 * Which ranges of a file are fetched together: those that lie within a gap of each other become one
 * read, since a read costs more than the bytes between them. Ranges may come in any order and
 * overlap.
 */
import type { ByteRange } from "./random_access.ts";

/** What it pays to join. */
export interface Joining {
  /** Ranges that are at most this far apart become one read; negative for never. */
  readonly gapBytes: number;
  /** A joined read is no longer than this. */
  readonly blockBytes: number;
  /** A range of at least this length is read alone, straight into its buffer, without a copy. */
  readonly aloneBytes: number;
  /** Reads under way at a time. */
  readonly inFlight: number;
}

/** One read, and the ranges that it fills. */
export interface Block {
  /** First byte in the file. */
  readonly start: number;
  /** One behind the last byte. */
  readonly end: number;
  /** What lies in it; never empty. */
  readonly ranges: readonly ByteRange[];
}

/** Plan the reads that fill all ranges, in the order of the file. Empty ranges need none. */
export function planReads(ranges: readonly ByteRange[], joining: Joining): Block[] {
  const { gapBytes, blockBytes, aloneBytes } = joining;
  const blocks: Block[] = [];
  let block: { start: number; end: number; ranges: ByteRange[] } | undefined;
  for (const range of inOrder(ranges)) {
    const { length } = range.into;
    if (length === 0) continue;
    const end = range.start + length;
    if (length >= aloneBytes || gapBytes < 0) {
      blocks.push({ start: range.start, end, ranges: [range] });
    } else if (
      block !== undefined && range.start - block.end <= gapBytes && end - block.start <= blockBytes
    ) {
      block.ranges.push(range);
      if (end > block.end) block.end = end;
    } else {
      block = { start: range.start, end, ranges: [range] };
      blocks.push(block);
    }
  }
  return blocks;
}

/** Copy what one read brought into the ranges that it was for. */
export function scatter(block: Block, bytes: Uint8Array): void {
  for (const { start, into } of block.ranges) {
    const offset = start - block.start;
    into.set(bytes.subarray(offset, offset + into.length));
  }
}

function inOrder(ranges: readonly ByteRange[]): readonly ByteRange[] {
  for (let i = 1; i < ranges.length; i++) {
    if (ranges[i].start < ranges[i - 1].start) {
      return [...ranges].sort((a, b) => a.start - b.start);
    }
  }
  return ranges;
}
