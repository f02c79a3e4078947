/**
 * jax.numpy.load: numpy.load, and of one array what jax would make of it: bfloat16 out of nameless
 * two-byte elements, and 64-bit numbers as 32-bit ones unless `x64` is set. Where jax wraps integers
 * silently, a warning tells so.
 */
import { UnsupportedError } from "../errors.ts";
import { type Source, sourcePath, type SyncSource } from "../io/source.ts";
import { MaskedArray } from "../numpy/masked.ts";
import { NDArray } from "../numpy/ndarray.ts";
import { checkChoice } from "../pickle/options.ts";
import { onceEach, warningSink } from "../pickle/warnings.ts";
import { bfloat16Of, canonical, type Overflow } from "./_canonical.ts";
import { loadChecked, loadCheckedSync } from "./load.ts";
import type { NpzFile } from "./npz.ts";
import { checkNpyLoadOptions, LOAD_OPTIONS, type NpyLoadOptions } from "./options.ts";

export type { Overflow } from "./_canonical.ts";

/** What {@link load} can be told: the options of npy.load, and jax's own. */
export interface JaxLoadOptions extends NpyLoadOptions {
  /** Keep numbers of 64 bits, as with `jax_enable_x64`. @default false */
  x64?: boolean;
  /**
   * What becomes of a number that 32 bits can't hold: "wrap" as jax (integers modulo 2**32, floats
   * infinite) with a warning, "saturate" to the nearest that they hold, "error". @default "wrap"
   */
  overflow?: Overflow;
  /** Whether arrays of objects and bare pickles are read. @default false */
  allowPickle?: boolean;
}

const OPTIONS: readonly string[] = [...LOAD_OPTIONS, "x64", "overflow"];

/**
 * Load a `.npy`, `.npz` or, where it is allowed, pickle file as jax.numpy.load does.
 *
 * @param source As for npy.load. With an `mmapMode` the array is in memory nevertheless.
 * @returns Of one array: bfloat16 where the file says two bytes of void; 32-bit numbers for 64-bit ones;
 *   all else as stored (other byte orders, text, dates, structs, longdouble). An archive's members are
 *   as stored.
 * @throws RangeError where a number does not fit and `overflow` is "error".
 *
 * @example 32 bits unless asked otherwise
 * ```ts
 * import assert from "node:assert/strict";
 * import type { NDArray } from "@larder/joblib";
 * import * as jax from "@larder/joblib/jax";
 * import { writeHeader } from "@larder/joblib/npy";
 *
 * const data = new Uint8Array(Float64Array.of(1.5, 2.5).buffer);
 * const bytes = Uint8Array.of(...writeHeader({ dtype: "<f8", shape: [2] }), ...data);
 * assert.deepEqual((await jax.load<NDArray>(bytes)).data, Float32Array.of(1.5, 2.5));
 * assert.equal((await jax.load<NDArray>(bytes, { x64: true })).dtype.name, "float64");
 * ```
 */
export async function load<T = NDArray | NpzFile>(
  source: Source,
  options: JaxLoadOptions = {},
): Promise<T> {
  const npy = npyOptions(options, "load()");
  return asJax(await loadChecked(source, npy), source, options) as T;
}

/**
 * Load without waiting: from a path, `file:` URL, bytes, an open file or a synchronous random-access source.
 *
 * @example Brain floats
 * ```ts
 * import assert from "node:assert/strict";
 * import type { NDArray } from "@larder/joblib";
 * import * as jax from "@larder/joblib/jax";
 * import { writeHeader } from "@larder/joblib/npy";
 *
 * const bytes = Uint8Array.of(...writeHeader({ dtype: "bfloat16", shape: [1] }), 0xc0, 0x3f);
 * assert.deepEqual(jax.loadSync<NDArray>(bytes).toArray(), [1.5]);
 * ```
 */
export function loadSync<T = NDArray | NpzFile>(
  source: SyncSource,
  options: JaxLoadOptions = {},
): T {
  const npy = npyOptions(options, "loadSync()");
  return asJax(loadCheckedSync(source, npy), source, options) as T;
}

function npyOptions(options: JaxLoadOptions, call: string): NpyLoadOptions {
  checkNpyLoadOptions(options, call, OPTIONS);
  checkChoice("overflow", options.overflow, ["error", "wrap", "saturate"]);
  const { x64, overflow: _overflow, mmapMode: _mmapMode, nativeMmap: _native, ...npy } = options;
  if (x64 !== undefined && typeof x64 !== "boolean") {
    throw new TypeError(`Cannot use x64 ${String(x64)}: it is true or false`);
  }
  return { ...npy, allowPickle: options.allowPickle ?? false };
}

function asJax(value: unknown, source: unknown, options: JaxLoadOptions): unknown {
  if (value instanceof MaskedArray) {
    throw new UnsupportedError("Cannot load a masked array: jax has none; use npy.load()");
  }
  if (!(value instanceof NDArray)) return value;
  const array = bfloat16Of(value);
  if (options.x64 === true) return array;
  const path = sourcePath(source);
  const warn = onceEach(warningSink(options.onWarning));
  return canonical(array, options.overflow ?? "wrap", (warning) => {
    warn({ ...warning, ...(path === undefined ? {} : { path }) });
  });
}
