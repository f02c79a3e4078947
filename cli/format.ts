/** Sizes, ages and durations: as people write them, and as the command line takes them. */

const SIZES = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
const UNITS = "KMGTP";

/** Seconds of the units of time, the largest first. */
const TIMES: readonly (readonly [unit: string, seconds: number])[] = [
  ["y", 365 * 86400],
  ["w", 7 * 86400],
  ["d", 86400],
  ["h", 3600],
  ["m", 60],
  ["s", 1],
];

/** A number of bytes in the unit that suits it, a power of 1024: `1.5 KiB`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  // What would be rounded to 1024 belongs to the next unit.
  while (value >= 1023.5 && unit < SIZES.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit > 0 && value < 9.95 ? value.toFixed(1) : Math.round(value)} ${SIZES[unit]}`;
}

/** A stretch of time by its two largest units that matter: `3d 4h`, `12 ms`. */
export function formatDuration(seconds: number): string {
  if (!(seconds > 0)) return "0 s";
  if (seconds < 0.0009995) return `${Math.max(1, Math.round(seconds * 1e6))} µs`;
  if (seconds < 0.9995) return `${Math.round(seconds * 1e3)} ms`;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  if (seconds < 59.5) return `${Math.round(seconds)} s`;
  return twoUnits(Math.round(seconds));
}

/** How long ago something was, coarser than a duration: `4h`, `now`. */
export function formatAge(seconds: number): string {
  if (!(seconds >= 1)) return "now";
  const [unit, size] = TIMES.find(([unit, size]) => unit !== "y" && seconds >= size)!;
  if (seconds >= 365 * 86400) return `${(seconds / (365 * 86400)).toFixed(1)}y`;
  return `${Math.floor(seconds / size)}${unit}`;
}

/** A moment, in the form that sorts: `2026-01-31 14:05:09Z`. */
export function formatTime(milliseconds: number): string {
  const date = new Date(milliseconds);
  if (Number.isNaN(date.getTime())) return "unknown";
  return `${date.toISOString().slice(0, 19).replace("T", " ")}Z`;
}

/** A count with its noun: `1 entry`, `2 entries`. */
export function countOf(count: number, one: string, many: string = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/**
 * The bytes of a size such as `30K`, `1.5G`, `200 MB` or `4096`; units are powers of 1024.
 *
 * @returns `undefined` for what is no size.
 */
export function parseBytes(text: string): number | undefined {
  const [, number, unit = ""] = /^\s*(\d+(?:\.\d*)?|\.\d+)\s*(?:([KMGTP])?(?:i?B)?)\s*$/i
    .exec(text) ?? [];
  if (number === undefined) return undefined;
  const power = unit === "" ? 0 : UNITS.indexOf(unit.toUpperCase()) + 1;
  return Math.trunc(Number(number) * 1024 ** power);
}

/**
 * The seconds of an age such as `5d`, `12h`, `1d12h` or `90s`.
 *
 * @returns `undefined` for what is no age; a number without a unit is none.
 */
export function parseAge(text: string): number | undefined {
  const parts = text.replace(/\s+/g, "").toLowerCase();
  if (!/^(?:(?:\d+(?:\.\d*)?|\.\d+)[ywdhms])+$/.test(parts)) return undefined;
  let seconds = 0;
  for (const [, number, unit] of parts.matchAll(/([\d.]+)([ywdhms])/g)) {
    seconds += Number(number) * TIMES.find(([name]) => name === unit)![1];
  }
  return seconds;
}

function twoUnits(seconds: number): string {
  const at = TIMES.findIndex(([, size]) => seconds >= size);
  const [unit, size] = TIMES[at];
  const first = `${Math.floor(seconds / size)}${unit}`;
  const [nextUnit, nextSize] = TIMES[at + 1] ?? ["", Infinity];
  const rest = Math.floor((seconds % size) / nextSize);
  return rest > 0 ? `${first} ${rest}${nextUnit}` : first;
}
