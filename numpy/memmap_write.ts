/**
 * Storing into a memory map: a value becomes the bytes of stretches of the file, piece by piece, so that
 * no more than a piece of a large map is in memory.
 */
import { Memmap } from "./memmap.ts";
import { packedLike, planWrites } from "./memmap_plan.ts";
import { NDArray } from "./ndarray.ts";
import { sourceOf } from "./nested.ts";
import { broadcastStrides } from "./strides.ts";

/** Elements are filled and written in pieces of about this size. */
const PIECE_BYTES = 1 << 20;

/** A stretch of the file, and what it becomes. */
export interface Stretch {
  /** First byte in the file. */
  readonly start: number;
  /** What is stored there. */
  readonly bytes: Uint8Array;
}

/** How many indices of an axis make a piece. */
export function rowsPerPiece(map: Memmap, axis: number): number {
  const row = map.nbytes / Math.max(map.shape[axis], 1);
  return Math.max(1, Math.floor(PIECE_BYTES / Math.max(row, 1)));
}

/** The stretches that store one value, or an array that broadcasts to the map's shape, in all elements. */
export function* writePieces(map: Memmap, value: unknown): Generator<Stretch> {
  const { dtype, shape, ndim, byteStrides, byteOffset } = map;
  const count = ndim === 0 ? 1 : rowsPerPiece(map, 0);
  if (ndim === 0 || count >= shape[0]) {
    const layout = { shape, strides: byteStrides, offset: byteOffset };
    const bytes = new Uint8Array(map.nbytes);
    const packed = packedLike(layout, dtype.itemsize);
    const target = new NDArray({ dtype, shape, bytes, byteStrides: packed });
    target.fill(value instanceof Memmap ? value.toNDArray() : value);
    return yield* planWrites(layout, dtype.itemsize, bytes);
  }
  const source = value instanceof Memmap ? value : sourceOf(value, dtype, ndim);
  const rows = source !== undefined && source.ndim >= ndim && source.shape[0] > 1;
  if (rows) broadcastStrides(source.shape, source.byteStrides, shape);
  for (let start = 0; start < shape[0]; start += count) {
    const part = { start, stop: start + count };
    yield* writePieces(map.slice(part), rows ? source.slice(part) : source ?? value);
  }
}
