/**
 * Describes a value that was loaded with `exact: true` in the corpus' neutral JSON: the same words that
 * the corpus' Python describer finds for the same file, so that two readers can be compared.
 */
import {
  PyArray,
  PyByteArray,
  PyComplex,
  PyCounter,
  PyDate,
  PyDateTime,
  PyDefaultDict,
  PyDeque,
  PyFloat,
  PyFrozenSet,
  PyGlobal,
  PyObject,
  PyOrderedDict,
  PyTime,
  PyTimedelta,
  PyTimezone,
  PyTuple,
} from "../../pickle/mod.ts";
import { floatRepr } from "../../bytes/float_text.ts";
import { callableName, type Emit, globalName, knownValue } from "./describe_known.ts";
import { describeNumpy, isNumpy, isTrackedNumpy, numpyChildren } from "./describe_numpy.ts";
import {
  canonicalJson,
  describeBytes,
  describeFloat,
  describeInt,
  describeString,
  type Description,
  fold,
  HEAD,
  type Json,
  sha256,
} from "./describe_text.ts";

/** The description of a loaded value. */
export function describe(value: unknown): Description {
  return new Describer(0).describe(value);
}

/** What a PyObject is described by. */
interface Parts {
  kind: "object" | "call";
  callable: PyGlobal | PyObject;
  args: readonly unknown[];
  kwargs: [string, unknown][];
  state: { value: unknown } | undefined;
  items: readonly unknown[];
  entries: readonly (readonly [unknown, unknown])[];
  adds: readonly unknown[];
}

class Describer {
  /** Levels of sets around: Python's describer sorts only the two outer ones by content. */
  readonly #depth: number;
  readonly #places = new Map<unknown, number>();
  readonly #ids = new Map<unknown, number>();
  readonly #known = new Map<PyObject, ((emit: Emit) => Description) | undefined>();
  readonly #emit: Emit = (value) => this.#describeOne(value);

  constructor(depth: number) {
    this.#depth = depth;
  }

  describe(value: unknown): Description {
    this.#countPlaces(value);
    return this.#emit(value);
  }

  /** How often each tracked object is reached. */
  #countPlaces(root: unknown): void {
    const todo = [root];
    while (todo.length > 0) {
      const value = todo.pop();
      if (!this.#isTracked(value)) continue;
      const places = this.#places.get(value) ?? 0;
      this.#places.set(value, places + 1);
      if (places === 0) { for (const child of this.#children(value)) todo.push(child); }
    }
  }

  #isTracked(value: unknown): value is object {
    if (typeof value !== "object" || value === null) return false;
    if (value instanceof PyTuple) return value.length > 0;
    if (value instanceof PyFrozenSet) return value.size > 0;
    if (value instanceof PyByteArray || value instanceof PyArray) return true;
    if (Array.isArray(value) || value instanceof Map || value instanceof Set) return true;
    if (value instanceof PyObject) return this.#knownOf(value) === undefined;
    return isTrackedNumpy(value);
  }

  #knownOf(value: PyObject): ((emit: Emit) => Description) | undefined {
    if (!this.#known.has(value)) this.#known.set(value, knownValue(value));
    return this.#known.get(value);
  }

  #children(value: object): unknown[] {
    if (Array.isArray(value)) return [...value];
    if (value instanceof Map) return [...value].flat();
    if (value instanceof Set) return [...value];
    if (!(value instanceof PyObject)) return numpyChildren(value);
    const parts = partsOf(value);
    const children: unknown[] = [];
    if (callableName(parts.callable) === undefined) children.push(parts.callable);
    for (const arg of parts.args) children.push(arg);
    for (const [, arg] of parts.kwargs) children.push(arg);
    if (parts.state !== undefined) children.push(parts.state.value);
    for (const item of parts.items) children.push(item);
    for (const pair of parts.entries) children.push(pair[0], pair[1]);
    for (const member of parts.adds) children.push(member);
    return children;
  }

  #describeOne(value: unknown): Description {
    if (!this.#isTracked(value) || (this.#places.get(value) ?? 1) < 2) return this.#plain(value);
    const known = this.#ids.get(value);
    if (known !== undefined) return { t: "ref", id: known };
    const id = this.#ids.size + 1;
    this.#ids.set(value, id);
    return { ...this.#plain(value), id };
  }

  #plain(value: unknown): Description {
    switch (typeof value) {
      case "boolean":
        return { t: "bool", v: value };
      case "string":
        return describeString(value);
      case "bigint":
        return describeInt(value);
      case "number":
        return Number.isInteger(value) ? describeInt(value) : describeFloat(value);
    }
    if (value === null) return { t: "none" };
    if (typeof value !== "object") throw new TypeError(`No description of a ${typeof value}`);
    if (value instanceof PyFloat) return describeFloat(Number(value), value.bits);
    if (value instanceof PyGlobal) return describeGlobal(value);
    if (value instanceof PyObject) return this.#object(value);
    if (value instanceof PyByteArray) return describeBytes(value, "bytearray");
    if (value instanceof Uint8Array) return describeBytes(value);
    if (Array.isArray(value) || value instanceof Map || value instanceof Set) {
      return this.#container(value);
    }
    if (value instanceof PyComplex) {
      return { t: "complex", re: describeFloat(value.re), im: describeFloat(value.im) };
    }
    if (value instanceof PyArray) return describeArray(value);
    if (isNumpy(value)) return describeNumpy(value, this.#emit);
    return this.#time(value);
  }

  #container(value: unknown[] | Map<unknown, unknown> | Set<unknown>): Description {
    if (value instanceof PyDeque) {
      return { t: "deque", maxlen: value.maxlen, items: this.#items(value) };
    }
    if (Array.isArray(value)) {
      return { t: value instanceof PyTuple ? "tuple" : "list", items: this.#items(value) };
    }
    if (value instanceof Set) {
      const t = value instanceof PyFrozenSet ? "frozenset" : "set";
      return { t, items: this.#members([...value]) };
    }
    const factory: Description = value instanceof PyDefaultDict
      ? { factory: this.#emit(value.factory) }
      : {};
    const t = value instanceof PyOrderedDict
      ? "ordereddict"
      : value instanceof PyDefaultDict
      ? "defaultdict"
      : value instanceof PyCounter
      ? "counter"
      : "dict";
    return { t, ...factory, entries: this.#entries(value) };
  }

  #items(items: readonly unknown[]): Json {
    return fold(Array.from(items, this.#emit));
  }

  #entries(entries: Iterable<readonly [unknown, unknown]>): Json {
    const pairs: Json[] = [];
    for (const [key, value] of entries) pairs.push([this.#emit(key), this.#emit(value)]);
    return fold(pairs);
  }

  /** Set members in the order of their own descriptions. */
  #members(members: readonly unknown[]): Json {
    if (this.#depth >= 2) return this.#items(members);
    const keyed = members.map((member) => ({
      member,
      key: canonicalJson(new Describer(this.#depth + 1).describe(member), " "),
    }));
    keyed.sort((a, b) => a.key < b.key ? -1 : a.key > b.key ? 1 : 0);
    return this.#items(keyed.map(({ member }) => member));
  }

  #object(value: PyObject): Description {
    const known = this.#knownOf(value);
    if (known !== undefined) return known(this.#emit);
    const parts = partsOf(value);
    const name = callableName(parts.callable);
    const made: Description = { t: parts.kind };
    if (name === undefined) made.func = this.#emit(parts.callable);
    else made[parts.kind === "object" ? "class" : "func"] = name;
    made.args = parts.args.map(this.#emit);
    if (parts.kwargs.length > 0) {
      const kwargs: Description = {};
      for (const [key, arg] of parts.kwargs) kwargs[key] = this.#emit(arg);
      made.kwargs = kwargs;
    }
    if (parts.state !== undefined) made.state = this.#emit(parts.state.value);
    if (parts.items.length > 0) made.items = this.#items(parts.items);
    if (parts.entries.length > 0) made.entries = this.#entries(parts.entries);
    if (parts.adds.length > 0) made.adds = this.#members(parts.adds);
    return made;
  }

  #time(value: object): Description {
    if (value instanceof PyDateTime) {
      const v = `${new PyDate(value.year, value.month, value.day)}T${clock(value)}`;
      return { t: "datetime", v, fold: value.fold, tz: this.#zone(value.tzinfo) };
    }
    if (value instanceof PyDate) return { t: "date", v: String(value) };
    if (value instanceof PyTime) {
      return { t: "time", v: clock(value), fold: value.fold, tz: this.#zone(value.tzinfo) };
    }
    if (value instanceof PyTimedelta) {
      const { days, seconds, microseconds } = value;
      return { t: "timedelta", days, seconds, microseconds };
    }
    if (value instanceof PyTimezone) {
      const offset = this.#emit(value.offset);
      return value.name === undefined
        ? { t: "timezone", offset }
        : { t: "timezone", offset, name: value.name };
    }
    throw new TypeError(`No description of a ${value.constructor?.name}`);
  }

  #zone(zone: unknown): Description | null {
    return zone === null ? null : this.#emit(zone);
  }
}

/** A PyObject as Python's describer sees it: what the bytes built, in its words. */
function partsOf(value: PyObject): Parts {
  const parts: Parts = {
    kind: "object",
    callable: value.callable,
    args: value.args,
    kwargs: kwargsOf(value),
    // what a state setter was called with is not in the object's own state
    state: value.states.findLast((state) => state.setter === undefined),
    items: value.items,
    entries: value.entries,
    adds: value.adds,
  };
  switch (value.how) {
    case "reduce":
      parts.kind = "call";
      break;
    case "inst":
    case "obj":
      if (value.args.length > 0) parts.kind = "call";
      break;
    case "reconstructor": {
      const [base, content] = value.args;
      const name = base instanceof PyGlobal ? base.className : "";
      parts.args = name === "builtins.object" ? [] : [content];
      if (name === "builtins.list" && Array.isArray(content)) {
        parts.args = [];
        parts.items = [...content, ...value.items];
      } else if (name === "builtins.dict" && content instanceof Map) {
        parts.args = [];
        parts.entries = [...content, ...value.entries];
      }
    }
  }
  return parts;
}

function kwargsOf(value: PyObject): [string, unknown][] {
  if (value.kwargs === undefined) return [];
  const pairs = value.kwargs instanceof Map ? [...value.kwargs] : Object.entries(value.kwargs);
  return pairs.map(([key, arg]) => [String(key), arg]);
}

function describeGlobal(value: PyGlobal): Description {
  if (value.className === "builtins.Ellipsis") return { t: "ellipsis" };
  if (value.className === "builtins.NotImplemented") return { t: "notimplemented" };
  return { t: "global", name: globalName(value) };
}

function describeArray(value: PyArray): Description {
  const { data, typecode } = value;
  const head = Array.from<number | bigint>(data.subarray(0, HEAD) as Iterable<number>).map((item) =>
    typecode === "u"
      ? String.fromCodePoint(Number(item))
      : "fd".includes(typecode)
      ? floatRepr(Number(item))
      : String(item)
  );
  return {
    t: "array",
    typecode,
    itemsize: value.itemsize,
    len: data.length,
    sha256: sha256(new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
    head,
  };
}

function clock(time: PyTime | PyDateTime): string {
  const pad = (value: number, width: number) => String(value).padStart(width, "0");
  return `${pad(time.hour, 2)}:${pad(time.minute, 2)}:${pad(time.second, 2)}.${
    pad(time.microsecond, 6)
  }`;
}
