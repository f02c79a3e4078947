/** `larder cache stats`: what a cache holds and what it saved, all together. */
import { listItems } from "../memory/stores/items.ts";
import { type Command, JSON_OPTION, onStdout, printJson } from "./command.ts";
import { readAllDetails, timeSaved } from "./details.ts";
import { formatAge, formatBytes, formatDuration } from "./format.ts";
import { groupByFunction, versionsOf } from "./functions.ts";
import { LOCATION, openCache } from "./location.ts";
import { printFacts } from "./facts.ts";

/** The sums; `--json` prints them. */
export interface CacheStats {
  /** The folder that holds the entries. */
  readonly location: string;
  /** Functions. */
  readonly functions: number;
  /** Versions of their code, of which Python's functions have one each. */
  readonly versions: number;
  /** Results. */
  readonly calls: number;
  /** Entries without a result: damaged, or being written. */
  readonly incomplete: number;
  /** Size of all entries. */
  readonly bytes: number;
  /** How often Larder found a result. */
  readonly hits: number;
  /** Seconds that the hits saved. */
  readonly saved: number;
  /** Seconds that computing the results took. */
  readonly computing: number;
  /** When the oldest result was stored; null where there is none. */
  readonly oldest: string | null;
  /** When the newest result was stored. */
  readonly newest: string | null;
  /** When a result was used last. */
  readonly used: string | null;
}

/** Prints sums. */
export const STATS: Command = {
  syntax: {
    name: "larder cache stats",
    positionals: "",
    options: { location: LOCATION, json: JSON_OPTION },
  },
  summary: "Print what the cache holds and what it saved",
  more: "",
  async run(args, terminal) {
    const store = openCache(args, terminal);
    try {
      const items = await listItems(store);
      const functions = groupByFunction(items);
      const entries = functions.flatMap((one) => one.entries);
      const details = await readAllDetails(store, entries, terminal);
      const moment = (pick: "min" | "max", values: number[]): string | null => {
        if (values.length === 0) return null;
        const best = values.reduce((a, b) => Math[pick](a, b));
        return new Date(best).toISOString();
      };
      const complete = entries.filter((entry) => entry.complete);
      const stored = complete.map((entry) => entry.stored);
      const stats: CacheStats = {
        location: store.location,
        functions: functions.length,
        versions: functions.reduce((n, one) => n + Math.max(1, versionsOf(one.entries).length), 0),
        calls: complete.length,
        incomplete: entries.length - complete.length,
        bytes: items.reduce((sum, item) => sum + item.bytes, 0),
        hits: items.reduce((sum, item) => sum + item.hits, 0),
        saved: timeSaved(entries, details),
        computing: [...details.values()].reduce((sum, { duration = 0 }) => sum + duration, 0),
        oldest: moment("min", stored),
        newest: moment("max", stored),
        used: moment("max", complete.map((entry) => entry.lastAccess)),
      };
      if (args.flag("json")) printJson(terminal, stats);
      else printFacts(factsOf(stats), onStdout(terminal));
      return 0;
    } finally {
      await store.close();
    }
  },
};

function factsOf(stats: CacheStats): [string, string][] {
  const ago = (moment: string | null): string => {
    if (moment === null) return "never";
    const age = formatAge((Date.now() - Date.parse(moment)) / 1000);
    return age === "now" ? "just now" : `${age} ago`;
  };
  const facts: [string, string][] = [
    ["location", stats.location],
    ["functions", String(stats.functions)],
    ["calls", String(stats.calls)],
    ["size", formatBytes(stats.bytes)],
    ["hits", String(stats.hits)],
    ["time saved", formatDuration(stats.saved)],
    ["computing took", formatDuration(stats.computing)],
    ["oldest result", ago(stats.oldest)],
    ["newest result", ago(stats.newest)],
    ["last use", ago(stats.used)],
  ];
  if (stats.versions > stats.functions) facts.splice(2, 0, ["versions", String(stats.versions)]);
  if (stats.incomplete > 0) facts.push(["without a result", String(stats.incomplete)]);
  return facts;
}
