/** `larder cache verify`: read all results and compare them with what was stored. */
import { Entries } from "../memory/stores/entries.ts";
import { listItems } from "../memory/stores/items.ts";
import { type VerifiedEntry, verifyEntries } from "../memory/stores/verify.ts";
import type { StoreBackend } from "../memory/stores/store.ts";
import { keepAccessTime } from "./access_time.ts";
import type { Arguments } from "./arguments.ts";
import { type Command, JSON_OPTION, onStdout, printJson } from "./command.ts";
import { countOf, formatBytes } from "./format.ts";
import { findTargets, groupByFunction } from "./functions.ts";
import { LOCATION, openCache } from "./location.ts";
import { startProgress } from "./progress.ts";
import { printable, styled, type Terminal } from "./terminal.ts";

/** Reads all results. */
export const VERIFY: Command = {
  syntax: {
    name: "larder cache verify",
    positionals: "[FUNCTION]",
    least: 0,
    most: 1,
    options: { location: LOCATION, json: JSON_OPTION },
  },
  summary: "Read all results and look for damage",
  more: `Results that Larder stored bear a checksum. Those of Python bear none: of them
only the empty ones are known to be damaged. Nothing is changed; exit code 1
tells of damage.`,
  async run(args, terminal) {
    const store = openCache(args, terminal);
    try {
      const found = await verifyAll(store, args, terminal);
      const count = (state: VerifiedEntry["state"]) =>
        found.filter((entry) => entry.state === state).length;
      const damaged = found.filter(({ state }) => state === "damaged");
      const bytes = found.reduce((sum, entry) => sum + entry.bytes, 0);
      const counts = { whole: count("whole"), unchecked: count("unchecked") };
      if (args.flag("json")) {
        printJson(terminal, {
          location: store.location,
          ...counts,
          bytes,
          damaged: damaged.map(({ key, bytes }) => ({ key, bytes })),
        });
      } else {
        const { output, colored } = onStdout(terminal);
        for (const { key } of damaged) {
          output.write(`${styled("damaged", "red", colored)}  ${printable(key)}\n`);
        }
        output.write(
          `${countOf(found.length, "result")}, ${formatBytes(bytes)}: ${counts.whole} whole, ` +
            `${counts.unchecked} without a checksum, ${damaged.length} damaged\n`,
        );
      }
      return damaged.length > 0 ? 1 : 0;
    } finally {
      await store.close();
    }
  },
};

async function verifyAll(
  store: StoreBackend,
  args: Arguments,
  terminal: Terminal,
): Promise<VerifiedEntry[]> {
  const items = await listItems(store);
  const [name] = args.positionals;
  const wanted = name === undefined
    ? items
    : findTargets(groupByFunction(items), name).flatMap((target) => target.entries);
  const keys = new Set(wanted.map(({ key }) => key));
  const times = new Map([...keys].map((key) => [key, keepAccessTime(store, key)]));
  const progress = startProgress(terminal, "Verifying", keys.size);
  const found: VerifiedEntry[] = [];
  try {
    for (const folder of name === undefined ? [""] : foldersOf(keys)) {
      for await (const entry of verifyEntries(new Entries(store), folder)) {
        progress.step();
        times.get(entry.key)?.();
        if (name === undefined || keys.has(entry.key)) found.push(entry);
      }
    }
  } finally {
    progress.end();
  }
  return found;
}

/** The folders that hold entries, none of which is in another one. */
function foldersOf(keys: ReadonlySet<string>): string[] {
  if (keys.size === 1) return [...keys];
  const folders = new Set([...keys].map((key) => key.slice(0, key.lastIndexOf("/"))));
  return [...folders].filter((folder) =>
    ![...folders].some((other) => other !== folder && folder.startsWith(`${other}/`))
  );
}
