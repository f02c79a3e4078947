/**
 * The typed array over an array's memory, for the dtypes that have one.
 * It spans the whole memory, so that all views of one array share it and differ in offset and stride.
 */
import { UnsupportedError } from "../errors.ts";
import type { DType } from "./dtype.ts";
import { codecOf, type Memory } from "./elements.ts";

/** The typed arrays that `data` may be. */
export type TypedArray =
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array;

/** What `data` may be: a typed array, decoded strings, or objects. */
export type ArrayData = TypedArray | string[] | unknown[];

interface TypedClass {
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): TypedArray;
  readonly BYTES_PER_ELEMENT: number;
}

const globals = globalThis as unknown as { Float16Array?: TypedClass };

const CLASSES: Readonly<Record<string, TypedClass>> = {
  b1: Uint8Array,
  i1: Int8Array,
  i2: Int16Array,
  i4: Int32Array,
  i8: BigInt64Array,
  u1: Uint8Array,
  u2: Uint16Array,
  u4: Uint32Array,
  u8: BigUint64Array,
  f2: globals.Float16Array ?? Uint16Array,
  f4: Float32Array,
  f8: Float64Array,
  c8: Float32Array,
  c16: Float64Array,
  M8: BigInt64Array,
  m8: BigInt64Array,
};

const DTYPE_OF: Readonly<Record<string, string>> = {
  Int8Array: "i1",
  Uint8Array: "u1",
  Uint8ClampedArray: "u1",
  Int16Array: "i2",
  Uint16Array: "u2",
  Int32Array: "i4",
  Uint32Array: "u4",
  Float16Array: "f2",
  Float32Array: "f4",
  Float64Array: "f8",
  BigInt64Array: "i8",
  BigUint64Array: "u8",
};

/** The typed array class of a dtype, whatever its byte order; undefined where there is none. */
export function typedClass(dtype: DType): TypedClass | undefined {
  if (dtype.ml !== null) return undefined;
  return CLASSES[`${dtype.kind}${dtype.itemsize}`];
}

/** The dtype of a typed array's elements; undefined for other values. */
export function typedArrayDType(value: unknown): string | undefined {
  if (!ArrayBuffer.isView(value) || value instanceof DataView) return undefined;
  const name = (value as unknown as { [Symbol.toStringTag]: string })[Symbol.toStringTag];
  return DTYPE_OF[name];
}

/**
 * The memory as a typed array, a list of strings or a list of objects.
 *
 * @throws UnsupportedError where no such array would hold the right values
 */
export function dataOf(memory: Memory, dtype: DType, onWholeElements: boolean): ArrayData {
  if (dtype.kind === "O" || dtype.kind === "T") {
    if (memory.bytes.length === 0) return memory.objects!;
    throw refuse(dtype, "its elements lie inside of a struct", "contiguous()");
  }
  if (dtype.names !== null) throw refuse(dtype, "a struct has no typed array", "field()");
  const text = dtype.kind === "U" || dtype.kind === "S";
  const Typed = typedClass(dtype);
  if (!text && Typed === undefined) {
    const other = dtype.ml !== null ? 'astype("float32")' : 'astype("float64")';
    throw refuse(dtype, "it has no typed array", dtype.kind === "V" && !dtype.ml ? "get()" : other);
  }
  if (!text && !dtype.isNative) {
    throw refuse(dtype, "it is not in native byte order", 'astype(dtype.newByteOrder("="))');
  }
  const { bytes, typed } = memory;
  const width = text ? dtype.itemsize : Typed!.BYTES_PER_ELEMENT;
  if (!onWholeElements || (!text && bytes.byteOffset % width !== 0)) {
    throw refuse(dtype, "its elements do not lie on whole elements of the memory", "contiguous()");
  }
  const key = text ? dtype.str : Typed!.name;
  let data = typed.get(key);
  if (data === undefined) {
    data = text
      ? decodeStrings(memory, dtype)
      : new Typed!(bytes.buffer, bytes.byteOffset, Math.floor(bytes.length / width));
    typed.set(key, data);
  }
  return data as ArrayData;
}

function decodeStrings(memory: Memory, dtype: DType): string[] {
  const codec = codecOf(dtype);
  const count = dtype.itemsize === 0 ? 0 : Math.floor(memory.bytes.length / dtype.itemsize);
  const strings: string[] = new Array(count);
  for (let i = 0; i < count; i++) strings[i] = codec.read(memory, i * dtype.itemsize) as string;
  return strings;
}

function refuse(dtype: DType, why: string, instead: string): UnsupportedError {
  return new UnsupportedError(
    `Cannot give the data of ${dtype} as a typed array: ${why}; use ${instead}`,
  );
}
