/**
 * Python's `datetime` types from the arguments that pickles call them with: packed bytes and a zone.
 */
import type { LoadContext } from "./context.ts";
import { PyDate, PyDateTime, PyTime, PyTimedelta, PyTimezone, UTC } from "./datetime.ts";

/** `datetime.datetime(...)` as pickles call it: ten bytes and a zone. */
export function datetimeFromArgs(args: readonly unknown[], context: LoadContext): PyDateTime {
  const b = stateBytes(args, 10, "datetime.datetime", context);
  return guard(
    context,
    "datetime.datetime",
    () =>
      new PyDateTime(b[0] * 256 + b[1], b[2] & 127, b[3], {
        hour: b[4],
        minute: b[5],
        second: b[6],
        microsecond: b[7] * 65536 + b[8] * 256 + b[9],
        fold: b[2] >> 7,
        tzinfo: args[1] ?? null,
      }),
  );
}

/** `datetime.date(...)` as pickles call it: four bytes. */
export function dateFromArgs(args: readonly unknown[], context: LoadContext): PyDate {
  const b = stateBytes(args, 4, "datetime.date", context);
  return guard(context, "datetime.date", () => new PyDate(b[0] * 256 + b[1], b[2], b[3]));
}

/** `datetime.time(...)` as pickles call it: six bytes and a zone. */
export function timeFromArgs(args: readonly unknown[], context: LoadContext): PyTime {
  const b = stateBytes(args, 6, "datetime.time", context);
  return guard(context, "datetime.time", () =>
    new PyTime({
      hour: b[0] & 127,
      minute: b[1],
      second: b[2],
      microsecond: b[3] * 65536 + b[4] * 256 + b[5],
      fold: b[0] >> 7,
      tzinfo: args[1] ?? null,
    }));
}

/** `datetime.timedelta(days, seconds, microseconds)`. */
export function timedeltaFromArgs(args: readonly unknown[], context: LoadContext): PyTimedelta {
  const [days = 0, seconds = 0, microseconds = 0] = args.map((arg) =>
    typeof arg === "number" || typeof arg === "bigint" ? Number(arg) : NaN
  );
  return guard(context, "datetime.timedelta", () => new PyTimedelta(days, seconds, microseconds));
}

/** `datetime.timezone(offset, name)`; without a name and offset it is the one UTC. */
export function timezoneFromArgs(args: readonly unknown[], context: LoadContext): PyTimezone {
  const [offset, name] = args;
  if (!(offset instanceof PyTimedelta) || (name !== undefined && typeof name !== "string")) {
    throw context.fail("datetime.timezone needs a timedelta and a name", "datetime.timezone");
  }
  if (name === undefined && offset.totalSeconds() === 0) return UTC;
  return guard(context, "datetime.timezone", () => new PyTimezone(offset, name));
}

function stateBytes(
  args: readonly unknown[],
  length: number,
  className: string,
  context: LoadContext,
): Uint8Array {
  const bytes = args.length <= 2 ? context.bytesOf(args[0]) : undefined;
  if (bytes === undefined || bytes.length !== length) {
    throw context.fail(`${className} needs ${length} bytes of state`, className);
  }
  return bytes;
}

function guard<T>(context: LoadContext, className: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (error instanceof RangeError) throw context.fail(error.message, className);
    throw error;
  }
}
