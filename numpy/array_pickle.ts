/**
 * How an ndarray is spelled in a pickle. Below protocol 5, and for objects, dates and gaps in memory:
 * `_reconstruct(ndarray, (0,), b'b')` and a state; from protocol 5 on `_frombuffer` over the memory.
 * numpy turns simple foreign-endian arrays native while loading a state, and so do we.
 */
import { sharedBytes } from "../bytes/shared_bytes.ts";
import { type DumpContext, INERT, type LoadContext, type Reduction } from "../pickle/context.ts";
import { PickleBuffer } from "../pickle/pickle_buffer.ts";
import { PyByteArray, PyGlobal, PyTuple, tuple } from "../pickle/values.ts";
import { DType } from "./dtype.ts";
import { codecOf } from "./elements.ts";
import { isForeign, swapElements } from "./native.ts";
import { NDArray } from "./ndarray.ts";
import { listObjects, zeroParts } from "./ndarray_layout.ts";
import { forEachElement } from "./nested.ts";
import { asBytes, asInteger, asText, type Mutable, shapeOf } from "./pickle_values.ts";
import { exportable, recordItem } from "./record_items.ts";
import { elementCount, isContiguous, packedStrides } from "./strides.ts";

const NDARRAY = new PyGlobal("numpy", "ndarray");
const RECONSTRUCT = new PyGlobal("numpy._core.multiarray", "_reconstruct");
const FROM_BUFFER = new PyGlobal("numpy._core.numeric", "_frombuffer");
const CLASS_NAME = "numpy.ndarray";

/** Up to here numpy copies the bytes of a state; longer ones become the array's memory. */
const COPIED_BYTES = 1000;

/** numpy's own subclasses, which differ in behaviour only, by the names of all versions. */
const SUBCLASSES: ReadonlyMap<string, PyGlobal> = subclasses({
  "numpy.matrix": ["numpy.matrixlib.defmatrix.matrix"],
  "numpy.memmap": ["numpy._core.memmap.memmap"],
  "numpy.rec.recarray": ["numpy.recarray", "numpy._core.records.recarray"],
  "numpy.char.chararray": ["numpy.chararray", "numpy._core.defchararray.chararray"],
});

/** The class of an array: undefined for ndarray itself, INERT for a class that is not numpy's. */
export function arrayClass(value: unknown): PyGlobal | undefined | typeof INERT {
  if (!(value instanceof PyGlobal)) return INERT;
  if (value.className === CLASS_NAME) return undefined;
  return SUBCLASSES.get(value.className) ?? INERT;
}

/** `_reconstruct(class, shape, code)`: an empty array that waits for its state. */
export function reconstructArray(args: PyTuple): NDArray | typeof INERT {
  const pyClass = arrayClass(args[0]);
  if (pyClass === INERT || args.length !== 3) return INERT;
  return new NDArray({
    dtype: DType.from("i1"),
    shape: [0],
    ...(pyClass && { pyClass }),
  });
}

/** `_frombuffer(buffer, dtype, shape, order[, axis_order])`: an array over the buffer. */
export function arrayFromBuffer(args: PyTuple, context: LoadContext): NDArray | typeof INERT {
  const [buffer, dtype, lengths, order, axes] = args;
  const given = buffer instanceof PickleBuffer ? buffer.bytes : buffer;
  const kind = asText(order, context);
  if (!(given instanceof Uint8Array) || !(dtype instanceof DType)) return INERT;
  if (kind !== "C" && kind !== "F" && kind !== "K") return INERT;
  const shape = shapeOf(lengths, context, CLASS_NAME);
  if (dtype.hasObject || dtype.base !== dtype) {
    throw context.fail(`Cannot read array: ${dtype} does not lie in a buffer`, CLASS_NAME);
  }
  checkLength(given.length, shape, dtype, context);
  const width = Math.min(dtype.itemsize, 8) || 1;
  const bytes = given.byteOffset % width === 0 ? plainView(given) : given.slice();
  const writeable = buffer instanceof PickleBuffer
    ? !buffer.readonly
    : buffer instanceof PyByteArray;
  const byteStrides = packedStrides(shape, dtype.itemsize, kind === "F" ? "F" : "C");
  const array = new NDArray({ dtype, shape, byteStrides, bytes, writeable });
  if (kind !== "K" || axes === null || axes === undefined) return array;
  const permuted = Array.isArray(axes) ? axes.map(asInteger) : [];
  if ([...permuted].sort().some((axis, i) => axis === undefined || !permuted.includes(i))) {
    throw context.fail("Cannot read array: its axis order names no permutation", CLASS_NAME);
  }
  if (permuted.length !== shape.length) {
    throw context.fail("Cannot read array: its axis order is not one of its axes", CLASS_NAME);
  }
  return array.transpose(permuted as number[]);
}

/** `ndarray.__setstate__`. */
export function setArrayState(array: NDArray, state: unknown, context: LoadContext): void {
  if (!(state instanceof PyTuple) || state.length < 4 || state.length > 5) {
    throw context.fail("Cannot read array: its state is no tuple of 4 or 5 items", CLASS_NAME);
  }
  const [version, lengths, dtype, fortran, data] = state.length === 4 ? [0, ...state] : state;
  const number = asInteger(version);
  if (number !== 0 && number !== 1) {
    throw context.fail(`Cannot read array: state version ${String(version)}`, CLASS_NAME);
  }
  if (!(dtype instanceof DType) || dtype.base !== dtype) {
    throw context.fail("Cannot read array: its state has no dtype", CLASS_NAME);
  }
  const shape = shapeOf(lengths, context, CLASS_NAME);
  const order = fortran === true || (asInteger(fortran) ?? 0) !== 0 ? "F" : "C";
  const target = array as Mutable<NDArray>;
  const filled = dtype.hasObject
    ? ofItems(data, dtype, shape, order, context)
    : ofBytes(data, dtype, shape, context);
  target.dtype = filled.dtype;
  target.shape = shape;
  target.byteStrides = packedStrides(shape, dtype.itemsize, order);
  target.byteOffset = 0;
  target.bytes = filled.bytes;
  target.objects = filled.objects ?? null;
}

interface Filled {
  dtype: DType;
  bytes: Uint8Array;
  objects?: unknown[] | null;
}

function ofBytes(
  data: unknown,
  dtype: DType,
  shape: readonly number[],
  context: LoadContext,
): Filled {
  const given = asBytes(data, context);
  if (given === undefined) {
    throw context.fail("Cannot read array: its data are no bytes", CLASS_NAME);
  }
  checkLength(given.length, shape, dtype, context);
  const foreign = dtype.names === null && isForeign(dtype);
  const bytes = ownMemory(given, foreign);
  if (!foreign) return { dtype, bytes };
  swapElements(bytes, dtype);
  return { dtype: nativeOf(dtype), bytes };
}

/** The native type that numpy gives a swapped array: the built-in object where there is one. */
function nativeOf(dtype: DType): DType {
  const flexible = dtype.kind === "U" || dtype.unit !== null;
  if (flexible || dtype.metadata !== null || dtype.ml !== null) return dtype.newByteOrder("=");
  return DType.from(dtype.newByteOrder("=").str);
}

function ofItems(
  data: unknown,
  dtype: DType,
  shape: readonly number[],
  order: "C" | "F",
  context: LoadContext,
): Filled {
  if (!Array.isArray(data)) {
    throw context.fail("Cannot read array: its objects are no list", CLASS_NAME);
  }
  const count = elementCount(shape);
  if (data.length !== count) {
    throw context.fail(
      `Cannot read array: ${data.length} objects for shape (${shape.join(", ")})`,
      CLASS_NAME,
    );
  }
  const listed = dtype.kind === "O" || dtype.kind === "T";
  // A list in C order whatever the memory's order: that is how numpy walks it.
  if (listed && (order === "C" || shape.length < 2)) {
    return { dtype, bytes: new Uint8Array(0), objects: data.slice() };
  }
  const made = new NDArray(zeroParts(shape, dtype, order));
  const codec = codecOf(dtype);
  let next = 0;
  try {
    forEachElement(made, (position) => codec.write(made.memory, position, data[next++]));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw context.fail(`Cannot read array: item ${next - 1}: ${why}`, CLASS_NAME);
  }
  return { dtype, bytes: made.bytes, objects: made.objects };
}

function checkLength(
  length: number,
  shape: readonly number[],
  dtype: DType,
  context: LoadContext,
): void {
  const needed = elementCount(shape) * dtype.itemsize;
  if (length === needed) return;
  throw context.fail(
    `Cannot read array: ${length} bytes given, ${needed} needed for shape (${shape.join(", ")}) ` +
      `of ${dtype}`,
    CLASS_NAME,
  );
}

/** The bytes as memory of the array's own: long ones without a copy, as numpy does. */
function ownMemory(bytes: Uint8Array, changed: boolean): Uint8Array {
  const whole = bytes.byteOffset === 0 && bytes.byteLength === bytes.buffer.byteLength;
  if (!changed && whole && bytes.length > COPIED_BYTES) return plainView(bytes);
  const own = new Uint8Array(bytes.length);
  own.set(bytes);
  return own;
}

/** A plain Uint8Array over the same memory. */
function plainView(bytes: Uint8Array): Uint8Array {
  return bytes.constructor === Uint8Array
    ? bytes
    : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** `ndarray.__reduce_ex__(protocol)`. */
export function arrayReduction(array: NDArray, context: DumpContext): Reduction {
  const { dtype, pyClass, writeable } = array;
  if (context.protocol >= 5 && pyClass === undefined && exportable(dtype)) {
    const packed = array.order;
    if (packed !== "strided") {
      const buffer = new PickleBuffer(array.tobytes(packed), !writeable);
      const shape = PyTuple.from(array.shape) as PyTuple;
      return { callable: FROM_BUFFER, args: [buffer, dtype, shape, packed] };
    }
    const axes = packedAxes(array);
    if (axes !== undefined) {
      const base = array.transpose(axes);
      const buffer = new PickleBuffer(base.tobytes("C"), !writeable);
      const shape = PyTuple.from(base.shape) as PyTuple;
      const back = PyTuple.from(axes.map((_, axis) => axes.indexOf(axis))) as PyTuple;
      return { callable: FROM_BUFFER, args: [buffer, dtype, shape, "K", back] };
    }
  }
  return {
    callable: RECONSTRUCT,
    args: [pyClass ?? NDARRAY, tuple(0), sharedBytes(Uint8Array.of(0x62))],
    state: arrayState(array),
  };
}

/** `ndarray.__reduce__()[2]`. */
export function arrayState(array: NDArray): PyTuple {
  const order = array.order === "F" ? "F" : "C";
  const shape = PyTuple.from(array.shape) as PyTuple;
  const fortran = order === "F" && array.ndim > 1;
  const data = array.dtype.hasObject ? listItems(array) : freshBytes(array.tobytes(order));
  return tuple(1, shape, array.dtype, fortran, data);
}

/** A bytes object that no other value shares, except where Python shares it. */
function freshBytes(bytes: Uint8Array): Uint8Array {
  return sharedBytes(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length));
}

function listItems(array: NDArray): unknown[] {
  if (array.dtype.kind === "O" || array.dtype.kind === "T") return listObjects(array, "C");
  const items: unknown[] = [];
  forEachElement(array, (position) => items.push(recordItem(array.dtype, array.memory, position)));
  return items;
}

/** The axes from the longest stride to the shortest, if the array is packed in that order. */
function packedAxes(array: NDArray): number[] | undefined {
  const axes = array.shape.map((_, axis) => axis);
  axes.sort((a, b) => Math.abs(array.byteStrides[b]) - Math.abs(array.byteStrides[a]) || a - b);
  const layout = {
    shape: axes.map((axis) => array.shape[axis]),
    strides: axes.map((axis) => array.byteStrides[axis]),
  };
  return isContiguous(layout, array.itemsize, "C") ? axes : undefined;
}

function subclasses(names: Record<string, string[]>): Map<string, PyGlobal> {
  const map = new Map<string, PyGlobal>();
  for (const [name, others] of Object.entries(names)) {
    const dot = name.lastIndexOf(".");
    const known = new PyGlobal(name.slice(0, dot), name.slice(dot + 1));
    for (const spelled of [name, ...others]) {
      map.set(spelled, known);
      map.set(spelled.replace("numpy._core.", "numpy.core."), known);
    }
  }
  return map;
}
