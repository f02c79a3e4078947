/**
 * Which method and level `compress` and a file's name give together: every pair of a long list is
 * dumped by joblib and by Larder, and the first bytes tell whether both chose the same.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { dirname, join } from "node:path";
import { compressorByName, detectCompressor } from "../../compressors/mod.ts";
import { type CompressOption, dump, dumpSync, loadSync } from "../../mod.ts";
import { freshPath, neighbours } from "../temporary.ts";
import { fromBase64, python, pythonTest } from "./python.ts";

const METHODS: readonly string[] = ["zlib", "gzip", "bz2", "lzma", "xz", "lz4"];
const NAMES: readonly string[] = [
  ...["x", "x.pkl", "x.z", "x.gz", "x.bz2", "x.lzma", "x.xz", "x.lz4"],
  // none of these is an extension that joblib knows
  ...["x.GZ", "x.gzip", "x.gz.bak", "x.gz ", "xgz"],
  // and these are, whatever stands before
  ...[".gz", "x.bz2.z", "é.lz4"],
];
const CHOICES: readonly unknown[] = [
  ...[0, 1, 3, 6, 9, false, true],
  ...METHODS,
  ...METHODS.flatMap((name) => [0, 2, false, true].map((level) => [name, level])),
];
const REFUSED: readonly unknown[] = [
  ...[10, -1, 2.5, "zip", "GZIP", "", "gzip "],
  ...[[], ["gzip"], ["gzip", 3, 3], ["gzip", 10], ["gzip", -1], ["gzip", 2.5], ["foo", 3], ["", 3]],
  ...[[3, "gzip"], ["gzip", "3"]],
];

/** How many first bytes hold the method and all that is seen of the level. */
const TELLING_BYTES: Readonly<Record<string, number>> = {
  zlib: 2, // FLEVEL
  gzip: 10, // XFL; no time, no name
  bz2: 4, // the size of blocks
  lzma: 5, // properties, size of the dictionary
  xz: 22, // the flags, and the size of the dictionary in the first block's header
  lz4: 4,
};

pythonTest("compress and a file's name choose method and level as in joblib", async () => {
  const heads = await python<string[][]>(
    `
import io, joblib, os, tempfile
def head(path, choice):
    choice = tuple(choice) if isinstance(choice, list) else choice
    assert joblib.dump([1, 2, 3], path, compress=choice) == [path]
    with open(path, "rb") as file:
        return b64(file.read(32))
with tempfile.TemporaryDirectory() as folder:
    result = [[head(os.path.join(folder, name), choice) for choice in data["choices"]] for name in data["names"]]
`,
    { names: NAMES, choices: CHOICES },
  );
  const folder = dirname(freshPath());
  const wrong: string[] = [];
  for (const [i, name] of NAMES.entries()) {
    for (const [k, choice] of CHOICES.entries()) {
      const compress = choice as CompressOption;
      const path = join(folder, name);
      assert.deepEqual(dumpSync([1, 2, 3], path, { compress }), [path]);
      const problem = difference(fromBase64(heads[i][k]), readFileSync(path));
      if (problem !== undefined) wrong.push(`${name}, ${JSON.stringify(choice)}: ${problem}`);
      assert.deepEqual(loadSync(path), [1, 2, 3]);
    }
  }
  assert.deepEqual(wrong, []);
});

pythonTest("an open file's own name chooses nothing, as in joblib", async () => {
  const names = ["x.pkl", "x.gz"];
  const heads = await python<string[][]>(
    `
import joblib, os, tempfile
def head(path, choice):
    choice = tuple(choice) if isinstance(choice, list) else choice
    with open(path, "wb") as file:
        assert joblib.dump([1, 2, 3], file, compress=choice) is None
    with open(path, "rb") as file:
        return b64(file.read(32))
with tempfile.TemporaryDirectory() as folder:
    result = [[head(os.path.join(folder, name), choice) for choice in data["choices"]] for name in data["names"]]
`,
    { names, choices: CHOICES },
  );
  const folder = dirname(freshPath());
  const wrong: string[] = [];
  for (const [i, name] of names.entries()) {
    for (const [k, choice] of CHOICES.entries()) {
      const path = join(folder, name);
      const file = await open(path, "w");
      try {
        assert.deepEqual(
          await dump([1, 2, 3], file, { compress: choice as CompressOption }),
          [],
        );
      } finally {
        await file.close();
      }
      const problem = difference(fromBase64(heads[i][k]), readFileSync(path));
      if (problem !== undefined) wrong.push(`${name}, ${JSON.stringify(choice)}: ${problem}`);
    }
  }
  assert.deepEqual(wrong, []);
});

pythonTest("what joblib refuses of compress is refused, before a file is made", async () => {
  const names = ["x.pkl", "x.gz"];
  const errors = await python<string[]>(
    `
import joblib, os, tempfile
def error(path, choice):
    try:
        joblib.dump(1, path, compress=tuple(choice) if isinstance(choice, list) else choice)
    except Exception as error:
        return type(error).__name__
    return repr(choice)
with tempfile.TemporaryDirectory() as folder:
    result = [error(os.path.join(folder, name), choice) for name in data["names"] for choice in data["choices"]]
`,
    { names, choices: REFUSED },
  );
  assert.deepEqual(new Set(errors), new Set(["ValueError"]));
  const path = freshPath();
  for (const name of names) {
    for (const choice of REFUSED) {
      const compress = choice as CompressOption;
      const target = join(dirname(path), name);
      const isRefusal = (error: unknown) =>
        error instanceof RangeError || error instanceof TypeError;
      assert.throws(() => dumpSync(1, target, { compress }), isRefusal, JSON.stringify(choice));
      await assert.rejects(dump(1, target, { compress }), isRefusal);
    }
  }
  assert.deepEqual(neighbours(path), []);
});

/** How two files differ in what tells their method and level. */
function difference(theirs: Uint8Array, ours: Uint8Array): string | undefined {
  const [wanted, found] = [theirs, ours].map((bytes) => detectCompressor(bytes));
  if (wanted !== found) return `joblib writes ${wanted}, Larder ${found}`;
  if (wanted === undefined) return undefined;
  assert.ok(METHODS.includes(wanted) && compressorByName(wanted) !== undefined);
  const [head, own] = [theirs, ours].map((bytes) => hex(bytes.subarray(0, TELLING_BYTES[wanted])));
  return head === own ? undefined : `${wanted}: joblib writes ${head}, Larder ${own}`;
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
}
