/**
 * The globals of numpy that Larder knows when it loads, by the names of all versions of numpy.
 * A form that none of them understands stays an inert PyObject.
 */
import type { GlobalEntry, GlobalTable } from "../pickle/context.ts";
import { arrayFromBuffer, reconstructArray } from "./array_pickle.ts";
import { constructDType, constructStringDType } from "./dtype_pickle.ts";
import { reconstructMasked } from "./masked.ts";
import { NDArray } from "./ndarray.ts";
import { constructScalar } from "./scalar.ts";
import { type TypedArray, typedArrayDType } from "./typed_data.ts";

/** Constructors by `module.name`, in the spelling of numpy 2; older ones are added to the table. */
const ENTRIES: readonly (readonly [name: string, entry: GlobalEntry])[] = [
  ["numpy._core.multiarray._reconstruct", { reduce: reconstructArray }],
  ["numpy._core.multiarray.scalar", { reduce: constructScalar }],
  ["numpy._core.numeric._frombuffer", { reduce: arrayFromBuffer }],
  ["numpy._core._internal._convert_to_stringdtype_kwargs", { reduce: constructStringDType }],
  ["numpy.dtype", { reduce: constructDType }],
  ["numpy.ma.core._mareconstruct", { reduce: reconstructMasked }],
  ["numpy.ma._mareconstruct", { reduce: reconstructMasked }],
];

/** numpy's constructors for the unpickler. */
export const numpyGlobals: GlobalTable = withOldNames(ENTRIES);

function withOldNames(
  entries: readonly (readonly [name: string, entry: GlobalEntry])[],
): Map<string, GlobalEntry> {
  const table = new Map(entries);
  for (const [name, entry] of entries) {
    if (name.startsWith("numpy._core.")) table.set(name.replace("._core.", ".core."), entry);
  }
  return table;
}

/**
 * The 1-D array that a typed array is in Python; undefined for other values. A Uint8Array is bytes,
 * hence none; a Uint8ClampedArray has type uint8. The memory is shared.
 */
export function arrayOfTyped(value: object): NDArray | undefined {
  const name = typedArrayDType(value);
  if (name === undefined || value instanceof Uint8Array) return undefined;
  return NDArray.from(value as TypedArray);
}
