/**
 * `numpy.ndarray`: bytes, a dtype, a shape and byte strides; every view shares the bytes.
 * `data`, `stride` and `offset` show the same memory to typed-array libraries, and throw where a typed
 * array would show wrong values. It is a container, not a maths library.
 */
import { UnsupportedError } from "../errors.ts";
import type { DumpContext, LoadContext, Reduction } from "../pickle/context.ts";
import { defineInspect, UNHASHABLE } from "../pickle/protocols.ts";
import type { PyGlobal } from "../pickle/values.ts";
import { arrayReduction, setArrayState } from "./array_pickle.ts";
import { arrayText } from "./array_text.ts";
import { convert } from "./convert.ts";
import { checkOptions } from "../pickle/options.ts";
import { DType, type DTypeLike, type FieldSpec } from "./dtype.ts";
import { codecOf, Memory } from "./elements.ts";
import { arrayOf, fillFrom, type FromOptions, gather, jsonOf, type NestedArray } from "./nested.ts";
import { layOut, type NDArrayParts, packedParts, zeroParts } from "./ndarray_layout.ts";
import { packElements } from "./packing.ts";
import {
  elementCount,
  indexOffset,
  isContiguous,
  type MemoryOrder,
  select,
  type Selection,
} from "./strides.ts";
import { type ArrayData, dataOf, type TypedArray } from "./typed_data.ts";

export type { NDArrayParts } from "./ndarray_layout.ts";
export type { FromOptions, NestedArray } from "./nested.ts";
export type { ArrayData, TypedArray } from "./typed_data.ts";

const NO_BYTES = new Uint8Array(0);

/**
 * A typed, n-dimensional array.
 *
 * @example Values and memory
 * ```ts
 * import assert from "node:assert/strict";
 * import { NDArray } from "@larder/joblib/numpy";
 *
 * const array = NDArray.from([[1, 2], [3, 4]], "f4");
 * assert.equal(array.get(1, 0), 3);
 * assert.deepEqual(array.data, Float32Array.of(1, 2, 3, 4));
 * assert.deepEqual(array.slice(null, 1).toArray(), [2, 4]);
 * ```
 */
export class NDArray {
  /** The memory that this array and its views share; empty for arrays of objects. */
  readonly bytes: Uint8Array;
  /** Element type. */
  readonly dtype: DType;
  /** Lengths of the axes. */
  readonly shape: number[];
  /** Bytes from one index to the next, for each axis (8 and 16 for objects and StringDType). */
  readonly byteStrides: number[];
  /** Bytes to the element at index 0 of every axis. */
  readonly byteOffset: number;
  /** Python objects of arrays that hold them, else null. */
  readonly objects: unknown[] | null;
  /** Whether Python may write to it; {@link set} refuses where not. */
  readonly writeable: boolean;
  /** Python's class where it is not numpy.ndarray, such as numpy.matrix. */
  readonly pyClass?: PyGlobal;
  #memory: Memory;

  static {
    defineInspect(this.prototype, function () {
      return arrayText(this);
    });
  }

  /** Make an array over given memory. @throws RangeError when the memory is too small */
  constructor(parts: NDArrayParts) {
    const laid = layOut(parts);
    this.bytes = parts.bytes ?? NO_BYTES;
    this.objects = parts.objects ?? null;
    this.dtype = laid.dtype;
    this.shape = laid.shape;
    this.byteStrides = laid.byteStrides;
    this.byteOffset = parts.byteOffset ?? 0;
    this.writeable = parts.writeable ?? true;
    if (parts.pyClass !== undefined) this.pyClass = parts.pyClass;
    this.#memory = new Memory(this.bytes, this.objects);
  }

  /**
   * An array of nested arrays, or over a typed array (whose memory is shared where no conversion
   * is needed). The second argument may be a dtype alone.
   *
   * @throws RangeError for ragged nesting or a shape that does not fit
   */
  static from(
    values: NestedArray | TypedArray | NDArray,
    options: FromOptions | string | DType | readonly FieldSpec[] = {},
  ): NDArray {
    const settings = typeof options === "string" || options instanceof DType || isList(options)
      ? { dtype: options }
      : options;
    checkOptions(settings, ["dtype", "shape", "order"], "NDArray.from()");
    return gather(values, settings);
  }

  /** An array of zeros (`0` for objects, empty strings for text). */
  static zeros(shape: number | readonly number[], dtype: DTypeLike = "float64"): NDArray {
    const lengths = typeof shape === "number" ? [shape] : shape;
    return new NDArray(zeroParts(lengths, DType.from(dtype)));
  }

  /** An array over packed bytes, which are not copied. @throws RangeError when their number is wrong */
  static fromBytes(bytes: Uint8Array, parts: Omit<NDArrayParts, "bytes">): NDArray {
    const array = new NDArray({ ...parts, bytes });
    if (bytes.length !== array.nbytes) {
      throw new RangeError(
        `Cannot make array: ${bytes.length} bytes given, ${array.nbytes} needed`,
      );
    }
    return array;
  }

  /** A view on memory that is shared already. */
  static over(memory: Memory, parts: Omit<NDArrayParts, "bytes" | "objects">): NDArray {
    const array = new NDArray({
      ...parts,
      bytes: memory.bytes,
      ...(memory.objects && { objects: memory.objects }),
    });
    array.#memory = memory;
    return array;
  }

  /** Number of axes. */
  get ndim(): number {
    return this.shape.length;
  }

  /** Number of elements. */
  get size(): number {
    return elementCount(this.shape);
  }

  /** Bytes of an element. */
  get itemsize(): number {
    return this.dtype.itemsize;
  }

  /** Bytes of all elements, packed. */
  get nbytes(): number {
    return this.size * this.dtype.itemsize;
  }

  /** How the elements lie: C if packed in C order, else F if in Fortran order, else strided. */
  get order(): "C" | "F" | "strided" {
    return this.isPacked("C") ? "C" : this.isPacked("F") ? "F" : "strided";
  }

  /** Whether the elements lie packed in this order. */
  isPacked(order: MemoryOrder): boolean {
    const layout = { shape: this.shape, strides: this.byteStrides };
    return isContiguous(layout, this.dtype.itemsize, order);
  }

  /**
   * The memory as a typed array (strings decoded once, objects as they are). Element `[i, j]` is
   * `data[offset + i * stride[0] + j * stride[1]]`; complex numbers take two places each, bool is 0 or
   * 1, float16 the bits where the runtime has no Float16Array.
   *
   * @throws UnsupportedError where the values would be wrong; it names the way out
   */
  get data(): ArrayData {
    return dataOf(this.#memory, this.dtype, this.#onWholeElements());
  }

  /** Elements from one index to the next, for each axis. @throws UnsupportedError when in between */
  get stride(): number[] {
    this.#needWholeElements();
    return this.byteStrides.map((bytes) => this.itemsize === 0 ? 0 : bytes / this.itemsize);
  }

  /** The same as {@link stride}. */
  get strides(): number[] {
    return this.stride;
  }

  /** Elements to index 0 of every axis. @throws UnsupportedError when in between */
  get offset(): number {
    this.#needWholeElements();
    return this.itemsize === 0 ? 0 : this.byteOffset / this.itemsize;
  }

  /**
   * The memory, for the codecs of elements.ts.
   * @internal
   */
  get memory(): Memory {
    return this.#memory;
  }

  /**
   * One element; negative indices count from the end. Integers of 64 bits and dates are bigint,
   * structs an object by field name, text a string.
   *
   * @throws RangeError for an index out of bounds, or not one for each axis
   */
  get(...index: number[]): unknown {
    if (index.length !== this.shape.length) throw this.#wrongIndex(index.length);
    return codecOf(this.dtype).read(this.#memory, this.#position(index));
  }

  /**
   * Store an element: `set(...index, value)`. With fewer indices than axes the rest is filled.
   *
   * @throws RangeError or TypeError when the value does not fit the dtype; TypeError when read-only
   */
  set(...indexAndValue: unknown[]): void {
    const value = indexAndValue.at(-1);
    const index = indexAndValue.slice(0, -1) as number[];
    if (indexAndValue.length === 0 || index.length > this.shape.length) {
      throw this.#wrongIndex(index.length);
    }
    if (index.length < this.shape.length) return this.slice(...index).fill(value);
    this.#needWriteable();
    this.#memory.forgetStrings();
    codecOf(this.dtype).write(this.#memory, this.#position(index), value);
  }

  /** Store one value, or an array of the same shape, into all elements. */
  fill(value: unknown): void {
    this.#needWriteable();
    this.#memory.forgetStrings();
    fillFrom(this, value);
  }

  /** A view: per axis a number (drops the axis), null (all) or `{ start, stop, step }`. @throws RangeError */
  slice(...selection: Selection[]): NDArray {
    const { shape, strides, offset } = select(
      { shape: this.shape, strides: this.byteStrides, offset: this.byteOffset },
      selection,
    );
    return this.#view({ shape, byteStrides: strides, byteOffset: offset });
  }

  /** The view at `index` of the first axis. @throws RangeError */
  row(index: number): NDArray {
    if (this.shape.length === 0) throw this.#wrongIndex(1);
    return this.slice(index);
  }

  /** A live view of one field of a struct. @throws RangeError for an unknown name */
  field(name: string): NDArray {
    const field = this.dtype.fields?.get(name);
    if (field === undefined) {
      const names = this.dtype.names?.join(", ") ?? "none, it is no struct";
      throw new RangeError(`Cannot take field "${name}": the fields are ${names}`);
    }
    return NDArray.over(this.#memory, {
      dtype: field.dtype,
      shape: this.shape,
      byteStrides: this.byteStrides,
      byteOffset: this.byteOffset + field.offset,
      writeable: this.writeable,
    });
  }

  /** The axes in another order, reversed by default; a view. @throws RangeError */
  transpose(axes?: readonly number[]): NDArray {
    const order = axes ?? this.shape.map((_, axis) => this.shape.length - 1 - axis);
    if (
      [...order].sort((a, b) => a - b).some((axis, i) => axis !== i) ||
      order.length !== this.shape.length
    ) {
      throw new RangeError(`Cannot transpose: (${order}) does not name every axis once`);
    }
    return this.#view({
      shape: order.map((axis) => this.shape[axis]),
      byteStrides: order.map((axis) => this.byteStrides[axis]),
      byteOffset: this.byteOffset,
    });
  }

  /** The elements as nested arrays; the element itself for a 0-d array. */
  toArray(): unknown {
    return arrayOf(this);
  }

  /**
   * What `JSON.stringify` takes for it: {@linkcode toArray}, with integers of 64 bits as numbers where
   * these hold them exactly. JSON itself has null for NaN and infinity, and refuses larger integers.
   */
  toJSON(): unknown {
    return jsonOf(this.toArray());
  }

  /** A packed copy in memory of its own; in Fortran order only where the array itself is. */
  copy(): NDArray {
    return this.#packed(this.order === "F" ? "F" : "C");
  }

  /** This array where it is packed in C order, on whole elements of its memory; else a copy that is. */
  contiguous(): NDArray {
    const width = Math.min(this.itemsize, 8);
    const aligned = width === 0 || (this.bytes.byteOffset + this.byteOffset) % width === 0;
    return this.isPacked("C") && aligned && this.#onWholeElements() ? this : this.#packed("C");
  }

  /** A converted copy. @throws RangeError or TypeError for a value that does not fit */
  astype(dtype: DTypeLike): NDArray {
    return convert(this, DType.from(dtype));
  }

  /** The elements' bytes, packed in `order`: a view where they lie so already, else a copy. */
  tobytes(order: MemoryOrder = "C"): Uint8Array {
    if (this.isPacked(order)) {
      return this.bytes.subarray(this.byteOffset, this.byteOffset + this.nbytes);
    }
    const layout = { shape: this.shape, strides: this.byteStrides, offset: this.byteOffset };
    return packElements(this.bytes, layout, this.itemsize, order);
  }

  /** The elements of a 1-D array, or the rows of another. */
  *[Symbol.iterator](): Generator<unknown> {
    if (this.shape.length === 0) throw new TypeError("Cannot iterate over a 0-d array");
    const codec = codecOf(this.dtype);
    for (let i = 0; i < this.shape[0]; i++) {
      const position = this.byteOffset + i * this.byteStrides[0];
      yield this.shape.length === 1 ? codec.read(this.#memory, position) : this.slice(i);
    }
  }

  /** BUILD of a pickle. */
  __setstate__(state: unknown, context: LoadContext): void {
    setArrayState(this, state, context);
    this.#memory = new Memory(this.bytes, this.objects);
  }

  /** `ndarray.__reduce_ex__`. */
  __reduce__(context: DumpContext): Reduction {
    return arrayReduction(this, context);
  }

  /** Python refuses an array as a key. */
  __hashkey__(): typeof UNHASHABLE {
    return UNHASHABLE;
  }

  #view(
    parts: { shape: readonly number[]; byteStrides: readonly number[]; byteOffset: number },
  ): NDArray {
    return NDArray.over(this.#memory, {
      ...parts,
      dtype: this.dtype,
      writeable: this.writeable,
      ...(this.pyClass && { pyClass: this.pyClass }),
    });
  }

  #packed(order: MemoryOrder): NDArray {
    return new NDArray({
      ...packedParts(this, order),
      ...(this.pyClass && { pyClass: this.pyClass }),
    });
  }

  #position(index: readonly number[]): number {
    return this.byteOffset + indexOffset(index, this.shape, this.byteStrides);
  }

  #onWholeElements(): boolean {
    const { itemsize } = this.dtype;
    if (itemsize === 0) return true;
    if (this.byteOffset % itemsize !== 0) return false;
    return this.byteStrides.every((bytes, axis) => bytes % itemsize === 0 || this.shape[axis] <= 1);
  }

  #needWholeElements(): void {
    if (!this.#onWholeElements()) {
      throw new UnsupportedError(
        `Cannot count strides of ${this.dtype} in elements: they are (${this.byteStrides}) bytes; ` +
          "use contiguous(), or byteStrides and byteOffset",
      );
    }
  }

  #needWriteable(): void {
    if (!this.writeable) throw new TypeError("Cannot write to array: it is read-only; use copy()");
  }

  #wrongIndex(given: number): RangeError {
    return new RangeError(
      `Cannot index array: ${given} indices given for ${this.shape.length} dimensions`,
    );
  }
}

function isList(value: FromOptions | readonly FieldSpec[]): value is readonly FieldSpec[] {
  return Array.isArray(value);
}
