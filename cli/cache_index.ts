/** `larder cache index`: the list of a cache's files, which a web server can't tell. */
import { writeIndex } from "../memory/stores/http.ts";
import { type Command, JSON_OPTION, printJson } from "./command.ts";
import { countOf } from "./format.ts";
import { LOCATION, openCache } from "./location.ts";

/** Writes the list. */
export const INDEX: Command = {
  syntax: {
    name: "larder cache index",
    positionals: "",
    options: { location: LOCATION, json: JSON_OPTION },
  },
  summary: "Write the list of files that a cache behind a URL needs",
  more: `A web server that offers the cache's folder lists no files. With this list in
it, a cache can be looked into by its URL. Write it again when results were
added.`,
  async run(args, terminal) {
    const store = openCache(args, terminal);
    try {
      const files = await writeIndex(store);
      if (args.flag("json")) printJson(terminal, { location: store.location, files });
      else terminal.stdout.write(`Listed ${countOf(files, "file")} of ${store.location}\n`);
      return 0;
    } finally {
      await store.close();
    }
  },
};
