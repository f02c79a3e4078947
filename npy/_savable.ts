/**
 * What numpy.save takes: arrays as they are, everything else as numpy.asanyarray would make one; and the
 * extension that it appends to a name.
 */
import { DType, type DTypeLike } from "../numpy/dtype.ts";
import { MaskedArray } from "../numpy/masked.ts";
import { Memmap } from "../numpy/memmap.ts";
import { NDArray, type NestedArray, type TypedArray } from "../numpy/ndarray.ts";
import { NumpyScalar } from "../numpy/scalar.ts";
import type { LarderWarning } from "../pickle/context.ts";
import type { NpyArray } from "./write_array.ts";

/** An array or map, a typed array, nested arrays of values, or one value (which becomes a 0-d array). */
export type Savable = NDArray | Memmap | MaskedArray | NumpyScalar | TypedArray | NestedArray;

/** The array of a value. @throws RangeError for ragged nesting, TypeError for what is no value */
export function arrayToSave(
  value: Savable,
  options: { dtype?: DTypeLike | undefined; onWarning?: (warning: LarderWarning) => void } = {},
): NpyArray {
  const { dtype, onWarning } = options;
  if (value instanceof MaskedArray && !value.data.dtype.hasObject) {
    onWarning?.({
      code: "npy-mask",
      message: "The mask of a masked array is not stored in a .npy file, only its data",
    });
    return arrayToSave(value.data, options);
  }
  const array = value instanceof NumpyScalar ? value.array : value;
  if (array instanceof NDArray || array instanceof MaskedArray || array instanceof Memmap) {
    if (dtype === undefined || DType.from(dtype).equals(array.dtype)) return array;
    return (array instanceof MaskedArray ? array.data : array).astype(dtype);
  }
  if (value === undefined || typeof value === "function" || typeof value === "symbol") {
    throw new TypeError(`Cannot save ${typeof value}: it is no array and no value of one`);
  }
  return NDArray.from(value, dtype === undefined ? {} : { dtype });
}

/** A path or URL that ends in `extension`; other targets as they are. */
export function withExtension<T>(target: T, extension: string): T | string | URL {
  if (typeof target === "string") {
    return target.endsWith(extension) ? target : `${target}${extension}`;
  }
  if (!(target instanceof URL) || target.pathname.endsWith(extension)) return target;
  const named = new URL(target);
  named.pathname += extension;
  return named;
}
