/**
 * `astype`: an array of another dtype. Numbers with typed arrays on both sides go in one loop and are
 * cut as a C cast cuts them; everything else goes element by element and must fit.
 */
import type { DType } from "./dtype.ts";
import { codecOf } from "./elements.ts";
import { NDArray } from "./ndarray.ts";
import { swapElements } from "./native.ts";
import { zeroParts } from "./ndarray_layout.ts";
import { forEachElement } from "./nested.ts";
import { packedStrides } from "./strides.ts";
import { typedClass } from "./typed_data.ts";

/** A converted copy; in Fortran order where the array is. @throws RangeError or TypeError */
export function convert(array: NDArray, dtype: DType): NDArray {
  const target = sized(array, dtype);
  const order = array.order === "F" ? "F" : "C";
  if (target.equals(array.dtype.newByteOrder())) {
    const copy = array.copy();
    swapElements(copy.bytes, copy.dtype);
    return new NDArray({
      dtype: target,
      shape: copy.shape,
      order,
      bytes: copy.bytes,
      ...(copy.objects && { objects: copy.objects }),
    });
  }
  if (target.equals(array.dtype)) {
    const copy = array.copy();
    if (copy.objects !== null && copy.bytes.length === 0) {
      return new NDArray({ dtype: target, shape: copy.shape, order, objects: copy.objects });
    }
    return new NDArray({
      dtype: target,
      shape: copy.shape,
      order,
      bytes: copy.bytes,
      ...(copy.objects && { objects: copy.objects }),
    });
  }
  if (isPlain(array.dtype) && isPlain(target)) return castNumbers(array, target, order);
  return convertEach(array, target, order);
}

type Numbers = { [index: number]: number | bigint; readonly length: number };

/** Whether a typed array holds the numbers as they are. */
function isPlain(dtype: DType): boolean {
  if (!"biuf".includes(dtype.kind) || dtype.ml !== null) return false;
  const Typed = typedClass(dtype);
  return Typed !== undefined && !(dtype.kind === "f" && Typed === Uint16Array);
}

function castNumbers(array: NDArray, target: DType, order: "C" | "F"): NDArray {
  const packed = array.copy();
  if (!packed.dtype.isNative) swapElements(packed.bytes, packed.dtype);
  const From = typedClass(packed.dtype)!;
  const To = typedClass(target)!;
  const size = packed.size;
  const from = new From(packed.bytes.buffer, packed.bytes.byteOffset, size) as unknown as Numbers;
  const bytes = new Uint8Array(size * target.itemsize);
  const to = new To(bytes.buffer, 0, size) as unknown as Numbers;
  const bigFrom = packed.itemsize === 8 && packed.dtype.kind !== "f";
  const bigTo = target.itemsize === 8 && target.kind !== "f";
  if (target.kind === "b") {
    for (let i = 0; i < size; i++) to[i] = from[i] == 0 ? 0 : 1;
  } else if (bigFrom === bigTo) {
    for (let i = 0; i < size; i++) to[i] = from[i];
  } else if (bigFrom) {
    const integers = target.kind !== "f";
    // An int32 of a bigint keeps the low bits, as in C; a detour over a float would not.
    for (let i = 0; i < size; i++) {
      to[i] = Number(integers ? BigInt.asIntN(32, from[i] as bigint) : from[i]);
    }
  } else {
    for (let i = 0; i < size; i++) {
      const value = from[i] as number;
      to[i] = Number.isFinite(value) ? BigInt(Math.trunc(value)) : -(2n ** 63n);
    }
  }
  if (!target.isNative) swapElements(bytes, target);
  return new NDArray({ dtype: target, shape: packed.shape, order, bytes });
}

function convertEach(array: NDArray, target: DType, order: "C" | "F"): NDArray {
  const made = new NDArray(zeroParts(array.shape, target, order));
  const read = codecOf(array.dtype);
  const write = codecOf(target);
  const strides = packedStrides(array.shape, target.itemsize, order);
  const positions = forEachPosition(array.shape, strides);
  const dates = "mM".includes(array.dtype.kind) && "mM".includes(target.kind);
  if (dates && array.dtype.unit !== target.unit && array.dtype.unit !== "generic") {
    throw new TypeError(`Cannot convert ${array.dtype} to ${target}: the units differ`);
  }
  const text = target.kind === "U" || target.kind === "T" || target.kind === "S";
  forEachElement(array, (position) => {
    const value = read.read(array.memory, position);
    const spelled = text && typeof value === "boolean" ? (value ? "True" : "False") : value;
    const stored = target.kind === "T" && typeof spelled !== "string" ? String(spelled) : spelled;
    write.write(made.memory, positions.next(), stored);
  });
  return made;
}

/** Positions of an array's elements in C order, one after the other. */
function forEachPosition(
  shape: readonly number[],
  strides: readonly number[],
): { next(): number } {
  const index = new Array<number>(shape.length).fill(0);
  let position = 0;
  return {
    next(): number {
      const answer = position;
      for (let axis = shape.length - 1; axis >= 0; axis--) {
        position += strides[axis];
        if (++index[axis] < shape[axis]) break;
        position -= shape[axis] * strides[axis];
        index[axis] = 0;
      }
      return answer;
    },
  };
}

/** `U`, `S` and `V` without a size get the size that the values need. */
function sized(array: NDArray, dtype: DType): DType {
  if (dtype.itemsize > 0 || !"US".includes(dtype.kind)) return dtype;
  let longest = 1;
  const codec = codecOf(array.dtype);
  forEachElement(array, (position) => {
    longest = Math.max(longest, [...String(codec.read(array.memory, position))].length);
  });
  const Type = dtype.constructor as typeof DType;
  return Type.from(`${dtype.byteOrder === ">" ? ">" : ""}${dtype.kind}${longest}`);
}
