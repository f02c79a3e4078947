/**
 * Python's `<` on dict keys and set members: types compare with their own kind only, numbers mixed.
 * What only Python can tell, such as whether a class has an order, is an error of its own.
 */
import { LimitError } from "../errors.ts";
import { NumpyScalar } from "../numpy/scalar.ts";
import { PyDate, PyDateTime, PyTime, PyTimedelta, PyTimezone } from "../pickle/datetime.ts";
import { hashKey } from "../pickle/hashing.ts";
import { PyComplex, PyFloat, PyFrozenSet, PyGlobal, PyObject, PyTuple } from "../pickle/values.ts";
import { compareTexts } from "./_texts.ts";

/** Tuples inside of tuples, as deep as a key may be. */
const MAX_DEPTH = 500;

/** Thrown where Python's `<` raises TypeError. */
export class Unorderable extends Error {}

/** Thrown where only Python can tell. */
export class Unknown extends Error {}

/** Python's `a < b`. @throws Unorderable or Unknown */
export function less(a: unknown, b: unknown, depth: number = 0): boolean {
  const x = plain(a);
  const y = plain(b);
  const kind = kindOf(x);
  if (kind !== kindOf(y)) throw new Unorderable();
  switch (kind) {
    case "number":
      return (x as number) < (y as number);
    case "text":
      return compareTexts(x as string, y as string) < 0;
    case "bytes":
      return compareItems(x as Uint8Array, y as Uint8Array) < 0;
    case "tuple":
      return lessTuple(x as PyTuple, y as PyTuple, depth);
    case "frozenset":
      return isProperSubset(x as PyFrozenSet, y as PyFrozenSet);
    case "date":
    case "datetime":
    case "time":
    case "timedelta":
      return compareItems(timeFields(x as Times, y as Times), timeFields(y as Times, x as Times)) <
        0;
    default:
      throw new Unorderable();
  }
}

/** The value that decides: numbers and text that come in a wrapper. */
function plain(value: unknown): unknown {
  if (value instanceof PyFloat || typeof value === "boolean") return Number(value);
  if (!(value instanceof NumpyScalar)) return value;
  switch (value.dtype.kind) {
    case "b":
      return Number(value.value);
    case "i":
    case "u":
    case "U":
      return value.value;
    case "f":
      if (value.dtype.itemsize <= 8) return value.value;
      break;
    case "S":
      return value.bytes.subarray(0, (value.value as string).length);
    case "c":
      throw new Unorderable();
  }
  throw new Unknown(`keys of numpy's ${value.dtype}`);
}

function kindOf(value: unknown): string {
  switch (typeof value) {
    case "number":
    case "bigint":
      return "number";
    case "string":
      return "text";
    case "object":
      return value === null ? "none" : objectKind(value);
    default:
      return "none";
  }
}

function objectKind(value: object): string {
  if (value instanceof PyTuple) return "tuple";
  if (value instanceof PyFrozenSet) return "frozenset";
  if (value instanceof Uint8Array) return "bytes";
  if (value instanceof PyDate) return "date";
  if (value instanceof PyDateTime) return "datetime";
  if (value instanceof PyTime) return "time";
  if (value instanceof PyTimedelta) return "timedelta";
  if (value instanceof PyGlobal || value instanceof PyComplex || value instanceof PyTimezone) {
    return "none";
  }
  if (value instanceof PyObject && !mayHaveOrder(value)) return "none";
  const name = value instanceof PyObject ? value.className : value.constructor?.name;
  throw new Unknown(`whether instances of ${name} have an order`);
}

const WITHOUT_ORDER: ReadonlySet<string> = new Set(["functools.partial", "re._compile"]);

/**
 * Whether an instance of a class that is only known by name may have an order. Ordinary instances are
 * taken for having none, as Python's `object`; what is made of arguments may be a namedtuple, a str, a
 * Decimal, an IntEnum.
 */
function mayHaveOrder(value: PyObject): boolean {
  if (value.how === "newobj") return value.args.length > 0;
  return value.how === "reduce" && !WITHOUT_ORDER.has(value.className) &&
    !value.className.startsWith("builtins.");
}

function lessTuple(a: PyTuple, b: PyTuple, depth: number): boolean {
  if (depth > MAX_DEPTH) {
    throw new LimitError(`Cannot compare keys of more than ${MAX_DEPTH} levels`);
  }
  const shorter = Math.min(a.length, b.length);
  for (let i = 0; i < shorter; i++) {
    if (a[i] !== b[i] && hashKey(a[i]) !== hashKey(b[i])) return less(a[i], b[i], depth + 1);
  }
  return a.length < b.length;
}

function isProperSubset(a: PyFrozenSet, b: PyFrozenSet): boolean {
  if (a.size >= b.size) return false;
  const members = new Set(Array.from(b, hashKey));
  for (const member of a) if (!members.has(hashKey(member))) return false;
  return true;
}

type Times = PyDate | PyDateTime | PyTime | PyTimedelta;

/** The numbers that order `value`, beside those of `other`. */
function timeFields(value: Times, other: Times): number[] {
  if (value instanceof PyTimedelta) return [value.days, value.seconds, value.microseconds];
  const day = value instanceof PyTime ? [] : [value.year, value.month, value.day];
  if (value instanceof PyDate) return day;
  const clock = [value.hour, value.minute, value.second, value.microsecond];
  const { tzinfo } = value;
  const zone = (other as PyDateTime | PyTime).tzinfo;
  if (tzinfo === zone) return [...day, ...clock];
  if (tzinfo === null || zone === null) throw new Unorderable();
  if (!(tzinfo instanceof PyTimezone && zone instanceof PyTimezone)) {
    throw new Unknown("the order of times in zones that Python looks up");
  }
  const [hour, minute, second, microsecond] = clock;
  const seconds = hour * 3600 + minute * 60 + second - tzinfo.offset.totalSeconds();
  return [(value instanceof PyDateTime ? midnight(value) : 0) + seconds, microsecond];
}

/** Seconds from 1970 to the start of the day, without a zone. */
function midnight(value: PyDateTime): number {
  return new PyDate(value.year, value.month, value.day).toDate().getTime() / 1000;
}

function compareItems(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const shorter = Math.min(a.length, b.length);
  for (let i = 0; i < shorter; i++) if (a[i] !== b[i]) return a[i] - b[i];
  return a.length - b.length;
}
