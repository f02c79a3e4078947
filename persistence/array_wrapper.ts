/**
 * joblib's `NumpyArrayWrapper`: a small pickled object that says shape, order and dtype, followed by the
 * array's raw bytes outside of any frame. See joblib.numpy_pickle; arrays of objects follow as a pickle
 * of their own. Files by joblib before 1.2 have no padding.
 */
import { LimitError } from "../errors.ts";
import { DType, Memmap, NDArray } from "../numpy/mod.ts";
import { MemmapPieces } from "../numpy/memmap_pieces.ts";
import { toNative } from "../numpy/native.ts";
import { type LoadContext, NestedRequest, ReadRequest, SkipRequest } from "../pickle/context.ts";
import type { Frames } from "../pickle/frames.ts";
import { picklerBytes } from "../pickle/pickle.ts";
import type { PicklerHooks, RawArray } from "../pickle/pickler.ts";
import { isPlainObject, PyGlobal, PyTuple } from "../pickle/values.ts";
import type { Mapping } from "./mapping.ts";

/** Data starts at a multiple of this, so that it can be mapped. */
const NUMPY_ARRAY_ALIGNMENT_BYTES = 16;

const WRAPPER = new PyGlobal("joblib.numpy_pickle", "NumpyArrayWrapper");
const NDARRAY = new PyGlobal("numpy", "ndarray");

/** What becomes of the arrays of a file. */
export interface ArrayHandling {
  /** Swap arrays of foreign byte order. */
  readonly native: boolean;
  /** Where arrays are mapped instead of read. */
  readonly mapping?: Mapping;
}

/** The wrapper while its file is read; BUILD turns it into the array. */
export class ArrayWrapper {
  readonly #handling: ArrayHandling;

  /** Make the array in this way. */
  constructor(handling: ArrayHandling) {
    this.#handling = handling;
  }

  /** BUILD: ask for the bytes that follow, and answer the array. */
  __setstate__(state: unknown, context: LoadContext): unknown {
    const get = stateReader(state, context);
    const dtype = get("dtype");
    if (!(dtype instanceof DType)) throw context.fail("an array without a dtype");
    const shape = readShape(get("shape"), context);
    if (dtype.hasObject || dtype.kind === "T") return readObjects(dtype, context);
    const padding = maxPadding(get("numpy_array_alignment_bytes"), context);
    const order = get("order");
    if (typeof order !== "string") throw context.fail("an array that does not say its order");
    const layout = { shape, dtype, order: order === "F" ? "F" as const : "C" as const };
    const { mapping } = this.#handling;
    if (mapping === undefined) return this.#readData(layout, padding, context);
    return new SkipRequest(
      byteLength(shape, dtype, context),
      (byteOffset) => mapping.map({ ...layout, byteOffset }),
      { maxPadding: padding },
    );
  }

  #readData(
    layout: { shape: number[]; dtype: DType; order: "C" | "F" },
    maxPadding: number,
    context: LoadContext,
  ): ReadRequest {
    const { shape, dtype } = layout;
    const nbytes = byteLength(shape, dtype, context);
    const into = context.into?.({ dtype: dtype.str, shape, byteLength: nbytes });
    if (into !== undefined && into.byteLength < nbytes) {
      throw new RangeError(`Cannot read array into ${into.byteLength} bytes: ${nbytes} are needed`);
    }
    return new ReadRequest(
      nbytes,
      (bytes) => {
        const array = NDArray.fromBytes(bytes, layout);
        return this.#handling.native ? toNative(array) : array;
      },
      { into: into === undefined ? undefined : new Uint8Array(into, 0, nbytes), maxPadding },
    );
  }
}

/** The array of a pickle that follows. Its dtype is one object with the wrapper's, as it was when it was dumped. */
function readObjects(dtype: DType, context: LoadContext): NestedRequest {
  return new NestedRequest((value) => {
    if (!(value instanceof NDArray)) {
      throw context.fail("an array of objects whose pickle holds no array");
    }
    if (value.dtype.equals(dtype)) (value as { dtype: DType }).dtype = dtype;
    return value;
  });
}

/** Write an array as joblib does; undefined for what joblib leaves to numpy's own pickling. */
export function rawArray(value: object, convert: PicklerHooks["convert"]): RawArray | undefined {
  const mapped = value instanceof Memmap;
  if (!mapped && !(value instanceof NDArray)) return undefined;
  const name = mapped ? undefined : value.pyClass?.className;
  const matrix = name === "numpy.matrix" || name === "numpy.matrixlib.defmatrix.matrix";
  if (name !== undefined && !matrix && name !== "numpy.memmap") return undefined;
  const array = value;
  const objects = array.dtype.hasObject || array.dtype.kind === "T";
  const order = array.order === "F" ? "F" : "C";
  return {
    wrapper: {
      how: "newobj",
      callable: WRAPPER,
      args: [],
      state: {
        subclass: matrix ? (value as NDArray).pyClass : NDARRAY,
        shape: PyTuple.from(array.shape),
        order,
        dtype: array.dtype,
        allow_mmap: !objects,
        numpy_array_alignment_bytes: NUMPY_ARRAY_ALIGNMENT_BYTES,
      },
    },
    write(out: Frames): void {
      if (objects) {
        const hooks = convert === undefined ? {} : { convert };
        out.raw(picklerBytes(array, { protocol: 5 }, hooks));
        return;
      }
      const length = NUMPY_ARRAY_ALIGNMENT_BYTES - (out.offset + 1) % NUMPY_ARRAY_ALIGNMENT_BYTES;
      const padding = new Uint8Array(1 + length).fill(0xff);
      padding[0] = length;
      out.raw(padding);
      out.raw(array instanceof Memmap ? new MemmapPieces(array) : array.tobytes(order));
    },
  };
}

/** The greatest padding that an alignment leads to; 0 where the file has none. */
function maxPadding(alignment: unknown, context: LoadContext): number {
  if (alignment === undefined || alignment === null) return 0;
  if (typeof alignment === "number" && alignment >= 1 && alignment <= 255) return alignment;
  throw context.fail(`an array with an alignment of ${String(alignment)} bytes`);
}

/** Access to a state that is a dict of attributes. */
export function stateReader(state: unknown, context: LoadContext): (name: string) => unknown {
  if (state instanceof Map) return (name) => state.get(name);
  if (isPlainObject(state)) return (name) => Object.hasOwn(state, name) ? state[name] : undefined;
  throw context.fail("an array wrapper whose state is no dict");
}

function readShape(value: unknown, context: LoadContext): number[] {
  if (!(value instanceof PyTuple)) throw context.fail("an array whose shape is no tuple");
  const maxNdim = context.limits.maxNdim ?? 64;
  if (value.length > maxNdim) {
    throw new LimitError(
      `Cannot read array: ${value.length} dimensions are more than limits.maxNdim ${maxNdim} (at byte ${context.offset})`,
      { offset: context.offset },
    );
  }
  for (const length of value) {
    if (typeof length !== "number" || !Number.isInteger(length) || length < 0) {
      throw context.fail(`an array with an axis of length ${String(length)}`);
    }
  }
  return [...value] as number[];
}

function byteLength(shape: readonly number[], dtype: DType, context: LoadContext): number {
  const size = shape.reduce((product, length) => product * length, 1);
  const nbytes = size * dtype.itemsize;
  if (Number.isSafeInteger(nbytes)) return nbytes;
  throw context.fail(`an array of shape (${shape.join(", ")}) that is larger than any file`);
}
