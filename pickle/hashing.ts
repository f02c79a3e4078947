/**
 * Dict keys and set members by Python's equality: 1, 1.0, true and 1n are one key, equal tuples are
 * one key, lists are none. A JavaScript Map compares otherwise, so a {@link KeyIndex} stands beside
 * it where keys need it.
 */
import { LimitError } from "../errors.ts";
import { isHashable, UNHASHABLE } from "./protocols.ts";
import { isPlainObject, PyFloat, PyFrozenSet, PyTuple } from "./values.ts";

/** Nodes of one key that are looked at: a key of shared tuples can stand for far more than its file holds. */
const MAX_KEY_NODES = 100_000;

/** A value that is equal (===, or as a Map key) exactly where Python's `==` is; UNHASHABLE for what Python refuses. */
export function hashKey(value: unknown): unknown {
  return keyOf(value, { left: MAX_KEY_NODES });
}

/** Whether a Map's own comparison is Python's for this key, as long as all keys of the Map are such. */
export function isSimpleKey(value: unknown): boolean {
  return typeof value === "string" || (typeof value === "number" && value === value);
}

/** A key that Python refuses, or two that it would take for one another. */
export type KeyProblem = { unhashable: unknown } | { equal: [unknown, unknown] };

/** What is wrong with the keys of a dict or the members of a set, if anything. */
export function keyProblem(
  keys: ReadonlyMap<unknown, unknown> | ReadonlySet<unknown>,
): KeyProblem | undefined {
  let simple = true;
  for (const key of keys.keys()) {
    if (!isSimpleKey(key)) {
      simple = false;
      break;
    }
  }
  if (simple) return undefined;
  const seen = new Map<unknown, unknown>();
  for (const key of keys.keys()) {
    const hashed = hashKey(key);
    if (hashed === UNHASHABLE) return { unhashable: key };
    if (seen.has(hashed)) return { equal: [seen.get(hashed), key] };
    seen.set(hashed, key);
  }
  return undefined;
}

function keyOf(value: unknown, budget: { left: number }): unknown {
  if (--budget.left < 0) {
    throw new LimitError(`Cannot use a key of more than ${MAX_KEY_NODES} nested items`);
  }
  switch (typeof value) {
    case "string":
      // all other keys that are spelled as text start with a zero, so this text must not look like one
      return value.charCodeAt(0) === 0 ? `\u0000s${value}` : value;
    case "symbol":
      return value;
    case "number":
      return value === value ? value : {}; // NaN equals nothing, not even itself
    case "bigint": {
      const number = Number(value);
      return BigInt(Number.isFinite(number) ? Math.trunc(number) : 0) === value ? number : value;
    }
    case "boolean":
      return value ? 1 : 0;
    case "undefined":
      return null;
    case "object":
      return objectKey(value, budget);
    default:
      return value;
  }
}

function objectKey(value: object | null, budget: { left: number }): unknown {
  if (value === null) return null;
  if (isHashable(value)) return value.__hashkey__();
  if (value instanceof PyFloat) {
    const number = Number(value);
    return number === number ? number : value;
  }
  if (value instanceof PyTuple) return sequenceKey("tuple", value, budget);
  if (value instanceof PyFrozenSet) return sequenceKey("frozenset", [...value], budget);
  if (value instanceof Uint8Array) {
    let text = "\u0000bytes:";
    for (let i = 0; i < value.length; i++) text += String.fromCharCode(value[i]);
    return text;
  }
  if (
    Array.isArray(value) || value instanceof Map || value instanceof Set || isPlainObject(value)
  ) {
    return UNHASHABLE;
  }
  return value;
}

/** Objects inside a tuple key, by identity. */
const identities = new WeakMap<object, number>();
let nextIdentity = 1;

function sequenceKey(kind: string, items: readonly unknown[], budget: { left: number }): unknown {
  const parts: string[] = [];
  for (const item of items) {
    const key = keyOf(item, budget);
    if (key === UNHASHABLE) return UNHASHABLE;
    parts.push(partText(key));
  }
  if (kind === "frozenset") parts.sort();
  return `\u0000${kind}(${parts.join("")})`;
}

function partText(key: unknown): string {
  if (typeof key === "object" && key !== null) {
    let identity = identities.get(key);
    if (identity === undefined) identities.set(key, identity = nextIdentity++);
    return `o${identity};`;
  }
  if (typeof key === "string") return `s${key.length}:${key}`;
  if (typeof key === "number") return `n${key === 0 ? 0 : key};`;
  return `${typeof key}${String(key)};`;
}

/** The keys of one Map or Set by Python's equality. */
export class KeyIndex {
  readonly #first = new Map<unknown, unknown>();

  /** Index the keys that are there already. */
  constructor(keys: Iterable<unknown>) {
    for (const key of keys) this.#first.set(hashKey(key), key);
  }

  /** The key that stands for `key`: an equal one that came first, or itself; UNHASHABLE if Python refuses it. */
  claim(key: unknown): unknown {
    const hashed = hashKey(key);
    if (hashed === UNHASHABLE) return UNHASHABLE;
    if (this.#first.has(hashed)) return this.#first.get(hashed);
    this.#first.set(hashed, key);
    return key;
  }
}

/**
 * Look up a dict as Python would: `getItem(map, 1n)`, `getItem(map, true)` and `getItem(map, 1)` find
 * the same entry, and a tuple or bytes is found by its content.
 *
 * @param dict A Map, or an ordinary object (whose keys are all strings).
 * @param key The key.
 * @returns The value, or undefined where Python would raise KeyError.
 *
 * @example Keys that are equal in Python
 * ```ts
 * import assert from "node:assert/strict";
 * import { getItem, tuple } from "@larder/joblib";
 *
 * const dict = new Map<unknown, string>([[1, "one"], [tuple("a", 2), "pair"]]);
 * assert.equal(getItem(dict, 1n), "one");
 * assert.equal(getItem(dict, true), "one");
 * assert.equal(getItem(dict, tuple("a", 2)), "pair");
 * ```
 */
export function getItem(
  dict: ReadonlyMap<unknown, unknown> | Readonly<Record<string, unknown>>,
  key: unknown,
): unknown {
  if (!(dict instanceof Map)) {
    return typeof key === "string" && Object.hasOwn(dict, key)
      ? (dict as Record<string, unknown>)[key]
      : undefined;
  }
  if (dict.has(key)) return dict.get(key);
  const wanted = hashKey(key);
  if (wanted === UNHASHABLE) return undefined;
  for (const [candidate, value] of dict) {
    if (hashKey(candidate) === wanted) return value;
  }
  return undefined;
}
