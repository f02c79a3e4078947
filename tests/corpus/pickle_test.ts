/**
 * Every plain pickle of the corpus is read as Python reads it, and written back byte for byte where
 * Python's own load and dump gives the same bytes.
 */
import { loads } from "../../mod.ts";
import { dumps } from "../../pickle/mod.ts";
import { readingProblems, redumpProblem } from "./checks.ts";
import { byFolder, corpusTest, entries, read, Tally } from "./corpus.ts";

const pickles = entries.filter((entry) => entry.kind === "pickle" && entry.must === undefined);

for (const [folder, group] of byFolder(pickles)) {
  corpusTest(`loads() reads ${folder} as Python does`, async () => {
    const tally = new Tally(`${folder}: read`);
    for (const entry of group) {
      const bytes = read(entry);
      const problems = await readingProblems(entry, (options) => loads(bytes, options));
      for (const problem of problems) tally.note(entry.path, problem);
    }
    tally.check();
  });

  const identical = group.filter((entry) => entry.python_redump_identical);
  if (identical.length === 0) continue;
  corpusTest(`dumps() writes ${folder} byte for byte`, () => {
    const tally = new Tally(`${folder}: written`);
    for (const entry of identical) {
      const bytes = read(entry);
      const load = (options: object) => loads(bytes, options);
      tally.note(entry.path, redumpProblem(entry, bytes, load, dumps));
    }
    tally.check();
  });
}
