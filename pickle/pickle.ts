/**
 * `pickle.dumps` and `pickle.loads` of the standard library: complete pickles in memory.
 */
import { BUILTIN_GLOBALS } from "./builtins.ts";
import { PickleStream, runSync } from "./driver.ts";
import {
  checkOptions,
  checkUnpickleOptions,
  type MachineOptions,
  type PickleOptions,
  type UnpickleOptions,
} from "./options.ts";
import { Pickler, type PicklerHooks } from "./pickler.ts";
import { openReaderSync } from "../io/source.ts";
import { Unpickler } from "./unpickler.ts";

/** Names of {@link PickleOptions}. */
export const PICKLE_OPTIONS: readonly string[] = [
  "protocol",
  "strings",
  "fixImports",
  "bufferCallback",
  "persistentId",
  "extensions",
  "classes",
];

/** Names of {@link UnpickleOptions}. */
export const UNPICKLE_OPTIONS: readonly string[] = [
  "exact",
  "dicts",
  "classes",
  "unknownClasses",
  "dangerous",
  "encoding",
  "fixImports",
  "buffers",
  "persistentLoad",
  "extensions",
  "into",
  "limits",
  "onWarning",
];

/**
 * Pickle a value, as Python's `pickle.dumps`.
 *
 * @param value The value; see the README's table of types.
 * @param options Protocol (default 4), sharing of strings, hooks.
 * @returns The pickle.
 * @throws PicklingError for a value that has no counterpart in Python, with its place.
 *
 * @example The bytes are CPython's
 * ```ts
 * import assert from "node:assert/strict";
 * import { dumps } from "@larder/joblib/pickle";
 *
 * assert.deepEqual([...dumps(7)], [0x80, 4, 0x4b, 7, 0x2e]);
 * ```
 */
export function dumps(value: unknown, options: PickleOptions = {}): Uint8Array<ArrayBuffer> {
  checkOptions(options, PICKLE_OPTIONS, "dumps()");
  return picklerBytes(value, options, {});
}

/**
 * Read a pickle, as Python's `pickle.loads`; nothing in it is executed.
 *
 * @param bytes The pickle; what follows it is ignored.
 * @param options Exactness, classes, Python 2's text, limits.
 * @returns The value.
 * @throws UnpicklingError for bytes that are no pickle, with the offset.
 *
 * @example A round trip
 * ```ts
 * import assert from "node:assert/strict";
 * import { dumps, loads } from "@larder/joblib/pickle";
 *
 * assert.deepEqual(loads(dumps({ a: [1, 2.5, null] })), { a: [1, 2.5, null] });
 * ```
 */
export function loads<T = unknown>(
  bytes: Uint8Array | ArrayBuffer,
  options: UnpickleOptions = {},
): T {
  checkOptions(options, UNPICKLE_OPTIONS, "loads()");
  return unpickleBytes(bytes, { ...options, globals: BUILTIN_GLOBALS }) as T;
}

/** Pickle into one array, with the hooks of a layer above. */
export function picklerBytes(
  value: unknown,
  options: PickleOptions,
  hooks: PicklerHooks,
): Uint8Array<ArrayBuffer> {
  return allBytes(new Pickler(value, options, hooks));
}

/** All that a pickler writes, as one array. */
export function allBytes(pickler: Pickler): Uint8Array<ArrayBuffer> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for (let piece = pickler.next(); piece !== undefined; piece = pickler.next()) {
    pieces.push(piece.slice());
    length += piece.length;
  }
  pickler.giveBack();
  if (pieces.length === 1) return pieces[0] as Uint8Array<ArrayBuffer>;
  const all = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

/** Read one pickle from memory, with the globals of a layer above. */
export function unpickleBytes(bytes: Uint8Array | ArrayBuffer, options: MachineOptions): unknown {
  checkUnpickleOptions(options);
  const reader = openReaderSync(bytes);
  const stream = new PickleStream(reader, { limits: options.limits ?? {} });
  return runSync(stream.load(new Unpickler(options)), reader);
}
