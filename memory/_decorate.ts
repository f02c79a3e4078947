/**
 * The three ways to ask for caching: a function with options, options before the function, and a
 * decorator of a method (TC39, stage 3: nothing of a compiler's own).
 */
import type { AnyFunction } from "./_subject.ts";
import type { CacheOptions } from "./options.ts";

/** A method that is decorated. */
export interface Decorated {
  /** Its name in the class. */
  readonly name: string | symbol;
  /** Whether it belongs to the class itself. */
  readonly isStatic: boolean;
}

/** Caches a function. */
type Cache = (func: AnyFunction, options: CacheOptions, decoration?: Decorated) => unknown;

/** Find out what `cache` was called as, and do it. */
export function decorated(first: unknown, second: unknown, call: string, cache: Cache): unknown {
  if (typeof first === "function") return apply(first as AnyFunction, second, {}, call, cache);
  if (typeof first !== "object" || first === null || Array.isArray(first)) {
    throw new TypeError(
      `Cannot use ${describe(first)} for ${call}: a function or options are needed`,
    );
  }
  const options = first as CacheOptions;
  return (func: unknown, context: unknown = {}): unknown => {
    if (typeof func === "function") {
      return apply(func as AnyFunction, context, options, call, cache);
    }
    throw new TypeError(`Cannot cache ${describe(func)}: a function is needed`);
  };
}

function apply(
  func: AnyFunction,
  second: unknown,
  options: CacheOptions,
  call: string,
  cache: Cache,
): unknown {
  if (typeof second !== "object" || second === null) {
    throw new TypeError(`Cannot use ${describe(second)} as options of ${call}`);
  }
  const { kind, name, static: isStatic } = second as Partial<ClassMethodDecoratorContext>;
  if (kind === undefined) return cache(func, { ...options, ...second });
  if (kind !== "method") {
    throw new TypeError(`Cannot decorate a ${String(kind)} by ${call}: it is for methods`);
  }
  return cache(func, options, { name: name as string | symbol, isStatic: isStatic === true });
}

function describe(value: unknown): string {
  return typeof value === "object" && value !== null ? "an object" : String(value);
}
