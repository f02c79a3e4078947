/**
 * Values without parts, from what their pickle loads as. What has the right type already stays.
 */
import { CacheError } from "../errors.ts";
import { builtin } from "../io/builtin.ts";
import { Memmap } from "../numpy/memmap.ts";
import { swapElements } from "../numpy/native.ts";
import { NDArray } from "../numpy/ndarray.ts";
import { NumpyScalar } from "../numpy/scalar.ts";
import { typedArrayDType } from "../numpy/typed_data.ts";
import { PyDate, PyDateTime, PyTime, PyTimedelta } from "../pickle/datetime.ts";
import { PyFloat } from "../pickle/values.ts";

/** What typed arrays have in common. */
interface TypedConstructor {
  new (buffer: ArrayBufferLike, byteOffset?: number, length?: number): ArrayBufferView;
  readonly BYTES_PER_ELEMENT: number;
}

/** Bytes of these are bytes in Python, those of other typed arrays an array. */
const BYTES: ReadonlySet<string> = new Set([
  "Uint8Array",
  "Buffer",
  "ArrayBuffer",
  "SharedArrayBuffer",
  "DataView",
]);
const TYPED: ReadonlySet<string> = new Set([
  "Int8Array",
  "Uint8ClampedArray",
  "Int16Array",
  "Uint16Array",
  "Int32Array",
  "Uint32Array",
  "Float16Array",
  "Float32Array",
  "Float64Array",
  "BigInt64Array",
  "BigUint64Array",
]);

/** The value of type `as` that was loaded as `loaded`. @throws CacheError where that can't be */
export function leafOf(loaded: unknown, as: string, arg: string | undefined): unknown {
  const made = make(loaded, as, arg);
  if (made !== undefined || as === "undefined") return made;
  const found = loaded === null ? "null" : (loaded as object | undefined)?.constructor?.name;
  throw new CacheError(
    `Cannot restore the types of a cached value: ${String(as)} was stored, ${found} is there`,
  );
}

/** undefined where that can't be. */
function make(loaded: unknown, as: string, arg: string | undefined): unknown {
  switch (as) {
    case "undefined":
      if (loaded === null || loaded === undefined) return undefined;
      throw new CacheError(
        "Cannot restore the types of a cached value: undefined was stored, another value is there",
      );
    case "bigint":
      return typeof loaded === "bigint" || Number.isSafeInteger(loaded)
        ? BigInt(loaded as number)
        : undefined;
    case "PyFloat":
      if (loaded instanceof PyFloat) return loaded;
      return typeof loaded === "number" ? new PyFloat(loaded, bitsOf(arg)) : undefined;
    case "Date":
      return loaded instanceof Date
        ? loaded
        : loaded instanceof PyDateTime
        ? loaded.toDate()
        : undefined;
    case "NDArray":
      return loaded instanceof Memmap
        ? loaded
        : loaded instanceof NDArray
        ? arrayOf(loaded, String(arg))
        : undefined;
    case "NumpyScalar":
      return scalarOf(loaded, arg);
  }
  if (BYTES.has(as)) return bytesOf(loaded, as, arg === "shared");
  if (TYPED.has(as)) return typedOf(loaded, as, arg === "shared");
  return as.startsWith?.("Temporal.") ? temporalOf(loaded, as, arg) : undefined;
}

function bitsOf(arg: string | undefined): bigint | undefined {
  return arg !== undefined && /^[\da-f]{1,16}$/.test(arg) ? BigInt(`0x${arg}`) : undefined;
}

/** Bytes in a buffer of their own. */
function bytesOf(loaded: unknown, as: string, shared: boolean): unknown {
  if (!(loaded instanceof Uint8Array)) return undefined;
  const { buffer, byteOffset, length } = loaded;
  switch (as) {
    case "Buffer": {
      const Buffer = builtin("buffer")?.Buffer;
      const { buffer } = shared ? inShared(loaded) : loaded;
      return Buffer?.from(buffer as ArrayBuffer, shared ? 0 : byteOffset, length);
    }
    case "ArrayBuffer":
      return byteOffset === 0 && length === buffer.byteLength && buffer instanceof ArrayBuffer
        ? buffer
        : loaded.slice().buffer;
    case "SharedArrayBuffer":
      return inShared(loaded).buffer;
    case "DataView":
      return shared
        ? new DataView(inShared(loaded).buffer)
        : new DataView(buffer, byteOffset, length);
    default:
      return shared ? inShared(loaded) : loaded;
  }
}

function inShared(bytes: Uint8Array): Uint8Array<SharedArrayBuffer> {
  if (typeof SharedArrayBuffer === "undefined") {
    throw new CacheError("Cannot restore a SharedArrayBuffer: this runtime has none");
  }
  const copy = new Uint8Array(new SharedArrayBuffer(bytes.length));
  copy.set(bytes);
  return copy;
}

/** A typed array over the memory of the array that was loaded; a memory map stays one. */
function typedOf(loaded: unknown, as: string, shared: boolean): unknown {
  if (loaded instanceof Memmap) return loaded;
  const Typed = (globalThis as unknown as Record<string, TypedConstructor | undefined>)[as];
  if (Typed === undefined || !(loaded instanceof NDArray)) return undefined;
  const { dtype, size } = loaded;
  const wanted = typedArrayDType(new Typed(new ArrayBuffer(0)));
  if (loaded.ndim !== 1 || !dtype.equals(wanted!) || !dtype.isNative) return undefined;
  const aligned = loaded.bytes.byteOffset % Typed.BYTES_PER_ELEMENT === 0;
  const own = aligned && loaded.order !== "strided" &&
    loaded.bytes.length === loaded.nbytes;
  const bytes = own ? loaded.bytes : loaded.tobytes("C");
  if (shared) return new Typed(inShared(bytes).buffer, 0, size);
  return new Typed(bytes.buffer, bytes.byteOffset, size);
}

function arrayOf(array: NDArray, arg: string): NDArray {
  const [swapped, readonly] = [/swapped/, /readonly/].map((word) => word.test(arg));
  const marked = array as { writeable: boolean };
  if (!swapped || !array.dtype.isNative) {
    if (readonly) marked.writeable = false;
    return array;
  }
  const own = array.bytes.length === array.nbytes ? array : array.copy();
  swapElements(own.bytes, own.dtype);
  return new NDArray({
    dtype: own.dtype.newByteOrder("S"),
    shape: own.shape,
    bytes: own.bytes,
    byteStrides: own.byteStrides,
    writeable: !readonly,
    ...(own.pyClass && { pyClass: own.pyClass }),
  });
}

function scalarOf(loaded: unknown, dtype: string | undefined): unknown {
  if (loaded instanceof NumpyScalar) return loaded;
  if (dtype === undefined || !/^[<>|=]?[biufcU]\d+$/.test(dtype)) return undefined;
  const wide = /[iu]8$/.test(dtype) && typeof loaded === "number" ? BigInt(loaded) : loaded;
  return NumpyScalar.from(wide, dtype);
}

/** Temporal's types, from their text or from Python's counterparts. */
function temporalOf(loaded: unknown, as: string, text: string | undefined): unknown {
  const name = as.slice("Temporal.".length);
  const known = ["PlainDate", "PlainTime", "PlainDateTime", "ZonedDateTime", "Instant", "Duration"];
  const dated = loaded instanceof PyDate || loaded instanceof PyTime ||
    loaded instanceof PyDateTime || loaded instanceof PyTimedelta;
  if (!known.includes(name) || !dated) return undefined;
  const { Temporal } = globalThis as unknown as {
    Temporal?: Record<string, { from(text: string): unknown }>;
  };
  if (Temporal === undefined) {
    throw new CacheError(`Cannot restore a ${as}: this runtime has no Temporal`);
  }
  try {
    return Temporal[name].from(text ?? String(loaded));
  } catch (cause) {
    throw new CacheError(`Cannot restore a ${as} from ${text ?? String(loaded)}`, { cause });
  }
}
