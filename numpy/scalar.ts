/**
 * A numpy scalar such as `numpy.float32(1.5)`: a dtype and the bytes of one element.
 * Plain loads give a JavaScript value where one says the same; dates, structs, void bytes and
 * longdoubles stay what they are, since a bare number would lose their unit, fields or digits.
 */
import { sharedBytes } from "../bytes/shared_bytes.ts";
import { toNumber } from "../bytes/long.ts";
import { INERT, type LoadContext, type Reduction } from "../pickle/context.ts";
import { hashKey } from "../pickle/hashing.ts";
import { defineInspect } from "../pickle/protocols.ts";
import { PyGlobal, type PyTuple } from "../pickle/values.ts";
import { dateText } from "./datetime.ts";
import { DType, type DTypeLike, partsOf } from "./dtype.ts";
import type { Memory } from "./elements.ts";
import { isForeign, swapElements } from "./native.ts";
import { NDArray } from "./ndarray.ts";
import { elementText } from "./array_text.ts";
import { asBytes } from "./pickle_values.ts";

const SCALAR = new PyGlobal("numpy._core.multiarray", "scalar");
const CLASS_NAME = "numpy._core.multiarray.scalar";

const SCALAR_NAMES: Readonly<Record<string, string>> = {
  S: "bytes_",
  U: "str_",
  V: "void",
  M: "datetime64",
  m: "timedelta64",
};

/** One element with its dtype. */
export class NumpyScalar {
  /** Type of the element. */
  readonly dtype: DType;
  /** The element's bytes; empty where the struct holds objects. */
  readonly bytes: Uint8Array;
  /** The element as a 0-d array. */
  readonly array: NDArray;

  static {
    defineInspect(this.prototype, function () {
      return scalarText(this);
    });
  }

  /** Take the element of a 0-d array. */
  constructor(array: NDArray) {
    this.dtype = array.dtype;
    this.bytes = array.bytes;
    this.array = array;
  }

  /** Make a scalar of a value. @throws RangeError or TypeError when the dtype can't hold it */
  static from(value: unknown, dtype: DTypeLike): NumpyScalar {
    return new NumpyScalar(NDArray.from(value, { dtype, shape: [] }));
  }

  /** Copy the element at a byte position. */
  static at(dtype: DType, memory: Memory, position: number): NumpyScalar {
    const bytes = memory.bytes.slice(position, position + dtype.itemsize);
    return new NumpyScalar(elementArray(dtype, bytes, memory.objects));
  }

  /** The value, as `NDArray.get` gives it. */
  get value(): unknown {
    return this.array.get();
  }

  /** A number where there is one, so that arithmetic works. */
  valueOf(): unknown {
    const { value } = this;
    return typeof value === "object" ? this : value;
  }

  /** The value as text; dates as ISO 8601. */
  toString(): string {
    const { value, dtype } = this;
    return dtype.kind === "M" || dtype.kind === "m"
      ? dateText(dtype, value as bigint)
      : elementText(dtype, value);
  }

  /** `__reduce__` of numpy's scalars. */
  __reduce__(): Reduction {
    // numpy makes the dtype of text and dates anew each time.
    const fresh = this.dtype.unit !== null || "SU".includes(this.dtype.kind);
    const dtype = fresh ? new DType(partsOf(this.dtype)) : this.dtype;
    const data = this.dtype.hasObject ? this.array : sharedBytes(this.bytes.subarray());
    return { callable: SCALAR, args: [dtype, data] };
  }

  /** Equal to the plain number or text, where there is one. */
  __hashkey__(): unknown {
    const plain = plainValue(this);
    return plain === this ? `\u0000${this.dtype}:${this}` : hashKey(plain);
  }
}

function scalarText(scalar: NumpyScalar): string {
  const { dtype, value } = scalar;
  const text = elementText(dtype, value);
  const dated = dtype.unit !== null && dtype.unit !== "generic";
  const name = dtype.unit !== null || "SUV".includes(dtype.kind)
    ? dtype.ml ?? SCALAR_NAMES[dtype.kind]
    : dtype.name;
  return `np.${name}(${text}${dated ? `, '${dtype.unit}'` : ""})`;
}

/** `scalar(dtype, data)`. */
export function constructScalar(args: PyTuple, context: LoadContext): unknown {
  const [dtype, data] = args;
  if (!(dtype instanceof DType) || args.length > 2) return INERT;
  if (dtype.kind === "O") return data ?? null;
  if (dtype.base !== dtype || dtype.kind === "T") return INERT;
  if (dtype.hasObject) {
    if (!(data instanceof NDArray) || data.ndim !== 0 || !data.dtype.equals(dtype)) return INERT;
    return new NumpyScalar(data);
  }
  const scalar = new NumpyScalar(elementArray(dtype, elementBytes(dtype, data, context)));
  return context.exact ? scalar : plainValue(scalar);
}

/** The bytes of one element of a file, in memory of their own. */
function elementBytes(dtype: DType, data: unknown, context: LoadContext): Uint8Array {
  const bytes = new Uint8Array(dtype.itemsize);
  if (data === null || data === undefined) return bytes;
  const given = asBytes(data, context);
  if (given === undefined || given.length < dtype.itemsize) {
    throw context.fail(
      `Cannot read scalar: ${dtype.itemsize} bytes needed for ${dtype}, ${
        given?.length ?? 0
      } given`,
      CLASS_NAME,
    );
  }
  bytes.set(given.subarray(0, dtype.itemsize));
  return bytes;
}

/** The 0-d array of one element, in native byte order and with a built-in dtype, as numpy's scalars are. */
function elementArray(dtype: DType, bytes: Uint8Array, objects: unknown[] | null = null): NDArray {
  const foreign = dtype.names === null && isForeign(dtype);
  if (foreign) swapElements(bytes, dtype);
  const flexible = "SUVMm".includes(dtype.kind);
  const native = !flexible && dtype.metadata === null
    ? DType.from(dtype.newByteOrder("=").str)
    : foreign
    ? dtype.newByteOrder("=")
    : dtype;
  return new NDArray({ dtype: native, shape: [], bytes, ...(objects && { objects }) });
}

/** The JavaScript value that says the same, or the scalar itself. */
export function plainValue(scalar: NumpyScalar): unknown {
  const { dtype } = scalar;
  switch (dtype.kind) {
    case "b":
      return scalar.value;
    case "i":
    case "u": {
      const { value } = scalar;
      return typeof value === "bigint" ? toNumber(value) : value;
    }
    case "f":
    case "c":
      return dtype.itemsize === 16 && dtype.kind === "f" || dtype.itemsize === 32
        ? scalar
        : scalar.value;
    case "U":
      return scalar.value;
    case "S": {
      // Python drops trailing NULs of numpy.bytes_ as well.
      const text = scalar.value as string;
      return scalar.bytes.slice(0, text.length);
    }
  }
  return dtype.ml === null ? scalar : scalar.value;
}
