/** `larder cache rm`: remove functions, versions of their code, or single results. */
import { listItems } from "../memory/stores/items.ts";
import type { StoreBackend } from "../memory/stores/store.ts";
import { type Arguments, UsageError } from "./arguments.ts";
import { type Command, JSON_OPTION, printJson } from "./command.ts";
import { countOf, formatBytes } from "./format.ts";
import { findTargets, groupByFunction, matchFunctions, type Target } from "./functions.ts";
import { LOCATION, openCache } from "./location.ts";
import { startProgress } from "./progress.ts";
import { printable, type Terminal } from "./terminal.ts";

/** Removes results. */
export const RM: Command = {
  syntax: {
    name: "larder cache rm",
    positionals: "TARGET...",
    least: 0,
    most: Infinity,
    options: {
      location: LOCATION,
      filter: {
        type: "string",
        short: "f",
        value: "TEXT",
        help: "Functions with this in their name, or that match this pattern of * and ?",
      },
      "dry-run": { type: "boolean", short: "n", help: "Only tell what would be removed" },
      yes: { type: "boolean", short: "y", help: "Do not ask" },
      json: JSON_OPTION,
    },
  },
  summary: "Remove functions, or single results",
  more: `TARGET is a function (pkg.mod.func), a pattern of * and ?, a version of a
function's code (FUNCTION/v-0123456789ab), or a result (FUNCTION/ID, or an ID or
its beginning where no other result has it). On a terminal it asks first.`,
  async run(args, terminal) {
    if (args.positionals.length === 0 && args.value("filter") === undefined) {
      throw new UsageError("larder cache rm needs TARGET... or --filter", RM.syntax);
    }
    const dryRun = args.flag("dry-run");
    const store = openCache(args, terminal);
    try {
      const targets = await chosenTargets(store, args);
      const entries = new Map(
        targets.flatMap((target) => target.entries.map((entry) => [entry.key, entry] as const)),
      );
      const bytes = [...entries.values()].reduce((sum, entry) => sum + entry.bytes, 0);
      const sum = `${countOf(entries.size, "result")}, ${formatBytes(bytes)}`;
      if (!args.flag("json")) {
        for (const target of targets) {
          terminal.stdout.write(
            `${printable(targetName(target))}  ${countOf(target.entries.length, "result")}\n`,
          );
        }
      }
      if (!dryRun && !args.flag("yes") && terminal.interactive) {
        const answer = await terminal.ask(`Remove ${sum}? [y/N] `);
        if (!/^y(?:es)?$/i.test(answer.trim())) {
          terminal.stderr.write("Nothing was removed\n");
          return 1;
        }
      }
      if (!dryRun) await removeAll(store, targets, terminal);
      if (args.flag("json")) {
        printJson(terminal, {
          location: store.location,
          dryRun,
          removed: [...entries.values()].map(({ key, bytes }) => ({ key, bytes })),
          freed: bytes,
        });
      } else terminal.stdout.write(`${dryRun ? "Would remove" : "Removed"} ${sum}\n`);
      return 0;
    } finally {
      await store.close();
    }
  },
};

async function chosenTargets(store: StoreBackend, args: Arguments): Promise<Target[]> {
  const functions = groupByFunction(await listItems(store));
  const targets = args.positionals.flatMap((text) => findTargets(functions, text));
  const filter = args.value("filter");
  if (filter !== undefined) {
    const pattern = /[*?]/.test(filter) ? filter : `*${filter}*`;
    for (const one of matchFunctions(functions, pattern)) {
      targets.push({ function: one, entries: one.entries, kind: "function" });
    }
  }
  return targets;
}

function targetName({ function: { name }, kind, entries }: Target): string {
  if (kind === "function") return name;
  return kind === "version" ? `${name}/${entries[0].version}` : entries[0].key;
}

async function removeAll(
  store: StoreBackend,
  targets: readonly Target[],
  terminal: Terminal,
): Promise<void> {
  const total = targets.reduce((sum, { entries }) => sum + entries.length, 0);
  const progress = startProgress(terminal, "Removing", total);
  try {
    for (const { function: { id }, entries, kind } of targets) {
      for (const { key } of entries) {
        await store.delete(key);
        progress.step();
      }
      // Its code goes last and alone: functions inside of this one have folders in its folder.
      if (kind === "function") await store.delete(`${id}/func_code.py`);
    }
  } finally {
    progress.end();
  }
}
