/** `larder cache gc`: keep a cache within limits, and collect what dead processes left behind. */
import { existsSync } from "node:fs";
import { reduceSize } from "../memory/stores/evict.ts";
import type { StoreBackend } from "../memory/stores/store.ts";
import { ageOf, bytesOf, countIn } from "./arguments.ts";
import { type Command, JSON_OPTION, printJson } from "./command.ts";
import { countOf, formatAge, formatBytes } from "./format.ts";
import { LOCATION, openCache } from "./location.ts";
import { printable } from "./terminal.ts";

/** Evicts results. */
export const GC: Command = {
  syntax: {
    name: "larder cache gc",
    positionals: "",
    options: {
      location: LOCATION,
      bytes: {
        type: "string",
        short: "b",
        value: "SIZE",
        help: "Keep the cache at this size: 30K, 1.5G",
      },
      items: { type: "string", short: "i", value: "COUNT", help: "Keep this many results" },
      age: {
        type: "string",
        short: "a",
        value: "AGE",
        help: "Remove what was not used for so long: 5d, 12h",
      },
      "dry-run": { type: "boolean", short: "n", help: "Only tell what would be removed" },
      json: JSON_OPTION,
    },
  },
  summary: "Remove results until the cache is within limits",
  more: `What was not used for the longest time goes first, of all functions and of all
versions of their code, as in joblib's Memory.reduce_size. Without a limit no
result goes. Unless --dry-run is given, what dead processes left behind is
collected too: drafts, locks, counts, and damaged files that were set aside a
week ago.`,
  async run(args, terminal) {
    const limits = {
      bytesLimit: bytesOf(args, "bytes", GC.syntax),
      itemsLimit: countIn(args, "items", GC.syntax),
      ageLimit: ageOf(args, "age", GC.syntax),
    };
    const dryRun = args.flag("dry-run");
    const store = openCache(args, terminal);
    try {
      const { removed, bytes, items } = await reduceSize(store, { ...limits, dryRun });
      const leftovers = dryRun ? undefined : await collectLeftovers(store);
      const freed = removed.reduce((sum, item) => sum + item.bytes, 0);
      if (args.flag("json")) {
        printJson(terminal, {
          location: store.location,
          dryRun,
          removed: removed.map(({ key, bytes, lastAccess }) => ({
            key,
            bytes,
            used: new Date(lastAccess).toISOString(),
          })),
          freed,
          leftovers: leftovers ?? null,
          left: { items, bytes },
        });
        return 0;
      }
      const { stdout } = terminal;
      if (dryRun) {
        for (const { key, bytes, lastAccess } of removed) {
          const used = formatAge((Date.now() - lastAccess) / 1000);
          stdout.write(`${printable(key)}  ${formatBytes(bytes)}, used ${ago(used)}\n`);
        }
      }
      stdout.write(
        `${dryRun ? "Would remove" : "Removed"} ${countOf(removed.length, "result")}, ` +
          `${formatBytes(freed)}` +
          (leftovers === undefined || leftovers === 0
            ? ""
            : `, and ${countOf(leftovers, "leftover")} of dead processes`) +
          `; ${countOf(items, "result")}, ${formatBytes(bytes)} ${
            dryRun ? "would be" : "are"
          } left\n`,
      );
      return 0;
    } finally {
      await store.close();
    }
  },
};

/** A folder that only Python used has none, and need not get one. */
async function collectLeftovers(store: StoreBackend): Promise<number> {
  if (!existsSync(`${store.location}/.larder`)) return 0;
  return await store.collect?.() ?? 0;
}

function ago(age: string): string {
  return age === "now" ? "just now" : `${age} ago`;
}
