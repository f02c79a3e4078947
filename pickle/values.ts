/**
 * Python's values that JavaScript has no type for. Each is small, inert data: nothing here calls
 * anything. Subclasses of Array, Set, Number and Uint8Array are used where Python's type behaves
 * like one, so that most code needs no special case.
 */
import type { Reduction } from "./context.ts";
import { defineInspect, type Inspect, type InspectOptions, UNHASHABLE } from "./protocols.ts";

/** A Python tuple. `new PyTuple(3)` is `Array(3)`, as everywhere in JavaScript: use {@link tuple} or `PyTuple.of`. */
export class PyTuple<T = unknown> extends Array<T> {
  /** Array methods such as `map` and `slice` answer plain arrays. */
  static override get [Symbol.species](): ArrayConstructor {
    return Array;
  }
}

/**
 * Make a Python tuple.
 *
 * @example A tuple is an array with Python's name
 * ```ts
 * import assert from "node:assert/strict";
 * import { PyTuple, tuple } from "@larder/joblib";
 *
 * const pair = tuple("a", 1);
 * assert.ok(pair instanceof PyTuple);
 * assert.deepEqual([...pair], ["a", 1]);
 * ```
 */
export function tuple<T>(...items: T[]): PyTuple<T>;
/** Make a Python tuple of items of different types. */
export function tuple<T extends readonly unknown[]>(...items: T): PyTuple<T[number]>;
/** Make a Python tuple. */
export function tuple(...items: unknown[]): PyTuple {
  const made = new PyTuple(items.length);
  for (let i = 0; i < items.length; i++) made[i] = items[i];
  return made;
}

/** A Python float that a JavaScript number can't tell from an int (1.0, −0.0) or a NaN with unusual bits. */
export class PyFloat extends Number {
  /** The IEEE 754 bits of a NaN, where they are not the usual `0x7ff8000000000000`. */
  readonly bits?: bigint;

  /** Wrap `value`; `bits` only for a NaN. */
  constructor(value: number, bits?: bigint) {
    super(value);
    if (bits !== undefined) this.bits = bits;
  }

  static {
    // as Python's repr, so that 1.0 and 1 look different
    defineInspect(this.prototype, function () {
      const value = Number(this);
      return Number.isInteger(value) ? (Object.is(value, -0) ? "-0.0" : `${value}.0`) : `${value}`;
    });
  }
}

/** A Python bytearray: mutable bytes. */
export class PyByteArray extends Uint8Array<ArrayBuffer> {
  /** A length, an array of bytes, or a view of a buffer. */
  constructor(
    source: number | ArrayLike<number> | ArrayBuffer,
    byteOffset?: number,
    length?: number,
  ) {
    super(source as ArrayBuffer, byteOffset, length);
  }

  /** Python refuses a bytearray as a key. */
  __hashkey__(): typeof UNHASHABLE {
    return UNHASHABLE;
  }
}

/** A Python frozenset. */
export class PyFrozenSet<T = unknown> extends Set<T> {}

/** A Python complex number. */
export class PyComplex {
  /** Real part. */
  readonly re: number;
  /** Imaginary part. */
  readonly im: number;
  /** Make `re + im·j`. */
  constructor(re: number, im: number) {
    this.re = re;
    this.im = im;
  }

  /** Python's spelling, such as `(1-2j)`. */
  toString(): string {
    return `(${this.re}${this.im < 0 || Object.is(this.im, -0) ? "-" : "+"}${Math.abs(this.im)}j)`;
  }

  /** As `copyreg.pickle_complex`: the parts are floats, whatever their value. */
  __reduce__(): Reduction {
    const args = [new PyFloat(this.re), new PyFloat(this.im)];
    return { callable: new PyGlobal("builtins", "complex"), args };
  }

  /** Equal as in Python: a complex without imaginary part equals the real number. */
  __hashkey__(): string | number {
    return this.im === 0 ? this.re : `\u0000complex:${this.re},${this.im}`;
  }
}

/** A class or function by name: what a pickle stores of `os.path.join` or of a class object. Never resolved. */
export class PyGlobal {
  /** Module, in Python 3's spelling, such as `collections`. */
  readonly module: string;
  /** Qualified name inside the module, such as `OrderedDict` or `Outer.Inner`. */
  readonly name: string;
  /** Name a Python global. */
  constructor(module: string, name: string) {
    this.module = module;
    this.name = name;
  }

  /** `module.name`. */
  get className(): string {
    return `${this.module}.${this.name}`;
  }

  /** `module.name`. */
  toString(): string {
    return this.className;
  }

  /** Two globals of one name are one object in Python. */
  __hashkey__(): string {
    return `\u0000global:${this.className}`;
  }

  static {
    defineInspect(this.prototype, function () {
      return `<${this.className}>`;
    });
  }
}

/** How a {@link PyObject} was built; the same protocol writes the same opcodes again. */
export type PyObjectHow = "newobj" | "newobj_ex" | "reduce" | "reconstructor" | "inst" | "obj";

/** One BUILD: the state, and the function that sets it where `__reduce_ex__` gave one. */
export interface PyObjectState {
  /** Whatever `__getstate__` returned: mostly the attribute dict, or a pair (dict, slots). */
  value: unknown;
  /** The sixth item of `__reduce_ex__`, where there was one. */
  setter?: unknown;
}

/** What a {@link PyObject} is made of. */
export interface PyObjectParts {
  /** How it was built. @default "newobj" */
  how?: PyObjectHow;
  /** The class (or, for "reduce", the callable). */
  callable: PyGlobal | PyObject;
  /** Positional arguments. @default () */
  args?: PyTuple;
  /** Keyword arguments of `__newobj_ex__`. */
  kwargs?: Map<unknown, unknown> | Record<string, unknown>;
}

/**
 * An instance of a class that Larder does not know: its class by name, its arguments and its state,
 * never run. It dumps back to an equal pickle.
 */
export class PyObject {
  /** How it was built. */
  readonly how: PyObjectHow;
  /** The class, or the callable of a REDUCE. */
  readonly callable: PyGlobal | PyObject;
  /** Positional arguments; for "reconstructor" the pair (base class, base state). */
  readonly args: PyTuple;
  /** Keyword arguments of NEWOBJ_EX. */
  readonly kwargs?: Map<unknown, unknown> | Record<string, unknown>;
  /** Every state that was set, in order; mostly none or one. */
  readonly states: PyObjectState[] = [];
  /** Appended items (a list subclass). */
  readonly items: unknown[] = [];
  /** Set items (a dict subclass), as pairs. */
  readonly entries: [unknown, unknown][] = [];
  /** Added members (a set subclass). */
  readonly adds: unknown[] = [];

  /** Build one from its parts; states and items are pushed afterwards. */
  constructor(parts: PyObjectParts) {
    this.how = parts.how ?? "newobj";
    this.callable = parts.callable;
    this.args = parts.args ?? new PyTuple();
    if (parts.kwargs !== undefined) this.kwargs = parts.kwargs;
  }

  /** `module.Name` of the class (of the callable for a REDUCE). */
  get className(): string {
    return this.callable.className;
  }

  /** The last state, or undefined. */
  get state(): unknown {
    return this.states.at(-1)?.value;
  }

  /**
   * An attribute by name from a dict state, a slots state or a (dict, slots) pair; undefined where there
   * is none. `T` is what the caller expects; nothing checks it.
   */
  get<T = unknown>(name: string): T;
  get(name: string): unknown {
    for (let i = this.states.length - 1; i >= 0; i--) {
      const state = this.states[i].value;
      const parts = state instanceof PyTuple && state.length === 2 ? [...state].reverse() : [state];
      for (const part of parts) {
        if (part instanceof Map) {
          if (part.has(name)) return part.get(name);
        } else if (isPlainObject(part) && Object.hasOwn(part, name)) {
          return part[name];
        }
      }
    }
    return undefined;
  }

  static {
    defineInspect(this.prototype, inspectPyObject);
  }
}

/** A tree that shows the class and what it holds. */
function inspectPyObject(
  this: PyObject,
  depth: number,
  options: InspectOptions,
  inspect: Inspect,
): string {
  const name = `<${this.className}>`;
  if (depth < 0) return name;
  const inner = { ...options, depth: options.depth == null ? options.depth : options.depth - 1 };
  const parts: string[] = [];
  if (this.args.length > 0) parts.push(`args ${inspect([...this.args], inner)}`);
  if (this.kwargs) parts.push(`kwargs ${inspect(this.kwargs, inner)}`);
  for (const { value } of this.states) parts.push(inspect(value, inner));
  if (this.items.length > 0) parts.push(`items ${inspect(this.items, inner)}`);
  if (this.entries.length > 0) parts.push(`entries ${inspect(new Map(this.entries), inner)}`);
  if (this.adds.length > 0) parts.push(`adds ${inspect(this.adds, inner)}`);
  return parts.length === 0 ? name : `${name} ${parts.join(" ")}`;
}

/** Whether a value is an ordinary object: `{}` or one without a prototype. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** Set an own property under a name that came from a file; `__proto__` and friends become data. */
export function setOwn(target: object, name: string, value: unknown): void {
  if (name in Object.prototype) {
    Object.defineProperty(target, name, {
      value,
      writable: true,
      enumerable: true,
      configurable: true,
    });
  } else {
    (target as Record<string, unknown>)[name] = value;
  }
}
