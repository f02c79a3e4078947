/** `larder cache dir`: where the cache is. */
import type { Command } from "./command.ts";
import { JSON_OPTION, printJson } from "./command.ts";
import { LOCATION, openCache } from "./location.ts";

/** Prints the folder that holds the entries. */
export const DIR: Command = {
  syntax: {
    name: "larder cache dir",
    positionals: "",
    options: { location: LOCATION, json: JSON_OPTION },
  },
  summary: "Print the folder that holds the cached results",
  more: "",
  async run(args, terminal) {
    const store = openCache(args, terminal);
    try {
      if (args.flag("json")) printJson(terminal, { location: store.location });
      else terminal.stdout.write(`${store.location}\n`);
      return 0;
    } finally {
      await store.close();
    }
  },
};
