/**
 * datetime64 and timedelta64: counts of a unit since 1970 (or of nothing), NaT the lowest int64.
 * Python's own date types come in where a struct with objects is pickled item by item.
 */
import { PyDate, PyDateTime, PyTimedelta } from "../pickle/datetime.ts";
import type { DType } from "./dtype.ts";
import { splitUnit } from "./dtype_parse.ts";

/** numpy's "not a time". */
export const NAT: bigint = -(2n ** 63n);

const DAY_US = 86_400_000_000n;

/** Microseconds of the units that are made of them. */
const UNIT_US: Readonly<Record<string, bigint>> = {
  W: 7n * DAY_US,
  D: DAY_US,
  h: 3_600_000_000n,
  m: 60_000_000n,
  s: 1_000_000n,
  ms: 1000n,
  us: 1n,
};

/** How many units of the finer kinds make a second, as a number of digits. */
const FRACTION_DIGITS: Readonly<Record<string, number>> = {
  s: 0,
  ms: 3,
  us: 6,
  ns: 9,
  ps: 12,
  fs: 15,
  as: 18,
};

/** What `item()` gives in Python: a date, datetime, timedelta, None for NaT, else the count. */
export function decodeDate(dtype: DType, value: bigint): unknown {
  if (value === NAT) return null;
  const { unit, count } = splitUnit(dtype.unit ?? "generic");
  const steps = value * BigInt(count);
  if (dtype.kind === "m") {
    if (!(unit in UNIT_US)) return value;
    const us = steps * UNIT_US[unit];
    const days = floorDiv(us, DAY_US);
    if (days > 999_999_999n || days < -999_999_999n) return value;
    const rest = us - days * DAY_US;
    return new PyTimedelta(Number(days), Number(rest / 1_000_000n), Number(rest % 1_000_000n));
  }
  const months = unit === "Y" ? 12n * steps : unit === "M" ? steps : undefined;
  if (months === undefined && !(unit in UNIT_US)) return value;
  const us = months === undefined ? steps * UNIT_US[unit] : 0n;
  const days = months === undefined ? floorDiv(us, DAY_US) : daysOfMonth(months);
  const { year, month, day } = civil(days);
  if (year < 1n || year > 9999n) return value;
  if (unit === "Y" || unit === "M" || unit === "W" || unit === "D") {
    return new PyDate(Number(year), month, day);
  }
  const rest = us - days * DAY_US;
  const seconds = Number(rest / 1_000_000n);
  return new PyDateTime(Number(year), month, day, {
    hour: Math.floor(seconds / 3600),
    minute: Math.floor(seconds / 60) % 60,
    second: seconds % 60,
    microsecond: Number(rest % 1_000_000n),
  });
}

/** The count for a date, datetime, timedelta, Date or NaT; undefined for plain numbers. */
export function encodeDate(dtype: DType, value: unknown): bigint | undefined {
  if (value === null || value === undefined || value === "NaT") return NAT;
  const us = microseconds(value);
  if (us === undefined) return undefined;
  const { unit, count } = splitUnit(dtype.unit ?? "generic");
  const steps = BigInt(count);
  if (unit in UNIT_US) return floorDiv(us, UNIT_US[unit] * steps);
  if (unit in FRACTION_DIGITS) {
    return floorDiv(us * 10n ** BigInt(FRACTION_DIGITS[unit] - 6), steps);
  }
  if (unit === "generic" || dtype.kind === "m") {
    throw new TypeError(`Cannot store ${String(value)} as ${dtype}`);
  }
  const { year, month } = civil(floorDiv(us, DAY_US));
  const months = (year - 1970n) * 12n + BigInt(month - 1);
  return floorDiv(unit === "Y" ? floorDiv(months, 12n) : months, steps);
}

/** A datetime64 as ISO 8601 down to its unit, a timedelta64 as its count. */
export function dateText(dtype: DType, value: bigint): string {
  if (value === NAT) return "NaT";
  const { unit, count } = splitUnit(dtype.unit ?? "generic");
  if (dtype.kind === "m" || unit === "generic") return String(value);
  const steps = value * BigInt(count);
  if (unit === "Y" || unit === "M") {
    const { year, month } = civil(daysOfMonth(unit === "Y" ? 12n * steps : steps));
    return unit === "Y" ? yearText(year) : `${yearText(year)}-${pad(month, 2)}`;
  }
  const digits = FRACTION_DIGITS[unit];
  const second = 10n ** BigInt(digits ?? 0);
  const seconds = digits === undefined
    ? steps * UNIT_US[unit] / 1_000_000n
    : floorDiv(steps, second);
  const days = floorDiv(seconds, 86_400n);
  const { year, month, day } = civil(days);
  const date = `${yearText(year)}-${pad(month, 2)}-${pad(day, 2)}`;
  if (unit === "W" || unit === "D") return date;
  const inDay = Number(seconds - days * 86_400n);
  const hour = `${date}T${pad(Math.floor(inDay / 3600), 2)}`;
  if (unit === "h") return hour;
  const minute = `${hour}:${pad(Math.floor(inDay / 60) % 60, 2)}`;
  if (unit === "m") return minute;
  const whole = `${minute}:${pad(inDay % 60, 2)}`;
  if (digits === 0) return whole;
  return `${whole}.${pad(steps - seconds * second, digits)}`;
}

/** Microseconds since 1970, or of a duration. */
function microseconds(value: unknown): bigint | undefined {
  if (value instanceof PyTimedelta) {
    return BigInt(value.days) * DAY_US + BigInt(value.seconds) * 1_000_000n +
      BigInt(value.microseconds);
  }
  if (value instanceof Date) return BigInt(value.getTime()) * 1000n;
  const dated = value instanceof PyDateTime || value instanceof PyDate;
  if (!dated) return undefined;
  const days = daysOf(BigInt(value.year), value.month, value.day);
  if (!(value instanceof PyDateTime)) return days * DAY_US;
  const seconds = value.hour * 3600 + value.minute * 60 + value.second;
  return days * DAY_US + BigInt(seconds) * 1_000_000n + BigInt(value.microsecond);
}

/** Days since 1970 of a date of the proleptic Gregorian calendar (Howard Hinnant's algorithm). */
function daysOf(year: bigint, month: number, day: number): bigint {
  const y = month <= 2 ? year - 1n : year;
  const era = floorDiv(y, 400n);
  const ofEra = y - era * 400n;
  const ofYear = BigInt(Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1);
  return era * 146_097n + ofEra * 365n + ofEra / 4n - ofEra / 100n + ofYear - 719_468n;
}

/** The date of a count of days since 1970. */
function civil(days: bigint): { year: bigint; month: number; day: number } {
  const z = days + 719_468n;
  const era = floorDiv(z, 146_097n);
  const ofEra = Number(z - era * 146_097n);
  const yearOfEra = Math.floor(
    (ofEra - Math.floor(ofEra / 1460) + Math.floor(ofEra / 36_524) - Math.floor(ofEra / 146_096)) /
      365,
  );
  const ofYear = ofEra -
    (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shifted = Math.floor((5 * ofYear + 2) / 153);
  const day = ofYear - Math.floor((153 * shifted + 2) / 5) + 1;
  const month = shifted < 10 ? shifted + 3 : shifted - 9;
  return { year: BigInt(yearOfEra) + era * 400n + (month <= 2 ? 1n : 0n), month, day };
}

/** Days since 1970 of the first of a month, given as months since 1970. */
function daysOfMonth(months: bigint): bigint {
  const year = floorDiv(months, 12n);
  return daysOf(1970n + year, Number(months - year * 12n) + 1, 1);
}

function floorDiv(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a % b !== 0n && (a < 0n) !== (b < 0n) ? quotient - 1n : quotient;
}

function yearText(year: bigint): string {
  return year < 0n ? `-${pad(-year, 4)}` : pad(year, 4);
}

function pad(value: number | bigint, width: number): string {
  return String(value).padStart(width, "0");
}
