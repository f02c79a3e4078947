/**
 * A reference to a stored result: small enough to be sent to another process, which reads the result
 * from the store. joblib's `MemorizedResult` and `NotMemorizedResult`.
 */
import { CacheError, UnsupportedError } from "../errors.ts";
import { registerClass } from "../pickle/classes.ts";
import { checkOptions } from "../pickle/options.ts";
import { type PickledResult, RESULT_CLASS, resultOf, resultState } from "./_pickles.ts";
import { Results } from "./_results.ts";
import type { MmapMode } from "./options.ts";
import { warningSink } from "../pickle/warnings.ts";
import type { Entry } from "./stores/entry.ts";
import type { Metadata } from "./stores/metadata.ts";
import { openStore } from "./stores/registry.ts";
import type { StoreBackend } from "./stores/store.ts";

/** What a {@linkcode MemorizedResult} becomes as JSON. */
export interface MemorizedResultJson {
  /** Where the cache is, as `Memory` takes it. */
  readonly location: string;
  /** The kind of store. */
  readonly backend: string;
  /** The folder of the function in the store. */
  readonly func: string;
  /** The folder of the result, in the function's. */
  readonly argsId: string;
  /** How arrays are mapped. */
  readonly mmapMode: MmapMode | null;
  /** Whether only Larder writes such results. */
  readonly own: boolean;
  /** What is known about the call. */
  readonly metadata: Metadata;
}

/** Options of {@linkcode MemorizedResult.from}. */
export interface FromJsonOptions {
  /** The store, where it can't be opened by its name and location. @default it is opened */
  backend?: StoreBackend;
}

/** Where a result comes from. */
export interface ResultOrigin {
  readonly results: Results;
  readonly location: string;
  readonly backend: string;
  readonly func: string;
  readonly argsId: string;
  readonly mmapMode: MmapMode | null;
  readonly own: boolean;
  readonly metadata: Metadata;
}

let isRegistered = false;

/** A reference to a stored result. `dump` writes it as joblib's, for the same folder. */
export class MemorizedResult<T = unknown> {
  /** Where the cache is. */
  readonly location!: string;
  /** The folder of the function in the store. */
  readonly func!: string;
  /** The folder of the result, in the function's. */
  readonly argsId!: string;
  /** What was known about the call when the reference was made: duration, time, input_args. */
  readonly metadata!: Metadata;
  #source: ResultOrigin | undefined;

  /** Made by `callAndShelve`; by hand use {@linkcode MemorizedResult.from}. */
  constructor(origin?: ResultOrigin) {
    if (origin !== undefined) MemorizedResult.#fill(this, origin);
  }

  static #fill(result: MemorizedResult, origin: ResultOrigin): void {
    const { location, func, argsId, metadata } = origin;
    result.#source = origin;
    Object.assign(result, { location, func, argsId, metadata });
  }

  /** Let `dump` and `load` know of references; done by the first Memory. */
  static register(): void {
    if (isRegistered) return;
    isRegistered = true;
    registerClass<MemorizedResult>(RESULT_CLASS, {
      type: MemorizedResult,
      load: () => new MemorizedResult(),
      setState: (result, state) => MemorizedResult.#fill(result, opened(resultOf(state))),
      dump: (result) => {
        const origin = result.#origin;
        return { state: resultState(named(origin), origin.results.store.location) };
      },
    });
  }

  /** Make a reference of what {@linkcode MemorizedResult.toJSON} gave, in another process too. */
  static from<T = unknown>(
    json: MemorizedResultJson,
    options: FromJsonOptions = {},
  ): MemorizedResult<T> {
    checkOptions(options, ["backend"], "MemorizedResult.from()");
    const { location, backend, func, argsId, mmapMode = null, own, metadata } = json;
    for (const [name, value] of Object.entries({ location, backend, func, argsId })) {
      if (typeof value === "string") continue;
      throw new TypeError(`Cannot make a MemorizedResult: its ${name} is ${String(value)}`);
    }
    const parts = { location, backend, func, argsId, mmapMode, own: own === true };
    return new MemorizedResult<T>(opened({ ...parts, metadata: { ...metadata } }, options.backend));
  }

  /** Seconds that the call took; `undefined` where nobody wrote it down. */
  get duration(): number | undefined {
    const { duration } = this.metadata;
    return typeof duration === "number" ? duration : undefined;
  }

  /**
   * The value, read anew each time.
   *
   * @throws {CacheError} It is not in the cache any more, or damaged.
   */
  async get(): Promise<T> {
    const { results, mmapMode, own } = this.#origin;
    const entry = await results.entries.open(this.#key, { own });
    return this.#value(entry, entry && await results.load(entry, mmapMode));
  }

  /** Likewise, without promises. */
  getSync(): T {
    const { results, mmapMode, own } = this.#origin;
    const entry = results.entries.openSync(this.#key, { own });
    return this.#value(entry, entry && results.loadSync(entry, mmapMode));
  }

  /** Remove the result from the cache; silent where it is gone already. */
  async clear(): Promise<void> {
    await this.#origin.results.entries.delete(this.#key);
  }

  /** Likewise, without promises. */
  clearSync(): void {
    this.#origin.results.entries.deleteSync(this.#key);
  }

  /** What another process needs to read the result. */
  toJSON(): MemorizedResultJson {
    return named(this.#origin);
  }

  /** As joblib shows it. */
  toString(): string {
    const { location, func, argsId } = this;
    return `MemorizedResult(location="${location}", func="${func}", args_id="${argsId}")`;
  }

  get #origin(): ResultOrigin {
    if (this.#source !== undefined) return this.#source;
    throw new CacheError("Cannot use a MemorizedResult before its state is loaded");
  }

  get #key(): string {
    return `${this.func}/${this.argsId}`;
  }

  #value(entry: Entry | undefined, loaded: { value: unknown } | undefined): T {
    if (loaded !== undefined) return loaded.value as T;
    const path = `${this.#origin.results.store.location}/${this.#key}`;
    const reason = entry === undefined
      ? "it is not in the cache; it may have been cleared"
      : "it is damaged";
    throw new CacheError(`Cannot get the result ${this.#key}: ${reason}`, { path });
  }
}

/** What a reference needs where it comes to; a store without a name can't be found again. */
function named(
  { location, backend, func, argsId, mmapMode, own, metadata }: ResultOrigin,
): MemorizedResultJson {
  if (backend !== "") return { location, backend, func, argsId, mmapMode, own, metadata };
  throw new UnsupportedError(
    `Cannot send a result of ${location}: its store has no name; register it and give backend its name`,
    { path: location },
  );
}

function opened(parts: PickledResult, backend?: StoreBackend): ResultOrigin {
  const store = backend ?? openStore(parts.location, { backend: parts.backend });
  const warn = warningSink(undefined);
  return { ...parts, results: new Results(store, { compress: false, limits: undefined, warn }) };
}

/** A result that is in no store: it holds the value itself. */
export class NotMemorizedResult<T = unknown> {
  /** Nothing is known about it. */
  readonly metadata: Metadata = {};
  #held: { readonly value: T } | undefined;

  /** Holds a value. */
  constructor(value: T) {
    this.#held = { value };
  }

  /** The value itself. @throws {CacheError} It was cleared. */
  // deno-lint-ignore require-await -- an error must reject, not throw
  async get(): Promise<T> {
    return this.getSync();
  }

  /** Likewise, without promises. */
  getSync(): T {
    if (this.#held !== undefined) return this.#held.value;
    throw new CacheError("Cannot get the result: no value stored");
  }

  /** Forget the value. */
  // deno-lint-ignore require-await -- an error must reject, not throw
  async clear(): Promise<void> {
    this.clearSync();
  }

  /** Likewise, without promises. */
  clearSync(): void {
    this.#held = undefined;
  }

  /** As joblib shows it. */
  toString(): string {
    return this.#held === undefined
      ? "NotMemorizedResult with no value"
      : `NotMemorizedResult(${String(this.#held.value)})`;
  }
}

/** What `callAndShelve` gives: the value itself where it could not be stored. */
export type Shelved<T> = MemorizedResult<T> | NotMemorizedResult<T>;
