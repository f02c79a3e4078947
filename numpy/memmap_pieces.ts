/**
 * The elements of an array that lies in a file as bytes, packed in its own order and read piece by piece:
 * what a file made of it holds, without having all of it in memory.
 */
import type { Memmap } from "./memmap.ts";

/** Between pieces other work runs, progress is told and an abort is heeded: numpy's own size. */
export const PIECE_BYTES: number = 16 << 20;

/** The bytes of a map: packed in Fortran order where the map is, else in C order. */
export class MemmapPieces implements Iterable<Uint8Array>, AsyncIterable<Uint8Array> {
  /** How many bytes there are. */
  readonly length: number;
  readonly #map: Memmap;

  /** The pieces of `map`. */
  constructor(map: Memmap) {
    this.#map = map;
    this.length = map.nbytes;
  }

  /** The bytes in order. @throws UnsupportedError where reading must be awaited */
  *[Symbol.iterator](): Generator<Uint8Array> {
    for (const part of this.#parts()) yield part.toNDArray().tobytes("C");
  }

  /** The same, from every source. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for (const part of this.#parts()) yield (await part.read()).tobytes("C");
  }

  #parts(): Generator<Memmap> {
    return partsOf(this.#map.order === "F" ? this.#map.transpose() : this.#map);
  }
}

/** What can be cut along its first axis. */
interface Cuttable<T> {
  readonly shape: readonly number[];
  readonly nbytes: number;
  slice(selection: { start: number; stop: number }): T;
  row(index: number): T;
}

/** Views that follow each other in C order, none of which takes more than a piece. */
export function* partsOf<T extends Cuttable<T>>(array: T): Generator<T> {
  if (array.nbytes <= PIECE_BYTES || array.shape.length === 0) {
    yield array;
    return;
  }
  const [length] = array.shape;
  const rows = Math.floor(PIECE_BYTES / (array.nbytes / length));
  for (let start = 0; start < length; start += Math.max(1, rows)) {
    if (rows > 0) yield array.slice({ start, stop: start + rows });
    else yield* partsOf(array.row(start));
  }
}
