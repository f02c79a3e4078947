/**
 * Nothing is lost on the way through Larder: whatever an exact load makes of a file of the corpus, a dump
 * and a load make the same of it again. Python 2's files are read as latin1.
 */
import { loads, loadSync } from "../../mod.ts";
import { dumps } from "../../pickle/mod.ts";
import { exactly } from "./checks.ts";
import { byFolder, corpusTest, entries, type Entry, exists, pathOf, Tally } from "./corpus.ts";
import { describe } from "./describe.ts";
import { difference } from "./describe_text.ts";
import { UnsupportedError } from "../../errors.ts";

const files = entries.filter((entry) =>
  (entry.kind === "pickle" || entry.kind === "joblib") && entry.must === undefined
);

for (const [folder, group] of byFolder(files, 2)) {
  corpusTest(`dumps() loses nothing of ${folder}`, () => {
    const tally = new Tally(`${folder}: nothing lost`);
    for (const entry of group) {
      const value = exists(entry) ? loaded(entry) : undefined;
      if (value === undefined) tally.skip("not readable in this version or copy");
      else tally.note(entry.path, lossProblem(value));
    }
    tally.check();
  });
}

/** The value of a file; undefined where this version can't read it. */
function loaded(entry: Entry): unknown {
  try {
    return loadSync(pathOf(entry), exactly(entry.expect!.t === "error" ? "latin1" : undefined));
  } catch (error) {
    if (error instanceof UnsupportedError || entry.may_refuse) return undefined;
    throw error;
  }
}

function lossProblem(value: unknown): string | undefined {
  try {
    const again = loads(dumps(value, { protocol: 5 }), exactly());
    return difference(describe(value), describe(again));
  } catch (error) {
    return `raised ${error}`;
  }
}
