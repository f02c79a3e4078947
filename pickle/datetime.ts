/**
 * Python's `datetime` types with Python's own fields: microseconds, fold, odd offsets, mixed signs.
 * `toDate()` and `toTemporal()` lead to JavaScript's.
 */
import type { DumpContext, Reduction } from "./context.ts";
import { defineInspect, type Inspect, type InspectOptions } from "./protocols.ts";
import { PyGlobal } from "./values.ts";

const DATETIME = new PyGlobal("datetime", "datetime");
const DATE = new PyGlobal("datetime", "date");
const TIME = new PyGlobal("datetime", "time");
const TIMEDELTA = new PyGlobal("datetime", "timedelta");
const TIMEZONE = new PyGlobal("datetime", "timezone");

/** The slice of Temporal that is used, so that the types need no Temporal library. */
interface TemporalLike {
  PlainDate: { from(fields: object): unknown };
  PlainTime: { from(fields: object): unknown };
  PlainDateTime: { from(fields: object): unknown };
  Duration: { from(fields: object): unknown };
  ZonedDateTime: { from(fields: object): unknown };
}

function temporal(): TemporalLike {
  const found = (globalThis as { Temporal?: TemporalLike }).Temporal;
  if (found === undefined) {
    throw new TypeError("Cannot convert to Temporal: this runtime has none; use toDate()");
  }
  return found;
}

/** A `datetime.date`. */
export class PyDate {
  /** 1 to 9999. */
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  /** 1 to 31. */
  readonly day: number;

  /** Make a date; the fields must form a real day. */
  constructor(year: number, month: number, day: number) {
    checkDate(year, month, day);
    this.year = year;
    this.month = month;
    this.day = day;
  }

  /** ISO 8601, as Python's `isoformat`. */
  toString(): string {
    return `${pad(this.year, 4)}-${pad(this.month, 2)}-${pad(this.day, 2)}`;
  }

  /** Midnight UTC of this day. */
  toDate(): Date {
    return utcDate(this.year, this.month, this.day, 0, 0, 0, 0);
  }

  /** A `Temporal.PlainDate`. */
  toTemporal(): unknown {
    return temporal().PlainDate.from({ year: this.year, month: this.month, day: this.day });
  }

  /** Equal dates are one key. */
  __hashkey__(): string {
    return `\u0000date:${this}`;
  }

  /** As `date.__reduce__`. */
  __reduce__(): Reduction {
    return {
      callable: DATE,
      args: [Uint8Array.of(this.year >> 8, this.year & 0xff, this.month, this.day)],
    };
  }

  static {
    defineInspect(this.prototype, inspectDatetime);
  }
}

/** Fields of a time of day. */
export interface PyTimeFields {
  /** 0 to 23. @default 0 */
  hour?: number;
  /** 0 to 59. @default 0 */
  minute?: number;
  /** 0 to 59. @default 0 */
  second?: number;
  /** 0 to 999999. @default 0 */
  microsecond?: number;
  /** 1 for the second of two equal wall times. @default 0 */
  fold?: number;
  /** The time zone: a {@link PyTimezone}, a PyObject such as a zoneinfo, or null. @default null */
  tzinfo?: unknown;
}

/** A `datetime.time`. */
export class PyTime {
  /** 0 to 23. */
  readonly hour: number;
  /** 0 to 59. */
  readonly minute: number;
  /** 0 to 59. */
  readonly second: number;
  /** 0 to 999999. */
  readonly microsecond: number;
  /** 1 for the second of two equal wall times. */
  readonly fold: number;
  /** The time zone, or null. */
  readonly tzinfo: unknown;

  /** Make a time of day. */
  constructor(fields: PyTimeFields = {}) {
    const { hour = 0, minute = 0, second = 0, microsecond = 0, fold = 0, tzinfo = null } = fields;
    checkTime(hour, minute, second, microsecond, fold);
    this.hour = hour;
    this.minute = minute;
    this.second = second;
    this.microsecond = microsecond;
    this.fold = fold;
    this.tzinfo = tzinfo;
  }

  /** ISO 8601 with microseconds where there are any; the zone's offset where it is fixed. */
  toString(): string {
    return timeText(this) + offsetText(this.tzinfo);
  }

  /** A `Temporal.PlainTime`. */
  toTemporal(): unknown {
    return temporal().PlainTime.from(temporalTime(this));
  }

  /** Equal times are one key. */
  __hashkey__(): unknown {
    return this.tzinfo === null || this.tzinfo instanceof PyTimezone ? `\u0000time:${this}` : this;
  }

  /** As `time.__reduce_ex__`. */
  __reduce__(context: DumpContext): Reduction {
    const folded = this.fold === 1 && context.protocol > 3 ? 128 : 0;
    const bytes = Uint8Array.of(this.hour + folded, this.minute, this.second, ...micros(this));
    return { callable: TIME, args: this.tzinfo === null ? [bytes] : [bytes, this.tzinfo] };
  }

  static {
    defineInspect(this.prototype, inspectDatetime);
  }
}

/** A `datetime.datetime`. */
export class PyDateTime {
  /** 1 to 9999. */
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  /** 1 to 31. */
  readonly day: number;
  /** 0 to 23. */
  readonly hour: number;
  /** 0 to 59. */
  readonly minute: number;
  /** 0 to 59. */
  readonly second: number;
  /** 0 to 999999. */
  readonly microsecond: number;
  /** 1 for the second of two equal wall times. */
  readonly fold: number;
  /** The time zone: a {@link PyTimezone}, a PyObject such as a zoneinfo, or null. */
  readonly tzinfo: unknown;

  /** Make a datetime; the fields must form a real day and time. */
  constructor(year: number, month: number, day: number, time: PyTimeFields = {}) {
    checkDate(year, month, day);
    const { hour = 0, minute = 0, second = 0, microsecond = 0, fold = 0, tzinfo = null } = time;
    checkTime(hour, minute, second, microsecond, fold);
    this.year = year;
    this.month = month;
    this.day = day;
    this.hour = hour;
    this.minute = minute;
    this.second = second;
    this.microsecond = microsecond;
    this.fold = fold;
    this.tzinfo = tzinfo;
  }

  /** The aware UTC datetime of a JavaScript Date. */
  static fromDate(date: Date): PyDateTime {
    return new PyDateTime(date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate(), {
      hour: date.getUTCHours(),
      minute: date.getUTCMinutes(),
      second: date.getUTCSeconds(),
      microsecond: date.getUTCMilliseconds() * 1000,
      tzinfo: UTC,
    });
  }

  /** ISO 8601, as Python's `isoformat`; the zone's offset where it is fixed. */
  toString(): string {
    const day = `${pad(this.year, 4)}-${pad(this.month, 2)}-${pad(this.day, 2)}`;
    return `${day}T${timeText(this)}${offsetText(this.tzinfo)}`;
  }

  /** A Date, to the millisecond: a fixed zone is honoured, no zone is taken for UTC, another zone is a TypeError. */
  toDate(): Date {
    const date = utcDate(
      this.year,
      this.month,
      this.day,
      this.hour,
      this.minute,
      this.second,
      Math.floor(this.microsecond / 1000),
    );
    if (this.tzinfo === null) return date;
    if (this.tzinfo instanceof PyTimezone) {
      return new Date(date.getTime() - this.tzinfo.offset.totalSeconds() * 1000);
    }
    throw new TypeError("Cannot convert to a Date: the datetime's zone is not a fixed offset");
  }

  /** A `Temporal.PlainDateTime`, or a `Temporal.ZonedDateTime` where the zone is a fixed offset of whole minutes. */
  toTemporal(): unknown {
    const fields = { year: this.year, month: this.month, day: this.day, ...temporalTime(this) };
    if (this.tzinfo === null) return temporal().PlainDateTime.from(fields);
    if (!(this.tzinfo instanceof PyTimezone)) {
      throw new TypeError("Cannot convert to Temporal: the datetime's zone is not a fixed offset");
    }
    const offset = offsetText(this.tzinfo);
    return temporal().ZonedDateTime.from({ ...fields, timeZone: offset, offset });
  }

  /** Equal datetimes are one key. */
  __hashkey__(): unknown {
    if (this.tzinfo === null) return `\u0000datetime:${this}`;
    if (!(this.tzinfo instanceof PyTimezone)) return this;
    return `\u0000datetime:${this.toDate().getTime()}.${this.microsecond % 1000}Z`;
  }

  /** As `datetime.__reduce_ex__`. */
  __reduce__(context: DumpContext): Reduction {
    const folded = this.fold === 1 && context.protocol > 3 ? 128 : 0;
    const bytes = Uint8Array.of(
      this.year >> 8,
      this.year & 0xff,
      this.month + folded,
      this.day,
      this.hour,
      this.minute,
      this.second,
      ...micros(this),
    );
    return { callable: DATETIME, args: this.tzinfo === null ? [bytes] : [bytes, this.tzinfo] };
  }

  static {
    defineInspect(this.prototype, inspectDatetime);
  }
}

/** A `datetime.timedelta`, in Python's normal form: only `days` may be negative. */
export class PyTimedelta {
  /** −999999999 to 999999999. */
  readonly days: number;
  /** 0 to 86399. */
  readonly seconds: number;
  /** 0 to 999999. */
  readonly microseconds: number;

  /** Make a duration; the parts are brought into Python's normal form. */
  constructor(days = 0, seconds = 0, microseconds = 0) {
    const carried = seconds + Math.floor(microseconds / 1_000_000);
    this.microseconds = microseconds - Math.floor(microseconds / 1_000_000) * 1_000_000;
    this.seconds = carried - Math.floor(carried / 86_400) * 86_400;
    this.days = days + Math.floor(carried / 86_400);
    if (
      ![this.days, this.seconds, this.microseconds].every(Number.isInteger) ||
      Math.abs(this.days) > 999_999_999
    ) {
      throw new RangeError(
        `Cannot make a timedelta of ${days} days, ${seconds} s, ${microseconds} µs`,
      );
    }
  }

  /** Seconds in all; microseconds as a fraction. */
  totalSeconds(): number {
    return this.days * 86_400 + this.seconds + this.microseconds / 1_000_000;
  }

  /** Python's spelling, such as `-1 day, 23:59:59`. */
  toString(): string {
    const { days, seconds, microseconds } = this;
    const clock = `${Math.floor(seconds / 3600)}:${pad(Math.floor(seconds / 60) % 60, 2)}:${
      pad(seconds % 60, 2)
    }`;
    const fraction = microseconds === 0 ? "" : `.${pad(microseconds, 6)}`;
    const prefix = days === 0 ? "" : `${days} day${Math.abs(days) === 1 ? "" : "s"}, `;
    return prefix + clock + fraction;
  }

  /** A `Temporal.Duration` of the same length. */
  toTemporal(): unknown {
    const negative = this.days < 0;
    let { days, seconds, microseconds } = this;
    if (negative && (seconds > 0 || microseconds > 0)) {
      days += 1;
      const left = 86_400 * 1_000_000 - (seconds * 1_000_000 + microseconds);
      seconds = -Math.floor(left / 1_000_000);
      microseconds = -(left % 1_000_000);
    }
    return temporal().Duration.from({
      days: days + 0,
      seconds: seconds + 0,
      milliseconds: Math.trunc(microseconds / 1000) + 0,
      microseconds: microseconds % 1000 + 0,
    });
  }

  /** Equal durations are one key. */
  __hashkey__(): string {
    return `\u0000timedelta:${this.days},${this.seconds},${this.microseconds}`;
  }

  /** As `timedelta.__reduce__`. */
  __reduce__(): Reduction {
    return { callable: TIMEDELTA, args: [this.days, this.seconds, this.microseconds] };
  }

  static {
    defineInspect(this.prototype, inspectDatetime);
  }
}

/** A `datetime.timezone`: a fixed offset, with a name where Python has one. */
export class PyTimezone {
  /** The offset from UTC. */
  readonly offset: PyTimedelta;
  /** The name that was given, if any. */
  readonly name?: string;

  /** Make a fixed zone. */
  constructor(offset: PyTimedelta, name?: string) {
    if (Math.abs(offset.totalSeconds()) >= 86_400) {
      throw new RangeError(`Cannot make a timezone: offset ${offset} is not within a day`);
    }
    this.offset = offset;
    if (name !== undefined) this.name = name;
  }

  /** `UTC`, `UTC+05:30` or the name. */
  toString(): string {
    const text = offsetText(this);
    return this.name ?? (text === "+00:00" ? "UTC" : `UTC${text}`);
  }

  /** Zones of equal offset are equal. */
  __hashkey__(): string {
    return `\u0000timezone:${this.offset.__hashkey__()}`;
  }

  /** As `timezone.__getinitargs__`. */
  __reduce__(): Reduction {
    return {
      callable: TIMEZONE,
      args: this.name === undefined ? [this.offset] : [this.offset, this.name],
    };
  }

  static {
    defineInspect(this.prototype, inspectDatetime);
  }
}

/** One line in the console: the class, Python's spelling, and what that leaves out. */
function inspectDatetime(
  this: PyDate | PyTime | PyDateTime | PyTimedelta | PyTimezone,
  _depth: number,
  options: InspectOptions,
  inspect: Inspect,
): string {
  const parts = [this.constructor.name, String(this)];
  if (this instanceof PyTime || this instanceof PyDateTime) {
    const { tzinfo, fold } = this;
    if (tzinfo !== null && !(tzinfo instanceof PyTimezone)) parts.push(inspect(tzinfo, options));
    if (fold !== 0) parts.push(`fold ${fold}`);
  }
  return parts.join(" ");
}

/** `datetime.timezone.utc`, one object as in Python. */
export const UTC: PyTimezone = new PyTimezone(new PyTimedelta(0));

function checkDate(year: number, month: number, day: number): void {
  const whole = [year, month, day].every(Number.isInteger);
  const last = new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate();
  if (!whole || year < 1 || year > 9999 || month < 1 || month > 12 || day < 1 || day > last) {
    throw new RangeError(`Cannot make a date of year ${year}, month ${month}, day ${day}`);
  }
}

function checkTime(
  hour: number,
  minute: number,
  second: number,
  microsecond: number,
  fold: number,
): void {
  const whole = [hour, minute, second, microsecond, fold].every((n) =>
    Number.isInteger(n) && n >= 0
  );
  if (!whole || hour > 23 || minute > 59 || second > 59 || microsecond > 999_999 || fold > 1) {
    throw new RangeError(
      `Cannot make a time of ${hour}:${minute}:${second}, ${microsecond} µs, fold ${fold}`,
    );
  }
}

function micros(value: { microsecond: number }): [number, number, number] {
  return [value.microsecond >> 16, (value.microsecond >> 8) & 0xff, value.microsecond & 0xff];
}

function timeText(
  t: { hour: number; minute: number; second: number; microsecond: number },
): string {
  const fraction = t.microsecond === 0 ? "" : `.${pad(t.microsecond, 6)}`;
  return `${pad(t.hour, 2)}:${pad(t.minute, 2)}:${pad(t.second, 2)}${fraction}`;
}

function temporalTime(
  t: { hour: number; minute: number; second: number; microsecond: number },
): Record<string, number> {
  return {
    hour: t.hour,
    minute: t.minute,
    second: t.second,
    millisecond: Math.floor(t.microsecond / 1000),
    microsecond: t.microsecond % 1000,
  };
}

function offsetText(zone: unknown): string {
  if (!(zone instanceof PyTimezone)) return "";
  const total = zone.offset.totalSeconds();
  const size = Math.abs(total);
  const seconds = size % 60 === 0 ? "" : `:${pad(Math.floor(size % 60), 2)}`;
  return `${total < 0 ? "-" : "+"}${pad(Math.floor(size / 3600), 2)}:${
    pad(Math.floor(size / 60) % 60, 2)
  }${seconds}`;
}

function utcDate(
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
  millisecond: number,
): Date {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second, millisecond);
  return date;
}

function pad(value: number, width: number): string {
  return String(value).padStart(width, "0");
}
