/**
 * The order in which dicts and sets are hashed: sorted as Python sorts, or by the hashes of their keys
 * where Python can't.
 */
import type { Pickler } from "../pickle/pickler.ts";
import { isTotal, sorted, type Unsorted } from "./_order.ts";
import { compareTexts, sortTexts } from "./_texts.ts";

/** Puts the entries of dicts and the members of sets in order. */
export class KeyOrder {
  /** The hash of a key that can't be compared. */
  readonly #hashOf: (key: unknown) => string;
  #hashes: Map<unknown, string> | undefined;

  /** Order by these hashes where values can't be compared. */
  constructor(hashOf: (key: unknown) => string) {
    this.#hashOf = hashOf;
  }

  /**
   * The entries of a dict, as keys and values in turn. Those of an OrderedDict, defaultdict or dict of a
   * user's class come from an iterator: when its keys turn out not to be comparable, nothing is left in
   * it, and joblib hashes no entries at all.
   */
  entries(entries: Iterable<readonly [unknown, unknown]>, pickler: Pickler): unknown[] {
    const plain = Object.getPrototypeOf(entries) === Map.prototype;
    let map = entries as Map<unknown, unknown>;
    if (!(entries instanceof Map)) {
      map = new Map(entries);
      pickler.checkKeys(map);
    }
    const keys = sorted([...map.keys()]);
    if (!Array.isArray(keys)) {
      refuseUnknown(keys, pickler);
      return plain ? this.#byHash(map, pickler) : [];
    }
    const flat = new Array<unknown>(2 * keys.length);
    for (let i = 0; i < keys.length; i++) {
      flat[2 * i] = keys[i];
      flat[2 * i + 1] = map.get(keys[i]);
    }
    return flat;
  }

  /** The members of a set, or their hashes. */
  members(set: ReadonlySet<unknown>, pickler: Pickler): unknown[] {
    pickler.checkKeys(set);
    const found = sorted([...set]);
    if (Array.isArray(found)) {
      if (isTotal(found)) return found;
      throw pickler.fail(
        "sorting leaves members of this set in the order in which Python walks it, which is not stable",
      );
    }
    refuseUnknown(found, pickler);
    return sortTexts(Array.from(set, (member) => this.#hash(member)));
  }

  #byHash(map: ReadonlyMap<unknown, unknown>, pickler: Pickler): unknown[] {
    const pairs = Array.from(map, ([key, value]) => [this.#hash(key), value] as const);
    pairs.sort((a, b) => compareTexts(a[0], b[0]));
    for (let i = 1; i < pairs.length; i++) {
      if (pairs[i][0] !== pairs[i - 1][0]) continue;
      throw pickler.fail("two keys have the same hash, so that the order is that of their values");
    }
    return pairs.flatMap(([hash, value]) => [hash, value]);
  }

  #hash(key: unknown): string {
    this.#hashes ??= new Map();
    let hash = this.#hashes.get(key);
    if (hash === undefined) this.#hashes.set(key, hash = this.#hashOf(key));
    return hash;
  }
}

function refuseUnknown(found: Unsorted, pickler: Pickler): void {
  if (found.reason === "unknown") throw pickler.fail(`only Python knows ${found.what}`);
}
