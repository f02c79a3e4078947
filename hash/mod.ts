/**
 * joblib.hash: a short name for any value, which Python computes too.
 *
 * @example The order of a dict does not count
 * ```ts
 * import assert from "node:assert/strict";
 * import { hash } from "@larder/joblib/hash";
 *
 * assert.equal(hash({ a: 1, b: 2 }), hash({ b: 2, a: 1 }));
 * assert.notEqual(hash([1, 2]), hash([2, 1]));
 * ```
 *
 * @module
 */
export { hash, type HashOptions } from "./hash.ts";
export { prepareHash } from "./prepare.ts";
export type { HashName } from "./_digest.ts";
