/**
 * Arrays in joblib's hash: their bytes go into the digest ahead of the pickle, which keeps class, shape
 * and strides. The strides are those in memory, so a strided view differs from its copy.
 */
import { DType } from "../numpy/dtype.ts";
import { Memmap } from "../numpy/memmap.ts";
import { NDArray } from "../numpy/ndarray.ts";
import { packedStrides, type Slice } from "../numpy/strides.ts";
import { Op } from "../pickle/opcodes.ts";
import { ARGS, BYTE, MEMOIZE, SAVE, type Steps } from "../pickle/spelling.ts";
import { PyGlobal, type PyObject, PyTuple } from "../pickle/values.ts";

/** A map is read in parts of about this size. */
const PART_BYTES = 1 << 24;
/** A strided array is copied in parts of about this size, which stay in the processor's cache. */
const COPY_BYTES = 1 << 18;

const NDARRAY = new PyGlobal("numpy", "ndarray");
const MEMMAP = new PyGlobal("numpy", "memmap");
/** The class of masked arrays. */
export const MASKED_ARRAY: PyGlobal = new PyGlobal("numpy.ma", "MaskedArray");

/** The Python class of an array. */
export function classOf(array: NDArray | Memmap, coerceMmap: boolean): PyGlobal {
  const found = array instanceof Memmap ? MEMMAP : array.pyClass ?? NDARRAY;
  return coerceMmap && found.className === MEMMAP.className ? NDARRAY : found;
}

/** The state of an array of a user's class, which loads as the object that its pickle tells; undefined for other objects. */
export function subclassState(value: PyObject): unknown {
  const { callable, how, state } = value;
  const array = how === "reduce" && callable instanceof PyGlobal &&
    callable.name === "_reconstruct" && callable.module.endsWith(".multiarray") &&
    value.args[0] instanceof PyGlobal;
  return array ? state ?? null : undefined;
}

/** The array of a state that numpy gives, or that a class has put its own things beside; undefined for others. */
export function arrayOfState(state: unknown): NDArray | undefined {
  if (!(state instanceof PyTuple)) return undefined;
  for (const part of [state, ...state]) {
    const array = part instanceof PyTuple ? numpyState(part) : undefined;
    if (array !== undefined) return array;
  }
  return undefined;
}

/** Version, shape, dtype, whether in Fortran order, data. */
function numpyState([, shape, dtype, fortran, data]: PyTuple): NDArray | undefined {
  if (!(shape instanceof PyTuple && dtype instanceof DType)) return undefined;
  const order = fortran === true ? "F" : "C";
  const byteStrides = packedStrides(shape as number[], dtype.itemsize, order);
  const parts = { dtype, shape: shape as number[], byteStrides };
  if (dtype.hasObject) {
    return Array.isArray(data) ? new NDArray({ ...parts, objects: data }) : undefined;
  }
  return data instanceof Uint8Array ? NDArray.fromBytes(data, parts) : undefined;
}

/** The steps for `(class, ("HASHED", dtype, shape, strides))`, of which the dtype writes nothing. */
export function hashedArray(
  name: PyGlobal,
  { shape, byteStrides }: { readonly shape: number[]; readonly byteStrides: number[] },
): Steps {
  return [
    ...[SAVE, name, BYTE, Op.MARK, SAVE, "HASHED", ARGS, shape, ARGS, byteStrides],
    ...[BYTE, Op.TUPLE, MEMOIZE, null, BYTE, Op.TUPLE2, MEMOIZE, null],
  ];
}

/** The elements' bytes as joblib sees them: packed in the order they lie in, in C order where they are not packed. */
export function* memoryPieces(array: NDArray | Memmap): Generator<Uint8Array> {
  const order = array.order === "F" ? "F" : "C";
  if (array instanceof Memmap) {
    const walked = order === "F" ? array.transpose() : array;
    for (const part of mapParts(walked)) yield part.toNDArray().tobytes("C");
  } else if (array.isPacked(order)) yield array.tobytes(order);
  else for (const part of partsOf(array, COPY_BYTES)) yield part.tobytes("C");
}

/** A map in parts that follow each other in C order, each small enough to be in memory. */
export function mapParts(map: Memmap): Generator<Memmap> {
  return partsOf(map, PART_BYTES);
}

/** What an array and a map have in common here. */
interface Rows<T> {
  readonly ndim: number;
  readonly nbytes: number;
  readonly shape: readonly number[];
  row(index: number): T;
  slice(rows: Slice): T;
}

/** Parts of at most so many bytes, as far as there are rows to divide. */
function* partsOf<T extends Rows<T>>(array: T, most: number): Generator<T> {
  if (array.ndim === 0 || array.nbytes <= most) return yield array;
  const row = array.nbytes / array.shape[0];
  if (row > most) {
    for (let i = 0; i < array.shape[0]; i++) yield* partsOf(array.row(i), most);
    return;
  }
  const count = Math.floor(most / row);
  for (let start = 0; start < array.shape[0]; start += count) {
    yield array.slice({ start, stop: start + count });
  }
}
