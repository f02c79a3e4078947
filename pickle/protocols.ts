/**
 * Symbols by which a value takes part in pickling without the pickle machine knowing its class:
 * numpy's classes live a layer above, and implement these.
 */

/** Called by BUILD: takes the state; may return a request of the machine (see unpickler.ts). */
export const SET_STATE: unique symbol = Symbol("larder.setState");

/** Called by the pickler: how the value is spelled, as `__reduce_ex__` would answer. */
export const REDUCE: unique symbol = Symbol("larder.reduce");

/** Called for dict keys and set members: a key that is equal where Python's `==` is, or UNHASHABLE. */
export const HASH_KEY: unique symbol = Symbol("larder.hashKey");

/** Answer of HASH_KEY for values that Python refuses as keys. */
export const UNHASHABLE: unique symbol = Symbol("larder.unhashable");

/** The symbol under which Node, Deno and Bun look for a custom inspection. */
export const INSPECT: unique symbol = Symbol.for("nodejs.util.inspect.custom") as never;
