/**
 * What synchronous calls need beforehand.
 */
import { prepareCompressor } from "../compressors/mod.ts";

/**
 * Load what synchronous calls need, where a runtime has no built-in for it.
 *
 * @param names Compressors, such as "zlib" in a browser.
 * @throws RangeError for an unknown name.
 *
 * @example Before loadSync in a browser
 * ```ts
 * import { prepare } from "@larder/joblib";
 *
 * await prepare("zlib", "gzip");
 * ```
 */
export async function prepare(...names: string[]): Promise<void> {
  await Promise.all(names.map(prepareCompressor));
}
