/**
 * Where a function's results are: in the folder of a Python function, or in one of our own that its
 * identity names. A method's class is not known to its decorator, so it is found when the first call
 * tells what the method was called on.
 */
import type { LarderWarning } from "../pickle/context.ts";
import type { Decorated } from "./_decorate.ts";
import type { Results } from "./_results.ts";
import type { AnyFunction, Place } from "./_subject.ts";
import { identify, type IdentityOptions } from "./identity/identify.ts";
import { innermost } from "./memorized.ts";
import type { CacheOptions } from "./options.ts";

/** What is known about a function when it is cached. */
export interface Locating {
  readonly func: AnyFunction;
  readonly options: CacheOptions;
  readonly decoration: Decorated | undefined;
  /** The call of `memory.cache`. */
  readonly site: string;
  readonly results: Results;
  readonly warn: (warning: LarderWarning) => void;
}

/** The function that tells where results are. */
export function locator(locating: Locating): (self: unknown) => Place {
  const { options: { python, name }, decoration } = locating;
  if (python !== undefined) {
    const place = pythonPlace(python);
    return () => place;
  }
  if (decoration === undefined || name !== undefined) {
    const place = ownPlace(locating, name);
    return () => place;
  }
  let place: Place | undefined;
  return (self) => {
    return place ??= ownPlace(locating, methodName(self, locating.func, decoration));
  };
}

/** Where Python keeps the results of one of its functions. */
export function pythonPlace(python: string): Place {
  const folder = python.replaceAll(".", "/");
  const name = python.slice(python.lastIndexOf(".") + 1);
  return { folder, versions: folder, path: python, name, fingerprint: undefined };
}

function ownPlace(
  { func, options, site, results, warn }: Locating,
  name: string | undefined,
): Place {
  const { module, version, code, deps } = options;
  const asked: IdentityOptions = {
    ...(name === undefined ? {} : { name }),
    ...(module === undefined ? {} : { module: module as string }),
    ...(version === undefined ? {} : { version }),
    ...(code === undefined ? {} : { code }),
    ...(deps === undefined ? {} : { deps }),
    callSite: site,
    scope: results.store.location,
  };
  const identity = identify(func, asked);
  const path = identity.module === "" ? identity.name : `${identity.module}.${identity.name}`;
  for (const { code, message } of identity.warnings) warn({ code, message, path });
  const { folder, fingerprint } = identity;
  const versions = folder.slice(0, folder.lastIndexOf("/"));
  return { folder, versions, path, name: identity.name, fingerprint };
}

/** The name of a method with that of the class that has it. */
function methodName(self: unknown, func: AnyFunction, { name, isStatic }: Decorated): string {
  const method = typeof name === "symbol" ? `[${name.description ?? ""}]` : name;
  const owner = ownerOf(self, func, name);
  const type: unknown = isStatic ? owner : owner?.constructor;
  const className = typeof type === "function" ? type.name : "";
  if (className !== "") return `${className}.${method}`;
  throw new TypeError(
    `Cannot cache the method ${method}: what it was called on tells no class; give cache() a name`,
  );
}

/** The object in the chain of prototypes that has the cached method. */
function ownerOf(self: unknown, func: AnyFunction, name: string | symbol): object | undefined {
  if (typeof self !== "object" && typeof self !== "function") return undefined;
  let owner: object | undefined;
  for (
    let object = self as object | null;
    object !== null;
    object = Object.getPrototypeOf(object)
  ) {
    const value: unknown = Object.getOwnPropertyDescriptor(object, name)?.value;
    if (typeof value !== "function") continue;
    if (innermost(value as AnyFunction) === func) return object;
    owner = object; // another decorator may have wrapped it
  }
  return owner;
}
