/**
 * `larder cache explain`: why a call would find its result or not, as far as the cache tells. The
 * function itself is not here, so nobody can know whether its code is still the same.
 */
import { listItems } from "../memory/stores/items.ts";
import type { StoreBackend } from "../memory/stores/store.ts";
import { type Arguments, UsageError } from "./arguments.ts";
import { parseCall } from "./call.ts";
import { callIds, differences, nameArguments, storedSignature } from "./call_id.ts";
import { type Command, JSON_OPTION, onStdout, printJson } from "./command.ts";
import { argsText, type Details, readAllDetails } from "./details.ts";
import { countOf, formatAge, formatDuration } from "./format.ts";
import {
  type CachedEntry,
  type CachedFunction,
  groupByFunction,
  oneFunction,
  versionsOf,
} from "./functions.ts";
import { LOCATION, openCache } from "./location.ts";
import { type Parameter, parseSignature } from "./signature.ts";
import { cutText } from "./table.ts";
import { printable, styled, type Terminal } from "./terminal.ts";

/** Explains calls. */
export const EXPLAIN: Command = {
  syntax: {
    name: "larder cache explain",
    positionals: "FUNCTION [ARG | NAME=ARG]...",
    least: 1,
    most: Infinity,
    options: {
      location: LOCATION,
      signature: {
        type: "string",
        value: "LIST",
        help: 'The parameters: "x, y=2". Default: what joblib stored of the source',
      },
      json: JSON_OPTION,
    },
  },
  summary: "Tell why a call would find its result or not",
  more: `ARG is JSON or a literal of Python: 1, 1.0, '"text"', '[1, 2]', y=None. Without
arguments it tells what there is. It answers for arguments; whether the
function's code is still the one that made the results can't be seen in the
cache. Exit code 1: there is no result.`,
  async run(args, terminal) {
    const [name, ...words] = args.positionals;
    const call = parseCall(words, EXPLAIN.syntax);
    const told = givenSignature(args);
    const store = openCache(args, terminal);
    try {
      const found = oneFunction(groupByFunction(await listItems(store)), name);
      const details = await readAllDetails(store, found.entries, terminal);
      const recorded = found.entries.map(({ key }) => details.get(key)!);
      const signature = told ?? await storedSignature(store, found);
      const asked = words.length > 0 || told !== undefined || signature?.length === 0;
      const named = asked ? nameArguments(call, signature, recorded) : undefined;
      const ids = named?.args === undefined ? [] : await callIds(named.args, found.language);
      const explanation: Explanation = {
        function: found,
        details,
        because: named?.because,
        args: named?.args,
        id: ids[0],
        hits: found.entries.filter((entry) => entry.complete && ids.includes(entry.id)),
        nearest: named?.args === undefined ? [] : nearest(found.entries, details, named.args),
        alike: named !== undefined && named.args === undefined
          ? alike(found.entries, details, call.named)
          : [],
      };
      if (args.flag("json")) printJson(terminal, explanationJson(explanation, store));
      else printExplanation(terminal, explanation);
      return asked && explanation.hits.length === 0 ? 1 : 0;
    } finally {
      await store.close();
    }
  },
};

interface Near {
  readonly entry: CachedEntry;
  /** Arguments in which it differs. */
  readonly different: readonly string[];
}

interface Explanation {
  readonly function: CachedFunction;
  readonly details: ReadonlyMap<string, Details>;
  /** How the arguments got their names, or why they did not; `undefined` where none were asked for. */
  readonly because: string | undefined;
  readonly args: ReadonlyMap<string, unknown> | undefined;
  readonly id: string | undefined;
  readonly hits: readonly CachedEntry[];
  readonly nearest: readonly Near[];
  /** Results whose recorded arguments are those that were given, where no id could be computed. */
  readonly alike: readonly CachedEntry[];
}

const MOST_NEAR = 3;

function givenSignature(args: Arguments): Parameter[] | undefined {
  const text = args.value("signature");
  if (text === undefined) return undefined;
  const parameters = parseSignature(text);
  if (parameters !== undefined) return parameters;
  throw new UsageError(
    `--signature ${text}: a list of parameters is like "x, y=2"`,
    EXPLAIN.syntax,
  );
}

/** The results whose arguments differ least, each once where several versions have it. */
function nearest(
  entries: readonly CachedEntry[],
  details: ReadonlyMap<string, Details>,
  args: ReadonlyMap<string, unknown>,
): Near[] {
  const near: Near[] = [];
  const seen = new Set<string>();
  for (const entry of entries) {
    const recorded = details.get(entry.key)?.args;
    if (recorded === undefined || seen.has(entry.id)) continue;
    seen.add(entry.id);
    near.push({ entry, different: differences(args, recorded) });
  }
  return near.sort((a, b) => a.different.length - b.different.length).slice(0, MOST_NEAR);
}

function alike(
  entries: readonly CachedEntry[],
  details: ReadonlyMap<string, Details>,
  named: ReadonlyMap<string, unknown>,
): CachedEntry[] {
  if (named.size === 0) return [];
  return entries.filter(({ key }) => {
    const recorded = details.get(key)?.args;
    return recorded !== undefined && [...named.keys()].every((name) => recorded.has(name)) &&
      differences(named, recorded).length === 0;
  });
}

function printExplanation(terminal: Terminal, explanation: Explanation): void {
  const { function: one, because, args, id, hits, details } = explanation;
  const { output, colored } = onStdout(terminal);
  const line = (text: string) => output.write(`${text}\n`);
  const complete = one.entries.filter((entry) => entry.complete);
  line(`${styled(printable(one.name), "bold", colored)}: ${countOf(complete.length, "result")}`);
  if (because === undefined) {
    line("Give arguments to be told about a call.");
  } else if (args === undefined) {
    line(`The call's id can't be computed: ${printable(because)}.`);
    for (const entry of explanation.alike) {
      line(`  its arguments are in ${printable(describeEntry(entry, details))}`);
    }
    line('To be sure, tell the parameters: --signature "x, y=2".');
  } else {
    line(`The id of the call is ${id}: ${printable(because)}.`);
    if (hits.length > 0) printHits(explanation, { line, colored });
    else printMiss(explanation, { line, colored });
  }
  line("");
  for (const text of knowledge(one)) line(text);
}

interface Page {
  readonly line: (text: string) => void;
  readonly colored: boolean;
}

function printHits({ hits, details }: Explanation, { line, colored }: Page): void {
  line(`${styled("hit", "green", colored)}: there is a result`);
  for (const entry of hits) line(`  ${printable(describeEntry(entry, details))}`);
}

function printMiss(explanation: Explanation, { line, colored }: Page): void {
  const { function: one, id, nearest, details } = explanation;
  const torn = one.entries.find((entry) => !entry.complete && entry.id === id);
  if (torn !== undefined) {
    line(
      `${
        styled("miss", "yellow", colored)
      }: its entry lost its result to damage, or is being written`,
    );
    return;
  }
  line(`${styled("miss", "yellow", colored)}: no result has this id`);
  for (const { entry, different } of nearest) {
    const recorded = details.get(entry.key)!.args!;
    if (different.length === 0) {
      line(
        `  ${entry.id} looks the same: (${cut(argsText(recorded))}); a type or an order may differ`,
      );
      continue;
    }
    const parts = different.map((name) => `${name} is ${cut(recorded.get(name) ?? "")}`);
    line(`  ${entry.id} differs: ${cut(parts.join(", "))}`);
  }
}

/** What nobody can know without the function. */
function knowledge(one: CachedFunction): string[] {
  if (one.language === "python") {
    return [
      "Not known here: whether the function's source is still the one in func_code.py. If it changed,",
      "Python removes all of its results at the next call; Larder only reads them.",
    ];
  }
  const versions = versionsOf(one.entries);
  if (versions.length === 0) return ["Not known here: which version of the code would be called."];
  const counts = versions.map((version) => {
    const count = one.entries.filter((entry) => entry.version === version).length;
    return `  ${version}: ${countOf(count, "result")}`;
  });
  return [
    "Not known here: which version of the code would be called; only its results are found. There are,",
    "the one that was used last first:",
    ...counts,
  ];
}

function describeEntry(entry: CachedEntry, details: ReadonlyMap<string, Details>): string {
  const { stored, duration } = details.get(entry.key)!;
  const age = formatAge((Date.now() - stored) / 1000);
  const took = duration === undefined ? "" : `, took ${formatDuration(duration)}`;
  const version = entry.version === undefined ? "" : `${entry.version}/`;
  return `${version}${entry.id}, stored ${age === "now" ? "just now" : `${age} ago`}${took}`;
}

function cut(text: string): string {
  return printable(cutText(text, 100));
}

function explanationJson(explanation: Explanation, store: StoreBackend): unknown {
  const { function: one, id, because, hits, nearest, alike, details } = explanation;
  return {
    location: store.location,
    function: one.name,
    language: one.language,
    versions: versionsOf(one.entries),
    id: id ?? null,
    because: because ?? null,
    hit: id === undefined ? null : hits.length > 0,
    results: hits.map((entry) => ({ key: entry.key, version: entry.version ?? null })),
    alike: alike.map((entry) => ({ key: entry.key, version: entry.version ?? null })),
    nearest: hits.length > 0 ? [] : nearest.map(({ entry, different }) => ({
      key: entry.key,
      args: Object.fromEntries(details.get(entry.key)?.args ?? []),
      different,
    })),
  };
}
