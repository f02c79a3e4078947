/** What workers would do if they decoded lz4: see lz4.ts. */
import { Lz4Blocks } from "../compressors/_lz4_wasm.ts";
import { decodeFrameBlocks } from "./lz4_blocks.ts";

const blocks = new Lz4Blocks();

/** Decode the independent blocks in the first `length` bytes of a buffer to its part from `at` on. */
export function decodeGroup(input: Uint8Array, at: number): Uint8Array {
  const output = new Uint8Array(input.buffer, at);
  const length = decodeFrameBlocks(input, output, (source, target) => {
    return blocks.decode(source, target, false);
  });
  return output.subarray(0, length);
}
