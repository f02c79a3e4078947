/**
 * Reading a memory map into memory: all of it at once, into a buffer that is used again, or piece by piece.
 */
import { LimitError } from "../errors.ts";
import type { RandomAccessFile } from "../io/random_access.ts";
import type { Memmap } from "./memmap.ts";
import { packedLike, planReads } from "./memmap_plan.ts";
import { rowsPerPiece } from "./memmap_write.ts";
import { NDArray } from "./ndarray.ts";
import type { StridedLayout } from "./strides.ts";

/** The elements of a map in memory, lying as they lie in the file. */
export function readMapSync(map: Memmap, file: RandomAccessFile, into?: ArrayBuffer): NDArray {
  const bytes = roomFor(map, into);
  if (isOneStretch(map)) {
    // no plan is needed where all bytes follow each other (bench/npy.ts)
    file.readSync([{ start: map.byteOffset, into: bytes }]);
    return new NDArray({
      dtype: map.dtype,
      shape: map.shape,
      bytes,
      byteStrides: map.byteStrides,
    });
  }
  for (const batch of planReads(layoutOf(map), map.itemsize, bytes)) {
    file.readSync(batch.ranges);
    batch.finish();
  }
  return arrayOver(map, bytes);
}

/** Likewise, where it must be waited for. */
export async function readMap(
  map: Memmap,
  file: RandomAccessFile,
  into?: ArrayBuffer,
): Promise<NDArray> {
  const bytes = roomFor(map, into);
  for (const batch of planReads(layoutOf(map), map.itemsize, bytes)) {
    await file.read(batch.ranges);
    batch.finish();
  }
  return arrayOver(map, bytes);
}

/** A map in pieces of `length` indices of an axis, each in memory. */
export async function* chunksOf(
  map: Memmap,
  length: number | undefined,
  axis: number,
): AsyncGenerator<NDArray> {
  if (!(Number.isInteger(axis) && axis >= 0 && axis < map.ndim)) {
    throw new RangeError(`Cannot read chunks along axis ${axis} of ${map.ndim}`);
  }
  const count = length ?? rowsPerPiece(map, axis);
  if (!(Number.isInteger(count) && count > 0)) {
    throw new RangeError(`Cannot read chunks of ${count} indices`);
  }
  const before = new Array<null>(axis).fill(null);
  for (let start = 0; start < map.shape[axis]; start += count) {
    yield await map.read(...before, { start, stop: start + count });
  }
}

function isOneStretch(map: Memmap): boolean {
  return map.size > 0 && (map.isPacked("C") || map.isPacked("F"));
}

function layoutOf({ shape, byteStrides, byteOffset }: Memmap): StridedLayout {
  return { shape, strides: byteStrides, offset: byteOffset };
}

function roomFor(map: Memmap, into: ArrayBuffer | undefined): Uint8Array {
  const { nbytes, filename } = map;
  if (into !== undefined) {
    if (into.byteLength >= nbytes) return new Uint8Array(into, 0, nbytes);
    throw new RangeError(`Cannot read array into ${into.byteLength} bytes: ${nbytes} are needed`);
  }
  try {
    return new Uint8Array(nbytes);
  } catch (cause) {
    throw new LimitError(
      `Cannot hold ${nbytes} bytes in memory: read a slice of the map, or its chunks`,
      { cause, ...(filename === undefined ? {} : { path: filename }) },
    );
  }
}

function arrayOver(map: Memmap, bytes: Uint8Array): NDArray {
  const { dtype, shape } = map;
  return new NDArray({
    dtype,
    shape,
    bytes,
    byteStrides: packedLike(layoutOf(map), map.itemsize),
  });
}
