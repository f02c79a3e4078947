/**
 * The results of one Memory: values that become entries of its store, and entries that become values
 * again, of the types they had. Who calls what, and when, is the business of _calls.ts.
 */
import { CacheError, LarderError, PicklingError, UnsupportedError } from "../errors.ts";
import type { CompressOption } from "../compressors/options.ts";
import type { Source } from "../io/source.ts";
import { dump, dumpSync } from "../persistence/dump.ts";
import { load, loadSync } from "../persistence/load.ts";
import type { LoadOptions } from "../persistence/options.ts";
import type { LarderWarning } from "../pickle/context.ts";
import { JS_TYPES, jsTypes, restoreResult } from "./js_types.ts";
import type { MmapMode } from "./options.ts";
import { Entries, type WriteEntryOptions, type WrittenEntry } from "./stores/entries.ts";
import type { Entry } from "./stores/entry.ts";
import type { CacheLimits } from "./stores/evict.ts";
import { LimitKeeper } from "./stores/limits.ts";
import type { Metadata } from "./stores/metadata.ts";
import type { StoreBackend } from "./stores/store.ts";

/** What results are stored and loaded with. */
export interface ResultsOptions {
  readonly compress: CompressOption;
  readonly limits: CacheLimits | undefined;
  readonly warn: (warning: LarderWarning) => void;
}

/** How a result is stored. */
export interface StoreResultOptions {
  /** The function, for messages: `pkg.mod.name`. */
  readonly path: string;
  /** What is known about the call, when the content is written. */
  readonly metadata: () => Metadata;
  /** Whether an entry that is there is replaced. */
  readonly replace: boolean;
}

/** A result that was stored. */
export interface StoredResult {
  readonly metadata: Metadata;
  readonly bytes: number;
}

/** The results of one Memory. */
export class Results {
  readonly store: StoreBackend;
  readonly entries: Entries;
  readonly warn: (warning: LarderWarning) => void;
  readonly #compress: CompressOption;
  readonly #limits: LimitKeeper | undefined;
  /** For loads that map nothing, made once: a hit takes microseconds. */
  readonly #plain: LoadOptions;

  constructor(store: StoreBackend, { compress, limits, warn }: ResultsOptions) {
    this.store = store;
    this.entries = new Entries(store, { onWarning: warn });
    this.warn = warn;
    this.#compress = compress;
    this.#limits = limits === undefined ? undefined : new LimitKeeper(store, limits);
    this.#plain = { onWarning: warn };
  }

  /** The value of an entry in an object; `undefined` where it can't be had, which was told. */
  async load(entry: Entry, mmapMode: MmapMode | null): Promise<{ value: unknown } | undefined> {
    try {
      if (mmapMode !== null) {
        const options = { ...this.#plain, mmapMode };
        return await entry.load(
          async (source, metadata) => restoreResult(await load(source, options), metadata),
          { mapped: true },
        );
      }
      return await entry.load((source, metadata) => this.#decode(source, metadata));
    } catch (error) {
      return this.#unreadable(entry, error);
    }
  }

  /** Likewise, without promises. */
  loadSync(entry: Entry, mmapMode: MmapMode | null): { value: unknown } | undefined {
    try {
      if (mmapMode === null) {
        return entry.loadSync((source, metadata) =>
          restoreResult(loadSync(source, this.#plain), metadata)
        );
      }
      const options = { ...this.#plain, mmapMode };
      return entry.loadSync(
        (source, metadata) => restoreResult(loadSync(source, options), metadata),
        { mapped: true },
      );
    } catch (error) {
      return this.#unreadable(entry, error);
    }
  }

  /** Store a value; `undefined` where that failed, which was told. */
  async put(
    key: string,
    value: unknown,
    options: StoreResultOptions,
  ): Promise<StoredResult | undefined> {
    try {
      const write = this.#writing(key, value, options);
      const dumping = { compress: this.#compress, onWarning: this.warn };
      const written = await this.entries.write(
        key,
        (target) => dump(value, target, dumping),
        write.options,
      );
      await this.#limits?.stored(written.bytes).catch((error) => this.#overLimits(error));
      return write.done(written);
    } catch (error) {
      return this.#notStored(key, options.path, error);
    }
  }

  /** Likewise, without promises. */
  putSync(key: string, value: unknown, options: StoreResultOptions): StoredResult | undefined {
    try {
      const write = this.#writing(key, value, options);
      const dumping = { compress: this.#compress, onWarning: this.warn };
      const written = this.entries.writeSync(
        key,
        (target) => dumpSync(value, target, dumping),
        write.options,
      );
      this.#keepLimitsSync(written.bytes);
      return write.done(written);
    } catch (error) {
      return this.#notStored(key, options.path, error);
    }
  }

  #keepLimitsSync(bytes: number): void {
    try {
      this.#limits?.storedSync(bytes);
    } catch (error) {
      this.#overLimits(error);
    }
  }

  /** The result is stored, though others could not be removed for it. */
  #overLimits(cause: unknown): void {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `Cannot keep the limits of the cache: ${reason}`;
    this.warn({ code: "limits-not-kept", message, path: this.store.location, cause });
  }

  async #decode(source: Source, metadata: Metadata): Promise<unknown> {
    if (source instanceof Uint8Array) {
      // What is in memory already is decoded at once: promises would take longer than that.
      try {
        return restoreResult(loadSync(source, this.#plain), metadata);
      } catch (error) {
        if (!(error instanceof UnsupportedError)) throw error; // a codec that must be waited for
      }
    }
    return restoreResult(await load(source, this.#plain), metadata);
  }

  #writing(key: string, value: unknown, { path, metadata, replace }: StoreResultOptions): {
    options: WriteEntryOptions;
    done(written: WrittenEntry): StoredResult;
  } {
    const { tree, lost } = jsTypes(value);
    for (const { path: place, what } of lost) {
      this.warn({
        code: "lost-type",
        message:
          `The result of ${path}() will come back from the cache without ${what}, at ${place}`,
        path: `${this.store.location}/${key}`,
      });
    }
    let told: Metadata = {};
    return {
      options: {
        replace,
        metadata: () =>
          told = { ...metadata(), ...(tree === undefined ? {} : { [JS_TYPES]: tree }) },
      },
      done: ({ bytes }) => ({ metadata: told, bytes }),
    };
  }

  /** A result is returned though it can't be stored, and its caller is told why. */
  #notStored(key: string, path: string, cause: unknown): undefined {
    const reason = cause instanceof Error ? cause.message : String(cause);
    this.warn({
      code: cause instanceof PicklingError ? "not-picklable" : "not-stored",
      message: `Cannot store the result of ${path}(), so it will be computed again: ${reason}`,
      path: `${this.store.location}/${key}`,
      cause,
    });
    return undefined;
  }

  /** An entry that is whole and yet can't be loaded is computed anew, as in joblib. */
  #unreadable(entry: Entry, cause: unknown): undefined {
    if (!(cause instanceof LarderError)) throw cause;
    const { location } = this.store;
    const error = cause instanceof CacheError ? cause.message : `${cause.name}: ${cause.message}`;
    this.warn({
      code: "unreadable-entry",
      message: `Cannot load the cache entry ${entry.key}, so it is computed again: ${error}`,
      path: `${location}/${entry.key}`,
      cause,
    });
    return undefined;
  }
}
