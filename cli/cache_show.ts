/** `larder cache show`: the results of a function, or one result with its value. */
import { Entries } from "../memory/stores/entries.ts";
import { listItems } from "../memory/stores/items.ts";
import type { StoreBackend } from "../memory/stores/store.ts";
import { verifyEntries } from "../memory/stores/verify.ts";
import { keepAccessTime } from "./access_time.ts";
import { type Arguments, choiceOf, countIn } from "./arguments.ts";
import { type Command, JSON_OPTION, onStdout, printJson } from "./command.ts";
import { argsText, type Details, readAllDetails, readDetails, timeSaved } from "./details.ts";
import { printFacts } from "./facts.ts";
import { nameFilter } from "./filter.ts";
import { formatAge, formatBytes, formatDuration, formatTime } from "./format.ts";
import { type CachedEntry, findTargets, groupByFunction, type Target } from "./functions.ts";
import { LOCATION, openCache } from "./location.ts";
import { previewValue } from "./preview.ts";
import { REVERSE, sortRows } from "./sorting.ts";
import { type Column, formatTable } from "./table.ts";
import { styled, type Terminal } from "./terminal.ts";

const SORTS = ["age", "size", "used", "hits", "took", "args"] as const;

/** Shows results. */
export const SHOW: Command = {
  syntax: {
    name: "larder cache show",
    positionals: "TARGET",
    least: 1,
    options: {
      location: LOCATION,
      filter: {
        type: "string",
        short: "f",
        value: "TEXT",
        help: "Only results with this in their arguments, or that match this pattern of * and ?",
      },
      sort: {
        type: "string",
        short: "s",
        value: "COLUMN",
        help: `One of ${SORTS.join(", ")}; the newest or largest first`,
      },
      reverse: REVERSE,
      limit: { type: "string", value: "COUNT", help: "Show at most so many results" },
      "no-value": { type: "boolean", help: "Show one result without its value" },
      json: JSON_OPTION,
    },
  },
  summary: "Show a function's results, or one result with its value",
  more: `TARGET is a function (pkg.mod.func), a version of its code
(FUNCTION/v-0123456789ab), or a result (FUNCTION/ID, or an ID or its beginning
where no other result has it). A value is loaded within limits, and nothing in
it is executed.`,
  async run(args, terminal) {
    const sort = choiceOf(args, { name: "sort", choices: SORTS, syntax: SHOW.syntax }) ?? "age";
    const limit = countIn(args, "limit", SHOW.syntax) ?? Infinity;
    const store = openCache(args, terminal);
    try {
      const targets = findTargets(groupByFunction(await listItems(store)), args.positionals[0]);
      const context = { args, terminal, sort, limit, several: targets.length > 1 };
      const asJson = args.flag("json");
      const shown: { state?: string }[] = [];
      for (const target of targets) {
        if (shown.length > 0 && !asJson) terminal.stdout.write("\n");
        const show = target.kind === "entry" ? showEntry : showFunction;
        shown.push(await show(store, target, context));
      }
      if (asJson) printJson(terminal, shown.length === 1 ? shown[0] : shown);
      return shown.some(({ state }) => state === "damaged") ? 1 : 0;
    } finally {
      await store.close();
    }
  },
};

interface Context {
  readonly args: Arguments;
  readonly terminal: Terminal;
  readonly sort: typeof SORTS[number];
  readonly limit: number;
  /** Whether this is one of several functions. */
  readonly several: boolean;
}

const COLUMNS: readonly Column[] = [
  { name: "ID" },
  { name: "ARGUMENTS", cut: "end" },
  { name: "SIZE", align: "right" },
  { name: "AGE", align: "right" },
  { name: "USED", align: "right" },
  { name: "HITS", align: "right" },
  { name: "TOOK", align: "right" },
];

async function showFunction(
  store: StoreBackend,
  { function: one, entries }: Target,
  context: Context,
): Promise<object> {
  const { args, terminal, limit, several } = context;
  const details = await readAllDetails(store, entries, terminal);
  const rows = sortedEntries(entries, details, context).slice(0, limit);
  const bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0);
  const hits = entries.reduce((sum, entry) => sum + entry.hits, 0);
  const saved = timeSaved(entries, details);
  if (args.flag("json")) {
    const { name, id, language } = one;
    const listed = rows.map((entry) => entryJson(entry, details.get(entry.key)!));
    return {
      function: name,
      id,
      language,
      calls: entries.length,
      bytes,
      hits,
      saved,
      entries: listed,
    };
  }
  const { output, colored } = onStdout(terminal);
  if (output.isTTY || several) {
    printFacts([
      ["function", one.name],
      ["calls", String(entries.length)],
      ["size", formatBytes(bytes)],
      ["hits", `${hits}, ${formatDuration(saved)} saved`],
    ], { output, colored });
    output.write("\n");
  }
  const versions = new Set(rows.map(({ version }) => version)).size > 1;
  const [first, ...others] = COLUMNS;
  const columns = versions ? [first, { name: "VERSION" }, ...others] : COLUMNS;
  const width = output.isTTY ? shortestIds(entries) : Infinity;
  const table = rows.map((entry) => {
    const [id, ...cells] = entryCells(entry, details.get(entry.key)!);
    return [id.slice(0, width), ...versions ? [entry.version ?? ""] : [], ...cells];
  });
  output.write(formatTable(columns, table, { output, colored }));
  return {};
}

/** The entries that are asked for, in the order that is. */
function sortedEntries(
  entries: readonly CachedEntry[],
  details: ReadonlyMap<string, Details>,
  { args, sort }: Context,
): CachedEntry[] {
  const matches = nameFilter(args.value("filter") ?? "");
  const chosen = entries.filter(({ key }) => matches(argsText(details.get(key)!.args)));
  return sortRows(chosen, (entry) => {
    const { stored, duration = 0, args } = details.get(entry.key)!;
    if (sort === "args") return argsText(args);
    if (sort === "took") return duration;
    return { age: stored, size: entry.bytes, used: entry.lastAccess, hits: entry.hits }[sort];
  }, args.flag("reverse"));
}

function entryCells(entry: CachedEntry, { args, stored, duration }: Details): string[] {
  const now = Date.now();
  return [
    entry.id,
    entry.complete ? argsText(args) : `${argsText(args)} (no result)`,
    formatBytes(entry.bytes),
    formatAge((now - stored) / 1000),
    formatAge((now - entry.lastAccess) / 1000),
    String(entry.hits),
    duration === undefined ? "" : formatDuration(duration),
  ];
}

async function showEntry(
  store: StoreBackend,
  { function: one, entries: [entry] }: Target,
  { args, terminal }: Context,
): Promise<{ state: string }> {
  const details = await readDetails(store, entry);
  const restore = keepAccessTime(store, entry.key);
  const { output, colored } = onStdout(terminal);
  const { state, bytes } = await stateOf(store, entry);
  const width = output.isTTY ? output.columns ?? 80 : 100;
  const value = args.flag("no-value") || state === "missing" || state === "damaged"
    ? undefined
    : await previewValue(store, entry.key, { width, bytes });
  restore();
  const shown = {
    function: one.name,
    ...entryJson(entry, details),
    state: value?.failed ? "damaged" : state,
    contentBytes: bytes,
    value: value?.text ?? null,
  };
  if (args.flag("json")) return shown;
  const facts: [string, string][] = [
    ["function", one.name],
    ["id", entry.id],
    ...entry.version === undefined ? [] : [["version", entry.version] as [string, string]],
    ["stored", `${formatTime(details.stored)}, ${ago(details.stored)}`],
    ["used", `${formatTime(entry.lastAccess)}, ${ago(entry.lastAccess)}`],
    ["hits", String(entry.hits)],
    ["took", details.duration === undefined ? "unknown" : formatDuration(details.duration)],
    ["size", `${formatBytes(bytes)} of result, ${formatBytes(entry.bytes)} in all`],
    ["state", STATES[state]],
    ["folder", `${store.location}/${entry.key}`],
  ];
  printFacts(facts, { output, colored });
  output.write(`\n${styled("arguments", "bold", colored)}\n`);
  const named = [...details.args ?? []];
  if (named.length === 0) output.write(details.args === undefined ? "  unknown\n" : "  none\n");
  else printFacts(named.map(([name, text]) => [`  ${name}`, text]), { output, colored });
  if (value !== undefined) {
    output.write(`\n${styled("value", "bold", colored)}\n${value.text}\n`);
  }
  return shown;
}

const STATES = {
  whole: "whole, by its checksum",
  damaged: "damaged",
  unchecked: "not checked: it has no checksum",
  missing: "without a result: damaged, or being written",
};

async function stateOf(
  store: StoreBackend,
  { key }: CachedEntry,
): Promise<{ state: keyof typeof STATES; bytes: number }> {
  for await (const { state, bytes } of verifyEntries(new Entries(store), key)) {
    return { state, bytes };
  }
  return { state: "missing", bytes: 0 };
}

function entryJson(entry: CachedEntry, details: Details): Record<string, unknown> {
  return {
    id: entry.id,
    key: entry.key,
    version: entry.version ?? null,
    args: details.args === undefined ? null : Object.fromEntries(details.args),
    bytes: entry.bytes,
    complete: entry.complete,
    stored: new Date(details.stored).toISOString(),
    used: new Date(entry.lastAccess).toISOString(),
    hits: entry.hits,
    took: details.duration ?? null,
  };
}

/** Digits that tell the ids of a function apart, and a few more for those to come. */
function shortestIds(entries: readonly CachedEntry[]): number {
  const ids = [...new Set(entries.map(({ id }) => id))].sort();
  let shared = 0;
  for (let at = 1; at < ids.length; at++) {
    let same = 0;
    while (same < 32 && ids[at][same] === ids[at - 1][same]) same++;
    shared = Math.max(shared, same);
  }
  return Math.max(8, shared + 2);
}

function ago(moment: number): string {
  const age = formatAge((Date.now() - moment) / 1000);
  return age === "now" ? "just now" : `${age} ago`;
}
