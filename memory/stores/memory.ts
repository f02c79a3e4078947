/**
 * The store in the memory of one program: for tests, browsers and edges, and for results that need not
 * outlive it. What goes in and comes out is copied, so that nobody's bytes change.
 */
import { CacheError } from "../../errors.ts";
import { checkKey } from "./keys.ts";
import { ALONE, type Lease, type LeaseOptions, LeaseTable } from "./lease.ts";
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
import { MemoryUsage } from "./usage.ts";

interface Held {
  readonly bytes: Uint8Array;
  readonly modified: number;
  readonly version: string;
  accessed: number;
}

/** A store in a Map. */
export class MemoryStore implements StoreBackend {
  /** What messages call it. */
  readonly location: string;
  /** It can be written to. */
  readonly writable = true;
  /** The same store without promises. */
  readonly sync: SyncStoreBackend;
  /** Hits and last accesses, for as long as the store lives. */
  readonly usage: MemoryUsage = new MemoryUsage();
  readonly #files = new Map<string, Held>();
  readonly #leases = new LeaseTable(ALONE);
  #versions = 0;
  #open = true;

  /** @param location What messages call it. */
  constructor(location = "memory") {
    this.location = location;
    this.sync = {
      get: (key, range) => this.#get(key, range),
      stat: (key) => this.#stat(key),
      list: (folder) => this.#list(folder),
      put: (key, content, options) => void this.#put(key, collect(content), false, options),
      putIfAbsent: (key, content, options) => this.#put(key, collect(content), true, options),
      replaceIfUnchanged: (key, version, content) => this.#replace(key, version, collect(content)),
      delete: (key) => this.#delete(key),
      lease: (key) => this.#leases.leaseSync(key),
    };
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
    yield* this.#list(folder);
  }

  /** Store a file, replacing what is there. */
  async put(key: string, content: Content, options?: PutOptions): Promise<void> {
    this.#put(key, await collectLater(content), false, options);
  }

  /** Store a file unless there is one. */
  async putIfAbsent(key: string, content: Content, options?: PutOptions): Promise<boolean> {
    return this.#put(key, await collectLater(content), true, options);
  }

  /** Replace a file unless it has changed. */
  async replaceIfUnchanged(key: string, version: string, content: Content): Promise<boolean> {
    return this.#replace(key, version, await collectLater(content));
  }

  /** Remove a file, or a folder with all that is below it. */
  // deno-lint-ignore require-await -- an error must reject, not throw
  async delete(key: string): Promise<void> {
    this.#delete(key);
  }

  /** Wait until no other call computes what belongs to `key`. */
  lease(key: string, options?: LeaseOptions): Promise<Lease> {
    return this.#leases.lease(key, options);
  }

  /** Forget everything. */
  close(): Promise<void> {
    this.#open = false;
    this.#files.clear();
    return Promise.resolve();
  }

  #get(key: string, range: StoredRange | undefined): Stored | undefined {
    this.#check(key);
    const held = this.#files.get(key);
    if (held === undefined) return undefined;
    held.accessed = Date.now();
    return { bytes: held.bytes.slice(range?.start, range?.end), size: held.bytes.length };
  }

  #stat(key: string): StoredInfo | undefined {
    this.#check(key);
    const held = this.#files.get(key);
    if (held === undefined) return undefined;
    const { bytes, modified, accessed, version } = held;
    return { key, size: bytes.length, modified, accessed, version };
  }

  *#list(folder: string): Generator<StoredInfo> {
    if (folder !== "") this.#check(folder);
    const start = folder === "" ? "" : `${folder}/`;
    for (const key of [...this.#files.keys()].sort()) {
      const info = key.startsWith(start) ? this.#stat(key) : undefined;
      if (info !== undefined) yield info;
    }
  }

  #put(key: string, bytes: Uint8Array, ifAbsent: boolean, options: PutOptions = {}): boolean {
    this.#check(key);
    if (ifAbsent && this.#files.has(key)) return false;
    const folder = key.slice(0, key.lastIndexOf("/") + 1);
    for (const [name, small] of options.beside?.() ?? []) this.#hold(folder + name, small.slice());
    this.#hold(key, bytes);
    return true;
  }

  #hold(key: string, bytes: Uint8Array): void {
    const now = Date.now();
    const version = String(++this.#versions);
    this.#files.set(key, { bytes, modified: now, accessed: now, version });
  }

  #replace(key: string, version: string, bytes: Uint8Array): boolean {
    return this.#stat(key)?.version === version && this.#put(key, bytes, false);
  }

  #delete(key: string): void {
    if (key !== "") this.#check(key);
    const start = key === "" ? "" : `${key}/`;
    for (const name of [...this.#files.keys()]) {
      if (name === key || name.startsWith(start)) this.#files.delete(name);
    }
    if (key === "") this.usage.clear();
  }

  #check(key: string): void {
    checkKey(key);
    if (!this.#open) throw new CacheError(`Cannot use "${this.location}": the store is closed`);
  }
}

function collect(content: SyncContent): Uint8Array {
  if (content instanceof Uint8Array) return content.slice();
  const pieces: Uint8Array[] = [];
  content({ write: (bytes) => void pieces.push(bytes.slice()) });
  return joined(pieces);
}

async function collectLater(content: Content): Promise<Uint8Array> {
  if (content instanceof Uint8Array) return content.slice();
  const pieces: Uint8Array[] = [];
  await content({ write: (bytes) => void pieces.push(bytes.slice()) });
  return joined(pieces);
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  if (pieces.length === 1) return pieces[0];
  const all = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
