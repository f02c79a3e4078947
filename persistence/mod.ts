/**
 * joblib.dump and joblib.load: any Python value with large arrays inside, in one file.
 *
 * @example A value with arrays, compressed
 * ```ts
 * import { dumps, loads } from "@larder/joblib/persistence";
 *
 * const bytes = dumps({ weights: new Float64Array(1000), version: 2 }, { compress: "gzip" });
 * console.log(loads(bytes));
 * ```
 *
 * @module
 */
export { dump, dumps, dumpSync } from "./dump.ts";
export { load, loadAll, loads, loadSync } from "./load.ts";
export { prepare } from "./prepare.ts";
export type { DumpOptions, LoadOptions } from "./options.ts";
export type { CompressOption, CompressorName } from "../compressors/mod.ts";
export type { Progress } from "../pickle/driver.ts";
export type { PickleOptions, UnpickleOptions } from "../pickle/options.ts";
export type { ClassDump, ClassEntry } from "../pickle/classes.ts";
export type { IntoHook, LarderWarning, Limits, Py2Encoding } from "../pickle/context.ts";
export type {
  DenoFile,
  NodeFileHandle,
  RandomAccessSource,
  Source,
  SyncRandomAccessSource,
  SyncSource,
} from "../io/source.ts";
export type { Durability, SyncTarget, Target } from "../io/sink.ts";
