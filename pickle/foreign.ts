/**
 * JavaScript's own dates on their way to Python: Date becomes an aware UTC datetime, Temporal's types
 * their counterparts. What is below a microsecond has no place in Python.
 */
import { PyDate, PyDateTime, PyTime, PyTimedelta, PyTimezone, UTC } from "./datetime.ts";
import { PyGlobal, PyObject, PyTuple } from "./values.ts";

/** Fields of Temporal's types, all optional: which are there depends on the type. */
interface TemporalFields {
  readonly [name: string]: unknown;
  toString(): string;
}

/** The Python value for a Date or a Temporal object; undefined for any other object. */
export function fromForeignDate(value: object): object | undefined {
  if (value instanceof Date) {
    if (Number.isNaN(value.getTime())) throw new RangeError("Cannot dump an invalid Date");
    return PyDateTime.fromDate(value);
  }
  const tag: unknown = (value as { [Symbol.toStringTag]?: unknown })[Symbol.toStringTag];
  if (typeof tag !== "string" || !tag.startsWith("Temporal.")) return undefined;
  const fields = value as unknown as TemporalFields;
  switch (tag) {
    case "Temporal.PlainDate":
      return new PyDate(number(fields, "year"), number(fields, "month"), number(fields, "day"));
    case "Temporal.PlainTime":
      return new PyTime(timeOf(fields));
    case "Temporal.PlainDateTime":
      return datetime(fields, null);
    case "Temporal.ZonedDateTime":
      return datetime(fields, zoneOf(fields));
    case "Temporal.Instant":
      return fromInstant(fields.epochNanoseconds as bigint, fields);
    case "Temporal.Duration":
      return durationOf(fields);
    default:
      throw new RangeError(`Cannot dump a ${tag}: Python has no such type`);
  }
}

function datetime(fields: TemporalFields, tzinfo: unknown): PyDateTime {
  const time = { ...timeOf(fields), tzinfo };
  return new PyDateTime(
    number(fields, "year"),
    number(fields, "month"),
    number(fields, "day"),
    time,
  );
}

function timeOf(fields: TemporalFields): {
  hour: number;
  minute: number;
  second: number;
  microsecond: number;
} {
  if (fields.nanosecond !== 0) throw tooFine(fields);
  return {
    hour: number(fields, "hour"),
    minute: number(fields, "minute"),
    second: number(fields, "second"),
    microsecond: number(fields, "millisecond") * 1000 + number(fields, "microsecond"),
  };
}

function zoneOf(fields: TemporalFields): unknown {
  const id = String(fields.timeZoneId);
  if (id === "UTC") return UTC;
  if (/^[+-]/.test(id)) {
    return new PyTimezone(new PyTimedelta(0, Number(fields.offsetNanoseconds) / 1e9));
  }
  const zoneInfo = new PyGlobal("zoneinfo", "ZoneInfo");
  const unpickle = new PyObject({
    how: "reduce",
    callable: new PyGlobal("builtins", "getattr"),
    args: PyTuple.of<unknown>(zoneInfo, "_unpickle") as PyTuple,
  });
  return new PyObject({
    how: "reduce",
    callable: unpickle,
    args: PyTuple.of<unknown>(id, true) as PyTuple,
  });
}

function fromInstant(nanoseconds: bigint, fields: TemporalFields): PyDateTime {
  if (nanoseconds % 1000n !== 0n) throw tooFine(fields);
  const micros = nanoseconds / 1000n;
  const below = ((micros % 1000n) + 1000n) % 1000n;
  const whole = PyDateTime.fromDate(new Date(Number((micros - below) / 1000n)));
  return new PyDateTime(whole.year, whole.month, whole.day, {
    hour: whole.hour,
    minute: whole.minute,
    second: whole.second,
    microsecond: whole.microsecond + Number(below),
    tzinfo: UTC,
  });
}

function durationOf(fields: TemporalFields): PyTimedelta {
  if (number(fields, "years") !== 0 || number(fields, "months") !== 0) {
    throw new RangeError(`Cannot dump ${fields}: a timedelta has no years or months`);
  }
  if (fields.nanoseconds !== 0) throw tooFine(fields);
  return new PyTimedelta(
    number(fields, "weeks") * 7 + number(fields, "days"),
    number(fields, "hours") * 3600 + number(fields, "minutes") * 60 + number(fields, "seconds"),
    number(fields, "milliseconds") * 1000 + number(fields, "microseconds"),
  );
}

function number(fields: TemporalFields, name: string): number {
  return Number(fields[name]);
}

function tooFine(fields: TemporalFields): RangeError {
  return new RangeError(`Cannot dump ${fields}: Python's times end at the microsecond`);
}
