/**
 * How objects are spelled: the steps that rebuild one, in CPython's order (its `save_reduce`). A step is an
 * action and its value; the pickler carries them out one after the other.
 */
import { PicklingError } from "../errors.ts";
import { toUtf8 } from "../io/text.ts";
import type { ClassDump, ClassEntry } from "./classes.ts";
import { toPython2 } from "./compat.ts";
import type { Reduction } from "./context.ts";
import { Op } from "./opcodes.ts";
import { PyGlobal, PyObject, PyTuple } from "./values.ts";

/** Write the value. */
export const SAVE = 0;
/** Write the opcode. */
export const BYTE = 1;
/** Give the object the next memo index; null for one that is never referred to. */
export const MEMOIZE = 2;
/** Append the items. */
export const PUSH_ITEMS = 3;
/** Set the entries. */
export const PUSH_ENTRIES = 4;
/** Call the function. */
export const CALL = 5;
/** Add the members. */
export const PUSH_ADDS = 6;
/** Write a tuple that nobody else refers to, of these items. */
export const ARGS = 7;
/** Write these bytes as they are. */
export const RAW = 8;

/** Actions and values in turn. */
export type Steps = unknown[];

const GETATTR = new PyGlobal("builtins", "getattr");
const PARTIAL = new PyGlobal("functools", "partial");
const OBJECT = new PyGlobal("builtins", "object");
const NEWOBJ = new PyGlobal("copyreg", "__newobj__");
const NEWOBJ_EX = new PyGlobal("copyreg", "__newobj_ex__");
const RECONSTRUCTOR = new PyGlobal("copyreg", "_reconstructor");

/** What the steps of an inert object are made of. */
export type ObjectParts = Pick<
  PyObject,
  "how" | "callable" | "args" | "kwargs" | "states" | "items" | "entries" | "adds" | "className"
>;

/** The steps of an inert object: the opcodes that it was built with. `object` is the key for the memo. */
export function pyObjectSteps(
  value: ObjectParts,
  protocol: number,
  object: unknown = value,
): Steps {
  const { how, callable, args, kwargs } = value;
  const steps: Steps = [];
  if (how === "newobj") newobj(steps, { callable, args, shared: true }, protocol);
  else if (how === "newobj_ex") {
    newobjEx(steps, { callable, args, kwargs: kwargs ?? new Map() }, protocol);
  } else if (how === "reduce") steps.push(SAVE, callable, SAVE, args, BYTE, Op.REDUCE);
  else if (how === "reconstructor") {
    steps.push(SAVE, RECONSTRUCTOR, ARGS, [callable, ...args], BYTE, Op.REDUCE);
  } else classic(steps, callable, args, protocol);
  steps.push(MEMOIZE, object);
  if (value.items.length > 0) steps.push(PUSH_ITEMS, value.items);
  if (value.entries.length > 0) steps.push(PUSH_ENTRIES, value.entries);
  if (value.adds.length > 0) {
    if (protocol < 4) {
      throw new PicklingError(
        `Cannot pickle added members of ${value.className}: they need protocol 4`,
        {
          className: value.className,
        },
      );
    }
    steps.push(PUSH_ADDS, value.adds);
  }
  for (const { value: state, setter } of value.states) {
    if (setter === undefined) steps.push(SAVE, state, BYTE, Op.BUILD);
    else {
      // TUPLE2 even in protocols 0 and 1, as CPython
      steps.push(SAVE, setter, SAVE, object, SAVE, state, BYTE, Op.TUPLE2);
      steps.push(BYTE, Op.REDUCE, BYTE, Op.POP);
    }
  }
  return steps;
}

/** The steps of a reduction; `object` is the key for the memo, null for none. */
export function reductionSteps(
  reduction: Reduction,
  object: object | null,
  protocol: number,
): Steps {
  const { callable, args, kwargs } = reduction;
  const steps: Steps = [];
  if (reduction.how === "newobj") newobj(steps, { callable, args, shared: false }, protocol);
  else if (reduction.how === "newobj_ex") {
    newobjEx(steps, { callable, args, kwargs: kwargs ?? new Map() }, protocol);
  } else steps.push(SAVE, callable, ARGS, args, BYTE, Op.REDUCE);
  steps.push(MEMOIZE, object);
  if (reduction.items !== undefined) steps.push(PUSH_ITEMS, reduction.items);
  if (reduction.entries !== undefined) steps.push(PUSH_ENTRIES, reduction.entries);
  if (reduction.state !== undefined) steps.push(SAVE, reduction.state, BYTE, Op.BUILD);
  return steps;
}

/** The steps of a dotted global below protocol 4: its owner's attribute. */
export function attributeSteps(value: PyGlobal): Steps {
  const dot = value.name.lastIndexOf(".");
  const owner = new PyGlobal(value.module, value.name.slice(0, dot));
  return [SAVE, GETATTR, ARGS, [owner, value.name.slice(dot + 1)], BYTE, Op.REDUCE];
}

/** How an instance of a registered class is rebuilt. */
export function instanceReduction(
  object: object,
  className: string,
  entry: ClassEntry,
): Reduction {
  const parts = dumpInstance(object, entry);
  const dot = className.lastIndexOf(".");
  return {
    how: parts.kwargs === undefined ? "newobj" : "newobj_ex",
    callable: new PyGlobal(className.slice(0, dot), className.slice(dot + 1)),
    args: parts.args ?? [],
    ...(parts.kwargs === undefined ? {} : { kwargs: parts.kwargs }),
    ...(parts.state === undefined ? {} : { state: parts.state }),
    ...(parts.items === undefined ? {} : { items: parts.items }),
    ...(parts.entries === undefined ? {} : { entries: parts.entries }),
  };
}

function dumpInstance(object: object, entry: ClassEntry): ClassDump {
  if (entry.dump !== undefined) return entry.dump(object);
  const getState = (object as { getState?: unknown }).getState;
  if (typeof getState === "function") return { state: getState.call(object) };
  return { state: { ...object } };
}

/** A class and its arguments. */
interface NewObject {
  callable: unknown;
  args: readonly unknown[];
}

/** `shared`: the tuple of arguments is one that others may refer to. */
function newobj(steps: Steps, made: NewObject & { shared: boolean }, protocol: number): void {
  const { callable, args, shared } = made;
  if (protocol >= 2) {
    steps.push(SAVE, callable, shared ? SAVE : ARGS, args, BYTE, Op.NEWOBJ);
  } else if (args.length === 0) { // as object.__reduce_ex__ below protocol 2
    steps.push(SAVE, RECONSTRUCTOR, ARGS, [callable, OBJECT, null], BYTE, Op.REDUCE);
  } else steps.push(SAVE, NEWOBJ, ARGS, [callable, ...args], BYTE, Op.REDUCE);
}

function newobjEx(steps: Steps, made: NewObject & { kwargs: unknown }, protocol: number): void {
  const { callable, kwargs } = made;
  const args = made.args instanceof PyTuple ? made.args : PyTuple.from(made.args);
  if (protocol >= 4) {
    steps.push(SAVE, callable, SAVE, args, SAVE, kwargs, BYTE, Op.NEWOBJ_EX);
    return;
  }
  if (protocol < 2) {
    steps.push(SAVE, NEWOBJ_EX, ARGS, [callable, args, kwargs], BYTE, Op.REDUCE);
    return;
  }
  // as CPython: functools.partial(cls.__new__, cls, *args, **kwargs) is called
  const method = new PyObject({
    how: "reduce",
    callable: GETATTR,
    args: PyTuple.of<unknown>(callable, "__new__") as PyTuple,
  });
  const partial = new PyObject({
    how: "reduce",
    callable: PARTIAL,
    args: PyTuple.of<unknown>(method) as PyTuple,
  });
  const bound = PyTuple.of<unknown>(callable, ...args);
  partial.states.push({ value: PyTuple.of<unknown>(method, bound, kwargs, null) });
  steps.push(SAVE, partial, SAVE, new PyTuple(), BYTE, Op.REDUCE);
}

/** A classic class of Python 2, as its pickler wrote it: OBJ, or INST in protocol 0. */
function classic(
  steps: Steps,
  callable: PyGlobal | PyObject,
  args: readonly unknown[],
  protocol: number,
): void {
  const byName = callable instanceof PyGlobal && protocol === 0;
  steps.push(BYTE, Op.MARK);
  if (!byName) steps.push(SAVE, callable);
  for (const arg of args) steps.push(SAVE, arg);
  if (byName) {
    const [module, name] = toPython2(callable.module, callable.name);
    steps.push(BYTE, Op.INST, RAW, toUtf8(`${module}\n${name}\n`));
  } else steps.push(BYTE, Op.OBJ);
}
