/**
 * The narrow number types of Python's ml_dtypes: bfloat16 in two bytes, all others in one byte each.
 * Every format is a sign, an exponent and a fraction; they differ in bias and in what stands for NaN
 * and infinity, so that a table of 256 numbers decodes each.
 */
import { decodeBfloat16, encodeBfloat16 } from "../bytes/float16.ts";

/** One number type of ml_dtypes. */
export interface MlFormat {
  /** Name in ml_dtypes, such as `float8_e4m3fn`. */
  readonly name: string;
  /** numpy's one-letter code of the type. */
  readonly char: string;
  /** Bytes of an element. */
  readonly itemsize: number;
  /** Bits that count, from the lowest. */
  readonly bits: number;
  /** Integers instead of floats; whether they have a sign. */
  readonly integer?: "signed" | "unsigned";
  /** Bits of the exponent. */
  readonly exponent: number;
  /** Bits of the fraction. */
  readonly fraction: number;
  /** Bias of the exponent. */
  readonly bias: number;
  /** What lies at the top: IEEE's infinity and NaNs, one NaN, NaN in place of −0, or plain numbers. */
  readonly special: "ieee" | "fn" | "fnuz" | "none" | "fnu";
}

const FORMATS: readonly MlFormat[] = [
  float("bfloat16", "E", 16, 8, 7, 127, "ieee"),
  float("float8_e3m4", "3", 8, 3, 4, 3, "ieee"),
  float("float8_e4m3", "7", 8, 4, 3, 7, "ieee"),
  float("float8_e4m3b11fnuz", "L", 8, 4, 3, 11, "fnuz"),
  float("float8_e4m3fn", "4", 8, 4, 3, 7, "fn"),
  float("float8_e4m3fnuz", "G", 8, 4, 3, 8, "fnuz"),
  float("float8_e5m2", "5", 8, 5, 2, 15, "ieee"),
  float("float8_e5m2fnuz", "C", 8, 5, 2, 16, "fnuz"),
  float("float8_e8m0fnu", "W", 8, 8, 0, 127, "fnu"),
  float("float6_e2m3fn", "8", 6, 2, 3, 1, "none"),
  float("float6_e3m2fn", "9", 6, 3, 2, 3, "none"),
  float("float4_e2m1fn", "0", 4, 2, 1, 1, "none"),
  integer("int4", "a", 4, "signed"),
  integer("uint4", "A", 4, "unsigned"),
  integer("int2", "c", 2, "signed"),
  integer("uint2", "C", 2, "unsigned"),
  integer("int1", "e", 1, "signed"),
  integer("uint1", "E", 1, "unsigned"),
];

const BY_NAME: ReadonlyMap<string, MlFormat> = new Map(FORMATS.map((f) => [f.name, f]));
const TABLES = new Map<string, Float64Array>();

/** The format of this name in ml_dtypes, or undefined. */
export function mlFormat(name: string): MlFormat | undefined {
  return BY_NAME.get(name);
}

/** The number that `bits` stand for. */
export function decodeMl(format: MlFormat, bits: number): number {
  return format.bits === 16 ? decodeBfloat16(bits) : decodingTable(format)[bits];
}

/** The bits of the number nearest to `value`, ties to the even one. @throws RangeError for integers that do not fit */
export function encodeMl(format: MlFormat, value: number): number {
  if (format.bits === 16) return encodeBfloat16(value);
  if (format.integer !== undefined) {
    const whole = Math.trunc(value);
    const low = format.integer === "signed" ? -(2 ** (format.bits - 1)) : 0;
    const high = 2 ** (format.integer === "signed" ? format.bits - 1 : format.bits) - 1;
    if (!(whole >= low && whole <= high)) {
      throw new RangeError(`Cannot store ${value} as ${format.name}: it holds ${low} to ${high}`);
    }
    return whole & (2 ** format.bits - 1);
  }
  return encodeFloat(format, value);
}

/** All 256 bytes of a format as numbers; made once. */
export function decodingTable(format: MlFormat): Float64Array {
  let table = TABLES.get(format.name);
  if (table === undefined) {
    table = Float64Array.from({ length: 256 }, (_, bits) => decodeByte(format, bits));
    TABLES.set(format.name, table);
  }
  return table;
}

function decodeByte(format: MlFormat, byte: number): number {
  const bits = byte & (2 ** format.bits - 1);
  if (format.integer !== undefined) {
    const half = 2 ** (format.bits - 1);
    return format.integer === "signed" && bits >= half ? bits - 2 * half : bits;
  }
  const { exponent, fraction, bias, special } = format;
  if (special === "fnu") return bits === 0xff ? NaN : 2 ** (bits - bias);
  const signBit = 2 ** (format.bits - 1);
  const sign = byte >= signBit ? -1 : 1; // ml_dtypes takes any bit above the magnitude for it
  const magnitude = bits & (signBit - 1);
  const power = magnitude >>> fraction;
  const part = magnitude & (2 ** fraction - 1);
  if (special === "fnuz" && bits === signBit) return NaN;
  if (special === "fn" && magnitude === signBit - 1) return NaN;
  if (special === "ieee" && power === 2 ** exponent - 1) return part === 0 ? sign * Infinity : NaN;
  if (power === 0) return sign * part * 2 ** (1 - bias - fraction);
  return sign * (1 + part / 2 ** fraction) * 2 ** (power - bias);
}

/** Find the nearest magnitude in the table: the magnitudes of a format grow with their bits. */
function encodeFloat(format: MlFormat, value: number): number {
  const table = decodingTable(format);
  if (format.special === "fnu") return encodePower(format, value);
  const signBit = 2 ** (format.bits - 1);
  const negative = value < 0 || Object.is(value, -0);
  const notANumber = nanBits(format);
  if (Number.isNaN(value)) return notANumber;
  const magnitude = Math.abs(value);
  let low = 0;
  let high = signBit - 1;
  while (high > 0 && !Number.isFinite(table[high])) high--;
  const top = high;
  if (magnitude > table[top]) {
    // Halfway to what would be the next number and beyond: infinity, NaN, or the largest number.
    const next = table[top] + (table[top] - table[top - 1]) / 2;
    const tieStays = top % 2 === 0;
    const over = magnitude > next || (magnitude === next && !tieStays);
    if (over && format.special !== "none") {
      if (format.special === "ieee") return (top + 1) | (negative ? signBit : 0);
      return format.special === "fn" ? notANumber | (negative ? signBit : 0) : notANumber;
    }
    return top | (negative ? signBit : 0);
  }
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (table[middle] <= magnitude) low = middle;
    else high = middle;
  }
  const below = magnitude - table[low];
  const above = table[high] - magnitude;
  const nearest = below < above || (below === above && low % 2 === 0) ? low : high;
  if (nearest === 0 && format.special === "fnuz") return 0;
  return nearest | (negative ? signBit : 0);
}

/** float8_e8m0fnu holds powers of two only. */
function encodePower(format: MlFormat, value: number): number {
  if (!(value > 0) || value === Infinity) return 0xff;
  const exponent = Math.floor(Math.log2(value));
  const up = value / 2 ** exponent >= 1.5 ? 1 : 0; // ml_dtypes rounds ties up here
  return Math.min(Math.max(exponent + up + format.bias, 0), 0xff);
}

function nanBits(format: MlFormat): number {
  const signBit = 2 ** (format.bits - 1);
  if (format.special === "fnuz") return signBit;
  if (format.special === "fn") return signBit - 1;
  if (format.special === "none") return signBit;
  return (signBit - 1) & ~(2 ** (format.fraction - 1) - 1);
}

function float(
  name: string,
  char: string,
  bits: number,
  exponent: number,
  fraction: number,
  bias: number,
  special: MlFormat["special"],
): MlFormat {
  return { name, char, itemsize: bits === 16 ? 2 : 1, bits, exponent, fraction, bias, special };
}

function integer(
  name: string,
  char: string,
  bits: number,
  sign: "signed" | "unsigned",
): MlFormat {
  return {
    name,
    char,
    itemsize: 1,
    bits,
    integer: sign,
    exponent: 0,
    fraction: 0,
    bias: 0,
    special: "none",
  };
}
