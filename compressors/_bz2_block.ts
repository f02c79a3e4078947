/** A block of bzip2 by itself, for workers. */
import type { WorkerTask } from "../io/workers.ts";
import { BitReader, Bz2Problem, readBz2Mark } from "./_bz2_bits.ts";
import { Bz2BlockDecoder } from "./_bz2_decoder.ts";

/** Runs can be made 50 times as long: what is longer than this comes out piece by piece elsewhere. */
const MAX_OUTPUT_BYTES = 4 << 20;

/** {@linkcode decodeBz2Block}, for workers. */
export const BZ2_BLOCK_TASK: WorkerTask = { module: import.meta.url, name: "decodeBz2Block" };

/** Where a block should be. */
export interface Bz2BlockPlace {
  /** Its first bit in the bytes. */
  readonly bit: number;
  /** The bit behind its last one. */
  readonly endBit: number;
  /** The level of its stream. */
  readonly level: number;
}

/**
 * Decode a block.
 *
 * @throws {Error} It is damaged, not in that place, or longer than 4 MiB.
 */
export function decodeBz2Block(bytes: Uint8Array, place: Bz2BlockPlace): Uint8Array {
  const bits = new BitReader(bytes, { start: 0, end: bytes.length, bit: place.bit });
  const mark = readBz2Mark(bits);
  const { decoder, output } = memoryFor(place.level);
  decoder.start(bits);
  decoder.readSymbols(bits, true);
  if (bits.used !== place.endBit) throw new Bz2Problem("a block that ends elsewhere");
  const length = decoder.write(output);
  if (length === output.length) throw new Bz2Problem("a long block");
  if (decoder.crc !== mark.crc) throw new Bz2Problem("incorrect data check of a block");
  return output.slice(0, length);
}

interface Memory {
  readonly decoder: Bz2BlockDecoder;
  readonly output: Uint8Array;
}

let memory: Memory | undefined;

/** The memory of the last block, again: each takes 8 MB, which a worker does not clear away at once. */
function memoryFor(level: number): Memory {
  const blockBytes = level * 100_000;
  if (memory?.decoder.blockBytes !== blockBytes) {
    const decoder = new Bz2BlockDecoder(blockBytes);
    memory = { decoder, output: new Uint8Array(MAX_OUTPUT_BYTES) };
  }
  return memory;
}
