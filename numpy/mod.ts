/**
 * numpy's arrays, dtypes and scalars as data: what their bytes mean, and how pickles spell them.
 *
 * @example Bytes of a C program, or of a `.npy` file, as an array
 * ```ts
 * import assert from "node:assert/strict";
 * import { DType, NDArray } from "@larder/joblib/numpy";
 *
 * const bytes = Uint8Array.of(0, 1, 0, 2);
 * const array = NDArray.fromBytes(bytes, { dtype: DType.from(">u2"), shape: [2] });
 * assert.deepEqual(array.toArray(), [1, 2]);
 * ```
 *
 * @module
 */
export {
  type ByteOrder,
  DType,
  type DTypeField,
  type DTypeLike,
  type DTypeOptions,
  type DTypeParts,
  type FieldSpec,
  type StructSpec,
} from "./dtype.ts";
export {
  type ArrayData,
  type FromOptions,
  NDArray,
  type NDArrayParts,
  type NestedArray,
  type TypedArray,
} from "./ndarray.ts";
export type { ScalarParts } from "./dtype_parse.ts";
export {
  type ChunksOptions,
  type MapMode,
  Memmap,
  type MemmapJson,
  type MemmapParts,
  type ReadMapOptions,
} from "./memmap.ts";
export type { DTypeJson } from "./memmap_json.ts";
export { MaskedArray, type MaskedOptions } from "./masked.ts";
export { NumpyScalar } from "./scalar.ts";
export type { MemoryOrder, Selection, Slice } from "./strides.ts";
export type { ByteRange, RandomAccessFile } from "../io/random_access.ts";
