/**
 * Python's repr of `datetime` types: constructor calls with the fields that are not zero at the end.
 */
import {
  PyDate,
  PyDateTime,
  PyTime,
  PyTimedelta,
  type PyTimeFields,
  PyTimezone,
} from "../pickle/datetime.ts";

/** The repr of a date or time; undefined for another value. `show` writes time zones. */
export function dateRepr(value: object, show: (value: unknown) => string): string | undefined {
  if (value instanceof PyDate) return `datetime.date(${value.year}, ${value.month}, ${value.day})`;
  if (value instanceof PyTime) return `datetime.time(${timeArgs(value, show)})`;
  if (value instanceof PyDateTime) {
    const { year, month, day } = value;
    return `datetime.datetime(${year}, ${month}, ${day}, ${timeArgs(value, show)})`;
  }
  if (value instanceof PyTimedelta) return deltaRepr(value);
  if (value instanceof PyTimezone) {
    if (value.name === undefined && value.offset.totalSeconds() === 0) {
      return "datetime.timezone.utc";
    }
    const name = value.name === undefined ? "" : `, ${show(value.name)}`;
    return `datetime.timezone(${deltaRepr(value.offset)}${name})`;
  }
  return undefined;
}

/** Hour and minute, and what is not zero behind them. */
function timeArgs(time: PyTimeFields, show: (value: unknown) => string): string {
  const args = [time.hour, time.minute];
  if (time.second !== 0 || time.microsecond !== 0) args.push(time.second);
  if (time.microsecond !== 0) args.push(time.microsecond);
  const parts = args.map(String);
  if (time.fold === 1) parts.push("fold=1");
  if (time.tzinfo !== null) parts.push(`tzinfo=${show(time.tzinfo)}`);
  return parts.join(", ");
}

function deltaRepr({ days, seconds, microseconds }: PyTimedelta): string {
  const parts = Object.entries({ days, seconds, microseconds })
    .flatMap(([name, value]) => value === 0 ? [] : [`${name}=${value}`]);
  return `datetime.timedelta(${parts.length === 0 ? "0" : parts.join(", ")})`;
}
