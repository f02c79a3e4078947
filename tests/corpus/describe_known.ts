/**
 * Value types of Python's standard library that Larder keeps as a PyObject, but that a description
 * shows by value: range, Decimal, Fraction, UUID, paths, patterns, time zones, classes by name.
 */
import { PyFloat, PyGlobal, PyObject, PyTuple } from "../../pickle/mod.ts";
import type { Description } from "./describe_text.ts";

/** Describes a value inside another. */
export type Emit = (value: unknown) => Description;

/** Globals whose `__module__` or `__qualname__` is another in Python 3.11 and numpy 2. */
const OTHER_NAMES: ReadonlyMap<string, string> = new Map([
  ["numpy.bool_", "numpy.bool"],
]);

/** Classes whose attributes are real for Python, so that `getattr` on them stays a call. */
const REAL_OWNERS = /^(builtins|collections|datetime|decimal|fractions|uuid)\.[^.]+$/;

/** A global by the name that Python itself gives it. */
export function globalName(value: PyGlobal): string {
  const name = value.className
    .replace(/^numpy\.core\./, "numpy._core.")
    .replace(/^pathlib\._local\./, "pathlib.")
    .replace(/^ml_dtypes\._ml_dtypes_ext\./, "ml_dtypes.");
  return OTHER_NAMES.get(name) ?? name;
}

/** The name of a callable: a global, or `getattr` chains that lead from one; undefined for a result of a call. */
export function callableName(value: unknown): string | undefined {
  if (value instanceof PyGlobal) return globalName(value);
  return value instanceof PyObject ? attributeName(value) : undefined;
}

/** How to describe a known value that is spelled as a PyObject; undefined for other objects. */
export function knownValue(value: PyObject): ((emit: Emit) => Description) | undefined {
  const name = attributeName(value);
  if (name !== undefined) return () => ({ t: "global", name });
  const { args } = value;
  const className = callableName(value.callable);
  if (className === undefined) return undefined;
  if (value.how !== "reduce") return className === "uuid.UUID" ? uuid(value) : undefined;
  switch (className) {
    case "builtins.range":
      return range(args);
    case "builtins.slice":
      return slice(args);
    case "builtins.type":
      return typeOf(args[0]);
    case "decimal.Decimal":
      return decimal(args);
    case "fractions.Fraction":
      return fraction(args);
    case "re._compile":
      return pattern(args);
    case "zoneinfo.ZoneInfo":
    case "zoneinfo.ZoneInfo._unpickle": {
      const [key] = args;
      return typeof key === "string" ? () => ({ t: "zoneinfo", key }) : undefined;
    }
  }
  return /^pathlib\./.test(className) ? path(className, args) : undefined;
}

function attributeName(value: PyObject): string | undefined {
  const { callable, args } = value;
  const isGetattr = value.how === "reduce" && callable instanceof PyGlobal &&
    callable.className === "builtins.getattr" && args.length === 2;
  const [owner, name] = args;
  if (!isGetattr || typeof name !== "string") return undefined;
  const ownerName = callableName(owner);
  return ownerName === undefined || REAL_OWNERS.test(ownerName)
    ? undefined
    : `${ownerName}.${name}`;
}

function range(args: PyTuple): (() => Description) | undefined {
  if (args.length < 1 || args.length > 3 || !args.every(isInt)) return undefined;
  const [first, second, step = 1] = args;
  const [start, stop] = args.length === 1 ? [0, first] : [first, second];
  return () => ({ t: "range", start: String(start), stop: String(stop), step: String(step) });
}

function slice(args: PyTuple): ((emit: Emit) => Description) | undefined {
  if (args.length < 1 || args.length > 3) return undefined;
  const [start, stop, step] = args.length === 1
    ? [null, args[0], null]
    : [args[0], args[1], args[2] ?? null];
  return (emit) => ({ t: "slice", start: emit(start), stop: emit(stop), step: emit(step) });
}

function typeOf(value: unknown): (() => Description) | undefined {
  const name = value === null
    ? "NoneType"
    : value instanceof PyGlobal && value.className === "builtins.Ellipsis"
    ? "ellipsis"
    : value instanceof PyGlobal && value.className === "builtins.NotImplemented"
    ? "NotImplementedType"
    : undefined;
  return name === undefined ? undefined : () => ({ t: "global", name: `builtins.${name}` });
}

function decimal(args: PyTuple): (() => Description) | undefined {
  const [text] = args;
  if (typeof text !== "string" || args.length !== 1) return undefined;
  const v = decimalText(text);
  return v === undefined ? undefined : () => ({ t: "decimal", v });
}

/** `str(Decimal(text))`: scientific above the figures or far below one, as the General Decimal Arithmetic has it. */
function decimalText(text: string): string | undefined {
  const special = /^([+-]?)(?:(inf)(?:inity)?|(s?)nan0*(\d*))$/i.exec(text.trim());
  if (special !== null) {
    const sign = special[1] === "-" ? "-" : "";
    if (special[2] !== undefined) return `${sign}Infinity`;
    return `${sign}${special[3] ? "s" : ""}NaN${special[4]}`;
  }
  const found = /^([+-]?)(\d*)(?:\.(\d*))?(?:e([+-]?\d+))?$/i.exec(text.trim().replaceAll("_", ""));
  if (found === null || `${found[2]}${found[3] ?? ""}` === "") return undefined;
  const sign = found[1] === "-" ? "-" : "";
  const fractionDigits = found[3] ?? "";
  const digits = `${found[2]}${fractionDigits}`.replace(/^0+(?=\d)/, "");
  const exponent = Number(found[4] ?? 0) - fractionDigits.length;
  const left = exponent + digits.length; // figures before the point
  const point = exponent <= 0 && left > -6 ? left : 1;
  let whole = digits;
  let rest = "";
  if (point <= 0) {
    whole = "0";
    rest = `.${"0".repeat(-point)}${digits}`;
  } else if (point >= digits.length) whole = digits + "0".repeat(point - digits.length);
  else {
    whole = digits.slice(0, point);
    rest = `.${digits.slice(point)}`;
  }
  const power = left - point;
  return `${sign}${whole}${rest}${power === 0 ? "" : `E${power > 0 ? "+" : ""}${power}`}`;
}

function fraction(args: PyTuple): (() => Description) | undefined {
  if (args.length === 1 && typeof args[0] === "string") {
    const [n, d = "1"] = args[0].split("/");
    return () => ({ t: "fraction", n, d });
  }
  if (args.length !== 2 || !args.every(isInt)) return undefined;
  let n = BigInt(args[0] as number);
  let d = BigInt(args[1] as number);
  if (d < 0n) [n, d] = [-n, -d];
  const common = greatestCommonDivisor(n < 0n ? -n : n, d);
  return () => ({ t: "fraction", n: String(n / common), d: String(d / common) });
}

function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  while (b !== 0n) [a, b] = [b, a % b];
  return a;
}

function uuid(value: PyObject): (() => Description) | undefined {
  const int = value.get("int");
  if (!isInt(int)) return undefined;
  const digits = int.toString(16).padStart(32, "0");
  const v = digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  return () => ({ t: "uuid", v });
}

function pattern(args: PyTuple): ((emit: Emit) => Description) | undefined {
  const [text, flags] = args;
  if (args.length !== 2 || typeof flags !== "number") return undefined;
  if (typeof text !== "string" && !(text instanceof Uint8Array)) return undefined;
  const unicode = typeof text === "string" && (flags & 256) === 0 ? 32 : 0; // re.ASCII, re.UNICODE
  return (emit) => ({ t: "pattern", pattern: emit(text), flags: flags | unicode });
}

function path(name: string, args: PyTuple): (() => Description) | undefined {
  const segments = args.filter((part) => typeof part === "string");
  if (segments.length !== args.length) return undefined;
  switch (name) {
    case "pathlib.PurePosixPath":
    case "pathlib.PosixPath":
      return () => ({ t: "path", class: name, parts: posixParts(segments) });
    case "pathlib.PurePath":
      return () => ({ t: "path", class: "pathlib.PurePosixPath", parts: posixParts(segments) });
    case "pathlib.Path":
      return () => ({ t: "path", class: "pathlib.PosixPath", parts: posixParts(segments) });
    case "pathlib.PureWindowsPath":
      return () => ({ t: "path", class: name, parts: windowsParts(segments) });
  }
  return undefined;
}

function posixParts(segments: readonly string[]): string[] {
  let joined = "";
  for (const segment of segments) {
    if (segment.startsWith("/")) joined = segment;
    else joined += (joined === "" || joined.endsWith("/") ? "" : "/") + segment;
  }
  const root = /^\/\/(?!\/)/.test(joined) ? "//" : joined.startsWith("/") ? "/" : "";
  const names = joined.split("/").filter((name) => name !== "" && name !== ".");
  return root === "" ? names : [root, ...names];
}

/** Enough for what a pickle holds: the parts of a path, its anchor first. */
function windowsParts(segments: readonly string[]): string[] {
  const [first = "", ...others] = segments;
  const anchored = /^([A-Za-z]:)?([\\/]?)(.*)$/s.exec(first)!;
  const anchor = (anchored[1] ?? "") + (anchored[2] === "" ? "" : "\\");
  const names = [anchored[3], ...others].flatMap((part) => part.split(/[\\/]/))
    .filter((name) => name !== "" && name !== ".");
  return anchor === "" ? names : [anchor, ...names];
}

function isInt(value: unknown): value is number | bigint {
  return !(value instanceof PyFloat) &&
    (typeof value === "bigint" || typeof value === "number" && Number.isInteger(value));
}
