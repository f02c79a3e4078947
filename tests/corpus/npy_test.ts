/**
 * Every `.npy` file of the corpus is read as numpy reads it, with and without waiting, from its path,
 * from memory and from a stream; what numpy.save wrote is written back byte for byte; broken and hostile
 * files come to a typed error.
 */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { LarderError, LimitError, NpyFormatError, UnpicklingError } from "../../errors.ts";
import { load, loadSync, type NpyLoadOptions } from "../../npy/mod.ts";
import { npyPieces } from "../../npy/write_array.ts";
import { NDArray } from "../../numpy/mod.ts";
import { bytesOf, streamOf } from "../npy.ts";
import { exactly, readingProblems } from "./checks.ts";
import {
  byFolder,
  corpusTest,
  entries,
  type Entry,
  exists,
  pathOf,
  read,
  Tally,
} from "./corpus.ts";
import { describe } from "./describe.ts";
import { difference } from "./describe_text.ts";
import { type Attempt, attempt } from "./outcomes.ts";

/** A way to load a file. */
type Way = (entry: Entry, options: NpyLoadOptions) => unknown;

const WAYS: Readonly<Record<string, Way>> = {
  "sync": (entry, options) => loadSync(pathOf(entry), options),
  "async": (entry, options) => load(pathOf(entry), options),
  "bytes": (entry, options) => loadSync(read(entry), options),
  "stream": (entry, options) => load(streamOf(read(entry), 1000), options),
};

const files = entries.filter(({ kind }) => kind === "npy");
const good = files.filter((entry) => entry.must === undefined);
const bad = files.filter((entry) => entry.must !== undefined);

for (const [folder, group] of byFolder(good, 2)) {
  corpusTest(`npy.load() and npy.loadSync() read ${folder} as numpy does`, async () => {
    const tally = new Tally(`${folder}: read`);
    for (const entry of group) {
      if (!exists(entry)) {
        tally.skip("not in this copy of the corpus");
        continue;
      }
      if (isOnlyOurs(entry)) continue;
      for (const [name, way] of Object.entries(WAYS)) {
        // headers of any length, as the corpus was read by numpy
        const run = async (options: NpyLoadOptions) =>
          asNumpy(await way(entry, { ...options, allowPickle: true }));
        for (const problem of await readingProblems(entry, run)) {
          tally.note(`${entry.path} (${name})`, problem);
        }
      }
    }
    tally.check();
  });
}

for (const folder of ["npy", "npy-ml"]) {
  const group = good.filter(({ path }) => path.startsWith(`${folder}/`));
  if (group.length === 0) continue;
  corpusTest(`npy.save() writes ${folder} byte for byte`, () => {
    const tally = new Tally(`${folder}: written`);
    for (const entry of group) {
      const bytes = read(entry);
      const written = bytesOf(npyPieces(loadSync<NDArray>(bytes, mlOptions(entry))));
      const same = written.length === bytes.length && written.every((byte, i) => byte === bytes[i]);
      tally.note(entry.path, same ? undefined : `${written.length} of ${bytes.length} bytes`);
    }
    tally.check();
  });
}

corpusTest("types of ml_dtypes are read where the caller or the byte order tells them", () => {
  const tally = new Tally("npy-ml: as in pickles");
  for (const entry of good.filter(({ path }) => path.startsWith("npy-ml/"))) {
    const twin = entries.find(({ path }) => path === twinPath(entry));
    const value = loadSync(read(entry), mlOptions(entry));
    const found = twin?.expect === undefined
      ? "has no twin"
      : difference(twin.expect, describe(value));
    tally.note(entry.path, found);
  }
  tally.check();
});

for (const [folder, group] of byFolder(bad)) {
  corpusTest(`npy.load() refuses or contains ${folder}`, async () => {
    const tally = new Tally(`${folder}: refused or contained`);
    for (const entry of group) {
      for (const [name, way] of Object.entries(WAYS)) {
        const started = performance.now();
        const did = await attemptAsync(() => way(entry, { onWarning: () => {} }));
        const seconds = (performance.now() - started) / 1000;
        const { maxSeconds = 5, canary } = entry.must!;
        const problem = outcome(entry, did) ??
          (seconds > maxSeconds ? `took ${seconds.toFixed(1)} s` : undefined) ??
          (canary !== undefined && existsSync(canary) ? "something ran" : undefined);
        tally.note(`${entry.path} (${name})`, problem);
      }
    }
    tally.check();
  });
}

corpusTest(
  "npy.load() names what a hostile file would have run where the caller asks for it",
  () => {
    for (const entry of bad.filter(({ must }) => must!.kind === "unsafe")) {
      const options = { ...exactly(), dangerous: "inert" as const };
      describe(loadSync(read(entry), options));
      assert.equal(existsSync(entry.must!.canary!), false);
    }
  },
);

/** What must become of a broken file: an error that tells its kind and its place. */
function outcome(entry: Entry, did: Attempt): string | undefined {
  const { outcome, kind } = entry.must!;
  if ("error" in did) {
    const { error } = did;
    if (!(error instanceof LarderError)) return `raised a foreign ${error}`;
    if (kind === "unsafe") return undefined;
    const pickled = error instanceof UnpicklingError && mayBePickle(entry);
    const known = error instanceof NpyFormatError || error instanceof LimitError || pickled;
    if (!known) return `raised ${error}`;
    return typeof error.offset === "number" ? undefined : `no offset in ${error}`;
  }
  if (outcome === "error") return "loaded, must be refused";
  return outcome === "error-or-python-value"
    ? difference(entry.python!.expect!, describe(did.value))
    : undefined;
}

/** Files whose magic is wrong are taken for pickles, as numpy does. */
function mayBePickle(entry: Entry): boolean {
  return /magic|object/.test(entry.path);
}

/** numpy can't read it. */
function isOnlyOurs(entry: Entry): boolean {
  return entry.path.startsWith("npy-ml/") && entry.expect!.t === "error";
}

/** bfloat16 as the void bytes that numpy takes it for. */
function asNumpy(value: unknown): unknown {
  if (!(value instanceof NDArray) || value.dtype.ml !== "bfloat16") return value;
  return new NDArray({
    dtype: NDArray.zeros(0, "V2").dtype,
    shape: value.shape,
    byteStrides: value.byteStrides,
    bytes: value.bytes,
  });
}

function mlOptions(entry: Entry): NpyLoadOptions {
  const name = /npy-ml\/ml_(\w+?)(_2dF)?\.npy$/.exec(entry.path)?.[1];
  return { exact: true, allowPickle: true, ...(name === undefined ? {} : { dtype: name }) };
}

/** The same array in a joblib file. */
function twinPath(entry: Entry): string {
  return entry.path.replace("npy-ml/", "joblib-ml/").replace(/\.npy$/, ".joblib");
}

async function attemptAsync(run: () => unknown): Promise<Attempt> {
  let value: unknown;
  const did = attempt(() => value = run());
  if ("error" in did) return did;
  try {
    return { value: await value };
  } catch (error) {
    return { error };
  }
}
