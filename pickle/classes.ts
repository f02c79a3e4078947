/**
 * The class registry: which JavaScript values stand for which Python classes, in both directions.
 * A name in a file is only a key into it.
 */
import { isPlainObject, PyTuple, setOwn } from "./values.ts";

/** What `dump` of a registered class answers: the parts of its pickle. */
export interface ClassDump {
  /** Arguments of `__new__`. @default none */
  args?: readonly unknown[];
  /** Keyword arguments of `__new__`. @default none */
  kwargs?: Record<string, unknown> | Map<unknown, unknown>;
  /** State for `__setstate__`, mostly the attributes. @default none */
  state?: unknown;
  /** Items to append (a list subclass). @default none */
  items?: Iterable<unknown>;
  /** Entries to set (a dict subclass). @default none */
  entries?: Iterable<readonly [unknown, unknown]>;
}

/** How instances of one Python class are read and written. */
// deno-lint-ignore no-explicit-any -- an entry is written for one T; the registry holds entries for all
export interface ClassEntry<T = any> {
  /** The JavaScript class whose instances `dump` takes; found by a trial `load` where it is left out. */
  type?: abstract new (...args: never[]) => T;
  /** Makes the instance, before its state (so that cycles work). */
  load?(args: PyTuple, kwargs: Map<unknown, unknown>): T;
  /** Sets the state. @default the state's entries become own properties */
  setState?(object: T, state: unknown): void;
  /** Takes an instance apart. @default its own enumerable properties as state */
  dump?(object: T): ClassDump;
}

const registered = new Map<string, ClassEntry>();

/**
 * Register how instances of a Python class are read and written.
 *
 * @param name The class in Python: `package.module.Name`.
 * @param entry What `load` and `dump` do with its instances.
 * @throws TypeError if the name has no module or the entry is no object.
 *
 * @example A class of one's own
 * ```ts
 * import assert from "node:assert/strict";
 * import { dumps, loads, registerClass } from "@larder/joblib";
 *
 * class Point {
 *   x = 0;
 *   y = 0;
 * }
 * registerClass("shapes.Point", { type: Point, load: () => new Point() });
 * const back = loads<Point>(dumps(Object.assign(new Point(), { x: 1 })));
 * assert.ok(back instanceof Point);
 * assert.equal(back.x, 1);
 * ```
 */
export function registerClass<T>(name: string, entry: ClassEntry<T>): void {
  checkEntry(name, entry);
  registered.set(name, entry);
}

/** The entries of one call: its own before the registered ones. */
export class ClassTable {
  readonly #own: Map<string, ClassEntry> | undefined;

  /** Take the `classes` option of a call. */
  constructor(classes?: Record<string, ClassEntry>) {
    if (classes === undefined) return;
    this.#own = new Map(Object.entries(classes));
    for (const [name, entry] of this.#own) checkEntry(name, entry);
  }

  /** The entry for a Python class. */
  get(className: string): ClassEntry | undefined {
    return this.#own?.get(className) ?? registered.get(className);
  }

  /** The Python class and entry for a JavaScript instance. */
  forInstance(object: object): { className: string; entry: ClassEntry } | undefined {
    const type: unknown = object.constructor;
    const className = typeof type === "function"
      ? (type as { pyClass?: unknown }).pyClass
      : undefined;
    if (typeof className === "string") {
      checkName(className);
      return { className, entry: this.get(className) ?? {} };
    }
    for (const table of [this.#own, registered]) {
      for (const [className, entry] of table ?? []) {
        if (matches(object, entry)) return { className, entry };
      }
    }
    return undefined;
  }
}

/** The default of {@link ClassEntry.setState}: a dict, slots or (dict, slots) state becomes own properties. */
export function setOwnState(object: object, state: unknown): boolean {
  if (state instanceof PyTuple) {
    if (state.length !== 2) return false;
    return state.every((part) => part === null || setOwnState(object, part));
  }
  if (state instanceof Map) {
    for (const [name, value] of state) {
      if (typeof name !== "string") return false;
      setOwn(object, name, value);
    }
    return true;
  }
  if (!isPlainObject(state)) return false;
  for (const name of Object.keys(state)) setOwn(object, name, state[name]);
  return true;
}

const prototypes = new WeakMap<ClassEntry, object | null>();

/** Whether `entry` is for instances of `object`'s class. */
function matches(object: object, entry: ClassEntry): boolean {
  if (entry.type !== undefined) return object instanceof entry.type;
  let prototype = prototypes.get(entry);
  if (prototype === undefined) {
    prototype = trialPrototype(entry);
    prototypes.set(entry, prototype);
  }
  return prototype !== null && Object.getPrototypeOf(object) === prototype;
}

/** The prototype of what `load` makes without arguments; null where it can't or makes an ordinary object. */
function trialPrototype(entry: ClassEntry): object | null {
  if (entry.load === undefined) return null;
  try {
    const made: unknown = entry.load(new PyTuple(), new Map());
    if (typeof made !== "object" || made === null || isPlainObject(made)) return null;
    return Object.getPrototypeOf(made);
  } catch {
    return null; // an entry that needs its arguments says its class by `type`
  }
}

function checkEntry(name: string, entry: unknown): void {
  checkName(name);
  if (typeof entry !== "object" || entry === null) {
    throw new TypeError(
      `Cannot register "${name}": the entry must be an object with load, setState or dump`,
    );
  }
}

function checkName(name: unknown): void {
  if (typeof name !== "string" || !/^[^.\s]+(\.[^.\s]+)+$/.test(name)) {
    throw new TypeError(
      `Cannot register ${JSON.stringify(name)}: a Python class is named "module.Name"`,
    );
  }
}
