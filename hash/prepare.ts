/**
 * What makes digests, loaded before a synchronous call needs it.
 */
import { HASH_NAMES, type HashName, isJoblibs, readyMethod } from "./_digest.ts";
import { loadScript } from "./_digest_script.ts";
import { loadWasm } from "./_digest_wasm.ts";

/** Whether this is the name of a hash. */
export function isHashName(name: string): name is HashName {
  return HASH_NAMES.includes(name);
}

/**
 * Load what a hash needs, where the runtime has no built-in for it.
 *
 * @param name "xxh3" and "blake3" need it everywhere, "sha1" without `node:crypto`, "md5" nowhere.
 * @throws UnsupportedError where it can't be loaded.
 */
export async function prepareHash(name: HashName): Promise<void> {
  if (!isJoblibs(name)) await loadWasm(name);
  else if (readyMethod(name) === undefined) await loadScript();
}
