/**
 * What threads share of an LZ4 frame: a segment of blocks, each with its size in front. Workers
 * import this file and little else.
 */
import type { WorkerTask } from "../io/workers.ts";
import { encodeLz4Block, FIRST_HC_LEVEL, lz4BlockBound } from "./_lz4_encoder.ts";

/** Length of the size in front of a block, and of checksums. */
export const WORD_BYTES = 4;
/** In a block's size: it isn't compressed. */
export const UNCOMPRESSED_FLAG = 0x80000000;
/** Blocks of the fast levels: readers of files hold one or two of them, and larger ones gain 0.5 %. */
const FAST_BLOCK_BYTES = 256 << 10;
/** Blocks of the thorough levels: 2 % smaller files than with the above. */
const HC_BLOCK_BYTES = 1 << 20;
/** Length of a segment: whole blocks of either kind. */
export const LZ4_SEGMENT_BYTES: number = HC_BLOCK_BYTES;

/** {@linkcode encodeLz4Segment} for workers. */
export const LZ4_SEGMENT_TASK: WorkerTask = { module: import.meta.url, name: "encodeLz4Segment" };

/** Length of a level's blocks. */
export function lz4BlockBytes(level: number): number {
  return level < FIRST_HC_LEVEL ? FAST_BLOCK_BYTES : HC_BLOCK_BYTES;
}

/** The most bytes that the blocks of `length` bytes become, and what is written past them. */
export function lz4SegmentBound(length: number): number {
  return Math.ceil(length / FAST_BLOCK_BYTES) * (WORD_BYTES + lz4BlockBound(FAST_BLOCK_BYTES));
}

/** The blocks of a segment, put into its buffer {@linkcode LZ4_SEGMENT_BYTES} behind its start. */
export function encodeLz4Segment(segment: Uint8Array, level: number): Uint8Array {
  const start = segment.byteOffset + LZ4_SEGMENT_BYTES;
  const output = new Uint8Array(segment.buffer, start, lz4SegmentBound(segment.length));
  const size = lz4BlockBytes(level);
  let end = 0;
  for (let at = 0; at < segment.length; at += size) {
    end = putLz4Block(segment.subarray(at, at + size), output, { at: end, level });
  }
  return output.subarray(0, end);
}

/** Put a block with its size in front into `output`; returns where it ends. */
export function putLz4Block(
  block: Uint8Array,
  output: Uint8Array,
  options: { at: number; level: number },
): number {
  const { at, level } = options;
  const start = at + WORD_BYTES;
  let size = encodeLz4Block(block, output.subarray(start), level);
  let word = size;
  if (size >= block.length) {
    size = block.length;
    word = size + UNCOMPRESSED_FLAG;
    output.set(block, start);
  }
  for (let i = 0; i < WORD_BYTES; i++) output[at + i] = word / 2 ** (8 * i);
  return start + size;
}
