/** The blocks of a frame that Larder wrote: independent, without checksums. */
import type { BlockSource, BlockTarget } from "../compressors/_lz4_block.ts";

/** Length of the frame's header. */
export const HEADER_BYTES = 7;
/** Length of its blocks, decoded. */
export const BLOCK_BYTES: number = 256 << 10;
const STORED = 0x80000000;
const EMPTY = new Uint8Array(0);

/** The places behind every `count` blocks of a frame, and behind its last one. */
export function splitFrame(frame: Uint8Array, count: number): Uint8Array[] {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
  const groups: Uint8Array[] = [];
  let start = HEADER_BYTES;
  let at = start;
  for (let n = 1;; n++) {
    const word = view.getUint32(at, true);
    if (word !== 0) at += 4 + (word & ~STORED);
    if ((word === 0 || n % count === 0) && at > start) {
      groups.push(frame.subarray(start, at));
      start = at;
    }
    if (word === 0) return groups;
  }
}

/** Decode the blocks in `input`; returns the length of the output. */
export function decodeFrameBlocks(
  input: Uint8Array,
  output: Uint8Array,
  decode: (source: BlockSource, target: BlockTarget) => number,
): number {
  const view = new DataView(input.buffer, input.byteOffset, input.length);
  let to = 0;
  for (let at = 0; at < input.length;) {
    const word = view.getUint32(at, true);
    const start = at + 4;
    const end = start + (word & ~STORED);
    if (word >= STORED) {
      output.set(input.subarray(start, end), to);
      to += end - start;
    } else {
      const limit = Math.min(output.length, to + BLOCK_BYTES);
      const target = { bytes: output, start: to, limit, floor: to, history: EMPTY };
      to = decode({ bytes: input, start, end, base: 0 }, target);
    }
    at = end;
  }
  return to;
}
