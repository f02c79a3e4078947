/**
 * Methods by which a value takes part in pickling without the pickle machine knowing its class: numpy's
 * classes live a layer above, and have these. They are ordinary methods with Python's names; data of a
 * file can never stand in for them, because no file brings a function.
 */
import type { DumpContext, LoadContext, Reduction } from "./context.ts";

/** Answer of `__hashkey__` for values that Python refuses as keys. */
export const UNHASHABLE: unique symbol = Symbol("larder.unhashable");

/** A value that takes a state. */
export interface Stateful {
  /** Take the state of BUILD. */
  __setstate__(state: unknown, context: LoadContext): unknown;
}

/** A value that spells itself. */
export interface Reducible {
  /** How it is rebuilt, as `__reduce_ex__` would answer. */
  __reduce__(context: DumpContext): Reduction;
}

/** A value that says what it equals. */
export interface Hashable {
  /** A key that is equal where Python's `==` is. */
  __hashkey__(): unknown;
}

/** Whether a value has `__setstate__`. */
export function isStateful(value: object): value is Stateful {
  return typeof (value as Partial<Stateful>).__setstate__ === "function";
}

/** Whether a value has `__reduce__`. */
export function isReducible(value: object): value is Reducible {
  return typeof (value as Partial<Reducible>).__reduce__ === "function";
}

/** Whether a value has `__hashkey__`. */
export function isHashable(value: object): value is Hashable {
  return typeof (value as Partial<Hashable>).__hashkey__ === "function";
}

/** How the console shows a value of `prototype`: Deno, Bun and Node look under this symbol. */
export function defineInspect<T>(
  prototype: T,
  show: (this: T, depth: number, options: InspectOptions, inspect: Inspect) => string,
): void {
  Object.defineProperty(prototype, Symbol.for("nodejs.util.inspect.custom"), {
    value: show,
    configurable: true,
  });
}

/** The options that a custom inspection is given. */
export interface InspectOptions {
  /** Levels that are left; null for all. */
  depth?: number | null;
}

/** The inspection of the runtime. */
export type Inspect = (value: unknown, options: InspectOptions) => string;
