/**
 * Every digest in the corpus that joblib.hash gave for the loaded value, against ours of the value that we load.
 */
import assert from "node:assert/strict";
import { hash, loadSync, PicklingError } from "../../mod.ts";
import { exactly } from "./checks.ts";
import { byFolder, corpusTest, entries, type Entry, exists, pathOf, Tally } from "./corpus.ts";

/** Told as stable, but only by luck: these two members keep their places whatever the hash of the text. */
const UNSTABLE = "joblib-plain/frozenset_nest.joblib";

/** What the manifest says of hashes beside the digests. */
type Hashed = Entry & { joblib_hash_error?: string };

const refused = entries.filter((entry: Hashed) => entry.joblib_hash_error !== undefined);
const hashed = entries.filter((entry) =>
  entry.joblib_hash !== undefined && entry.path !== UNSTABLE && !refused.includes(entry)
);

for (const [folder, group] of byFolder(hashed, 1)) {
  corpusTest(`hash() gives Python's digests of ${folder}`, () => {
    const tally = new Tally(folder);
    for (const entry of group) {
      if (!exists(entry)) {
        tally.skip("it is not in this copy of the corpus");
        continue;
      }
      if (entry.joblib_hash === null) {
        tally.skip("Python's own digest changes with what lies between the fields of its structs");
        continue;
      }
      const { md5, sha1 } = entry.joblib_hash!;
      try {
        const value = loadSync(pathOf(entry), exactly());
        const found = [hash(value), hash(value, { hashName: "sha1" })];
        tally.note(entry.path, String(found) === String([md5, sha1]) ? undefined : String(found));
      } catch (error) {
        tally.note(entry.path, `raised ${error}`);
      }
    }
    tally.check();
  });
}

if (refused.length > 0) {
  corpusTest("hash() refuses what joblib.hash raises for", () => {
    for (const entry of refused.filter(exists)) {
      const value = loadSync(pathOf(entry), exactly());
      assert.throws(() => hash(value), PicklingError, entry.path);
    }
  });
}

const unstable = entries.find(({ path }) => path === UNSTABLE);
if (unstable !== undefined && exists(unstable)) {
  corpusTest("hash() refuses a frozenset of text", () => {
    assert.throws(() => hash(loadSync(pathOf(unstable), exactly())), PicklingError);
  });
}
