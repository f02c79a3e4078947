/**
 * Nested JavaScript arrays to NDArray and back, and filling an array.
 * Every nested array of one level must have one length; a PyTuple is an element of a struct array.
 */
import { isPlainObject, PyComplex, PyTuple } from "../pickle/values.ts";
import { DType, type DTypeLike } from "./dtype.ts";
import { codecOf } from "./elements.ts";
import { NDArray } from "./ndarray.ts";
import { zeroParts } from "./ndarray_layout.ts";
import { broadcastStrides, elementCount, forEachRun, type MemoryOrder } from "./strides.ts";
import { type TypedArray, typedArrayDType } from "./typed_data.ts";

/** Values nested as deep as the array has axes. */
export type NestedArray = unknown;

/** Settings of {@link NDArray.from}. */
export interface FromOptions {
  /** Element type. @default numbers float64, bigints int64, booleans bool, strings U, others object */
  dtype?: DTypeLike;
  /** Lengths of the axes. @default as the values are nested */
  shape?: readonly number[];
  /** Order of the elements in memory; a typed array is taken as lying in it. @default "C" */
  order?: MemoryOrder;
}

/** Call `visit` with the byte position of every element, in C order. */
export function forEachElement(array: NDArray, visit: (position: number) => void): void {
  const { shape, byteStrides: strides, byteOffset: offset } = array;
  const length = shape.at(-1) ?? 1;
  const stride = strides.at(-1) ?? 0;
  forEachRun({ shape, strides, offset }, (start) => {
    for (let i = 0, position = start; i < length; i++, position += stride) visit(position);
  });
}

/** The elements as nested arrays. */
export function arrayOf(array: NDArray): unknown {
  const codec = codecOf(array.dtype);
  const { shape, byteStrides, memory } = array;
  const nest = (axis: number, position: number): unknown => {
    if (axis === shape.length) {
      const value = codec.read(memory, position);
      return array.dtype.names === null ? value : plainRecord(value as Record<string, unknown>);
    }
    const list: unknown[] = new Array(shape[axis]);
    for (let i = 0; i < list.length; i++) {
      list[i] = nest(axis + 1, position + i * byteStrides[axis]);
    }
    return list;
  };
  return nest(0, array.byteOffset);
}

/** Nested arrays and records, with numbers in place of the bigints that these hold exactly. */
export function jsonOf(value: unknown): unknown {
  if (typeof value === "bigint") {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value;
  }
  if (Array.isArray(value)) return value.map(jsonOf);
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, jsonOf(part)]));
}

/** Sub-arrays of a record as nested arrays. */
function plainRecord(record: Record<string, unknown>): Record<string, unknown> {
  for (const name of Object.keys(record)) {
    const value = record[name];
    if (value instanceof NDArray) record[name] = arrayOf(value);
  }
  return record;
}

/** `NDArray.from`. */
export function gather(values: unknown, options: FromOptions): NDArray {
  const given = options.dtype === undefined ? undefined : DType.from(options.dtype);
  if (values instanceof NDArray) {
    const made = given === undefined ? values.copy() : values.astype(given);
    return options.shape === undefined && options.order === undefined
      ? made
      : reshaped(flat(made), made.dtype, options, made.shape);
  }
  const name = typedArrayDType(values);
  if (name !== undefined) return overTyped(values as TypedArray, name, given, options);
  return ofNested(values, given, options);
}

function overTyped(
  values: TypedArray,
  name: string,
  given: DType | undefined,
  options: FromOptions,
): NDArray {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const own = DType.from(name);
  const same = given !== undefined && given.isNative && (given.equals(own) ||
    (name === "i8" && (given.kind === "M" || given.kind === "m")));
  const shape = options.shape ?? [values.length];
  checkCount(values.length, shape);
  const order = options.order ?? "C";
  const array = new NDArray({ dtype: same ? given : own, shape, order, bytes });
  return given === undefined || same ? array : array.astype(given);
}

function ofNested(values: unknown, given: DType | undefined, options: FromOptions): NDArray {
  const shape = options.shape !== undefined && isFlat(values, options.shape, given)
    ? [(values as unknown[]).length]
    : shapeOfNested(values, given);
  const leaves: unknown[] = [];
  collect(values, shape, given, leaves);
  return reshaped(leaves, given, options, shape);
}

function reshaped(
  leaves: readonly unknown[],
  given: DType | undefined,
  options: FromOptions,
  natural: readonly number[],
): NDArray {
  const shape = options.shape ?? natural;
  checkCount(leaves.length, shape);
  const dtype = sizedFor(given ?? inferDType(leaves), leaves);
  const array = new NDArray(zeroParts(shape, dtype, options.order ?? "C"));
  const codec = codecOf(array.dtype);
  let next = 0;
  if (dtype.shape.length > 0) {
    for (const leaf of leaves) array.slice(...unravel(next++, shape)).fill(leaf);
    return array;
  }
  forEachElement(array, (position) => codec.write(array.memory, position, leaves[next++]));
  return array;
}

/** Store one value everywhere, or the elements of an array that broadcasts to the shape. */
export function fillFrom(array: NDArray, value: unknown): void {
  const codec = codecOf(array.dtype);
  const source = sourceOf(value, array.dtype, array.ndim);
  if (source === undefined) {
    forEachElement(array, (position) => codec.write(array.memory, position, value));
    return;
  }
  const repeated = NDArray.over(source.memory, {
    dtype: source.dtype,
    shape: array.shape,
    byteStrides: broadcastStrides(source.shape, source.byteStrides, array.shape),
    byteOffset: source.byteOffset,
  });
  const values: unknown[] = [];
  const read = codecOf(source.dtype);
  // Collected first: the source may be a view on the same memory.
  forEachElement(repeated, (position) => values.push(read.read(source.memory, position)));
  let next = 0;
  forEachElement(array, (position) => codec.write(array.memory, position, values[next++]));
}

/** What is stored into an array of `ndim` axes as the array it is; undefined for one element. */
export function sourceOf(value: unknown, dtype: DType, ndim: number): NDArray | undefined {
  const { kind, names } = dtype;
  if (kind === "O" && ndim === 0) return undefined;
  if (value instanceof Uint8Array && (kind === "V" || kind === "S")) return undefined;
  if (value instanceof NDArray) return value;
  const sequence = typedArrayDType(value) !== undefined ||
    (Array.isArray(value) && !(names !== null && value instanceof PyTuple));
  if (!sequence) return undefined;
  return NDArray.from(value, "biufcMm".includes(kind) ? {} : { dtype });
}

/** Whether a value is a level of nesting; bytes are an element of void, text and object arrays. */
function isSequence(value: unknown, given: DType | undefined): value is ArrayLike<unknown> {
  if (value instanceof PyTuple) return given?.names == null;
  if (value instanceof Uint8Array && given !== undefined) return !"SUVOT".includes(given.kind);
  return Array.isArray(value) || value instanceof NDArray || typedArrayDType(value) !== undefined;
}

/** Whether `values` is the flat list for a shape that was asked for. */
function isFlat(values: unknown, shape: readonly number[], given: DType | undefined): boolean {
  if (!Array.isArray(values) || values.length !== elementCount(shape)) return false;
  return given?.kind === "O" || !values.some((value) => isSequence(value, given));
}

function shapeOfNested(values: unknown, given: DType | undefined): number[] {
  const shape: number[] = [];
  let level = values;
  while (isSequence(level, given)) {
    if (level instanceof NDArray) return [...shape, ...level.shape];
    shape.push(level.length);
    if (level.length === 0) break;
    level = level[0];
  }
  return shape;
}

function collect(
  values: unknown,
  shape: readonly number[],
  given: DType | undefined,
  leaves: unknown[],
  axis = 0,
): void {
  if (axis === shape.length) {
    if (isSequence(values, given)) throw ragged(shape);
    leaves.push(values);
    return;
  }
  const list = values instanceof NDArray ? values.toArray() : values;
  if (!isSequence(list, given) || list.length !== shape[axis]) throw ragged(shape);
  for (let i = 0; i < list.length; i++) collect(list[i], shape, given, leaves, axis + 1);
}

function ragged(shape: readonly number[]): RangeError {
  return new RangeError(`Cannot make array: the values are not nested as shape (${shape})`);
}

function checkCount(count: number, shape: readonly number[]): void {
  if (count !== elementCount(shape)) {
    throw new RangeError(`Cannot make array: ${count} values for shape (${shape})`);
  }
}

function unravel(index: number, shape: readonly number[]): number[] {
  const at = new Array<number>(shape.length);
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    at[axis] = index % shape[axis];
    index = Math.floor(index / shape[axis]);
  }
  return at;
}

/** The dtype that holds all values: a number makes float64, as JavaScript's numbers are. */
function inferDType(leaves: readonly unknown[]): DType {
  let kinds = "";
  for (const leaf of leaves) {
    const kind = kindOf(leaf);
    if (!kinds.includes(kind)) kinds += kind;
    if (kind === "O") break;
  }
  if (kinds === "") return DType.from("f8");
  if (kinds.includes("O")) return DType.from("O");
  if (kinds === "b") return DType.from("?");
  if (kinds === "U") return DType.from("U");
  if (kinds.includes("U")) return DType.from("O");
  if (kinds.includes("c")) return DType.from("c16");
  return DType.from(kinds.includes("f") || kinds !== "i" ? "f8" : "i8");
}

function kindOf(value: unknown): string {
  switch (typeof value) {
    case "boolean":
      return "b";
    case "number":
      return "f";
    case "bigint":
      return "i";
    case "string":
      return "U";
  }
  if (value instanceof Number) return "f";
  return value instanceof PyComplex ? "c" : "O";
}

/** `U` and `S` without a size get the size of the longest value. */
function sizedFor(dtype: DType, leaves: readonly unknown[]): DType {
  if (dtype.itemsize > 0 || (dtype.kind !== "U" && dtype.kind !== "S")) return dtype;
  let longest = 1;
  for (const leaf of leaves) {
    const length = leaf instanceof Uint8Array ? leaf.length : [...String(leaf)].length;
    longest = Math.max(longest, length);
  }
  return DType.from(`${dtype.kind}${longest}`);
}

/** All elements in C order. */
export function flat(array: NDArray): unknown[] {
  const list: unknown[] = [];
  const codec = codecOf(array.dtype);
  forEachElement(array, (position) => list.push(codec.read(array.memory, position)));
  return list;
}
