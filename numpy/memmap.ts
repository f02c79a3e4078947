/**
 * `numpy.memmap`: an array whose bytes stay in a file and are read where they are needed. It has the
 * face of NDArray; views do no I/O. What reads or writes at once works where the source answers at once
 * (a path, bytes, an open file); `read`, `write` and `chunks` work on every source.
 */
import { LarderError, UnsupportedError } from "../errors.ts";
import {
  openRandomAccessFile,
  openRandomAccessFileSync,
  type RandomAccessFile,
} from "../io/random_access.ts";
import type { DumpContext, Reduction } from "../pickle/context.ts";
import { checkOptions } from "../pickle/options.ts";
import { defineInspect, UNHASHABLE } from "../pickle/protocols.ts";
import { arrayReduction } from "./array_pickle.ts";
import { DType, type DTypeLike } from "./dtype.ts";
import { codecOf, Memory } from "./elements.ts";
import {
  checkMapMode,
  dtypeFromJson,
  dtypeToJson,
  type MapMode,
  type MemmapJson,
} from "./memmap_json.ts";
import { type Mapping, type MemmapParts, View } from "./memmap_parts.ts";
import { chunksOf, readMap, readMapSync } from "./memmap_read.ts";
import { rowsPerPiece, writePieces } from "./memmap_write.ts";
import type { NDArray } from "./ndarray.ts";
import { layOutIn } from "./ndarray_layout.ts";
import {
  elementCount,
  indexOffset,
  isContiguous,
  type MemoryOrder,
  select,
  type Selection,
  type StridedLayout,
} from "./strides.ts";

export type { MapMode, MemmapJson } from "./memmap_json.ts";
export type { MemmapParts } from "./memmap_parts.ts";

/** Settings of {@link Memmap.chunks}. */
export interface ChunksOptions {
  /** The axis along which the chunks follow each other. @default 0 */
  axis?: number;
}

/** Settings of {@link Memmap.toNDArray}. */
export interface ReadMapOptions {
  /** Memory for the elements, used again by the next read: a fresh buffer costs more than a short read. */
  into?: ArrayBuffer;
}

const NO_OPTIONS: ReadMapOptions = {};

/**
 * An array in a file: what `load` and `npy.load` give with an `mmapMode`, and `npy.openMemmap` makes.
 *
 * Views (`slice`, `row`, `field`, `transpose`) read nothing. `get`, `set`, `toNDArray` and `flush` answer at
 * once where the source does: a path, bytes, an open file. `read`, `readInto`, `write` and `chunks` work on
 * every source, also on a URL or a Blob. Each reads the bytes that it needs, those that lie close together
 * at once. Mode "r" refuses to store, "r+" stores into the file, which never grows by it, "c" keeps what
 * is stored in memory. A file that has shrunk is an error that tells where it ends; it is never zeros.
 * {@link close} when it is no longer needed: it holds an open file, which its views share.
 *
 * @example Two rows of a file, and nothing else of it
 * ```ts
 * import assert from "node:assert/strict";
 * import { mkdtempSync, rmSync } from "node:fs";
 * import { tmpdir } from "node:os";
 * import { dumpSync, loadSync, type Memmap, NDArray } from "@larder/joblib";
 *
 * const folder = mkdtempSync(`${tmpdir()}/larder-`);
 * const [path] = dumpSync(NDArray.zeros([1000, 3]), `${folder}/table.joblib`);
 * const table = loadSync<Memmap>(path, { mmapMode: "r" });
 * assert.deepEqual(table.slice({ start: 10, stop: 12 }).toNDArray().shape, [2, 3]);
 * assert.equal(table.get(999, 2), 0);
 * table.close();
 * rmSync(folder, { recursive: true });
 * ```
 */
export class Memmap {
  /** Element type, as it is in the file. */
  readonly dtype: DType;
  /** Lengths of the axes. */
  readonly shape: number[];
  /** Bytes from one index to the next, for each axis. */
  readonly byteStrides: number[];
  /** Bytes from the start of the file to the element at index 0 of every axis. */
  readonly byteOffset: number;
  readonly #mapping: Mapping;

  static {
    defineInspect(this.prototype, function () {
      const { filename, dtype, shape, mode } = this;
      const from = filename === undefined ? "" : `${JSON.stringify(filename)}, `;
      return `Memmap(${from}${dtype}, shape=(${shape.join(", ")}), mode="${mode}")`;
    });
  }

  /** Map a part of a file. @throws RangeError when the file is too small, TypeError for arrays of objects */
  constructor(parts: MemmapParts) {
    const { file, mode, dtype } = parts;
    if (dtype.hasObject) {
      throw new TypeError(`Cannot map an array of ${dtype}: its elements are Python objects`);
    }
    // a view takes its mapping and lies inside of what was checked
    const view = parts instanceof View && dtype.base === dtype;
    const laid = view ? parts : layOutIn(file.size, parts);
    this.dtype = laid.dtype;
    this.shape = laid.shape;
    this.byteStrides = laid.byteStrides;
    this.byteOffset = parts.byteOffset ?? 0;
    this.#mapping = parts instanceof View ? parts.mapping : { file, mode, open: true };
  }

  /**
   * Open a map again, from what {@link toJSON} told: in a worker, say. Paths only; see {@link reopen}.
   *
   * @throws UnsupportedError for a map of another source
   */
  static from(json: MemmapJson): Memmap {
    checkMapMode(json.mode);
    const file = openRandomAccessFileSync(json.filename, { write: json.mode === "r+" });
    return mapAgain(file, json);
  }

  /** Open a map again, from what {@link toJSON} told; a URL as well as a path. */
  static async reopen(json: MemmapJson): Promise<Memmap> {
    checkMapMode(json.mode);
    const file = await openRandomAccessFile(json.filename, { write: json.mode === "r+" });
    return mapAgain(file, json);
  }

  /** Path or URL of the file, where it has one. */
  get filename(): string | undefined {
    return this.#mapping.file.name;
  }

  /** "r": read-only, "r+": writes reach the file, "c": writes stay in memory. */
  get mode(): MapMode {
    return this.#mapping.mode;
  }

  /** Whether elements may be stored: not in mode "r". */
  get writeable(): boolean {
    return this.#mapping.mode !== "r";
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
    return isContiguous(this.#layout, this.dtype.itemsize, order);
  }

  /** Elements from one index to the next, for each axis. @throws UnsupportedError when in between */
  get stride(): number[] {
    const { itemsize, byteStrides, shape } = this;
    if (itemsize === 0) return byteStrides.map(() => 0);
    if (byteStrides.some((bytes, axis) => bytes % itemsize !== 0 && shape[axis] > 1)) {
      throw new UnsupportedError(
        `Cannot count strides of ${this.dtype} in elements: they are (${byteStrides}) bytes`,
      );
    }
    return byteStrides.map((bytes) => bytes / itemsize);
  }

  /** The same as {@link stride}. */
  get strides(): number[] {
    return this.stride;
  }

  /** A map has no typed array. @throws UnsupportedError that names {@link toNDArray} */
  get data(): never {
    throw new UnsupportedError(
      "Cannot take the data of a memory map: it is in the file; use toNDArray() or await read()",
    );
  }

  /**
   * One element; negative indices count from the end. Values as of {@link NDArray.get}.
   *
   * @throws RangeError for an index out of bounds; UnsupportedError where reading must be awaited
   */
  get(...index: number[]): unknown {
    if (index.length !== this.shape.length) throw this.#wrongIndex(index.length);
    const file = this.#file("get an element");
    const bytes = new Uint8Array(this.dtype.itemsize);
    const start = this.byteOffset + indexOffset(index, this.shape, this.byteStrides);
    if (bytes.length > 0) file.readSync([{ start, into: bytes }]);
    return codecOf(this.dtype).read(new Memory(bytes, null), 0);
  }

  /**
   * Store an element: `set(...index, value)`. With fewer indices than axes the rest is filled.
   *
   * @throws TypeError when the map is read-only or the value does not fit; UnsupportedError where writing must be awaited
   */
  set(...indexAndValue: unknown[]): void {
    const [index, value] = this.#splitValue(indexAndValue);
    this.slice(...index as number[]).fill(value);
  }

  /** Store one value, or an array that broadcasts to the shape, into all elements. */
  fill(value: unknown): void {
    const file = this.#file("store");
    this.#needWriteable();
    for (const { start, bytes } of writePieces(this, value)) file.writeSync(start, bytes);
  }

  /** A view, without I/O: per axis a number (drops the axis), null (all) or `{ start, stop, step }`. @throws RangeError */
  slice(...selection: Selection[]): Memmap {
    return this.#view(this.dtype, select(this.#layout, selection));
  }

  /** The view at `index` of the first axis, without I/O. @throws RangeError */
  row(index: number): Memmap {
    if (this.shape.length === 0) throw this.#wrongIndex(1);
    return this.slice(index);
  }

  /** A view of one field of a struct, without I/O. @throws RangeError for an unknown name */
  field(name: string): Memmap {
    const field = this.dtype.fields?.get(name);
    if (field === undefined) {
      const names = this.dtype.names?.join(", ") ?? "none, it is no struct";
      throw new RangeError(`Cannot take field "${name}": the fields are ${names}`);
    }
    const layout = this.#layout;
    return this.#view(field.dtype, { ...layout, offset: layout.offset + field.offset });
  }

  /** The axes in another order, reversed by default; a view, without I/O. @throws RangeError */
  transpose(axes?: readonly number[]): Memmap {
    const { shape, byteStrides } = this;
    const order = axes ?? shape.map((_, axis) => shape.length - 1 - axis);
    if (
      order.length !== shape.length ||
      [...order].sort((a, b) => a - b).some((axis, i) => axis !== i)
    ) {
      throw new RangeError(`Cannot transpose: (${order}) does not name every axis once`);
    }
    return this.#view(this.dtype, {
      shape: order.map((axis) => shape[axis]),
      strides: order.map((axis) => byteStrides[axis]),
      offset: this.byteOffset,
    });
  }

  /**
   * The elements in memory of their own, or in that of `into`, lying as they lie in the file. Only their
   * bytes are read, and those between them where that takes fewer reads.
   *
   * @throws UnsupportedError where reading must be awaited: use {@link read}
   */
  toNDArray(options: ReadMapOptions = NO_OPTIONS): NDArray {
    if (options !== NO_OPTIONS) checkOptions(options, ["into"], "toNDArray()");
    return readMapSync(this, this.#file("read"), options.into);
  }

  /** The same as {@link toNDArray}. */
  copy(): NDArray {
    return this.toNDArray();
  }

  /** A converted copy in memory. @throws RangeError or TypeError for a value that does not fit */
  astype(dtype: DTypeLike): NDArray {
    return this.toNDArray().astype(dtype);
  }

  /** The elements as nested arrays; the element itself for a 0-d array. */
  toArray(): unknown {
    return this.toNDArray().toArray();
  }

  /** The elements of a selection (all, without one) in memory, on every source. @throws RangeError */
  async read(...selection: Selection[]): Promise<NDArray> {
    return await readMap(this.slice(...selection), this.#opened().file);
  }

  /**
   * As {@link read}, into a buffer that is used again: an array over its first bytes, valid until the next
   * one is read into it.
   *
   * @throws RangeError when it is too small
   */
  async readInto(into: ArrayBuffer, ...selection: Selection[]): Promise<NDArray> {
    return await readMap(this.slice(...selection), this.#opened().file, into);
  }

  /** Store into a selection, on every source that can be written: `write(...selection, value)`. */
  async write(...selectionAndValue: unknown[]): Promise<void> {
    const [selection, value] = this.#splitValue(selectionAndValue);
    const view = this.slice(...selection as Selection[]);
    const { file } = this.#opened();
    this.#needWriteable();
    for (const { start, bytes } of writePieces(view, value)) await file.write(start, bytes);
  }

  /**
   * The array in pieces of `length` indices of an axis, the last one perhaps shorter, each in memory.
   *
   * @param length How many indices. @default so many that a piece takes about 1 MiB
   */
  async *chunks(length?: number, options: ChunksOptions = {}): AsyncGenerator<NDArray> {
    yield* chunksOf(this, length, options.axis ?? 0);
  }

  /** The elements of a 1-D map, read in pieces, or the rows of another, as views. */
  *[Symbol.iterator](): Generator<unknown> {
    if (this.ndim === 0) throw new TypeError("Cannot iterate over a 0-d array");
    const count = this.ndim === 1 ? rowsPerPiece(this, 0) : 1;
    for (let start = 0; start < this.shape[0]; start += count) {
      if (this.ndim > 1) yield this.slice(start);
      else yield* this.slice({ start, stop: start + count }).toNDArray();
    }
  }

  /** Have the operating system put what was written on the disk. */
  flush(): void {
    const file = this.#file("flush");
    if (this.mode === "r+") file.flushSync();
  }

  /** Release the file, for this map and all of its views; a second call does nothing. */
  close(): void {
    if (!this.#mapping.open) return;
    this.#mapping.open = false;
    const { file } = this.#mapping;
    if (file.sync) file.closeSync();
    else file.close().catch(() => {});
  }

  /** The same as {@link close}. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** What another thread needs to map the same; see {@link Memmap.from}. @throws UnsupportedError without a path or URL */
  toJSON(): MemmapJson {
    const { filename, mode, dtype, shape, byteStrides, byteOffset } = this;
    if (filename === undefined || mode === "c") {
      const what = mode === "c" ? 'in mode "c"' : "of something without a path or URL";
      throw new UnsupportedError(`Cannot hand on a memory map ${what}: nobody could open the same`);
    }
    return { filename, mode, dtype: dtypeToJson(dtype), shape, byteStrides, byteOffset };
  }

  /** A map is dumped as the array that it shows. */
  __reduce__(context: DumpContext): Reduction {
    return arrayReduction(this.toNDArray(), context);
  }

  /** Python refuses an array as a key. */
  __hashkey__(): typeof UNHASHABLE {
    return UNHASHABLE;
  }

  get #layout(): StridedLayout {
    return { shape: this.shape, strides: this.byteStrides, offset: this.byteOffset };
  }

  #view(dtype: DType, layout: StridedLayout): Memmap {
    return new Memmap(new View(this.#mapping, dtype, layout));
  }

  #opened(): Mapping {
    if (this.#mapping.open) return this.#mapping;
    throw new LarderError("Cannot use memory map: it was closed", this.#place());
  }

  #file(action: string): RandomAccessFile {
    const { file } = this.#opened();
    if (file.sync) return file;
    const way = action === "store" ? "write(...selection, value)" : "read(...selection)";
    throw new UnsupportedError(
      `Cannot ${action} without waiting from ${file.name ?? "this source"}: use await ${way}`,
      this.#place(),
    );
  }

  #place(): { path?: string } {
    const { name } = this.#mapping.file;
    return name === undefined ? {} : { path: name };
  }

  #needWriteable(): void {
    if (this.writeable) return;
    throw new TypeError(
      'Cannot write to memory map: it is read-only; use mmapMode "r+" (or "c" to keep changes in memory)',
    );
  }

  #splitValue(given: unknown[]): [index: unknown[], value: unknown] {
    const index = given.slice(0, -1);
    if (given.length === 0 || index.length > this.ndim) throw this.#wrongIndex(index.length);
    return [index, given.at(-1)];
  }

  #wrongIndex(given: number): RangeError {
    return new RangeError(`Cannot index array: ${given} indices given for ${this.ndim} dimensions`);
  }
}

function mapAgain(file: RandomAccessFile, json: MemmapJson): Memmap {
  try {
    return new Memmap({ ...json, file, dtype: dtypeFromJson(json.dtype) });
  } catch (error) {
    if (file.sync) file.closeSync();
    else file.close().catch(() => {});
    throw error;
  }
}
