/**
 * Python objects as joblib's pickler of protocol 3 meets them: rebuilt from their file, so however that
 * file spelled them, and with functions in C and bound methods taken apart into `_MyHash`.
 */
import { NDArray } from "../numpy/ndarray.ts";
import type { Reduction } from "../pickle/context.ts";
import type { Pickler } from "../pickle/pickler.ts";
import { oldInstances } from "../pickle/old_protocols.ts";
import {
  MEMOIZE,
  type ObjectParts,
  pyObjectSteps,
  reductionSteps,
  type Steps,
} from "../pickle/spelling.ts";
import {
  isPlainObject,
  PyByteArray,
  PyComplex,
  PyFloat,
  PyFrozenSet,
  PyGlobal,
  PyObject,
  PyTuple,
  tuple,
} from "../pickle/values.ts";

const PROTOCOL = 3;
const MY_HASH = new PyGlobal("joblib.hashing", "_MyHash");
const CONSISTENT_SET = new PyGlobal("joblib.hashing", "_ConsistentSet");
const TYPE = new PyGlobal("builtins", "type");

/** What joblib writes for a function or method. */
export function myHashSteps(...args: readonly unknown[]): Steps {
  return instance(MY_HASH, "args", PyTuple.from(args));
}

/** What joblib writes for a set: a list in an order of its own. */
export function setSteps(sequence: readonly unknown[]): Steps {
  return instance(CONSISTENT_SET, "_sequence", sequence);
}

function instance(callable: PyGlobal, attribute: string, value: unknown): Steps {
  const state = new Map([[attribute, value]]);
  return reductionSteps({ how: "newobj", callable, args: [], state }, null, PROTOCOL);
}

/** Python writes no state for an instance without attributes. */
export function withoutEmptyState(reduction: Reduction): Reduction {
  const { state, ...others } = reduction;
  return isPlainObject(state) && Object.keys(state).length === 0 ? others : reduction;
}

/** The steps of an object that is known by its pickle only. */
export function objectSteps(value: PyObject, pickler: Pickler): Steps {
  const method = boundMethod(value, pickler);
  if (method !== undefined) return myHashSteps(...method);
  const parts = modern(value);
  const steps = pyObjectSteps(parts, PROTOCOL, value);
  if (!isText(parts)) return steps;
  const memoize = steps.findIndex((step, i) => i % 2 === 0 && step === MEMOIZE);
  return steps.toSpliced(memoize, 2);
}

/** Name, object and class of a bound method, which is pickled as `getattr(object, name)`. */
function boundMethod(value: PyObject, pickler: Pickler): unknown[] | undefined {
  if (value.how !== "reduce" || value.className !== "builtins.getattr") return undefined;
  const [owner, name] = value.args;
  if (typeof name !== "string" || !isMethod(owner, name)) return undefined;
  const type = typeOf(owner);
  if (type === undefined) throw pickler.fail(`only Python knows the class that "${name}" is of`);
  return [name, owner, type];
}

/** Modules of classes in C, whose ordinary methods are pickled by `getattr` as well, unbound. */
const C_MODULES: ReadonlySet<string> = new Set(
  "array builtins collections datetime decimal functools itertools operator re".split(" "),
);
const CLASS_METHODS: ReadonlySet<string> = new Set(
  ("combine from_bytes from_float from_iterable fromhex fromisocalendar fromisoformat fromkeys " +
    "fromordinal fromtimestamp now strptime today utcfromtimestamp utcnow").split(" "),
);

/** Whether `getattr(owner, name)` is a bound method; a class inside of a class has capitals, `__new__` is unbound. */
function isMethod(owner: unknown, name: string): boolean {
  if (name === "__new__") return false;
  if (!(owner instanceof PyGlobal)) return true;
  return C_MODULES.has(owner.module) ? CLASS_METHODS.has(name) : /^_*[a-z]/.test(name);
}

/** The class of a method's object, where it is known. */
function typeOf(owner: unknown): PyGlobal | PyObject | undefined {
  if (owner instanceof PyGlobal) return TYPE;
  if (owner instanceof PyObject) return owner.how === "reduce" ? undefined : owner.callable;
  if (owner instanceof NDArray) return owner.pyClass ?? new PyGlobal("numpy", "ndarray");
  const name = builtinType(owner);
  return name === undefined ? undefined : new PyGlobal("builtins", name);
}

function builtinType(owner: unknown): string | undefined {
  if (typeof owner === "string") return "str";
  if (typeof owner === "boolean") return "bool";
  if (typeof owner === "bigint" || Number.isSafeInteger(owner) && !Object.is(owner, -0)) {
    return "int";
  }
  if (typeof owner === "number" || owner instanceof PyFloat) return "float";
  if (owner instanceof PyComplex) return "complex";
  if (owner instanceof PyTuple) return "tuple";
  if (Array.isArray(owner)) return "list";
  if (owner instanceof PyFrozenSet) return "frozenset";
  if (owner instanceof Set) return "set";
  if (owner instanceof PyByteArray) return "bytearray";
  if (owner instanceof Uint8Array) return "bytes";
  return owner instanceof Map || isPlainObject(owner) ? "dict" : undefined;
}

/** The parts that protocol 3 would have. */
export function modern(value: PyObject): ObjectParts {
  if (value.how === "inst" || value.how === "obj") {
    return { ...parts(value), how: value.args.length === 0 ? "newobj" : "reduce" };
  }
  if (value.how === "reconstructor" && oldInstances.has(value)) return reconstructed(value);
  // an iterator is made at its start, and says so from then on
  if (isNamed(value.callable, "builtins.iter") && value.states.length === 0) {
    return { ...parts(value), states: [{ value: 0 }] };
  }
  return value;
}

/** Whether an instance of protocol 0 or 1 would be spelled otherwise in protocol 3, nobody knows how: namedtuples give their items one by one. */
export function isUnknownTuple(value: PyObject): boolean {
  return oldInstances.has(value) && isNamed(value.args[0], "builtins.tuple");
}

/** Protocols 0 and 1 make an instance from its base's value; later ones give that as arguments, items or entries. */
function reconstructed(value: PyObject): ObjectParts {
  const [base, content] = value.args;
  const made = { ...parts(value), how: "newobj" as const, args: tuple() };
  if (isNamed(base, "builtins.object")) return made;
  if (isNamed(base, "builtins.list") && Array.isArray(content)) return { ...made, items: content };
  if (isNamed(base, "builtins.dict")) {
    const entries = content instanceof Map ? [...content] : Object.entries(content as object);
    return { ...made, entries };
  }
  const plain = base instanceof PyGlobal && base.module === "builtins" &&
    ["str", "bytes", "int", "float"].includes(base.name);
  return plain ? { ...made, args: tuple(content) } : value;
}

/** An instance of a class of text or bytes is text or bytes, which are not kept in the memo. */
function isText({ how, args }: ObjectParts): boolean {
  const [only] = args;
  return how === "newobj" && args.length === 1 &&
    (typeof only === "string" || only instanceof Uint8Array);
}

function isNamed(value: unknown, className: string): boolean {
  return value instanceof PyGlobal && value.className === className;
}

function parts(value: PyObject): ObjectParts {
  const { how, callable, args, kwargs, states, items, entries, adds, className } = value;
  return {
    how,
    callable,
    args,
    states,
    items,
    entries,
    adds,
    className,
    ...(kwargs && { kwargs }),
  };
}
