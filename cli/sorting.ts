/** The order of tables: largest first, names from A on. */
import type { Option } from "./arguments.ts";

/** Turns the order round. */
export const REVERSE: Option = { type: "boolean", short: "r", help: "Turn the order round" };

/** Rows in the order of a column, the largest first; text from A on. */
export function sortRows<T>(
  rows: readonly T[],
  by: (row: T) => number | string,
  reverse: boolean,
): T[] {
  const sorted = rows.map((row) => ({ row, value: by(row) })).sort(({ value: a }, { value: b }) => {
    if (typeof a === "string" || typeof b === "string") return a < b ? -1 : a > b ? 1 : 0;
    return b - a;
  }).map(({ row }) => row);
  return reverse ? sorted.reverse() : sorted;
}
