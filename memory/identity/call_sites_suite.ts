/** Functions cached in this file, as programs do it: every runtime must tell the same about them. */
import { callSite } from "./call_site.ts";
import { identify, type Identity, type IdentityOptions } from "./identify.ts";

// deno-lint-ignore no-explicit-any -- whatever a test caches
type Any = any;

/** What was cached here, by name. */
export const found: Map<string, Identity> = new Map();

class Cache {
  cache(first: Any, second?: IdentityOptions): Any {
    const site = callSite(Cache.prototype.cache);
    const keep = (fn: Any, options?: IdentityOptions): unknown => {
      const identity = identify(fn, { ...options, callSite: site, scope: "call sites" });
      found.set(identity.name, identity);
      return fn;
    };
    return typeof first === "function" ? keep(first, second) : (fn: Any) => keep(fn, first);
  }
}

interface Options<T extends object = { [key: string]: number }> {
  readonly a?: T;
}

const cache: Cache = new Cache();
const K: number = 3, unused = <T>(x: T): T => x as T;
function scale<T extends number>(x: T, options?: Options): x is T & { never: true } {
  return x * K > (options?.a ? 1 : 0);
}

/* several
   lines */ export const first: Any = cache.cache(
  async function first(x: number): Promise<boolean> {
    await null; // nothing
    return scale(x);
  },
);

export const second: unknown = cache
  // a comment
  .cache(
    (x: number, ...rest: number[]): number => (x! as number) + rest.length,
    { name: "second", version: undefined },
  );

export const third: Any = cache.cache({ code: "function" })(function third(): unknown {
  return unused(`${`nested ${K}`}`);
});

function declared(): RegExp {
  return /[/"'`]/g;
}
cache.cache(declared);

const later = async (): Promise<void> => {
  await null;
  cache.cache(function fourth({ a = K }: Options<{ x: 1 }> | { a?: number } = {}) {
    return a;
  });
};
await later();

cache.cache(Math.hypot);
