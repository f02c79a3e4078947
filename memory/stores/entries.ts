/**
 * The entries of a store: folders of `output.pkl` and `metadata.json`, as joblib has them. Memory works
 * on this; what an entry's folder is called, and what its metadata says, is Memory's business.
 */
import { UnsupportedError } from "../../errors.ts";
import type { SyncTarget, Target } from "../../io/sink.ts";
import type { LarderWarning } from "../../pickle/context.ts";
import { onceEach, warningSink } from "../../pickle/warnings.ts";
import { CheckedTarget } from "./_checked.ts";
import { Entry, METADATA, OUTPUT, type Snapshot } from "./entry.ts";
import { decodeMetadata, encodeMetadata, type Metadata } from "./metadata.ts";
import type {
  ByteSink,
  PutOptions,
  StoreBackend,
  Stored,
  StoredRange,
  SyncByteSink,
  SyncStoreBackend,
} from "./store.ts";

/** Options of {@linkcode Entries}. */
export interface EntriesOptions {
  /** Takes notices of damaged entries. @default console.warn, once for each text and path */
  onWarning?: (warning: LarderWarning) => void;
}

/** Options of opening an entry. */
export interface OpenEntryOptions {
  /**
   * Whether only Larder writes such entries, so that damage to their metadata is damage to them; in
   * entries that are shared with Python it is overlooked, as joblib does. @default false
   */
  readonly own?: boolean;
}

/** Options of storing an entry. */
export interface WriteEntryOptions {
  /** What `metadata.json` says; asked for when the content is written, whose size it is told. */
  readonly metadata: (content: { readonly bytes: number }) => Metadata;
  /** Whether an entry that is there is replaced. @default false */
  readonly replace?: boolean;
}

/** What became of an entry that was stored. */
export interface WrittenEntry {
  /** Whether it is this one that is there now: false where somebody was faster. */
  readonly stored: boolean;
  /** Size of its content. */
  readonly bytes: number;
}

/** Contents up to this size are read at once, with their metadata. */
const HEAD: StoredRange = { start: 0, end: 1 << 16 };

/** The entries of a store. */
export class Entries {
  /** Where they are. */
  readonly store: StoreBackend;
  readonly #warn: (warning: LarderWarning) => void;

  /** The entries of `store`. */
  constructor(store: StoreBackend, options: EntriesOptions = {}) {
    this.store = store;
    this.#warn = onceEach(warningSink(options.onWarning));
  }

  /** Look an entry up; `undefined` where there is none. A look counts as no hit, loading does. */
  async open(key: string, options: OpenEntryOptions = {}): Promise<Entry | undefined> {
    const snapshot = await this.fetch(key);
    return snapshot && new Entry(this, key, options.own === true, snapshot);
  }

  /** Likewise, without promises. */
  openSync(key: string, options: OpenEntryOptions = {}): Entry | undefined {
    const snapshot = this.fetchSync(key);
    return snapshot && new Entry(this, key, options.own === true, snapshot);
  }

  /**
   * Store an entry: it appears whole or not at all.
   *
   * @param key Its folder in the store.
   * @param write Writes the content to a target that `dump` takes.
   * @throws {CacheError} It can't be stored, with the system's error as its cause.
   * @throws What `write` throws.
   */
  async write(
    key: string,
    write: (target: Target) => Promise<unknown>,
    options: WriteEntryOptions,
  ): Promise<WrittenEntry> {
    const entry = new Writing(options);
    const path = `${key}/${OUTPUT}`;
    const content = async (sink: ByteSink) => void await write(entry.open(sink));
    if (options.replace !== true) {
      return { stored: await this.store.putIfAbsent(path, content, entry), bytes: entry.bytes };
    }
    await this.store.put(path, content, entry);
    return { stored: true, bytes: entry.bytes };
  }

  /** Likewise, without promises. */
  writeSync(
    key: string,
    write: (target: SyncTarget) => unknown,
    options: WriteEntryOptions,
  ): WrittenEntry {
    const entry = new Writing(options);
    const sync = this.#sync();
    const path = `${key}/${OUTPUT}`;
    const content = (sink: SyncByteSink) => void write(entry.open(sink));
    if (options.replace !== true) {
      return { stored: sync.putIfAbsent(path, content, entry), bytes: entry.bytes };
    }
    sync.put(path, content, entry);
    return { stored: true, bytes: entry.bytes };
  }

  /** Remove an entry, or all below a folder; `""` empties the store. */
  async delete(key: string): Promise<void> {
    await this.store.delete(key);
  }

  /** Likewise, without promises. */
  deleteSync(key: string): void {
    this.#sync().delete(key);
  }

  /** Both files of an entry. */
  async fetch(key: string): Promise<Snapshot | undefined> {
    // The content first: where it is, its metadata has been before.
    const { store } = this;
    const output = await store.get(`${key}/${OUTPUT}`, HEAD);
    if (output === undefined) return undefined;
    const head = await store.get(`${key}/${METADATA}`, HEAD);
    const meta = isCut(head) ? await store.get(`${key}/${METADATA}`) : head;
    return { output, meta: decodeMetadata(meta?.bytes) };
  }

  /** Likewise, without promises. */
  fetchSync(key: string): Snapshot | undefined {
    const sync = this.#sync();
    const output = sync.get(`${key}/${OUTPUT}`, HEAD);
    if (output === undefined) return undefined;
    const head = sync.get(`${key}/${METADATA}`, HEAD);
    const meta = isCut(head) ? sync.get(`${key}/${METADATA}`) : head;
    return { output, meta: decodeMetadata(meta?.bytes) };
  }

  /** Take a damaged content out of the way, and tell. */
  async discard(key: string, reason: string): Promise<void> {
    const { store } = this;
    const path = `${key}/${OUTPUT}`;
    if (!store.writable) return this.#tell(key, reason, undefined);
    const info = await store.stat(path);
    if (info === undefined) return;
    if (store.setAside !== undefined) {
      const aside = await store.setAside(path, info.version);
      if (aside !== undefined) this.#tell(key, reason, aside);
      return;
    }
    await store.delete(path);
    this.#tell(key, reason, undefined);
  }

  /** Likewise, without promises. */
  discardSync(key: string, reason: string): void {
    const sync = this.#sync();
    const path = `${key}/${OUTPUT}`;
    const info = sync.stat(path);
    if (info === undefined) return;
    if (sync.setAside !== undefined) {
      const aside = sync.setAside(path, info.version);
      if (aside !== undefined) this.#tell(key, reason, aside);
      return;
    }
    sync.delete(path);
    this.#tell(key, reason, undefined);
  }

  #tell(key: string, reason: string, aside: string | undefined): void {
    const path = `${this.store.location}/${key}`;
    const where = aside === undefined ? "" : ` and was moved to ${aside}`;
    this.#warn({
      code: "damaged-entry",
      message: `The cache entry ${key} is damaged${where}: ${reason}`,
      path,
    });
  }

  #sync(): SyncStoreBackend {
    const { sync, location } = this.store;
    if (sync !== undefined) return sync;
    throw new UnsupportedError(`Cannot use ${location} synchronously: use the asynchronous call`, {
      path: location,
    });
  }
}

/** An entry on its way into the store. */
class Writing implements PutOptions {
  readonly #options: WriteEntryOptions;
  #target: CheckedTarget | undefined;

  constructor(options: WriteEntryOptions) {
    this.#options = options;
  }

  get bytes(): number {
    return this.#target?.sum.bytes ?? 0;
  }

  open(sink: ByteSink | SyncByteSink): CheckedTarget {
    return this.#target = new CheckedTarget(sink);
  }

  readonly beside = (): ReadonlyMap<string, Uint8Array> => {
    const sum = (this.#target as CheckedTarget).sum;
    const metadata = this.#options.metadata({ bytes: sum.bytes });
    return new Map([[METADATA, encodeMetadata(metadata, sum)]]);
  };
}

function isCut(stored: Stored | undefined): boolean {
  return stored !== undefined && stored.bytes.length < stored.size;
}
