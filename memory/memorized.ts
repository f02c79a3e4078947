/**
 * What `memory.cache` and `memory.cacheSync` return: functions with the parameters and results of those
 * that they cache, and methods to look at and change what is stored.
 */
import type { CallInfo } from "./_course.ts";
import type { AnyFunction } from "./_subject.ts";
import type { Explanation } from "./explain.ts";
import type { Shelved } from "./memorized_result.ts";
import type { Metadata } from "./stores/metadata.ts";

/** Options of clearing. */
export interface ClearOptions {
  /** Tell what is removed. @default true */
  warn?: boolean;
}

/** A cached function. */
export interface MemorizedFunc<A extends unknown[] = unknown[], R = unknown> {
  /** The result from the cache, or computed and stored. */
  (...args: A): Promise<R>;
  /** The function that is cached. */
  readonly func: (...args: A) => unknown;
  /** What is known of the call that ended last. */
  readonly lastCall: CallInfo | undefined;
  /** Run the function in any case, store its result, and tell what was noted about the call. */
  call(...args: A): Promise<[value: R, metadata: Metadata]>;
  /** Run the function in any case and store its result. */
  refresh(...args: A): Promise<R>;
  /** Have the result in the cache, without loading it, and give a reference to it. */
  callAndShelve(...args: A): Promise<Shelved<R>>;
  /** Whether the function would not run. Nothing is changed. */
  checkCallInCache(...args: A): Promise<boolean>;
  /** Why a call is a hit or a miss. Nothing is changed. */
  explain(...args: A): Promise<Explanation>;
  /** Remove the result of these arguments, and tell whether there was one. */
  delete(...args: A): Promise<boolean>;
  /** Remove all results of the function, of other versions too. */
  clear(options?: ClearOptions): Promise<void>;
  /** The same function for an object, whose methods look at the results of that object. */
  bind(self: unknown): MemorizedFunc<A, R>;
}

/** A cached synchronous function. */
export interface MemorizedFuncSync<A extends unknown[] = unknown[], R = unknown> {
  /** The result from the cache, or computed and stored. */
  (...args: A): R;
  /** The function that is cached. */
  readonly func: (...args: A) => unknown;
  /** What is known of the call that ended last. */
  readonly lastCall: CallInfo | undefined;
  /** Run the function in any case, store its result, and tell what was noted about the call. */
  call(...args: A): [value: R, metadata: Metadata];
  /** Run the function in any case and store its result. */
  refresh(...args: A): R;
  /** Have the result in the cache, without loading it, and give a reference to it. */
  callAndShelve(...args: A): Shelved<R>;
  /** Whether the function would not run. Nothing is changed. */
  checkCallInCache(...args: A): boolean;
  /** Why a call is a hit or a miss. Nothing is changed. */
  explain(...args: A): Promise<Explanation>;
  /** Remove the result of these arguments, and tell whether there was one. */
  delete(...args: A): boolean;
  /** Remove all results of the function, of other versions too. */
  clear(options?: ClearOptions): void;
  /** The same function for an object, whose methods look at the results of that object. */
  bind(self: unknown): MemorizedFuncSync<A, R>;
}

/**
 * A function. Without a signature, so that parameters of a function written in place get their types from their
 * defaults.
 */
export interface Callable {
  /** Its name. */
  readonly name: string;
  /** Number of its parameters. */
  readonly length: number;
  /** Every function has it. */
  apply(this: unknown, self: unknown, args?: unknown): unknown;
}

/** The parameters of a function. */
// deno-lint-ignore no-explicit-any -- no other type takes every function
export type ArgumentsOf<F> = F extends (this: any, ...args: infer A) => unknown ? A : never;

/** What a function returns. */
// deno-lint-ignore no-explicit-any -- no other type takes every function
export type ResultOf<F> = F extends (this: any, ...args: any[]) => infer R ? R : never;

/** What `memory.cache` makes of a function. */
export type Memorized<F> = MemorizedFunc<ArgumentsOf<F>, Awaited<ResultOf<F>>>;

/** What `memory.cacheSync` makes of a function. */
export type MemorizedSync<F> = MemorizedFuncSync<ArgumentsOf<F>, ResultOf<F>>;

/** What stands behind the face of a cached function; `self` is what it is called on. */
export interface Handlers {
  value(self: unknown, args: readonly unknown[]): unknown;
  call(self: unknown, args: readonly unknown[]): unknown;
  refresh(self: unknown, args: readonly unknown[]): unknown;
  callAndShelve(self: unknown, args: readonly unknown[]): unknown;
  checkCallInCache(self: unknown, args: readonly unknown[]): unknown;
  explain(self: unknown, args: readonly unknown[]): unknown;
  delete(self: unknown, args: readonly unknown[]): unknown;
  clear(self: unknown, options: ClearOptions): unknown;
  readonly lastCall: CallInfo | undefined;
}

const inner = new WeakMap<object, AnyFunction>();
const METHODS = [
  "call",
  "refresh",
  "callAndShelve",
  "checkCallInCache",
  "explain",
  "delete",
] as const;

/** The function inside of a cached one, which is what is cached when that is cached again; else itself. */
export function innermost(func: AnyFunction): AnyFunction {
  return inner.get(func) ?? func;
}

/**
 * Give handlers the face of a function.
 *
 * @param func The function that is cached.
 * @param bound What it is called on, where that is settled.
 */
export function memorized(
  func: AnyFunction,
  handlers: Handlers,
  bound?: { readonly self: unknown },
): MemorizedFunc & MemorizedFuncSync {
  const face = bound === undefined
    ? function (this: unknown, ...args: unknown[]): unknown {
      return handlers.value(this, args);
    }
    : (...args: unknown[]): unknown => handlers.value(bound.self, args);
  const self = bound?.self;
  const properties: PropertyDescriptorMap = {
    name: { value: func.name },
    length: { value: func.length },
    func: { value: func },
    lastCall: { get: () => handlers.lastCall },
    clear: { value: (options: ClearOptions = {}) => handlers.clear(self, options) },
    bind: { value: (object: unknown) => memorized(func, handlers, { self: object }) },
  };
  for (const name of METHODS) {
    properties[name] = { value: (...args: unknown[]) => handlers[name](self, args) };
  }
  inner.set(face, func);
  return Object.defineProperties(face, properties) as MemorizedFunc & MemorizedFuncSync;
}
