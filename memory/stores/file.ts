/**
 * The store on a disk, in joblib's layout, which Python's joblib reads, fills and clears as well.
 * Small files are read and written at once, in the asynchronous calls too: a promise of `node:fs`
 * takes longer than the whole of it.
 */
import { CacheError } from "../../errors.ts";
import { builtin } from "../../io/builtin.ts";
import { yieldToEventLoop } from "../../io/event_loop.ts";
import type { Durability } from "../../io/sink.ts";
import type { LarderWarning } from "../../pickle/context.ts";
import { checkChoice, checkOptions } from "../../pickle/options.ts";
import { onceEach, warningSink } from "../../pickle/warnings.ts";
import { type CacheRoot, enterRoot } from "./_cache_root.ts";
import { Draft } from "./_draft.ts";
import { cacheError, errorCode, type Fs, guarded, isMissing, isWindows } from "./_files.ts";
import { publish } from "./_publish.ts";
import { foldersIn, readStored, storedInfo, walk } from "./_read.ts";
import { keyPath } from "./keys.ts";
import type { Lease, LeaseOptions } from "./lease.ts";
import type {
  Content,
  PutOptions,
  StoreBackend,
  Stored,
  StoredInfo,
  StoredRange,
  SyncContent,
  SyncStoreBackend,
} from "./store.ts";
import type { Usage } from "./usage.ts";

/** Options of {@linkcode FileStore}. */
export interface FileStoreOptions {
  /** What is flushed to the disk before a file appears: nothing, the file, or its folders too. @default "none" */
  durability?: Durability;
  /** Takes notices that are not errors. @default console.warn, once for each text and path */
  onWarning?: (warning: LarderWarning) => void;
}

/** Files that are listed without a break. */
const LISTED_AT_ONCE = 256;
/** Sessions that an explicit collection looks at. */
const ALL = Infinity;

/**
 * A store in a folder. Nothing is made there before something is stored.
 */
export class FileStore implements StoreBackend {
  /** The folder below which keys are. */
  readonly location: string;
  /** It can be written to, as far as the system allows. */
  readonly writable = true;
  /** The same store without promises. */
  readonly sync: SyncStoreBackend;
  readonly #root: CacheRoot;
  readonly #fs: Fs;
  readonly #durability: Durability;
  readonly #windows: boolean = isWindows();
  #open = true;

  /**
   * @param root The folder: for a joblib location its part `joblib`.
   * @throws {UnsupportedError} The runtime has no files.
   */
  constructor(root: string, options: FileStoreOptions = {}) {
    checkOptions(options, ["durability", "onWarning"], "FileStore");
    checkChoice("durability", options.durability, ["none", "file", "full"]);
    this.location = absolute(root);
    this.#durability = options.durability ?? "none";
    const warn = onceEach(warningSink(options.onWarning));
    const tell = (code: string, message: string, path: string) => warn({ code, message, path });
    this.#root = enterRoot(this.location, tell);
    this.#fs = this.#root.fs;
    this.sync = {
      get: (key, range) => this.#get(key, range),
      stat: (key) => this.#stat(key),
      list: (folder) => this.#walk(folder),
      put: (key, content, options) => void this.#put(key, content, false, options),
      putIfAbsent: (key, content, options) => this.#put(key, content, true, options),
      replaceIfUnchanged: (key, version, content) => this.#replaceSync(key, version, content),
      delete: (key) => this.#delete(key),
      setAside: (key, version) => this.#setAside(key, version),
      lease: (key) => this.#root.leases.leaseSync(key),
    };
  }

  /** Hits and last accesses, kept under `.larder/usage/`. */
  get usage(): Usage {
    return this.#root.usage;
  }

  /** A file's bytes, or a stretch of them. */
  // deno-lint-ignore require-await -- an error must reject, not throw
  async get(key: string, range?: StoredRange): Promise<Stored | undefined> {
    return this.#get(key, range);
  }

  /** Facts about a file. */
  // deno-lint-ignore require-await -- an error must reject, not throw
  async stat(key: string): Promise<StoredInfo | undefined> {
    return this.#stat(key);
  }

  /** The files in a folder and below it. */
  async *list(folder: string): AsyncGenerator<StoredInfo> {
    let count = 0;
    for (const info of this.#walk(folder)) {
      yield info;
      if (++count % LISTED_AT_ONCE === 0) await yieldToEventLoop();
    }
  }

  /** Store a file, replacing what is there. */
  async put(key: string, content: Content, options?: PutOptions): Promise<void> {
    await this.#putLater(key, content, false, options);
  }

  /** Store a file unless there is one. */
  async putIfAbsent(key: string, content: Content, options?: PutOptions): Promise<boolean> {
    return await this.#putLater(key, content, true, options);
  }

  /** Replace a file unless it has changed; what Python writes at the same moment may be lost. */
  async replaceIfUnchanged(key: string, version: string, content: Content): Promise<boolean> {
    const lease = await this.#root.leases.lease(replacing(key));
    try {
      if (this.#stat(key)?.version !== version) return false;
      await this.#putLater(key, content, false);
      return true;
    } finally {
      lease.release();
    }
  }

  /** Remove a file, or a folder with all that is below it. */
  async delete(key: string): Promise<void> {
    const trash = this.#toTrash(key);
    try {
      for (const path of trash) await this.#fs.promises.rm(path, { recursive: true, force: true });
    } catch (error) {
      throw cacheError("delete", this.#place(key), error);
    }
    if (key !== "") this.#prune(key);
  }

  /** Move a damaged file to `.larder/damaged/`, where it is kept for a week. */
  // deno-lint-ignore require-await -- an error must reject, not throw
  async setAside(key: string, version: string): Promise<string | undefined> {
    return this.#setAside(key, version);
  }

  /** Wait until no thread or process computes what belongs to `key`. */
  lease(key: string, options?: LeaseOptions): Promise<Lease> {
    return this.#root.leases.lease(key, options);
  }

  /** The real path of a file. */
  path(key: string): string {
    return this.#path(key);
  }

  /** Collect what dead processes left behind, and fold their counts. */
  // deno-lint-ignore require-await -- an error must reject, not throw
  async collect(): Promise<number> {
    return guarded(
      "tidy up",
      this.location,
      () => this.#root.collect(ALL, (key) => this.#has(key)),
    );
  }

  /** Write the counts down, and end this thread's session if no other store uses the folder. */
  // deno-lint-ignore require-await -- an error must reject, not throw
  async close(): Promise<void> {
    if (this.#open) this.#root.leave();
    this.#open = false;
  }

  #get(key: string, range: StoredRange | undefined): Stored | undefined {
    return readStored(this.#fs, this.#path(key), range);
  }

  #stat(key: string): StoredInfo | undefined {
    return storedInfo(this.#fs, this.#path(key), key);
  }

  #walk(folder: string): Generator<StoredInfo> {
    return walk(this.#fs, this.location, folder === "" ? "" : keyPath(folder, this.#windows));
  }

  #put(key: string, content: SyncContent, ifAbsent: boolean, options?: PutOptions): boolean {
    const target = this.#path(key);
    const draft = this.#draft(target, options);
    try {
      if (content instanceof Uint8Array) draft.write(content);
      else content({ write: (bytes) => draft.write(bytes) });
      draft.finish();
      return this.#publish(draft, target, ifAbsent, options);
    } finally {
      draft.drop();
    }
  }

  async #putLater(
    key: string,
    content: Content,
    ifAbsent: boolean,
    options?: PutOptions,
  ): Promise<boolean> {
    const target = this.#path(key);
    const draft = this.#draft(target, options);
    try {
      if (content instanceof Uint8Array) await draft.writeLater(content);
      else await content({ write: (bytes) => draft.writeLater(bytes) });
      await draft.finishLater();
      return this.#publish(draft, target, ifAbsent, options);
    } finally {
      draft.drop();
    }
  }

  #draft(target: string, options: PutOptions | undefined): Draft {
    const name = options?.beside === undefined
      ? undefined
      : target.slice(target.lastIndexOf("/") + 1);
    return new Draft(this.#root, { target, name, durability: this.#durability });
  }

  #publish(draft: Draft, target: string, ifAbsent: boolean, options?: PutOptions): boolean {
    if (options?.beside !== undefined) draft.writeBeside(options.beside());
    const durability = this.#durability;
    return guarded(
      "store",
      target,
      () => publish(this.#fs, draft, { target, ifAbsent, durability }),
    );
  }

  #replaceSync(key: string, version: string, content: SyncContent): boolean {
    const lease = this.#root.leases.leaseSync(replacing(key));
    if (lease === undefined) return false; // this thread is replacing it: it is about to change
    try {
      if (this.#stat(key)?.version !== version) return false;
      return this.#put(key, content, false);
    } finally {
      lease.release();
    }
  }

  #delete(key: string): void {
    const trash = this.#toTrash(key);
    guarded("delete", this.#place(key), () => {
      for (const path of trash) this.#fs.rmSync(path, { recursive: true, force: true });
    });
    if (key !== "") this.#prune(key);
  }

  /** Take files out of sight in one step each; tells what is to be removed. */
  #toTrash(key: string): string[] {
    const place = this.#place(key);
    return guarded("delete", place, () => {
      if (key !== "") return [this.#moveAway(place)];
      this.#root.forget();
      // Files beside the folders stay, as in joblib.
      return foldersIn(this.#fs, this.location).map((path) => this.#moveAway(path));
    });
  }

  #moveAway(path: string): string {
    if (!this.#fs.existsSync(path)) return path;
    const trash = this.#root.draftPath();
    try {
      this.#fs.renameSync(path, trash);
      return trash;
    } catch (error) {
      if (isMissing(error) || isWindows()) return path; // gone; or open there, which no name survives
      throw error;
    }
  }

  /** Remove the folders of our own functions and versions that have become empty. */
  #prune(key: string): void {
    if (!key.startsWith("js-")) return;
    const parts = keyPath(key, this.#windows).split("/");
    try {
      while (parts.pop() !== undefined && parts.length > 0) {
        this.#fs.rmdirSync(`${this.location}/${parts.join("/")}`);
      }
    } catch {
      // not empty, or somebody was faster
    }
  }

  #setAside(key: string, version: string): string | undefined {
    const path = this.#path(key);
    return guarded("set aside", path, () => {
      if (this.#stat(key)?.version !== version) return undefined;
      const aside = this.#root.damagedPath(path.slice(path.lastIndexOf("/") + 1));
      try {
        this.#fs.renameSync(path, aside);
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw error;
      }
      if (storedInfo(this.#fs, aside, key)?.version === version) return aside;
      // Somebody put another file there just now: back with it, unless a third one came.
      try {
        this.#fs.linkSync(aside, path);
      } catch (error) {
        if (errorCode(error) !== "EEXIST") throw error;
      }
      this.#fs.rmSync(aside, { force: true });
      return undefined;
    });
  }

  #has(entry: string): boolean {
    return this.#fs.existsSync(this.#path(entry));
  }

  /** Where all that belongs to a key is; the whole store for `""`. */
  #place(key: string): string {
    return key === "" ? this.location : this.#path(key);
  }

  #path(key: string): string {
    if (!this.#open) throw new CacheError(`Cannot use "${this.location}": the store is closed`);
    return `${this.location}/${keyPath(key, this.#windows)}`;
  }
}

/** The lease of replacing a file, which is not that of computing it. */
function replacing(key: string): string {
  return `\0replace ${key}`;
}

/** An absolute path, so that the program may change its folder; Deno may not let us know it. */
function absolute(path: string): string {
  try {
    return builtin("path")?.resolve(path) ?? path;
  } catch {
    return path;
  }
}
