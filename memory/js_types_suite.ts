/**
 * What the tests of js_types share: storing a value and loading it, and comparing it with its types.
 */
import assert from "node:assert/strict";
import { dumps, loads } from "../persistence/mod.ts";
import { jsTypes, restoreJsTypes } from "./js_types.ts";

/** What comes back for `value`, through the text of metadata.json. */
export function stored<T>(value: T): T {
  const { tree } = jsTypes(value);
  const loaded = loads(dumps(value));
  if (tree === undefined) return loaded as T;
  return restoreJsTypes(loaded, JSON.parse(JSON.stringify(tree))) as T;
}

/** Equal, of one type and prototype, and not 0 for −0. */
export function same(found: unknown, wanted: unknown): void {
  assert.deepStrictEqual(found, wanted);
  assert.equal(typeof found, typeof wanted);
  if (typeof wanted === "object" && wanted !== null) {
    assert.equal(Object.getPrototypeOf(found), Object.getPrototypeOf(wanted));
  } else assert.ok(Object.is(found, wanted));
}
