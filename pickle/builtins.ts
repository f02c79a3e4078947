/**
 * What the known globals of Python's standard library do: each answers one of our own values, or leaves
 * the call to the machine as an inert PyObject where it isn't in the form that pickles use.
 */
import {
  arrayFromItems,
  arrayReconstructor,
  PyCounter,
  PyDefaultDict,
  PyDeque,
  PyOrderedDict,
} from "./collections.ts";
import { DictBuilder, setOf } from "./containers.ts";
import { type GlobalEntry, type GlobalTable, INERT, type LoadContext } from "./context.ts";
import {
  dateFromArgs,
  datetimeFromArgs,
  timedeltaFromArgs,
  timeFromArgs,
  timezoneFromArgs,
} from "./datetime_args.ts";
import { encodeLatin1, encodeUtf8 } from "../bytes/text.ts";
import { isPlainObject, PyByteArray, PyComplex, PyFloat, PyTuple } from "./values.ts";

const LATIN1: readonly unknown[] = ["latin1", "latin-1", "iso-8859-1", "l1"];

/** Known globals of the standard library, by `module.name`. */
export const BUILTIN_GLOBALS: GlobalTable = new Map<string, GlobalEntry>([
  ["builtins.set", { reduce: (args, context) => setFrom(args, false, context) }],
  ["builtins.frozenset", { reduce: (args, context) => setFrom(args, true, context) }],
  ["builtins.complex", { reduce: complexFrom }],
  ["builtins.bytes", { reduce: bytesFrom }],
  ["builtins.bytearray", { reduce: byteArrayFrom }],
  ["_codecs.encode", { reduce: encodeFrom }],
  ["collections.OrderedDict", { reduce: orderedDictFrom }],
  ["collections.defaultdict", { reduce: defaultDictFrom }],
  ["collections.Counter", { reduce: counterFrom }],
  ["collections.deque", { reduce: dequeFrom }],
  ["datetime.datetime", { reduce: valueFrom(datetimeFromArgs) }],
  ["datetime.date", { reduce: valueFrom(dateFromArgs) }],
  ["datetime.time", { reduce: valueFrom(timeFromArgs) }],
  ["datetime.timedelta", { reduce: valueFrom(timedeltaFromArgs) }],
  ["datetime.timezone", { reduce: valueFrom(timezoneFromArgs) }],
  ["array.array", { reduce: (args, context) => arrayFromItems(args[0], args[1], context) }],
  ["array._array_reconstructor", { reduce: arrayReconstructor }],
]);

function valueFrom(
  make: (args: readonly unknown[], context: LoadContext) => unknown,
): (args: PyTuple, context: LoadContext) => unknown {
  return (args, context) => make(args, context);
}

function setFrom(args: PyTuple, frozen: boolean, context: LoadContext): unknown {
  if (args.length === 0) return setOf([], frozen, context);
  const [items] = args;
  return args.length === 1 && Array.isArray(items) ? setOf(items, frozen, context) : INERT;
}

function complexFrom(args: PyTuple, context: LoadContext): unknown {
  const [re = 0, im = 0] = args.map((part) =>
    typeof part === "number" ? part : part instanceof PyFloat ? Number(part) : NaN
  );
  const valid = args.every((part) => typeof part === "number" || part instanceof PyFloat);
  if (!valid || args.length > 2) throw context.fail("complex needs two floats", "builtins.complex");
  return new PyComplex(re, im);
}

function bytesFrom(args: PyTuple, context: LoadContext): unknown {
  if (args.length === 0) return new Uint8Array(0);
  const raw = textBytes(args, context);
  return raw === undefined ? INERT : raw;
}

function byteArrayFrom(args: PyTuple, context: LoadContext): unknown {
  if (args.length === 0) return new PyByteArray(0);
  const [value] = args;
  const raw = value instanceof Uint8Array && args.length === 1 ? value : textBytes(args, context);
  if (raw === undefined) return INERT;
  const made = new PyByteArray(raw.length);
  made.set(raw);
  return made;
}

/** The bytes of `(text, encoding)`. */
function textBytes(args: PyTuple, context: LoadContext): Uint8Array | undefined {
  const [text, encoding] = args;
  if (args.length !== 2 || typeof text !== "string") return undefined;
  if (encoding === "utf-8" || encoding === "utf8") return encodeUtf8(text);
  if (!LATIN1.includes(encoding)) return undefined;
  const raw = encodeLatin1(text);
  if (raw === undefined) throw context.fail("text of bytes is not latin-1");
  return raw;
}

/** `_codecs.encode(text, "latin1")`: bytes in protocols below 3. */
function encodeFrom(args: PyTuple, context: LoadContext): unknown {
  return textBytes(args, context) ?? INERT;
}

function orderedDictFrom(args: PyTuple, context: LoadContext): unknown {
  const made = new PyOrderedDict();
  if (args.length === 0) return made;
  const pairs = pairsOf(args[0]);
  if (args.length !== 1 || pairs === undefined) return INERT;
  return fill(made, pairs, context);
}

function defaultDictFrom(args: PyTuple): unknown {
  if (args.length > 1) return INERT;
  const made = new PyDefaultDict();
  made.factory = args[0] ?? null;
  return made;
}

function counterFrom(args: PyTuple, context: LoadContext): unknown {
  const made = new PyCounter();
  if (args.length === 0) return made;
  const pairs = args[0] instanceof Map || isPlainObject(args[0]) ? pairsOf(args[0]) : undefined;
  if (args.length !== 1 || pairs === undefined) return INERT;
  return fill(made, pairs, context);
}

function dequeFrom(args: PyTuple): unknown {
  const [items = [], maxlen = null] = args;
  const plain = Array.isArray(items) && (maxlen === null || typeof maxlen === "number");
  if (args.length > 2 || !plain) return INERT;
  const made = new PyDeque<unknown>();
  made.maxlen = maxlen as number | null;
  for (const item of items) made.push(item);
  if (made.maxlen !== null && made.length > made.maxlen) made.splice(0, made.length - made.maxlen);
  return made;
}

/** The pairs of a dict, or of a list of pairs. */
function pairsOf(value: unknown): [unknown, unknown][] | undefined {
  if (value instanceof Map) return [...value];
  if (Array.isArray(value)) {
    const pairs = value.every((pair) => Array.isArray(pair) && pair.length === 2);
    return pairs ? value as [unknown, unknown][] : undefined;
  }
  return isPlainObject(value) ? Object.entries(value) : undefined;
}

function fill<M extends Map<unknown, unknown>>(
  made: M,
  pairs: readonly [unknown, unknown][],
  context: LoadContext,
): M {
  new DictBuilder(context, true).setItems(made, pairs.flat(), 0, 2 * pairs.length, []);
  return made;
}
