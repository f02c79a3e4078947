/**
 * `numpy.ma.MaskedArray`: an array and a mask of the same shape, true where a value does not count.
 * A pickle always spells the mask out, so that a loaded array has one even where Python had `nomask`.
 */
import { sharedBytes } from "../bytes/shared_bytes.ts";
import { FreshString, INERT, type LoadContext, type Reduction } from "../pickle/context.ts";
import {
  defineInspect,
  type Inspect,
  type InspectOptions,
  UNHASHABLE,
} from "../pickle/protocols.ts";
import { PyComplex, PyGlobal, PyTuple, tuple } from "../pickle/values.ts";
import { arrayClass, arrayState, setArrayState } from "./array_pickle.ts";
import { elementText } from "./array_text.ts";
import { DType, type DTypeField, partsOf } from "./dtype.ts";
import { NDArray } from "./ndarray.ts";
import { zeroParts } from "./ndarray_layout.ts";
import type { Mutable } from "./pickle_values.ts";

const MASKED_ARRAY = new PyGlobal("numpy.ma", "MaskedArray");
const NDARRAY = new PyGlobal("numpy", "ndarray");
const RECONSTRUCT = new PyGlobal("numpy.ma.core", "_mareconstruct");
/** The one string of numpy's source; a field named `b` is another object. */
const CODE = new FreshString("b");
const CLASS_NAME = "numpy.ma.MaskedArray";

/** The names of MaskedArray in all versions of numpy. */
const NAMES: ReadonlySet<string> = new Set([
  "numpy.ma.MaskedArray",
  "numpy.ma.core.MaskedArray",
  "numpy.core.ma.MaskedArray",
]);

/** Settings of a {@link MaskedArray}. */
export interface MaskedOptions {
  /** What stands for masked values in a filled array; null: numpy's default. @default null */
  fill?: unknown;
  /** Class of the data where it is not numpy.ndarray. @default none */
  baseClass?: PyGlobal;
}

/** An array some of whose values do not count. */
export class MaskedArray {
  /** The values, masked ones included. */
  readonly data: NDArray;
  /** True where a value is masked, by field for structs; null: none is. */
  readonly mask: NDArray | null;
  /** The fill value as Python keeps it: a 0-d array, or null for numpy's default. */
  readonly fill: unknown;
  /** Class of the data where it is not numpy.ndarray. */
  readonly baseClass?: PyGlobal;

  static {
    defineInspect(this.prototype, function (_depth, options, inspect) {
      return maskedText(this, options, inspect);
    });
  }

  /** Put values and mask together. */
  constructor(data: NDArray, mask: NDArray | null = null, options: MaskedOptions = {}) {
    if (mask !== null && String(mask.shape) !== String(data.shape)) {
      throw new RangeError(`Cannot mask shape (${data.shape}) with shape (${mask.shape})`);
    }
    this.data = data;
    this.mask = mask;
    this.fill = options.fill ?? null;
    if (options.baseClass !== undefined) this.baseClass = options.baseClass;
  }

  /** Element type. */
  get dtype(): DType {
    return this.data.dtype;
  }

  /** Lengths of the axes. */
  get shape(): number[] {
    return this.data.shape;
  }

  /** Number of axes. */
  get ndim(): number {
    return this.data.ndim;
  }

  /** Number of elements, masked ones included. */
  get size(): number {
    return this.data.size;
  }

  /** What stands for a masked value: the one that was set, or numpy's default for the dtype. */
  get fillValue(): unknown {
    const fill = this.fill instanceof NDArray && this.fill.ndim === 0 ? this.fill.get() : this.fill;
    return fill ?? defaultFill(this.dtype);
  }

  /** An element, null where it is masked; of a struct, the masked fields are null. @throws RangeError */
  get(...index: number[]): unknown {
    return hide(this.data.get(...index), this.mask === null ? false : this.mask.get(...index));
  }

  /** The elements as nested arrays, null where masked. */
  toArray(): unknown {
    const mask = this.mask?.toArray() ?? false;
    return hideAll(this.data.toArray(), mask, this.ndim);
  }

  /** A copy with the masked values replaced by `fillValue`. */
  filled(): NDArray {
    const copy = this.data.copy();
    if (this.mask === null || copy.dtype.names !== null) return copy;
    const flags = this.mask;
    const index = new Array<number>(this.ndim).fill(0);
    for (let i = 0; i < this.size; i++) {
      let rest = i;
      for (let axis = this.ndim - 1; axis >= 0; axis--) {
        index[axis] = rest % this.shape[axis];
        rest = Math.floor(rest / this.shape[axis]);
      }
      if (flags.get(...index) === true) copy.set(...index, this.fillValue);
    }
    return copy;
  }

  /** `MaskedArray.__setstate__`. */
  __setstate__(state: unknown, context: LoadContext): void {
    if (!(state instanceof PyTuple) || state.length !== 7) {
      throw context.fail("Cannot read masked array: its state is no tuple of 7 items", CLASS_NAME);
    }
    const [version, shape, dtype, fortran, raw, mask, fill] = state;
    setArrayState(this.data, tuple(version, shape, dtype, fortran, raw), context);
    const flags = new NDArray({ dtype: DType.from("?"), shape: [0] });
    const type = maskDType(dtype as DType);
    setArrayState(flags, tuple(1, shape, type, fortran, mask), context);
    const target = this as Mutable<MaskedArray>;
    // The parts were filled in place: views keep their memory, so both are made anew.
    target.data = remade(this.data);
    target.mask = remade(flags);
    target.fill = fill instanceof NDArray ? fillOf(fill, this.dtype) : fill ?? null;
  }

  /** `MaskedArray.__reduce__`. */
  __reduce__(): Reduction {
    const state = arrayState(this.data);
    const order = this.data.order === "F" ? "F" : "C";
    const mask = this.mask ??
      new NDArray(zeroParts(this.shape, maskDType(this.dtype), order));
    state.push(sharedBytes(mask.tobytes(order).subarray()), this.fill);
    return {
      callable: RECONSTRUCT,
      args: [MASKED_ARRAY, this.baseClass ?? NDARRAY, tuple(0), CODE],
      state,
    };
  }

  /** Python refuses an array as a key. */
  __hashkey__(): typeof UNHASHABLE {
    return UNHASHABLE;
  }
}

/** Data, mask and fill value, as numpy's repr. */
function maskedText(array: MaskedArray, options: InspectOptions, inspect: Inspect): string {
  const fill = elementText(array.dtype, array.fillValue);
  const mask = array.mask === null ? "False" : inspect(array.mask, options);
  return `masked_array(data=${
    inspect(array.data, options)
  },\n  mask=${mask},\n  fill_value=${fill})`;
}

/** `_mareconstruct(class, base class, shape, code)`. */
export function reconstructMasked(args: PyTuple): MaskedArray | typeof INERT {
  const [cls, base] = args;
  if (args.length !== 4 || !(cls instanceof PyGlobal) || !NAMES.has(cls.className)) return INERT;
  const baseClass = arrayClass(base);
  if (baseClass === INERT) return INERT;
  const data = new NDArray({ dtype: DType.from("i1"), shape: [0] });
  return new MaskedArray(data, null, { ...(baseClass && { baseClass }) });
}

/** The dtype of a mask: bool for every element or field (numpy's make_mask_descr). */
export function maskDType(dtype: DType): DType {
  if (dtype.base !== dtype) return DType.subarray(maskDType(dtype.base), dtype.shape);
  if (dtype.names === null) return DType.from("?");
  const fields = new Map<string, DTypeField>();
  let offset = 0;
  for (const name of dtype.names) {
    const type = maskDType(dtype.fields!.get(name)!.dtype);
    fields.set(name, { dtype: type, offset });
    offset += type.itemsize;
  }
  const blank = partsOf(DType.from("V1"));
  return new DType({ ...blank, itemsize: offset, flags: 16, names: dtype.names, fields });
}

function remade(array: NDArray, dtype: DType = array.dtype): NDArray {
  return new NDArray({
    dtype,
    shape: array.shape,
    byteStrides: array.byteStrides,
    bytes: array.bytes,
    ...(array.objects && { objects: array.objects }),
    ...(array.pyClass && { pyClass: array.pyClass }),
  });
}

/** The fill value in the data's dtype, as Python's setter casts it; as it is where that can't be. */
function fillOf(fill: NDArray, dtype: DType): NDArray {
  if (fill.dtype.equals(dtype)) return remade(fill, dtype);
  if (fill.ndim !== 0 || dtype.names !== null || fill.dtype.names !== null) return fill;
  try {
    const value = fill.dtype.kind === "S" ? fill.bytes : undefined;
    if (dtype.kind === "V" && value !== undefined) {
      const made = NDArray.zeros([], dtype);
      made.set(value);
      return made;
    }
    return fill.astype(dtype);
  } catch (error) {
    if (error instanceof RangeError || error instanceof TypeError) return fill;
    throw error;
  }
}

function hide(value: unknown, mask: unknown): unknown {
  if (mask === true) return null;
  if (typeof mask !== "object" || mask === null || mask instanceof NDArray) return value;
  const record = { ...value as Record<string, unknown> };
  for (const [name, flag] of Object.entries(mask)) record[name] = hide(record[name], flag);
  return record;
}

function hideAll(value: unknown, mask: unknown, depth: number): unknown {
  if (depth === 0 || mask === false) return hide(value, mask);
  return (value as unknown[]).map((item, i) => hideAll(item, (mask as unknown[])[i], depth - 1));
}

/** numpy's `default_fill_value`. */
function defaultFill(dtype: DType): unknown {
  switch (dtype.kind) {
    case "b":
      return true;
    case "i":
    case "u":
      return dtype.itemsize === 8 ? 999999n : 999999;
    case "f":
      return 1e20;
    case "c":
      return new PyComplex(1e20, 0);
    case "M":
    case "m":
      return -(2n ** 63n);
    case "S":
    case "U":
      return "N/A";
    case "O":
      return "?";
  }
  if (dtype.names !== null) {
    const record: Record<string, unknown> = {};
    for (const name of dtype.names) record[name] = defaultFill(dtype.fields!.get(name)!.dtype.base);
    return record;
  }
  return dtype.kind === "V" ? new TextEncoder().encode("???") : "N/A";
}
