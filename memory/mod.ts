/**
 * Memory: results of functions are kept on a disk, where other calls, other processes and Python find
 * them. joblib's `Memory`.
 *
 * @example A second call does not run the function
 * ```ts
 * import assert from "node:assert/strict";
 * import { mkdtemp, rm } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { Memory } from "@larder/joblib/memory";
 *
 * const folder = await mkdtemp(`${tmpdir()}/larder-`);
 * const memory = new Memory(folder);
 * let runs = 0;
 * const square = memory.cache(function square(x: number) {
 *   runs++;
 *   return x * x;
 * }, { module: "example", version: 1 });
 * assert.deepEqual([await square(4), await square(4), runs], [16, 16, 1]);
 * await memory.close();
 * await rm(folder, { recursive: true });
 * ```
 *
 * @module
 */
export { type CacheDecorator, type CacheSyncDecorator, Memory } from "./memory.ts";
export type {
  ArgumentsOf,
  Callable,
  ClearOptions,
  Memorized,
  MemorizedFunc,
  MemorizedFuncSync,
  MemorizedSync,
  ResultOf,
} from "./memorized.ts";
export {
  type FromJsonOptions,
  MemorizedResult,
  type MemorizedResultJson,
  NotMemorizedResult,
  type Shelved,
} from "./memorized_result.ts";
export type { PythonResults } from "./python_results.ts";
export type { CallInfo } from "./_course.ts";
export type { ExplainedVersion, Explanation } from "./explain.ts";
export type {
  CacheOptions,
  CacheSyncOptions,
  MemoryOptions,
  MmapMode,
  PythonResultsOptions,
  ValidationCallback,
} from "./options.ts";
export { type Age, expiresAfter } from "./expires_after.ts";
export {
  type JsRun,
  type JsShape,
  type JsTree,
  type JsTypes,
  jsTypes,
  type LostType,
  restoreJsTypes,
} from "./js_types.ts";
export type { Logger } from "./report.ts";
export { registerStoreBackend, type StoreFactory, type StoreOptions } from "./stores/registry.ts";
export type { CacheLimits, ReducedSize, ReduceSizeOptions } from "./stores/evict.ts";
export type { StoreItem, StoreStats } from "./stores/items.ts";
export type { Metadata } from "./stores/metadata.ts";
export type { Lease, LeaseOptions } from "./stores/lease.ts";
export type { Usage, UsageRecord } from "./stores/usage.ts";
export type {
  ByteSink,
  Content,
  PutOptions,
  StoreBackend,
  Stored,
  StoredInfo,
  StoredRange,
  SyncByteSink,
  SyncContent,
  SyncStoreBackend,
} from "./stores/store.ts";
export type { CompressOption, CompressorName } from "../compressors/mod.ts";
export type { HashName } from "../hash/mod.ts";
export type { Durability } from "../io/sink.ts";
export type { LarderWarning } from "../pickle/context.ts";
