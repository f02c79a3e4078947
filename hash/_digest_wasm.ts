/**
 * XXH3 (128 bits) and BLAKE3 by hash-wasm. WebAssembly starts in a promise only, and one instance is all
 * there is: a digest that begins while another is in the making sets that one's state aside.
 */
import { UnsupportedError } from "../errors.ts";
import type { Digest, DigestMethod } from "./_digest.ts";

/** The digests that are written in WebAssembly. */
export type WasmName = "xxh3" | "blake3";

/** The instance of hash-wasm, as far as it is used. */
interface Instance {
  init(): unknown;
  update(bytes: Uint8Array): unknown;
  digest(form: "hex"): string;
  save(): Uint8Array;
  load(state: Uint8Array): unknown;
}

const loaded = new Map<WasmName, DigestMethod>();

/** The method, where it was loaded before. */
export function loadedWasm(name: WasmName): DigestMethod | undefined {
  return loaded.get(name);
}

/** Load a method. */
export async function loadWasm(name: WasmName): Promise<DigestMethod> {
  const known = loaded.get(name);
  if (known !== undefined) return known;
  let instance: Instance;
  try {
    const { createBLAKE3, createXXHash128 } = await import("hash-wasm");
    instance = await (name === "xxh3" ? createXXHash128() : createBLAKE3());
  } catch (cause) {
    throw new UnsupportedError(`Cannot hash with ${name}: hash-wasm can't be loaded here`, {
      cause,
    });
  }
  const method = loaded.get(name) ?? methodOf(instance);
  loaded.set(name, method);
  return method;
}

function methodOf(instance: Instance): DigestMethod {
  /** Digests in the making; the last one's state is in the instance. */
  const open: { digest: Digest; state?: Uint8Array }[] = [];

  function create(): Digest {
    const last = open.at(-1);
    if (last !== undefined) last.state = instance.save();
    instance.init();
    const digest: Digest = {
      update: (bytes) => void instance.update(bytes),
      hex() {
        const text = instance.digest("hex");
        drop(digest);
        return text;
      },
    };
    open.push({ digest });
    return digest;
  }

  function drop(digest: Digest): void {
    if (open.at(-1)?.digest !== digest) return;
    open.pop();
    const last = open.at(-1);
    if (last?.state !== undefined) instance.load(last.state);
  }

  function once(bytes: Uint8Array): string {
    const digest = create();
    digest.update(bytes);
    return digest.hex();
  }

  return { create, once, drop };
}
