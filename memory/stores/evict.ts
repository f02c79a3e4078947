/**
 * Keeping a cache within limits, as joblib's `reduce_size`: what was not used for the longest time goes
 * first. Whole entries go, each in one step; functions and their code stay.
 */
import { checkOptions } from "../../pickle/options.ts";
import { listItems, listItemsSync, type StoreItem } from "./items.ts";
import { sizeInBytes } from "./size.ts";
import type { StoreBackend } from "./store.ts";

/** Limits of a cache. */
export interface CacheLimits {
  /** Size of all entries: bytes, or like "10G", "500M", "50K". @default unlimited */
  bytesLimit?: number | string;
  /** Number of entries. @default unlimited */
  itemsLimit?: number;
  /** Seconds since the last use of an entry. @default unlimited */
  ageLimit?: number;
}

/** Options of {@linkcode reduceSize}. */
export interface ReduceSizeOptions extends CacheLimits {
  /** Only tell what would be removed. @default false */
  dryRun?: boolean;
}

/** What was removed, or would be. */
export interface ReducedSize {
  /** The entries, those that were not used for the longest time first. */
  readonly removed: readonly StoreItem[];
  /** Size of what is left in bytes. */
  readonly bytes: number;
  /** Number of entries that are left. */
  readonly items: number;
}

/** Names of the options that are limits. */
export const LIMITS: readonly string[] = ["bytesLimit", "itemsLimit", "ageLimit"];

/** Limits that were checked. */
export interface CheckedLimits {
  readonly bytes: number;
  readonly items: number;
  /** In milliseconds. */
  readonly age: number;
}

/**
 * Remove entries until a store is within limits. Without a limit nothing happens.
 *
 * @throws {RangeError} A limit is no such size, number or age.
 */
export async function reduceSize(
  store: StoreBackend,
  options: ReduceSizeOptions = {},
): Promise<ReducedSize> {
  checkOptions(options, [...LIMITS, "dryRun"], "reduceSize()");
  const limits = checkLimits(options);
  const items = await listItems(store);
  const removed = chooseVictims(items, limits, Date.now());
  if (options.dryRun !== true) {
    for (const { key } of removed) await store.delete(key);
  }
  return outcome(items, removed);
}

/** Likewise, without promises. */
export function reduceSizeSync(store: StoreBackend, options: ReduceSizeOptions = {}): ReducedSize {
  checkOptions(options, [...LIMITS, "dryRun"], "reduceSize()");
  const limits = checkLimits(options);
  const { sync } = store;
  if (sync === undefined) throw new TypeError(`Cannot reduce ${store.location} synchronously`);
  const items = listItemsSync(sync, store.usage);
  const removed = chooseVictims(items, limits, Date.now());
  if (options.dryRun !== true) {
    for (const { key } of removed) sync.delete(key);
  }
  return outcome(items, removed);
}

/**
 * The limits that options set; Infinity where they set none.
 *
 * @throws {RangeError} One of them is no such size, number or age.
 */
export function checkLimits({ bytesLimit, itemsLimit, ageLimit }: CacheLimits): CheckedLimits {
  return {
    bytes: bytesLimit === undefined ? Infinity : sizeInBytes(bytesLimit),
    items: checkNumber("itemsLimit", itemsLimit),
    age: 1000 * checkNumber("ageLimit", ageLimit),
  };
}

/**
 * The entries that must go, by joblib's rules.
 *
 * @param now The present, in milliseconds since 1970.
 */
export function chooseVictims(
  items: readonly StoreItem[],
  limits: CheckedLimits,
  now: number,
): StoreItem[] {
  const oldestFirst = [...items].sort((a, b) => a.lastAccess - b.lastAccess);
  let bytes = items.reduce((sum, item) => sum + item.bytes, 0);
  let count = items.length;
  const victims: StoreItem[] = [];
  for (const item of oldestFirst) {
    const young = item.lastAccess > now - limits.age;
    if (bytes <= limits.bytes && count <= limits.items && young) break;
    victims.push(item);
    bytes -= item.bytes;
    count--;
  }
  return victims;
}

function outcome(items: readonly StoreItem[], removed: readonly StoreItem[]): ReducedSize {
  const gone = new Set(removed);
  const left = items.filter((item) => !gone.has(item));
  return {
    removed,
    bytes: left.reduce((sum, item) => sum + item.bytes, 0),
    items: left.length,
  };
}

function checkNumber(name: string, value: number | undefined): number {
  if (value === undefined) return Infinity;
  if (typeof value === "number" && value >= 0) return value;
  throw new RangeError(`Cannot use ${name} ${JSON.stringify(value)}: it is a number from 0 on`);
}
