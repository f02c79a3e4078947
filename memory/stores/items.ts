/**
 * What is in a store, entry by entry. As in joblib an entry is a folder whose name starts with 32
 * hexadecimal digits, in whatever layout, and its size is that of all files right inside.
 */
import type { StoreBackend, StoredInfo, SyncStoreBackend } from "./store.ts";
import type { Usage, UsageRecord } from "./usage.ts";
import { OUTPUT } from "./entry.ts";

/** An entry in a list. */
export interface StoreItem {
  /** Its folder in the store. */
  readonly key: string;
  /** Size of its files in bytes. */
  readonly bytes: number;
  /** Number of files. */
  readonly files: number;
  /** Whether it has a content; an entry that is being replaced, or that lost it to damage, has none. */
  readonly complete: boolean;
  /** When its content was stored, in milliseconds since 1970. */
  readonly stored: number;
  /** When it was used last, by our own count or the file system's, whichever is later. */
  readonly lastAccess: number;
  /** Hits by Larder. */
  readonly hits: number;
}

/** The sum over all items. */
export interface StoreStats {
  /** Number of entries. */
  readonly items: number;
  /** Size of their files in bytes. */
  readonly bytes: number;
  /** Hits by Larder. */
  readonly hits: number;
  /** Last use of the one that was not used for the longest time, in milliseconds since 1970. */
  readonly oldest: number | undefined;
  /** Last use of the one that was used last, in milliseconds since 1970. */
  readonly newest: number | undefined;
}

/**
 * The entries of a store.
 *
 * @param folder Only those in this folder and below. @default ""
 */
export async function listItems(store: StoreBackend, folder = ""): Promise<StoreItem[]> {
  const items = new Items(store.usage);
  for await (const info of store.list(folder)) items.add(info);
  return items.all();
}

/** Likewise, without promises. */
export function listItemsSync(
  store: SyncStoreBackend,
  usage: Usage | undefined,
  folder = "",
): StoreItem[] {
  const items = new Items(usage);
  for (const info of store.list(folder)) items.add(info);
  return items.all();
}

/** Number, size and uses of the entries in a folder. */
export async function storeStats(store: StoreBackend, folder = ""): Promise<StoreStats> {
  const items = await listItems(store, folder);
  const stats = { items: items.length, bytes: 0, hits: 0 };
  let oldest: number | undefined;
  let newest: number | undefined;
  for (const { bytes, hits, lastAccess } of items) {
    stats.bytes += bytes;
    stats.hits += hits;
    if (!(lastAccess >= (oldest as number))) oldest = lastAccess;
    if (!(lastAccess <= (newest as number))) newest = lastAccess;
  }
  return { ...stats, oldest, newest };
}

/** Gathers files into entries. */
class Items {
  readonly #usage: ReadonlyMap<string, UsageRecord>;
  readonly #items = new Map<string, { -readonly [K in keyof StoreItem]: StoreItem[K] }>();

  constructor(usage: Usage | undefined) {
    this.#usage = usage?.read() ?? new Map();
  }

  add(info: StoredInfo): void {
    const cut = info.key.lastIndexOf("/");
    const key = info.key.slice(0, Math.max(0, cut));
    if (!/^[a-f0-9]{32}/.test(key.slice(key.lastIndexOf("/") + 1))) return;
    let item = this.#items.get(key);
    if (item === undefined) {
      const { hits = 0, last = 0 } = this.#usage.get(key) ?? {};
      item = { key, bytes: 0, files: 0, complete: false, stored: 0, lastAccess: last, hits };
      this.#items.set(key, item);
    }
    item.bytes += info.size;
    item.files++;
    if (info.key.slice(cut + 1) === OUTPUT) {
      item.complete = true;
      item.stored = info.modified;
      item.lastAccess = Math.max(this.#usage.get(key)?.last ?? 0, info.accessed);
    } else if (!item.complete) item.lastAccess = Math.max(item.lastAccess, info.modified);
  }

  all(): StoreItem[] {
    return [...this.#items.values()];
  }
}
