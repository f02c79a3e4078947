/**
 * Memory: results of functions, kept where other calls, other processes and Python find them. joblib's
 * `Memory`; what it caches is described in memorized.ts, where results lie in stores/.
 */
import { PicklingError } from "../errors.ts";
import { registerClass } from "../pickle/classes.ts";
import { onceEach, warningSink } from "../pickle/warnings.ts";
import { checkOptions } from "../pickle/options.ts";
import type { LarderWarning } from "../pickle/context.ts";
import { checkMappable, openBackend, whereaboutsOf } from "./_backend.ts";
import { AsyncCourse } from "./_calls.ts";
import { SyncCourse } from "./_calls_sync.ts";
import { asyncHandlers, plainHandlers, syncHandlers, type Whereabouts } from "./_handlers.ts";
import { MEMORY_CLASS, memoryOf, memoryState } from "./_pickles.ts";
import { Results } from "./_results.ts";
import { type AnyFunction, Subject } from "./_subject.ts";
import { type Decorated, decorated } from "./_decorate.ts";
import { locator } from "./_locate.ts";
import { callSite } from "./identity/call_site.ts";
import {
  type Callable,
  type ClearOptions,
  innermost,
  type Memorized,
  memorized,
  type MemorizedFunc,
  type MemorizedFuncSync,
  type MemorizedSync,
} from "./memorized.ts";
import { MemorizedResult } from "./memorized_result.ts";
import {
  type CacheOptions,
  type CacheSyncOptions,
  checkCacheOptions,
  checkMemoryOptions,
  type MemoryOptions,
  type PythonResultsOptions,
} from "./options.ts";
import { PythonResults } from "./python_results.ts";
import { Report } from "./report.ts";
import { type ReducedSize, reduceSize, type ReduceSizeOptions } from "./stores/evict.ts";
import { type StoreStats, storeStats } from "./stores/items.ts";
import type { StoreBackend } from "./stores/store.ts";

/** What `memory.cache(options)` gives: it takes a function, or decorates a method. */
export type CacheDecorator = <F extends Callable>(func: F, context?: unknown) => Memorized<F>;

/** What `memory.cacheSync(options)` gives: it takes a function, or decorates a method. */
export type CacheSyncDecorator = <F extends Callable>(
  func: F,
  context?: unknown,
) => MemorizedSync<F>;

/**
 * Keeps results of functions.
 *
 * @example A second call does not run the function
 * ```ts
 * import assert from "node:assert/strict";
 * import { Memory } from "@larder/joblib/memory";
 *
 * const memory = new Memory("example", { backend: "memory" });
 * let runs = 0;
 * const square = memory.cache((x: number) => (runs++, x * x), { name: "square", version: 1, module: "example" });
 * assert.equal(await square(4), 16);
 * assert.equal(await square(4), 16);
 * assert.equal(runs, 1);
 * ```
 */
export class Memory {
  #location: string | null = null;
  #options: MemoryOptions = {};
  #warn: (warning: LarderWarning) => void = () => {};
  #report = new Report(0);
  #results: Results | undefined;
  #where: Whereabouts = { location: "", backend: "" };

  /**
   * Nothing is made in the folder before something is stored.
   *
   * @param location A folder as joblib takes it, or its URL; `null` switches caching off.
   * @throws {TypeError} The location or an option is of another type, or unknown.
   */
  constructor(location: string | URL | null, options: MemoryOptions = {}) {
    this.#setUp(location, options);
    registerMemory();
    MemorizedResult.register();
  }

  /** Set a Memory up by what was pickled of it; for `load`. */
  static restore(memory: Memory, state: unknown): void {
    const { location, backend, options } = memoryOf(state);
    memory.#setUp(location, backend === undefined ? options : { ...options, backend });
  }

  /** What `dump` writes of a Memory: joblib's own state, for the same folder. */
  static stateOf(memory: Memory): Readonly<Record<string, unknown>> {
    const { backend } = memory.#options;
    if (typeof backend === "object") {
      throw new PicklingError("Cannot dump a Memory whose store has no name: register it");
    }
    const { location } = memory;
    return memoryState(
      { location, backend, options: memory.#options },
      memory.store?.location ?? "",
    );
  }

  #setUp(location: string | URL | null, options: MemoryOptions): void {
    checkMemoryOptions(options);
    this.#options = { ...options };
    this.#warn = onceEach(warningSink(options.onWarning));
    this.#report = new Report(options.verbose ?? 0, options.logger);
    const store = openBackend(location, options, this.#warn);
    this.#location = store === undefined ? null : String(location ?? store.location);
    this.#where = whereaboutsOf(location, store, options);
    if (store === undefined) return;
    if (options.mmapMode && options.compress) {
      this.#warn({
        code: "mmap-compressed",
        message: "Compressed results can't be mapped: they are read whole, in spite of mmapMode",
        path: store.location,
      });
    }
    const { compress = false, limits } = options;
    this.#results = new Results(store, { compress, limits, warn: this.#warn });
  }

  /** Where results are, as it was given; `null` where nothing is kept. */
  get location(): string | null {
    return this.#location;
  }

  /** Where results are kept; `undefined` without a location. */
  get store(): StoreBackend | undefined {
    return this.#results?.store;
  }

  /**
   * Cache a function. Its results come as promises.
   *
   * @param func The function; a cached one is unwrapped before.
   * @returns A function with the same parameters.
   * @throws {TypeError} It has no name that tells it from others, or an option is wrong.
   * @throws {CacheError} Its source can't be read, or another function has its name.
   */
  cache<F extends Callable>(func: F, options?: CacheOptions): Memorized<F>;
  /** Decorate a method. */
  cache<F extends Callable>(func: F, context: ClassMethodDecoratorContext): Memorized<F>;
  /** Options first: for a function, or as a decorator of a method. */
  cache(options?: CacheOptions): CacheDecorator;
  cache(first: unknown = {}, second: unknown = {}): unknown {
    const site = callSite(Memory.prototype.cache);
    return decorated(first, second, "cache()", (func, options, decoration) => {
      return this.#cache(func, options, decoration, site, false);
    });
  }

  /**
   * Cache a function that returns no promise: results come at once.
   *
   * @param func The function; a cached one is unwrapped before.
   * @returns A function with the same parameters and result.
   * @throws {TypeError} It has no name that tells it from others, or an option is wrong.
   * @throws {UnsupportedError} The store works with promises only.
   */
  cacheSync<F extends Callable>(func: F, options?: CacheSyncOptions): MemorizedSync<F>;
  /** Decorate a method. */
  cacheSync<F extends Callable>(func: F, context: ClassMethodDecoratorContext): MemorizedSync<F>;
  /** Options first: for a function, or as a decorator of a method. */
  cacheSync(options?: CacheSyncOptions): CacheSyncDecorator;
  cacheSync(first: unknown = {}, second: unknown = {}): unknown {
    const site = callSite(Memory.prototype.cacheSync);
    return decorated(first, second, "cacheSync()", (func, options, decoration) => {
      return this.#cache(func, options, decoration, site, true);
    });
  }

  /** Call a function through the cache, once. */
  eval<A extends unknown[], R>(func: (...args: A) => R, ...args: A): Promise<Awaited<R>> {
    const site = callSite(Memory.prototype.eval);
    if (typeof func !== "function") {
      throw new TypeError(`Cannot use ${String(func)} for eval(): a function is needed`);
    }
    const face = this.#cache(func as AnyFunction, {}, undefined, site, false);
    return face(...args) as Promise<Awaited<R>>;
  }

  /**
   * The results of a Python function, by their arguments, without a function of one's own.
   *
   * @param python The function in Python: `pkg.mod.func`.
   */
  results<T = unknown>(python: string, options: PythonResultsOptions = {}): PythonResults<T> {
    return new PythonResults<T>(python, options, {
      results: this.#needResults("look up results"),
      where: this.#where,
      mmapMode: this.#options.mmapMode ?? null,
    });
  }

  /** Remove all results. */
  async clear(options: ClearOptions = {}): Promise<void> {
    checkOptions(options, ["warn"], "clear()");
    if (this.#results === undefined) return;
    if (options.warn !== false) this.#tellFlushing(this.#results.store.location);
    await this.#results.entries.delete("");
  }

  /**
   * Remove results until the cache is within limits: those that were not used for the longest time.
   *
   * @returns What was removed and what is left.
   * @throws {RangeError} A limit is no such size, number or age.
   */
  async reduceSize(options: ReduceSizeOptions = {}): Promise<ReducedSize> {
    if (this.#results === undefined) return { removed: [], bytes: 0, items: 0 };
    return await reduceSize(this.#results.store, options);
  }

  /** Number, size and uses of what is kept. */
  async stats(): Promise<StoreStats> {
    if (this.#results !== undefined) return await storeStats(this.#results.store);
    return { items: 0, bytes: 0, hits: 0, oldest: undefined, newest: undefined };
  }

  /** Write the counts of hits down and release what is held; nothing can be cached afterwards. */
  async close(): Promise<void> {
    await this.#results?.store.close();
  }

  /** The same as {@linkcode Memory.close}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #cache(
    outer: AnyFunction,
    options: CacheOptions,
    decoration: Decorated | undefined,
    site: string,
    sync: boolean,
  ): MemorizedFunc & MemorizedFuncSync {
    checkCacheOptions(options, sync ? "cacheSync()" : "cache()");
    const func = innermost(outer);
    const results = this.#results;
    if (results === undefined) {
      const run = sync
        ? (self: unknown, args: readonly unknown[]) => func.apply(self, args as unknown[])
        // deno-lint-ignore require-await -- an error must reject, not throw
        : async (self: unknown, args: readonly unknown[]) => func.apply(self, args as unknown[]);
      return memorized(func, plainHandlers(run, sync));
    }
    const mmapMode = options.mmapMode === undefined
      ? this.#options.mmapMode ?? null
      : options.mmapMode;
    const { compress, hashName = "md5" } = this.#options;
    if (mmapMode !== null) checkMappable(results.store);
    if (options.python !== undefined && hashName !== "md5") {
      throw new TypeError(
        `Cannot share results with Python's ${options.python}: it names them by md5, not ${hashName}`,
      );
    }
    const subject = new Subject({
      func,
      name: options.name ?? options.python ?? func.name,
      args: options.args,
      ignore: options.ignore,
      hashName,
      coerceMmap: mmapMode !== null,
      isMethod: decoration !== undefined && options.python === undefined,
      locate: locator({ func, options, decoration, site, results, warn: this.#warn }),
    });
    const common = {
      results,
      subject,
      report: options.verbose === undefined ? this.#report : this.#report.with(options.verbose),
      mmapMode: compress ? null : mmapMode,
      callback: options.cacheValidationCallback,
      own: options.python === undefined,
    };
    const handlers = sync
      ? syncHandlers(new SyncCourse(common), this.#where)
      : asyncHandlers(new AsyncCourse(common), this.#where);
    return memorized(func, handlers);
  }

  /** As in joblib at any verbosity; silent Memories tell it as a warning, since that is not for stdout. */
  #tellFlushing(path: string): void {
    const { verbose = 0, logger } = this.#options;
    if (verbose > 0 || logger !== undefined) return this.#report.flushing();
    this.#warn({ code: "flushing", message: "Flushing completely the cache", path });
  }

  #needResults(action: string): Results {
    if (this.#results !== undefined) return this.#results;
    throw new TypeError(`Cannot ${action}: this Memory has no location`);
  }
}

let isRegistered = false;

/** Let `dump` and `load` know of Memory. */
function registerMemory(): void {
  if (isRegistered) return;
  isRegistered = true;
  registerClass<Memory>(MEMORY_CLASS, {
    type: Memory,
    load: () => new Memory(null),
    setState: Memory.restore,
    dump: (memory) => ({ state: Memory.stateOf(memory) }),
  });
}
