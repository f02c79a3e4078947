/**
 * md5 and sha1 in plain JavaScript, for runtimes without `node:crypto`. Not WebAssembly, which edge
 * runtimes don't compile.
 */
import { UnsupportedError } from "../errors.ts";
import type { Digest, DigestMethod } from "./_digest.ts";

/** The digests that are written in JavaScript. */
export type ScriptName = "md5" | "sha1";

/** What js-md5 and js-sha1 have in common. */
interface Script {
  create(): { update(bytes: Uint8Array): unknown; hex(): string };
}

/** The forms in which bundlers and runtimes hand out a CommonJS module. */
type ScriptModule = { [name in ScriptName]?: Script } & { default?: Script };

const loaded = new Map<ScriptName, DigestMethod>();

/** The method, where it was loaded before. */
export function loadedScript(name: ScriptName): DigestMethod | undefined {
  return loaded.get(name);
}

/** Load a method. */
export async function loadScript(name: ScriptName): Promise<DigestMethod> {
  const known = loaded.get(name);
  if (known !== undefined) return known;
  let module: ScriptModule;
  try {
    const found: unknown = name === "md5" ? await import("js-md5") : await import("js-sha1");
    module = found as ScriptModule;
  } catch (cause) {
    throw new UnsupportedError(
      `Cannot hash with ${name}: this runtime has no node:crypto, and js-${name} can't be loaded`,
      { cause },
    );
  }
  const method = methodOf((module[name] ?? module.default)!);
  loaded.set(name, method);
  return method;
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

/** A Uint8Array by its constructor's name too: that is what the packages look at. */
function plain(bytes: Uint8Array): Uint8Array {
  return bytes.constructor === Uint8Array
    ? bytes
    : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}
