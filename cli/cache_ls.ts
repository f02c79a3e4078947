/** `larder cache ls`: the functions of a cache, with what they hold and what they saved. */
import { listItems } from "../memory/stores/items.ts";
import { choiceOf } from "./arguments.ts";
import { type Command, JSON_OPTION, onStdout, printJson } from "./command.ts";
import { readAllDetails, timeSaved } from "./details.ts";
import { nameFilter } from "./filter.ts";
import { countOf, formatAge, formatBytes, formatDuration } from "./format.ts";
import { type CachedFunction, groupByFunction, versionsOf } from "./functions.ts";
import { LOCATION, openCache } from "./location.ts";
import { REVERSE, sortRows } from "./sorting.ts";
import { type Column, formatTable } from "./table.ts";
import { printable, styled, type Terminal } from "./terminal.ts";

/** What is told of a function; `--json` prints these. */
export interface FunctionRow {
  /** How it is called. */
  readonly name: string;
  /** Its folder below the cache's. */
  readonly id: string;
  /** Whose it is. */
  readonly language: "python" | "js";
  /** Versions of its code that there are results of; 1 for Python's. */
  readonly versions: number;
  /** Results. */
  readonly calls: number;
  /** Size of their files. */
  readonly bytes: number;
  /** When the newest result was stored. */
  readonly stored: string;
  /** When one was used last. */
  readonly used: string;
  /** How often Larder found a result. */
  readonly hits: number;
  /** Seconds that the hits saved. */
  readonly saved: number;
}

const SORTS = ["name", "calls", "size", "age", "used", "hits", "saved"] as const;

const COLUMNS: readonly Column[] = [
  { name: "FUNCTION", cut: "start" },
  { name: "CALLS", align: "right" },
  { name: "SIZE", align: "right" },
  { name: "AGE", align: "right" },
  { name: "USED", align: "right" },
  { name: "HITS", align: "right" },
  { name: "SAVED", align: "right" },
];

/** Lists functions. */
export const LS: Command = {
  syntax: {
    name: "larder cache ls",
    positionals: "[FILTER]",
    least: 0,
    most: 1,
    options: {
      location: LOCATION,
      filter: {
        type: "string",
        short: "f",
        value: "TEXT",
        help: "Only functions with this in their name, or that match this pattern of * and ?",
      },
      sort: {
        type: "string",
        short: "s",
        value: "COLUMN",
        help: `One of ${SORTS.join(", ")}; the largest first`,
      },
      reverse: REVERSE,
      json: JSON_OPTION,
    },
  },
  summary: "List the functions whose results are cached",
  more: `AGE is the time since the newest result was stored, USED since one was used.
HITS counts what Larder found; Python keeps no count. SAVED is how long the hits
would have taken to compute.`,
  async run(args, terminal) {
    const sort = choiceOf(args, { name: "sort", choices: SORTS, syntax: LS.syntax }) ?? "name";
    const store = openCache(args, terminal);
    try {
      const filter = args.value("filter") ?? args.positionals[0];
      const matches = nameFilter(filter ?? "");
      const functions = groupByFunction(await listItems(store))
        .filter(({ name, id }) => matches(name) || matches(id));
      const used = functions.flatMap(({ entries }) => entries.filter(({ hits }) => hits > 0));
      const details = await readAllDetails(store, used, terminal);
      const rows = sortRows(
        functions.map((one) => functionRow(one, timeSaved(one.entries, details))),
        (row) => sortValue(row, sort),
        args.flag("reverse"),
      );
      if (args.flag("json")) printJson(terminal, { location: store.location, functions: rows });
      else printRows(terminal, rows, { location: store.location, filter });
      return rows.length === 0 && filter !== undefined ? 1 : 0;
    } finally {
      await store.close();
    }
  },
};

function functionRow({ name, id, language, entries }: CachedFunction, saved: number): FunctionRow {
  let [bytes, hits, stored, used] = [0, 0, 0, 0];
  for (const entry of entries) {
    bytes += entry.bytes;
    hits += entry.hits;
    stored = Math.max(stored, entry.stored);
    used = Math.max(used, entry.lastAccess);
  }
  return {
    name,
    id,
    language,
    versions: Math.max(1, versionsOf(entries).length),
    calls: entries.length,
    bytes,
    stored: new Date(stored).toISOString(),
    used: new Date(used).toISOString(),
    hits,
    saved,
  };
}

function sortValue(row: FunctionRow, sort: typeof SORTS[number]): number | string {
  switch (sort) {
    case "name":
      return row.name;
    case "size":
      return row.bytes;
    case "age":
      return -Date.parse(row.stored);
    case "used":
      return -Date.parse(row.used);
    default:
      return row[sort];
  }
}

function printRows(
  terminal: Terminal,
  rows: readonly FunctionRow[],
  { location, filter }: { readonly location: string; readonly filter: string | undefined },
): void {
  const { output, colored } = onStdout(terminal);
  if (rows.length === 0) {
    const what = filter === undefined ? "Nothing" : `No function's name matches "${filter}"`;
    terminal.stderr.write(`${printable(what)} in ${location}\n`);
    return;
  }
  const now = Date.now();
  output.write(formatTable(
    COLUMNS,
    rows.map((row) => [
      row.versions > 1 ? `${row.name} (${row.versions} versions)` : row.name,
      String(row.calls),
      formatBytes(row.bytes),
      formatAge((now - Date.parse(row.stored)) / 1000),
      formatAge((now - Date.parse(row.used)) / 1000),
      String(row.hits),
      row.saved > 0 ? formatDuration(row.saved) : "",
    ]),
    { output, colored },
  ));
  if (!output.isTTY) return; // the table alone, for programs
  const sum = (field: "calls" | "bytes" | "hits" | "saved") =>
    rows.reduce((total, row) => total + row[field], 0);
  const total = `${countOf(rows.length, "function")}, ${countOf(sum("calls"), "call")}, ` +
    `${formatBytes(sum("bytes"))}, ${countOf(sum("hits"), "hit")}, ` +
    `${formatDuration(sum("saved"))} saved`;
  output.write(`${styled(total, "dim", colored)}\n`);
}
