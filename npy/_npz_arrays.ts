/**
 * What savez takes: arrays by name, or a list whose arrays are called `arr_0`, `arr_1`, … as numpy
 * calls those that are given by position.
 */
import type { Savable } from "./_savable.ts";

/** A name and its array. */
export type NamedArray = readonly [name: string, array: Savable];

/** Arrays that are all there: by name in an object or Map, by position in a list, or pairs. */
export type NpzArrays =
  | Readonly<Record<string, Savable>>
  | readonly Savable[]
  | Iterable<NamedArray>;

/** Names and arrays in the order in which they are written. @throws {TypeError} It is none of those. */
export function namedArrays(arrays: NpzArrays): Iterable<NamedArray> {
  if (Array.isArray(arrays)) {
    return (arrays as readonly Savable[]).map((array, i): NamedArray => [`arr_${i}`, array]);
  }
  if (isPlain(arrays)) return Object.entries(arrays as Record<string, Savable>);
  // Arrays are iterable too, but over their rows.
  const isPairs = arrays instanceof Map || isIterable(arrays) && "next" in arrays;
  if (isPairs) return checkedPairs(arrays as Iterable<NamedArray>);
  throw notArrays(arrays);
}

/** The same of what may have to be waited for. */
export function namedArraysAsync(
  arrays: NpzArrays | AsyncIterable<NamedArray>,
): Iterable<NamedArray> | AsyncIterable<NamedArray> {
  if (typeof arrays !== "object" || arrays === null || !(Symbol.asyncIterator in arrays)) {
    return namedArrays(arrays as NpzArrays);
  }
  return checkedPairsAsync(arrays);
}

function* checkedPairs(pairs: Iterable<NamedArray>): Generator<NamedArray> {
  for (const pair of pairs) yield checkPair(pair);
}

async function* checkedPairsAsync(pairs: AsyncIterable<NamedArray>): AsyncGenerator<NamedArray> {
  for await (const pair of pairs) yield checkPair(pair);
}

function checkPair(pair: unknown): NamedArray {
  if (!Array.isArray(pair) || pair.length !== 2) {
    throw new TypeError("Cannot write archive: it is given something else than [name, array]");
  }
  const name: unknown = pair[0];
  if (typeof name === "string") return pair as unknown as NamedArray;
  throw new TypeError(`Cannot write archive: a name is a ${typeof name}, not a string`);
}

function isPlain(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === "object" && value !== null && Symbol.iterator in value;
}

function notArrays(value: unknown): TypeError {
  const what = typeof value === "object" && value !== null
    ? `a value of class ${value.constructor.name}`
    : String(value);
  return new TypeError(
    `Cannot write ${what} as an archive: pass { name: array }, a Map, or a list of arrays`,
  );
}
