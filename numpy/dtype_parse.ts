/**
 * numpy's type strings (`<f8`, `float64`, `M8[10s]`, `U5`, `bfloat16`) to the parts of a dtype.
 * Sizes are those of numpy on 64-bit Linux and macOS: `l` has 8 bytes, longdouble 16.
 */
import { NATIVE_ORDER } from "../bytes/byte_order.ts";
import { mlFormat } from "./ml_dtypes.ts";

/** Where the bytes of a number start: `|` where order has no meaning. */
export type ByteOrder = "<" | ">" | "|";

/** The parts that a type string can tell. */
export interface ScalarParts {
  /** numpy's kind: one of `b i u f c S U V M m O T`. */
  kind: string;
  /** numpy's one-letter code. */
  char: string;
  /** Bytes of an element. */
  itemsize: number;
  /** Byte order. */
  byteOrder: ByteOrder;
  /** Bytes on whose multiple Python aligns an element. */
  alignment: number;
  /** numpy's flags. */
  flags: number;
  /** Unit of datetime64 and timedelta64, such as `10s`. */
  unit?: string;
  /** Name of an ml_dtypes type. */
  ml?: string;
}

/** Python's datetime units by their spelling in dtypes. */
const UNITS: ReadonlySet<string> = new Set(
  ["Y", "M", "W", "D", "h", "m", "s", "ms", "us", "ns", "ps", "fs", "as", "generic"],
);

const NAMES: Readonly<Record<string, string>> = {
  bool: "b1",
  bool_: "b1",
  int8: "i1",
  int16: "i2",
  int32: "i4",
  int64: "i8",
  uint8: "u1",
  uint16: "u2",
  uint32: "u4",
  uint64: "u8",
  float16: "f2",
  float32: "f4",
  float64: "f8",
  float128: "f16",
  complex64: "c8",
  complex128: "c16",
  complex256: "c32",
  int: "i8",
  uint: "u8",
  int_: "i8",
  intp: "i8",
  uintp: "u8",
  byte: "i1",
  ubyte: "u1",
  short: "i2",
  ushort: "u2",
  intc: "i4",
  uintc: "u4",
  long: "i8",
  ulong: "u8",
  longlong: "i8",
  ulonglong: "u8",
  half: "f2",
  single: "f4",
  float: "f8",
  double: "f8",
  float_: "f8",
  longdouble: "f16",
  complex: "c16",
  complex_: "c16",
  csingle: "c8",
  cdouble: "c16",
  clongdouble: "c32",
  str: "U",
  str_: "U",
  unicode_: "U",
  bytes: "S",
  bytes_: "S",
  string_: "S",
  void: "V",
  object: "O",
  object_: "O",
  datetime64: "M8",
  timedelta64: "m8",
};

/** One-letter codes whose size is fixed. */
const CODES: Readonly<Record<string, string>> = {
  "?": "b1",
  b: "i1",
  h: "i2",
  i: "i4",
  l: "i8",
  q: "i8",
  p: "i8",
  n: "i8",
  B: "u1",
  H: "u2",
  I: "u4",
  L: "u8",
  Q: "u8",
  P: "u8",
  N: "u8",
  e: "f2",
  f: "f4",
  d: "f8",
  g: "f16",
  F: "c8",
  D: "c16",
  G: "c32",
  O: "O8",
  M: "M8",
  m: "m8",
  S: "S0",
  a: "S0",
  U: "U0",
  V: "V0",
  c: "S1",
};

/** numpy's letter for a kind and size. */
const CHARS: Readonly<Record<string, string>> = {
  b1: "?",
  i1: "b",
  i2: "h",
  i4: "i",
  i8: "l",
  u1: "B",
  u2: "H",
  u4: "I",
  u8: "L",
  f2: "e",
  f4: "f",
  f8: "d",
  f16: "g",
  c8: "F",
  c16: "D",
  c32: "G",
  M8: "M",
  m8: "m",
  O8: "O",
};

/** The parts of a scalar type string; undefined when numpy has no such type. */
export function parseScalarType(text: string): ScalarParts | undefined {
  const ml = mlFormat(text);
  if (ml !== undefined) return mlParts(text, ml.char, ml.itemsize);
  const match = /^([<>=|]?)([A-Za-z_?][A-Za-z_]*)(\d*)(?:\[(\d*)([a-zA-Zμ]+)\])?$/.exec(text);
  if (match === null) return undefined;
  const [, prefix, word, digits, count, unit] = match;
  const code = codeOf(word, digits);
  if (code === undefined) return undefined;
  const kind = code[0];
  const size = Number(code.slice(1) || "0");
  const dated = kind === "M" || kind === "m";
  if (unit !== undefined && !(dated && UNITS.has(unit === "μs" ? "us" : unit))) return undefined;
  const order = prefix === "" || prefix === "=" ? NATIVE_ORDER : prefix as ByteOrder;
  const parts = scalarParts(kind, size, order === "|" ? NATIVE_ORDER : order);
  if (parts === undefined || !dated) return parts;
  const name = unit === "μs" ? "us" : unit ?? "generic";
  return { ...parts, unit: unitText(name, count ? Number(count) : 1) };
}

/** `s` and 10 as `10s`; a count of 1 is not written. */
export function unitText(unit: string, count: number): string {
  return count === 1 ? unit : `${count}${unit}`;
}

/** `10s` as `s` and 10. */
export function splitUnit(text: string): { unit: string; count: number } {
  const match = /^(\d*)(.+)$/.exec(text)!;
  return { unit: match[2], count: match[1] === "" ? 1 : Number(match[1]) };
}

/** Whether numpy has a datetime unit of this name. */
export function isUnit(name: string): boolean {
  return UNITS.has(name);
}

/** Kind and size of a name with digits, or undefined. */
function codeOf(word: string, digits: string): string | undefined {
  const whole = word + digits;
  if (Object.hasOwn(NAMES, whole)) return NAMES[whole];
  if (word.length !== 1) return undefined;
  if (digits === "") return Object.hasOwn(CODES, word) ? CODES[word] : undefined;
  if (word === "a") return `S${digits}`;
  if (word === "O") return digits === "8" || digits === "4" ? "O8" : undefined;
  return "biufcSUVMm".includes(word) ? whole : undefined;
}

/** The parts of a kind with its size (characters for U). */
export function scalarParts(
  kind: string,
  size: number,
  order: ByteOrder,
): ScalarParts | undefined {
  switch (kind) {
    case "S":
    case "V":
      return { kind, char: kind, itemsize: size, byteOrder: "|", alignment: 1, flags: 0 };
    case "U":
      return { kind, char: kind, itemsize: 4 * size, byteOrder: order, alignment: 4, flags: 8 };
    case "O":
      return { kind, char: kind, itemsize: 8, byteOrder: "|", alignment: 8, flags: 63 };
  }
  const char = CHARS[`${kind}${size}`];
  if (char === undefined) return undefined;
  return {
    kind,
    char,
    itemsize: size,
    byteOrder: size === 1 ? "|" : order,
    alignment: kind === "c" ? size / 2 : size,
    flags: 0,
  };
}

/** The parts of StringDType. */
export function stringParts(): ScalarParts {
  return { kind: "T", char: "T", itemsize: 16, byteOrder: "|", alignment: 8, flags: 107 };
}

function mlParts(name: string, char: string, itemsize: number): ScalarParts {
  return {
    kind: "V",
    char,
    itemsize,
    byteOrder: NATIVE_ORDER,
    alignment: itemsize,
    flags: 64,
    ml: name,
  };
}
