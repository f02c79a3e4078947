/**
 * What a memory map is made of: a file, and where in it the elements lie. All views of one map share its
 * mapping, so that they are closed together.
 */
import type { RandomAccessFile } from "../io/random_access.ts";
import type { DType } from "./dtype.ts";
import type { MapMode } from "./memmap_json.ts";
import type { MemoryOrder, StridedLayout } from "./strides.ts";

/** What a map is made of. */
export interface MemmapParts {
  /** The file; it is closed with the map. */
  file: RandomAccessFile;
  /** "r": read-only, "r+": writes reach the file, "c": writes stay in memory. */
  mode: MapMode;
  /** Element type; a sub-array type becomes further axes. */
  dtype: DType;
  /** Lengths of the axes. */
  shape: readonly number[];
  /** Order of packed elements, where no strides are given. @default "C" */
  order?: MemoryOrder;
  /** Bytes from one index to the next, for each axis. @default packed in `order` */
  byteStrides?: readonly number[];
  /** Bytes from the start of the file to the first element. @default 0 */
  byteOffset?: number;
}

/** One opened file and all views on it: closed for all at once. */
export interface Mapping {
  /** The file; it is closed with the map. */
  readonly file: RandomAccessFile;
  /** What may be written, and where it goes. */
  readonly mode: MapMode;
  /** Whether the map may be used. */
  open: boolean;
}

/** The parts of a view, which lies inside of a map that was checked. */
export class View implements MemmapParts {
  readonly mapping: Mapping;
  readonly dtype: DType;
  readonly shape: number[];
  readonly byteStrides: number[];
  readonly byteOffset: number;

  constructor(mapping: Mapping, dtype: DType, { shape, strides, offset }: StridedLayout) {
    this.mapping = mapping;
    this.dtype = dtype;
    this.shape = shape;
    this.byteStrides = strides;
    this.byteOffset = offset;
  }

  get file(): RandomAccessFile {
    return this.mapping.file;
  }

  get mode(): MapMode {
    return this.mapping.mode;
  }
}
