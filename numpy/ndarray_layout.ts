/**
 * What an array is made of, checked: shape and strides of a dtype (a sub-array type becomes further
 * axes), that all elements lie inside of the memory, and the parts of zeros and of packed copies.
 */
import type { DType } from "./dtype.ts";
import type { NDArray } from "./ndarray.ts";
import type { PyGlobal } from "../pickle/values.ts";
import { packElements, packObjects } from "./packing.ts";
import { byteBounds, elementCount, type MemoryOrder, packedStrides } from "./strides.ts";

/** What an array is made of. */
export interface NDArrayParts {
  /** Element type; a sub-array type becomes further axes. */
  dtype: DType;
  /** Lengths of the axes. */
  shape: readonly number[];
  /** The memory; not copied. @default none, for arrays of objects */
  bytes?: Uint8Array;
  /** Python objects; not copied. @default none */
  objects?: unknown[];
  /** Order of packed elements, where no strides are given. @default "C" */
  order?: MemoryOrder;
  /** Bytes from one index to the next, for each axis. @default packed in `order` */
  byteStrides?: readonly number[];
  /** Bytes to the first element. @default 0 */
  byteOffset?: number;
  /** Whether Python may write to it. @default true */
  writeable?: boolean;
  /** Python's class where it is not numpy.ndarray. @default none */
  pyClass?: PyGlobal;
}

/** How the elements lie; a sub-array type has become further axes. */
export interface ArrayLayout {
  /** Type of one element. */
  dtype: DType;
  /** Length of each axis. */
  shape: number[];
  /** Bytes from one index to the next, for each axis. */
  byteStrides: number[];
}

/** Dtype, shape and strides of an array's parts. @throws RangeError when the memory is too small */
export function layOut(parts: NDArrayParts): ArrayLayout {
  const bytes = parts.bytes?.length ?? 0;
  const listed = bytes === 0 && parts.objects !== undefined;
  return layOutIn(listed ? parts.objects!.length * parts.dtype.base.itemsize : bytes, parts);
}

/** Likewise, in `available` bytes of memory or of a file. @throws RangeError when these are too few */
export function layOutIn(
  available: number,
  parts: Omit<NDArrayParts, "bytes" | "objects">,
): ArrayLayout {
  const { base: dtype, shape: inner } = parts.dtype;
  const shape = [...parts.shape, ...inner];
  checkLengths(shape);
  const order = parts.order ?? "C";
  const byteStrides = parts.byteStrides === undefined
    ? outerStrides(parts.shape, parts.dtype.itemsize, inner, dtype.itemsize, order)
    : [...parts.byteStrides, ...packedStrides(inner, dtype.itemsize, "C")];
  if (byteStrides.length !== shape.length) {
    throw new RangeError(
      `Cannot make array: ${byteStrides.length} strides for ${shape.length} axes`,
    );
  }
  const layout = { shape, strides: byteStrides, offset: parts.byteOffset ?? 0 };
  const [start, end] = byteBounds(layout, dtype.itemsize);
  // an array without elements takes no bytes, wherever a view of it begins
  if (start !== end && (start < 0 || !(end <= available))) {
    throw new RangeError(
      `Cannot make array: its elements take bytes ${start} to ${end}, only ${available} are there`,
    );
  }
  return { dtype, shape, byteStrides };
}

/**
 * Strides of whole elements in `order`; a sub-array inside of each is in C order. One axis without
 * elements has a stride of 0, as in numpy, where such strides tell what is fresh from what was shaped.
 */
function outerStrides(
  outer: readonly number[],
  outerSize: number,
  inner: readonly number[],
  itemsize: number,
  order: MemoryOrder,
): number[] {
  if (outer.length === 1 && outer[0] === 0 && inner.length === 0) return [0];
  return [...packedStrides(outer, outerSize, order), ...packedStrides(inner, itemsize, "C")];
}

function checkLengths(shape: readonly number[]): void {
  for (const length of shape) {
    if (!Number.isSafeInteger(length) || length < 0) {
      throw new RangeError(`Cannot make array: ${length} is no length of an axis`);
    }
  }
}

/** The strides of a fresh array, where they aren't those of packed elements: numpy has 0 where there are none. */
function freshStrides(shape: readonly number[]): { byteStrides?: number[] } {
  return shape.includes(0) ? { byteStrides: new Array<number>(shape.length).fill(0) } : {};
}

/** The parts of an array of zeros: `0` for objects, empty text. */
export function zeroParts(
  shape: readonly number[],
  dtype: DType,
  order: MemoryOrder = "C",
): NDArrayParts {
  checkLengths(shape);
  const count = elementCount([...shape, ...dtype.shape]);
  const { kind, itemsize, hasObject } = dtype.base;
  if (!Number.isSafeInteger(count * itemsize)) {
    throw new RangeError(`Cannot make array: shape (${shape}) is too large`);
  }
  if (kind === "O" || kind === "T") {
    const objects = new Array<unknown>(count).fill(kind === "O" ? 0 : "");
    return { dtype, shape, order, objects, ...freshStrides(shape) };
  }
  const bytes = new Uint8Array(count * itemsize);
  const objects = hasObject && { objects: [0] };
  return { dtype, shape, order, bytes, ...objects, ...freshStrides(shape) };
}

/** The parts of a packed copy. */
export function packedParts(array: NDArray, order: MemoryOrder): NDArrayParts {
  const { dtype, shape, byteStrides: strides, byteOffset: offset } = array;
  if (dtype.kind === "O" || dtype.kind === "T") {
    return { dtype, shape, order, objects: listObjects(array, order) };
  }
  const bytes = packElements(array.bytes, { shape, strides, offset }, dtype.itemsize, order);
  const objects = array.objects && { objects: [...array.objects] };
  return { dtype, shape, order, bytes, ...objects, ...freshStrides(shape) };
}

/** The objects of an array of objects or strings, in `order`. */
export function listObjects(array: NDArray, order: MemoryOrder): unknown[] {
  const { itemsize } = array.dtype;
  const { bytes, objects } = array.memory;
  const layout = {
    shape: array.shape,
    strides: array.byteStrides.map((stride) => stride / itemsize),
    offset: array.byteOffset / itemsize,
  };
  if (bytes.length === 0) return packObjects(objects!, layout, order);
  // Inside of a struct the bytes hold indices of the objects.
  const slots = packElements(
    array.bytes,
    { shape: array.shape, strides: array.byteStrides, offset: array.byteOffset },
    itemsize,
    order,
  );
  const indices = new DataView(slots.buffer);
  const list: unknown[] = [];
  for (let at = 0; at < slots.length; at += itemsize) {
    list.push(objects![indices.getUint32(at, true)]);
  }
  return list;
}
