/**
 * What makes a digest of bytes: `node:crypto` where there is one, js-md5 and js-sha1 elsewhere, and
 * hash-wasm for the fast ones. The packages are loaded by `prepare`; nothing is loaded otherwise.
 */
import { UnsupportedError } from "../errors.ts";
import { builtin } from "../io/builtin.ts";
import { loadedWasm } from "./_digest_wasm.ts";
import { loadedScript, type ScriptName } from "./_digest_script.ts";

/** Digests by name: joblib's two, and two that are faster. */
export type HashName = "md5" | "sha1" | "xxh3" | "blake3";

/** A digest in the making. */
export interface Digest {
  /** Take further bytes; they are not kept. */
  update(bytes: Uint8Array): void;
  /** The digest in hexadecimal, once. */
  hex(): string;
}

/** Makes digests of one name. */
export interface DigestMethod {
  /** Begin one. */
  create(): Digest;
  /** All at once, for few bytes. */
  once(bytes: Uint8Array): string;
  /** Give up one that won't be finished. */
  drop?(digest: Digest): void;
}

/** The names of digests. */
export const HASH_NAMES: readonly string[] = ["md5", "sha1", "xxh3", "blake3"];

/** More than this at once is too much for some implementations. */
const PART = 1 << 28;

/** The method of a digest. @throws UnsupportedError where it must be prepared first */
export function digestMethod(name: HashName): DigestMethod {
  const method = isJoblibs(name) ? nodeMethod(name) ?? loadedScript(name) : loadedWasm(name);
  if (method !== undefined) return method;
  throw new UnsupportedError(
    `Cannot hash with ${name} here yet: await prepare("${name}") first`,
  );
}

/** Whether joblib knows the name. */
export function isJoblibs(name: HashName): name is "md5" | "sha1" {
  return name === "md5" || name === "sha1";
}

/** Feed bytes of any length. */
export function updateAll(digest: Digest, bytes: Uint8Array): void {
  if (bytes.length <= PART) return digest.update(bytes);
  for (let at = 0; at < bytes.length; at += PART) digest.update(bytes.subarray(at, at + PART));
}

function nodeMethod(name: ScriptName): DigestMethod | undefined {
  const crypto = builtin("crypto");
  if (crypto === undefined) return undefined;
  return {
    create() {
      const hash = crypto.createHash(name);
      return { update: (bytes) => void hash.update(bytes), hex: () => hash.digest("hex") };
    },
    once: (bytes) => crypto.createHash(name).update(bytes).digest("hex"),
  };
}
