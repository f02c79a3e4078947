/**
 * Larder: joblib for the JavaScript runtimes. It opens and writes the very files of Python's joblib and
 * numpy, and executes nothing that is in them. numpy's `.npy` and `.npz` are the matter of
 * `@larder/joblib/npy`, and of `@larder/joblib/jax` as jax reads them.
 *
 * @example Dump and load
 * ```ts
 * import { dumps, loads, NDArray } from "@larder/joblib";
 *
 * const bytes = dumps({ name: "run 7", weights: NDArray.from([[1, 2], [3, 4]]) });
 * console.log(loads(bytes));
 * ```
 *
 * @module
 */
export * from "./persistence/mod.ts";
export { registerCompressor } from "./compressors/mod.ts";
export * from "./errors.ts";
export { hash, type HashName, type HashOptions } from "./hash/mod.ts";
export {
  type CacheOptions,
  type CacheSyncOptions,
  expiresAfter,
  MemorizedResult,
  Memory,
  type MemoryOptions,
  type MmapMode,
  NotMemorizedResult,
  registerStoreBackend,
  type StoreBackend,
} from "./memory/mod.ts";
export * from "./numpy/mod.ts";
export {
  getItem,
  PyArray,
  PyByteArray,
  PyComplex,
  PyCounter,
  PyDate,
  PyDateTime,
  PyDefaultDict,
  PyDeque,
  PyFloat,
  PyFrozenSet,
  PyGlobal,
  PyObject,
  PyOrderedDict,
  PyTime,
  PyTimedelta,
  PyTimezone,
  PyTuple,
  registerClass,
  tuple,
} from "./pickle/mod.ts";
