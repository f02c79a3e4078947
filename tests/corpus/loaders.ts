/**
 * How the corpus tests reach the library: the one place to change when its entry points move.
 */
import { BUILTIN_GLOBALS } from "../../pickle/builtins.ts";
import { numpyGlobals } from "../../numpy/mod.ts";
import { dumps, type PickleOptions, type UnpickleOptions } from "../../pickle/mod.ts";
import { unpickleBytes } from "../../pickle/pickle.ts";

const globals = new Map([...BUILTIN_GLOBALS, ...numpyGlobals]);

/** Read a plain pickle, numpy's values included. */
export function loadPickle(bytes: Uint8Array, options: UnpickleOptions): unknown {
  return unpickleBytes(bytes, { ...options, globals });
}

/** Write a plain pickle, as CPython's C pickler does. */
export function dumpPickle(value: unknown, options: PickleOptions): Uint8Array {
  return dumps(value, options);
}
