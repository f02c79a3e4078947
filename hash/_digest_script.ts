/**
 * SHA-1 in plain JavaScript, for runtimes without `node:crypto`. Not WebAssembly, which edge runtimes
 * don't compile.
 */
import { UnsupportedError } from "../errors.ts";
import type { Digest, DigestMethod } from "./_digest.ts";

/** What js-sha1 offers. */
interface Script {
  create(): { update(bytes: Uint8Array): unknown; hex(): string };
}

/** The forms in which bundlers and runtimes hand out a CommonJS module. */
type ScriptModule = { sha1?: Script; default?: Script };

let loaded: DigestMethod | undefined;

/** SHA-1, where it was loaded before. */
export function loadedScript(): DigestMethod | undefined {
  return loaded;
}

/** Load SHA-1. */
export async function loadScript(): Promise<DigestMethod> {
  if (loaded !== undefined) return loaded;
  let module: ScriptModule;
  try {
    const found: unknown = await import("js-sha1");
    module = found as ScriptModule;
  } catch (cause) {
    throw new UnsupportedError(
      "Cannot hash with sha1: this runtime has no node:crypto, and js-sha1 can't be loaded",
      { cause },
    );
  }
  return loaded = methodOf((module.sha1 ?? module.default)!);
}

function methodOf(script: Script): DigestMethod {
  function create(): Digest {
    const made = script.create();
    return { update: (bytes) => void made.update(plain(bytes)), hex: () => made.hex() };
  }
  return {
    create,
    once(bytes) {
      const digest = create();
      digest.update(bytes);
      return digest.hex();
    },
  };
}

/** A Uint8Array by its constructor's name too: that is what the package looks at. */
function plain(bytes: Uint8Array): Uint8Array {
  return bytes.constructor === Uint8Array
    ? bytes
    : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}
