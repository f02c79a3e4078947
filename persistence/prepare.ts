/**
 * What synchronous calls need beforehand.
 */
import { prepareCompressor } from "../compressors/mod.ts";
import { isHashName, prepareHash } from "../hash/prepare.ts";

/**
 * Load what synchronous calls need, where a runtime has no built-in for it.
 *
 * @param names Compressors, such as "zlib" in a browser, and hashes: "xxh3" and "blake3" everywhere, "sha1"
 *   in a browser.
 * @throws RangeError for an unknown name.
 *
 * @example Before a fast hash
 * ```ts
 * import assert from "node:assert/strict";
 * import { hash, prepare } from "@larder/joblib";
 *
 * await prepare("xxh3");
 * assert.equal(hash("pantry", { hashName: "xxh3" }).length, 32);
 * ```
 *
 * @example Before loadSync in a browser
 * ```ts
 * import { prepare } from "@larder/joblib";
 *
 * await prepare("zlib", "gzip");
 * ```
 */
export async function prepare(...names: string[]): Promise<void> {
  await Promise.all(
    names.map((name) => isHashName(name) ? prepareHash(name) : prepareCompressor(name)),
  );
}
