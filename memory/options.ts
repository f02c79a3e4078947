/**
 * The options of Memory and of the functions that it caches, and their checks: an unknown name is refused
 * and the right one is named.
 */
import type { CompressOption } from "../compressors/options.ts";
import { resolveCompress } from "../compressors/options.ts";
import type { HashName } from "../hash/mod.ts";
import type { Durability } from "../io/sink.ts";
import type { LarderWarning } from "../pickle/context.ts";
import { checkChoice, checkOptions } from "../pickle/options.ts";
import type { Logger } from "./report.ts";
import { type CacheLimits, checkLimits, LIMITS } from "./stores/evict.ts";
import type { Metadata } from "./stores/metadata.ts";
import type { StoreBackend } from "./stores/store.ts";

/** How arrays of results are mapped instead of read. */
export type MmapMode = "r" | "r+" | "w+" | "c";

/** What a {@linkcode Memory} can be told. */
export interface MemoryOptions {
  /** Arrays of results stay in their files, as `Memmap`; at the first call too. @default null */
  mmapMode?: MmapMode | null;
  /** How results are compressed, as joblib takes it; registered compressors too. @default false */
  compress?: CompressOption;
  /** How much is told, by joblib's levels; nothing at 0. @default 0 */
  verbose?: number;
  /** Takes what `verbose` tells. @default the console */
  logger?: Logger;
  /** Takes notices that are not errors. @default console.warn, once for each text and path */
  onWarning?: (warning: LarderWarning) => void;
  /** The kind of store, by a registered name, or a store. @default "http" for a URL of the web, else "local" */
  backend?: string | StoreBackend;
  /** Limits that are kept without being asked each time. @default none */
  limits?: CacheLimits;
  /** What is flushed to the disk before a result appears. @default "none" */
  durability?: Durability;
  /** The digest that names entries; Python finds those of "md5". @default "md5" */
  hashName?: HashName;
}

/** Whether an entry may still be used, by what `metadata.json` says about it. */
export type ValidationCallback<R> = (metadata: Metadata) => R;

/** What `memory.cache` can be told. */
export interface CacheOptions extends CacheSyncOptions<boolean | Promise<boolean>> {}

/** What `memory.cacheSync` can be told. */
export interface CacheSyncOptions<R = boolean> {
  /** The function's name; dots stand between the parts of its folder. @default the function's own */
  name?: string;
  /** The module that it is in: `import.meta`, or a name. @default the file that called `cache` */
  module?: string | { readonly url?: string };
  /** Its parameters with defaults, such as `["x", "y=2", "*rest"]`, as Python spells them. @default positions */
  args?: readonly string[];
  /** Parameters that are no part of the key; needs `args`, apart from "this". @default none */
  ignore?: readonly string[];
  /** How much is told. @default that of the Memory */
  verbose?: number;
  /** Arrays of results stay in their files. @default that of the Memory */
  mmapMode?: MmapMode | null;
  /** Told an entry's metadata, answers whether it may be used. @default always */
  cacheValidationCallback?: ValidationCallback<R>;
  /** A version of one's own, instead of looking at sources. @default none */
  version?: string | number;
  /** What of the sources makes the version. @default "function" */
  code?: "function" | "module" | "graph" | "off";
  /** Other values, functions and files that the result depends on. @default none */
  deps?: readonly unknown[];
  /** The Python function whose results are shared, as `pkg.mod.func`; needs `args`. @default none */
  python?: string;
}

/** What `memory.results` can be told. */
export interface PythonResultsOptions {
  /** The function's parameters with defaults, such as `["x", "y=2"]`. @default unknown: look up by names */
  args?: readonly string[];
  /** Parameters that Python ignores. @default none */
  ignore?: readonly string[];
}

const MEMORY_OPTIONS: readonly string[] = [
  "mmapMode",
  "compress",
  "verbose",
  "logger",
  "onWarning",
  "backend",
  "limits",
  "durability",
  "hashName",
];
const CACHE_OPTIONS: readonly string[] = [
  "name",
  "module",
  "args",
  "ignore",
  "verbose",
  "mmapMode",
  "cacheValidationCallback",
  "version",
  "code",
  "deps",
  "python",
];
const MMAP_MODES: readonly unknown[] = [null, "r", "r+", "w+", "c"];
/** With Python's function come its name and its code. */
const NOT_WITH_PYTHON: readonly string[] = ["name", "module", "version", "code", "deps"];

/**
 * Check the options of a Memory.
 *
 * @throws {TypeError} A name is unknown, or a value of another type.
 * @throws {RangeError} A value is not among those that an option takes.
 */
export function checkMemoryOptions(options: MemoryOptions): void {
  for (const name of Object.keys(options)) {
    if (LIMITS.some((limit) => plainName(limit) === plainName(name))) {
      const limit = LIMITS.find((limit) => plainName(limit) === plainName(name));
      throw new TypeError(
        `Unknown option "${name}" for Memory: "${limit}" is an option of reduceSize(), or of limits`,
      );
    }
  }
  checkOptions(options, MEMORY_OPTIONS, "Memory");
  checkChoice("mmapMode", options.mmapMode, MMAP_MODES);
  checkChoice("durability", options.durability, ["none", "file", "full"]);
  checkChoice("hashName", options.hashName, ["md5", "sha1", "xxh3", "blake3"]);
  checkVerbose(options.verbose);
  resolveCompress(options.compress, undefined);
  if (options.limits !== undefined) {
    checkOptions(options.limits, LIMITS, "limits of Memory");
    checkLimits(options.limits);
  }
}

/**
 * Check the options of a function to be cached; its parameters are checked with its signature.
 *
 * @throws {TypeError} A name is unknown, or a value of another type.
 * @throws {RangeError} A value is not among those that an option takes.
 */
export function checkCacheOptions(options: CacheOptions, call: string): void {
  checkOptions(options, CACHE_OPTIONS, call);
  checkChoice("mmapMode", options.mmapMode, MMAP_MODES);
  checkVerbose(options.verbose);
  const { cacheValidationCallback: callback, python, args } = options;
  if (callback !== undefined && typeof callback !== "function") {
    throw new TypeError(`Cannot use cacheValidationCallback ${String(callback)}: not a function`);
  }
  if (python === undefined) return;
  checkPythonName(python);
  if (args === undefined) {
    throw new TypeError(
      `Cannot share results with Python's ${python}: its parameters are needed, as args: ["x", "y=2"]`,
    );
  }
  for (const name of NOT_WITH_PYTHON) {
    if (options[name as keyof CacheOptions] === undefined) continue;
    throw new TypeError(`Cannot use "${name}" beside "python": ${python} names the function`);
  }
}

/**
 * Check what `memory.results` was given.
 *
 * @throws {TypeError} There is no such function or option.
 */
export function checkResultsOptions(python: string, options: PythonResultsOptions): void {
  checkPythonName(python);
  checkOptions(options, ["args", "ignore"], "results()");
}

function checkPythonName(python: unknown): void {
  if (typeof python === "string" && /^[^/.]+(?:\.[^/.]+)+$/.test(python)) return;
  throw new TypeError(
    `Cannot share results with ${
      JSON.stringify(python)
    }: a Python function is named "pkg.mod.func"`,
  );
}

function checkVerbose(verbose: unknown): void {
  if (verbose === undefined || typeof verbose === "number" && !Number.isNaN(verbose)) return;
  throw new TypeError(`Cannot use verbose ${JSON.stringify(verbose)}: it is a number`);
}

function plainName(name: string): string {
  return name.replace(/[_-]/g, "").toLowerCase();
}
