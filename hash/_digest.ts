/**
 * What makes a digest of bytes: MD5 of our own, SHA-1 by `node:crypto` or js-sha1, and hash-wasm for the
 * fast ones. The packages are loaded by `prepare`; nothing is loaded otherwise.
 */
import { UnsupportedError } from "../errors.ts";
import { builtin, runtime } from "../io/builtin.ts";
import { loadedWasm } from "./_digest_wasm.ts";
import { loadedScript } from "./_digest_script.ts";
import { md5 } from "./_md5.ts";

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

/** The methods that need no loading, once they were asked for. */
const methods = new Map<HashName, DigestMethod>();

/** The method of a digest. @throws UnsupportedError where it must be prepared first */
export function digestMethod(name: HashName): DigestMethod {
  const method = methods.get(name) ?? readyMethod(name);
  if (method !== undefined) return method;
  throw new UnsupportedError(
    `Cannot hash with ${name} here yet: await prepare("${name}") first`,
  );
}

/** A method that needs no loading here, or was loaded before. */
export function readyMethod(name: HashName): DigestMethod | undefined {
  if (!isJoblibs(name)) return loadedWasm(name);
  const method = name === "md5" ? md5Method() : nodeMethod(name);
  if (method !== undefined) methods.set(name, method);
  return method ?? loadedScript();
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

/** Our own is faster than Deno's; for many bytes those of Bun and Node are as fast or faster. */
function md5Method(): DigestMethod | undefined {
  if (md5 === undefined) return nodeMethod("md5");
  const node = runtime() === "deno" ? undefined : nodeMethod("md5");
  return node === undefined ? md5 : { create: node.create, once: md5.once };
}

function nodeMethod(name: "md5" | "sha1"): DigestMethod | undefined {
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
