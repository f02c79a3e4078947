/**
 * A hit is deep-equal to what the miss returned: the places of a value at which its pickle alone would
 * load as another type (Float64Array as NDArray, a Map of text as an object, a small bigint as a number) stand
 * as a small tree in metadata.json, and what can't be kept is told.
 */
import { CacheError } from "../errors.ts";
import { JsRestore } from "./_js_restore.ts";
import type { JsTree } from "./_js_shapes.ts";
import { JsWalk } from "./_js_walk.ts";

export type { JsRun, JsShape, JsTree } from "./_js_shapes.ts";

/** The name under which metadata keeps the places of JavaScript's own types. */
export const JS_TYPES = "js";

/** Something that does not come back. */
export interface LostType {
  /** Place in the value, such as `$.a[3]`. */
  readonly path: string;
  /** What is not kept. */
  readonly what: string;
}

/** What is to be kept beside a pickle. */
export interface JsTypes {
  /** Undefined where loading alone gives the same types. */
  readonly tree: JsTree | undefined;
  /** What can't be kept: each kind once, with its first place. */
  readonly lost: readonly LostType[];
}

/**
 * Find what a pickle alone does not tell. Nothing in the value is called: getters are not, and registered
 * classes with a `dump`, a `setState` or a `getState` answer for themselves.
 *
 * Not told, because it is no part of being deep-equal: what is frozen, which arrays share memory (joblib
 * writes an array each time it is met), strides of an NDArray. Nor are names among the indexes
 * of a list of more than 10 000 items, and getters of an object of more than 1000 properties.
 *
 * @param value What is dumped, by `dump` without options that change types.
 *
 * @example Types that Python does not have
 * ```ts
 * import assert from "node:assert/strict";
 * import { dumps, loads } from "@larder/joblib";
 * import { jsTypes, restoreJsTypes } from "@larder/joblib/memory";
 *
 * const value = { x: Float64Array.of(1, 2), n: 1n };
 * const { tree } = jsTypes(value);
 * assert.deepEqual(restoreJsTypes(loads(dumps(value)), tree!), value);
 * ```
 */
export function jsTypes(value: unknown): JsTypes {
  return new JsWalk().run(value);
}

/**
 * Give a loaded value the types that it had, in place where that is possible. Shared references and cycles
 * survive; arrays that are mapped (`mmapMode`) stay mapped.
 *
 * @param loaded What `load` made of the pickle. It may be changed, also where an error is thrown.
 * @throws CacheError for a tree that does not fit, and for types that this runtime does not have
 */
export function restoreJsTypes(loaded: unknown, tree: JsTree): unknown {
  try {
    return new JsRestore(tree).run(loaded, tree.root);
  } catch (error) {
    if (error instanceof CacheError) throw error;
    throw new CacheError("Cannot restore the types of a cached value: they don't fit it", {
      cause: error,
    });
  }
}

/**
 * A loaded result with the types that its function returned.
 *
 * @param metadata What is known about the entry, with the tree if it has one.
 * @throws CacheError as {@linkcode restoreJsTypes}
 */
export function restoreResult(
  loaded: unknown,
  metadata: Readonly<Record<string, unknown>>,
): unknown {
  const tree = metadata[JS_TYPES];
  return tree === undefined ? loaded : restoreJsTypes(loaded, tree as JsTree);
}
