/**
 * Every joblib file of the corpus is read as Python reads it, with and without waiting; their
 * pickles are written back byte for byte where Python's own load and dump gives the same bytes.
 */
import { compressorByName } from "../../compressors/mod.ts";
import { dumps, load, loadSync } from "../../mod.ts";
import { readingProblems, redumpProblem } from "./checks.ts";
import {
  byFolder,
  corpusTest,
  entries,
  type Entry,
  exists,
  methodOf,
  pathOf,
  read,
  Tally,
} from "./corpus.ts";

const files = entries.filter((entry) => entry.kind === "joblib" && entry.must === undefined);

for (const [folder, group] of byFolder(files, 2)) {
  corpusTest(`load() and loadSync() read ${folder} as Python does`, async () => {
    const tally = new Tally(`${folder}: read`);
    for (const entry of group) {
      if (!exists(entry)) {
        tally.skip("not in this copy of the corpus");
        continue;
      }
      const path = pathOf(entry);
      for (const problem of await readingProblems(entry, (options) => loadSync(path, options))) {
        tally.note(`${entry.path} (sync)`, mayBe(entry, problem));
      }
      for (const problem of await readingProblems(entry, (options) => load(path, options))) {
        tally.note(`${entry.path} (async)`, mayBe(entry, problem));
      }
    }
    tally.check();
  });

  const identical = group.filter((entry) => entry.python_redump_identical && exists(entry));
  if (identical.length === 0) continue;
  corpusTest(`dumps() writes ${folder} byte for byte, once decompressed`, async () => {
    const tally = new Tally(`${folder}: written`);
    for (const entry of identical) {
      const path = pathOf(entry);
      const method = methodOf(read(entry));
      const stored = read(entry);
      const bytes = method === undefined
        ? stored
        : await compressorByName(method).decompress(stored);
      const load = (options: object) => loadSync(path, options);
      tally.note(entry.path, redumpProblem(entry, bytes, load, dumps));
    }
    tally.check();
  });
}

/** A container that Python itself can't read may be refused clearly, but not read wrong. */
function mayBe(entry: Entry, problem: string | undefined): string | undefined {
  const refused = /^raised (Compression|Unpickling|Unsupported)Error/.test(problem ?? "");
  return entry.may_refuse && refused ? undefined : problem;
}
