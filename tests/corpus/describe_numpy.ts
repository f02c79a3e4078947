/**
 * numpy's values in the corpus' neutral JSON: dtype, layout, a hash of the canonical bytes and the first
 * elements. The elements are decoded here on their own, so that this is a second opinion on numpy/.
 */
import { join } from "../../bytes/join.ts";
import { decodeBfloat16, decodeFloat16 } from "../../bytes/float16.ts";
import { floatRepr } from "../../bytes/float_text.ts";
import { DType, MaskedArray, NDArray, NumpyScalar } from "../../numpy/mod.ts";
import { decodeMl, mlFormat } from "../../numpy/ml_dtypes.ts";
import { PyFloat, PyGlobal, PyObject, tuple } from "../../pickle/mod.ts";
import type { Emit } from "./describe_known.ts";
import { type Description, fold, HEAD, hex, type Json, sha256 } from "./describe_text.ts";
import { longdoubleText } from "./longdouble_text.ts";

/** Whether a value is one of numpy's. */
export function isNumpy(value: object): boolean {
  return value instanceof NDArray || value instanceof DType || value instanceof NumpyScalar ||
    value instanceof MaskedArray;
}

/** Whether a value of numpy keeps its identity in descriptions: arrays do. */
export function isTrackedNumpy(value: object): boolean {
  return value instanceof NDArray || value instanceof MaskedArray;
}

/** The Python objects in an array. */
export function numpyChildren(value: object): unknown[] {
  if (value instanceof MaskedArray) return value.dtype.hasObject ? [value.data] : [];
  if (!(value instanceof NDArray) || !value.dtype.hasObject) return [];
  if (value.dtype.kind === "O") return flat(value);
  if (value.dtype.names === null) return [];
  return value.dtype.names
    .filter((name) => value.dtype.fields!.get(name)!.dtype.kind === "O")
    .flatMap((name) => flat(value.field(name)));
}

/** The description of a value of numpy. */
export function describeNumpy(value: object, emit: Emit): Description {
  if (value instanceof NDArray) return describeArray(value, emit);
  if (value instanceof DType) return { t: "dtype", dtype: dtypeOf(value) };
  if (value instanceof NumpyScalar) return describeScalar(value, emit);
  return describeMasked(value as MaskedArray, emit);
}

function describeArray(array: NDArray, emit: Emit): Description {
  const { dtype } = array;
  const made: Description = { t: "ndarray" };
  if (array.pyClass !== undefined) made.class = className(array.pyClass);
  made.dtype = dtypeOf(dtype);
  made.shape = array.shape;
  made.order = array.order;
  if (dtype.kind === "O") made.items = fold(flat(array).map(emit));
  else if (dtype.kind === "T") made.items = fold(flat(array).map(stringItem));
  else if (dtype.hasObject) made.items = fold(flat(array).map((row) => rowOf(row, dtype, emit)));
  else {
    const bytes = array.tobytes("C");
    made.sha256 = sha256(canonicalBytes(bytes, dtype));
    made.head = headOf(bytes, dtype, array.size);
  }
  return made;
}

function describeScalar(scalar: NumpyScalar, emit: Emit): Description {
  const { dtype } = scalar;
  const made: Description = { t: "npscalar", dtype: dtypeOf(dtype) };
  if (dtype.hasObject) {
    made.v = rowOf(scalar.array.get(), dtype, emit);
    return made;
  }
  const bytes = scalar.array.tobytes("C");
  made.v = element(bytes, dtype);
  made.raw = hex(canonicalBytes(bytes, dtype));
  return made;
}

function describeMasked(masked: MaskedArray, emit: Emit): Description {
  const { data, mask } = masked;
  const fill = masked.fill ?? masked.fillValue; // Python sets the default when it sets the state
  const plain = (array: NDArray) => {
    const { class: _, ...description } = describeArray(array, emit);
    return description;
  };
  return {
    t: "maskedarray",
    data: plain(data),
    mask: mask === null ? null : plain(mask),
    fill_value: fill === null || fill === undefined
      ? null
      : data.dtype.hasObject
      ? emit(fill instanceof NDArray && fill.ndim === 0 ? fill.get() : fill)
      : fillElement(fill, data.dtype),
  };
}

function fillElement(fill: unknown, dtype: DType): Json {
  const array = fill instanceof NDArray
    ? fill
    : fill instanceof NumpyScalar
    ? fill.array
    : NDArray.from(fill as never, { dtype, shape: [] });
  return element(array.tobytes("C"), array.dtype);
}

function className(global: PyGlobal): string {
  const name = global.name.split(".").at(-1)!;
  switch (name) {
    case "matrix":
    case "recarray":
    case "memmap":
      return `numpy.${name}`;
    case "chararray":
      return "numpy.char.chararray";
  }
  return global.className;
}

/** The elements in C order. */
function flat(array: NDArray): unknown[] {
  const found: unknown[] = [];
  const index = new Array<number>(array.ndim).fill(0);
  for (let i = 0; i < array.size; i++) {
    found.push(array.get(...index));
    for (let axis = array.ndim - 1; axis >= 0 && ++index[axis] === array.shape[axis]; axis--) {
      index[axis] = 0;
    }
  }
  return found;
}

function stringItem(value: unknown): Json {
  if (typeof value === "string") return value;
  if (value instanceof PyFloat) return { na: floatRepr(Number(value)) };
  if (typeof value === "number") return { na: floatRepr(value) };
  if (value === null) return { na: "None" };
  return { na: String(value) };
}

/** A struct that holds objects, as the tuple that `tolist()` makes of it. */
function rowOf(row: unknown, dtype: DType, emit: Emit): Json {
  const fields = row as Record<string, unknown>;
  return dtype.names!.map((name) =>
    emit(pythonValue(fields[name], dtype.fields!.get(name)!.dtype))
  );
}

/** What Python makes of an element that is not an object. */
function pythonValue(value: unknown, dtype: DType): unknown {
  if (dtype.names !== null) {
    const fields = value as Record<string, unknown>;
    return tuple(
      ...dtype.names.map((name) => pythonValue(fields[name], dtype.fields!.get(name)!.dtype)),
    );
  }
  if (typeof value === "number" && "fc".includes(dtype.kind)) return new PyFloat(value);
  if (typeof value === "bigint") {
    return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  }
  return value;
}

/** A dtype in the corpus' words. */
export function dtypeOf(dtype: DType): Json {
  if (dtype.ml !== null) return `ml_dtypes.${dtype.ml}`;
  if (dtype.kind === "T") return stringDType(dtype);
  if (dtype.base !== dtype) return { base: dtypeOf(dtype.base), shape: [...dtype.shape] };
  if (dtype.names !== null) {
    const fields = dtype.names.map((name): Json => {
      const field = dtype.fields!.get(name)!;
      const made: Description = { name, dtype: dtypeOf(field.dtype), offset: field.offset };
      if (field.title !== undefined && field.title !== null) made.title = field.title as Json;
      return made;
    });
    const made: Description = { fields, itemsize: dtype.itemsize };
    if (dtype.aligned) made.aligned = true;
    if (dtype.isRecord) made.record = true;
    return made;
  }
  const metadata = dtype.metadata instanceof Map
    ? dtype.metadata.size
    : Object.keys(dtype.metadata ?? {}).length;
  return metadata > 0 ? { base: dtype.str, metadata: true } : dtype.str;
}

function stringDType(dtype: DType): string {
  if (dtype.naObject === null) return dtype.coerce ? "StringDType()" : "StringDType(coerce=False)";
  const na = dtype.naObject.value;
  const text = na === null
    ? "None"
    : typeof na === "string"
    ? `'${na}'`
    : typeof na === "number" || na instanceof PyFloat
    ? floatRepr(Number(na))
    : na instanceof PyGlobal || na instanceof PyObject
    ? na.className
    : String(na);
  return `StringDType(na_object=${text}${dtype.coerce ? "" : ", coerce=False"})`;
}

/** C order, little-endian, structs field after field, nothing of the padding. */
function canonicalBytes(bytes: Uint8Array, dtype: DType): Uint8Array {
  if (dtype.base !== dtype) return canonicalBytes(bytes, dtype.base);
  if (dtype.names !== null) {
    const pieces = dtype.names.map((name) => {
      const field = dtype.fields!.get(name)!;
      const width = field.dtype.itemsize;
      const count = dtype.itemsize === 0 ? 0 : bytes.length / dtype.itemsize;
      const column = new Uint8Array(count * width);
      for (let i = 0; i < count; i++) {
        const at = i * dtype.itemsize + field.offset;
        column.set(bytes.subarray(at, at + width), i * width);
      }
      return canonicalBytes(column, field.dtype);
    });
    return join(pieces);
  }
  const long = longdoubleOf(dtype);
  const unit = dtype.ml !== null
    ? 1
    : long
    ? 16
    : dtype.kind === "U"
    ? 4
    : dtype.kind === "c"
    ? dtype.itemsize / 2
    : "biufmM".includes(dtype.kind)
    ? dtype.itemsize
    : 1;
  const made = bytes.slice();
  if (dtype.byteOrder === ">" && unit > 1) {
    for (let at = 0; at < made.length; at += unit) made.subarray(at, at + unit).reverse();
  }
  if (long) { for (let at = 0; at < made.length; at += 16) made.fill(0, at + 10, at + 16); }
  return made;
}

function longdoubleOf(dtype: DType): boolean {
  return dtype.kind === "f" && dtype.itemsize === 16 || dtype.kind === "c" && dtype.itemsize === 32;
}

function headOf(bytes: Uint8Array, dtype: DType, count: number): Json[] {
  const { itemsize } = dtype;
  const head: Json[] = [];
  for (let i = 0; i < Math.min(HEAD, count); i++) {
    head.push(element(bytes.subarray(i * itemsize, (i + 1) * itemsize), dtype));
  }
  return head;
}

/** One element from its bytes. */
function element(bytes: Uint8Array, dtype: DType): Json {
  if (dtype.names !== null) {
    return dtype.names.map((name) => {
      const { offset, dtype: type } = dtype.fields!.get(name)!;
      return element(bytes.subarray(offset, offset + type.itemsize), type);
    });
  }
  if (dtype.base !== dtype) {
    return headOf(bytes, dtype.base, dtype.shape.reduce((count, length) => count * length, 1));
  }
  const little = dtype.byteOrder !== ">";
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (dtype.ml !== null) return mlElement(view, dtype.ml, little);
  switch (dtype.kind) {
    case "b":
      return bytes[0] !== 0;
    case "i":
    case "u":
      return integer(view, dtype, little);
    case "f":
      return float(view, 0, dtype.itemsize, little);
    case "c": {
      const half = dtype.itemsize / 2;
      return [float(view, 0, half, little), float(view, half, half, little)];
    }
    case "m":
    case "M": {
      const ticks = view.getBigInt64(0, little);
      return ticks === -(1n << 63n) ? "NaT" : String(ticks);
    }
    case "S": {
      let end = bytes.length;
      while (end > 0 && bytes[end - 1] === 0) end--;
      return { hex: hex(bytes.subarray(0, end)) };
    }
    case "U":
      return text(view, little);
  }
  return { hex: hex(bytes) };
}

function mlElement(view: DataView, name: string, little: boolean): Json {
  const format = mlFormat(name)!;
  if (format.bits === 16) return floatRepr(decodeBfloat16(view.getUint16(0, little)));
  const value = decodeMl(format, view.getUint8(0));
  return format.integer === undefined ? floatRepr(value) : String(value);
}

function integer(view: DataView, dtype: DType, little: boolean): string {
  let value = 0n;
  for (let i = 0; i < dtype.itemsize; i++) {
    value = value << 8n | BigInt(view.getUint8(little ? dtype.itemsize - 1 - i : i));
  }
  return String(dtype.kind === "i" ? BigInt.asIntN(8 * dtype.itemsize, value) : value);
}

function float(view: DataView, at: number, size: number, little: boolean): string {
  switch (size) {
    case 2:
      return floatRepr(decodeFloat16(view.getUint16(at, little)));
    case 4:
      return floatRepr(view.getFloat32(at, little));
    case 8:
      return floatRepr(view.getFloat64(at, little));
  }
  return longdoubleText(view, at, little);
}

function text(view: DataView, little: boolean): string {
  let made = "";
  for (let at = 0; at < view.byteLength; at += 4) {
    made += String.fromCodePoint(view.getUint32(at, little));
  }
  return made.replace(/\0+$/, "");
}
