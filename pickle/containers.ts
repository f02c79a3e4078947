/**
 * How the machine fills lists, dicts and sets. A dict starts as an ordinary object and becomes a Map at
 * its first key that is not a string; keys that are equal in Python become one.
 */
import { LimitError } from "../errors.ts";
import { PyDeque } from "./collections.ts";
import type { LoadContext } from "./context.ts";
import { isSimpleKey, KeyIndex } from "./hashing.ts";
import { UNHASHABLE } from "./protocols.ts";
import { PyFloat, PyFrozenSet, PyObject, PyTuple, setOwn } from "./values.ts";

/** No property of Object.prototype has a shorter name, so shorter keys need no look-up. */
const SHORTEST_INHERITED = 7;

/** Builds the dicts of one load. */
export class DictBuilder {
  readonly #context: LoadContext;
  readonly #maps: boolean;
  readonly #maxItems: number;
  #items = 0;
  /** Indexes of the containers whose keys need Python's equality. */
  #indexes: Map<object, KeyIndex> | undefined;
  /** Ordinary objects that were referred to again before they were complete. */
  #fetched: Set<object> | undefined;
  /** Objects that became Maps after somebody had referred to them. */
  #replaced: Map<object, object> | undefined;

  /** `maps`: never make ordinary objects. */
  constructor(context: LoadContext, maps: boolean) {
    this.#context = context;
    this.#maps = maps;
    this.#maxItems = context.limits.maxItems ?? Infinity;
  }

  /** An empty dict. */
  empty(): object {
    return this.#maps ? new Map() : {};
  }

  /** Count items against `limits.maxItems`. */
  count(items: number): void {
    this.#items += items;
    if (this.#items > this.#maxItems) {
      throw new LimitError(
        `Cannot unpickle: more than limits.maxItems ${this.#maxItems} items (at byte ${this.#context.offset})`,
        { offset: this.#context.offset },
      );
    }
  }

  /** Note that the memo handed out this object. */
  fetched(value: unknown): void {
    if (this.#maps || value === null || Object.getPrototypeOf(value) !== Object.prototype) return;
    this.#fetched ??= new Set();
    this.#fetched.add(value as object);
  }

  /** Set the pairs `stack[from, to)` in `target`; answers the dict, which may have become a Map. */
  setItems(
    target: unknown,
    stack: readonly unknown[],
    from: number,
    to: number,
    memo: unknown[],
  ): unknown {
    this.count((to - from) >> 1);
    if (target instanceof Map) {
      for (let i = from; i < to; i += 2) this.#setKey(target, stack[i], stack[i + 1]);
      return target;
    }
    if (target instanceof PyObject) {
      for (let i = from; i < to; i += 2) target.entries.push([stack[i], stack[i + 1]]);
      return target;
    }
    if (
      typeof target !== "object" || target === null ||
      Object.getPrototypeOf(target) !== Object.prototype
    ) {
      throw this.#context.fail("dict items for a value that is no dict");
    }
    const object = target as Record<string, unknown>;
    for (let i = from; i < to; i += 2) {
      const key = stack[i];
      if (typeof key !== "string") {
        const map = this.#becomeMap(object, stack, from, i, memo);
        for (let k = i; k < to; k += 2) this.#setKey(map, stack[k], stack[k + 1]);
        return map;
      }
      if (key.length < SHORTEST_INHERITED) object[key] = stack[i + 1];
      else setOwn(object, key, stack[i + 1]);
    }
    return object;
  }

  /** The key under which `key` goes into a Map or Set: an equal one that is there already, or itself. */
  claim(container: Map<unknown, unknown> | Set<unknown>, key: unknown): unknown {
    let index = this.#indexes?.get(container);
    if (index === undefined) {
      if (isSimpleKey(key)) return key;
      index = new KeyIndex(container.keys());
      this.#indexes ??= new Map();
      this.#indexes.set(container, index);
    }
    if (typeof key === "number" && (key !== key && container.has(key) || Object.is(key, -0))) {
      key = new PyFloat(key); // JavaScript would take a second NaN for the first, and −0 for 0
    }
    const claimed = index.claim(key);
    if (claimed === UNHASHABLE) {
      throw this.#context.fail("a list, dict or set is not hashable, so it can't be a key");
    }
    return claimed;
  }

  /** The complete value: references to objects that became Maps are mended. */
  finish(root: unknown): unknown {
    return this.#replaced === undefined ? root : replaceAll(root, this.#replaced);
  }

  #setKey(map: Map<unknown, unknown>, key: unknown, value: unknown): void {
    if (typeof key === "string" && this.#indexes === undefined) map.set(key, value);
    else map.set(this.claim(map, key), value);
  }

  #becomeMap(
    object: Record<string, unknown>,
    stack: readonly unknown[],
    from: number,
    upTo: number,
    memo: unknown[],
  ): Map<unknown, unknown> {
    const map = new Map<unknown, unknown>();
    const names = Object.keys(object);
    // what this batch has set already comes from the stack, where the order is Python's
    const inBatch = new Set(stack.slice(from, upTo).filter((_, i) => i % 2 === 0));
    for (const name of names) if (!inBatch.has(name)) map.set(name, object[name]);
    for (let i = from; i < upTo; i += 2) map.set(stack[i], stack[i + 1]);
    const slot = memo.lastIndexOf(object);
    if (slot >= 0) memo[slot] = map;
    if (this.#fetched?.has(object)) {
      this.#replaced ??= new Map();
      this.#replaced.set(object, map);
    }
    return map;
  }
}

/** APPEND and APPENDS: add `stack[from, to)` to a list, a deque or a list subclass. */
export function appendTo(
  target: unknown,
  stack: readonly unknown[],
  from: number,
  to: number,
  context: LoadContext,
): void {
  if (target instanceof PyObject) {
    for (let i = from; i < to; i++) target.items.push(stack[i]);
  } else if (Array.isArray(target) && !(target instanceof PyTuple)) {
    for (let i = from; i < to; i++) target.push(stack[i]);
    if (target instanceof PyDeque && target.maxlen !== null && target.length > target.maxlen) {
      target.splice(0, target.length - target.maxlen);
    }
  } else throw context.fail("items for a value that is no list");
}

/** ADDITEMS: add `stack[from, to)` to a set or a set subclass. */
export function addTo(
  target: unknown,
  stack: readonly unknown[],
  from: number,
  to: number,
  context: LoadContext,
  dicts: DictBuilder,
): void {
  dicts.count(to - from);
  if (target instanceof PyObject) {
    for (let i = from; i < to; i++) target.adds.push(stack[i]);
  } else if (target instanceof Set) {
    for (let i = from; i < to; i++) target.add(dicts.claim(target, stack[i]));
  } else throw context.fail("members for a value that is no set");
}

/** Walk the value once and put the Map wherever the object stood that it replaced. */
function replaceAll(root: unknown, replaced: ReadonlyMap<object, object>): unknown {
  const swap = (value: unknown) => replaced.get(value as object) ?? value;
  const seen = new Set<unknown>();
  const todo: unknown[] = [swap(root)];
  while (todo.length > 0) {
    const value = todo.pop();
    if (
      typeof value !== "object" || value === null || ArrayBuffer.isView(value) || seen.has(value)
    ) continue;
    seen.add(value);
    if (value instanceof Map) {
      const entries = [...value];
      if (entries.some(([key, item]) => swap(key) !== key || swap(item) !== item)) {
        value.clear();
        for (const [key, item] of entries) value.set(swap(key), swap(item));
      }
      for (const [key, item] of value) todo.push(key, item);
    } else if (value instanceof Set) {
      for (const item of value) todo.push(item);
    }
    for (const name of Object.keys(value)) {
      const item = (value as Record<string, unknown>)[name];
      const mended = swap(item);
      if (mended !== item) setOwn(value, name, mended);
      todo.push(mended);
    }
  }
  return swap(root);
}

/** A set of the members of a list or tuple, by Python's equality; for `set([...])` and `frozenset([...])`. */
export function setOf(
  items: readonly unknown[],
  frozen: boolean,
  context: LoadContext,
): Set<unknown> {
  const made = frozen ? new PyFrozenSet<unknown>() : new Set<unknown>();
  addTo(made, items, 0, items.length, context, new DictBuilder(context, true));
  return made;
}
