import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { hash } from "../hash/hash.ts";
import { NDArray } from "../numpy/ndarray.ts";
import { saveSync } from "../npy/save.ts";
import { dumpSync } from "../persistence/dump.ts";
import { PyFloat } from "../pickle/values.ts";
import { freshPath } from "../tests/temporary.ts";
import { larder } from "./terminal_suite.ts";

const VALUE = { a: [new PyFloat(1), 2, "three"], b: NDArray.from([[0.5, 1.5]]) };

test("larder hash prints joblib.hash of the value, floats kept apart from ints", async () => {
  const path = freshPath();
  dumpSync(VALUE, path, { compress: "gzip" });
  const { code, out, err } = await larder(["hash", path]);
  assert.deepEqual([code, out, err], [0, `${hash(VALUE)}\n`, ""]);
  const sha1 = await larder(["hash", path, "--name", "sha1", "--json"]);
  const expected = [{ file: path, name: "sha1", hash: hash(VALUE, { hashName: "sha1" }) }];
  assert.deepEqual(JSON.parse(sha1.out), expected);
});

test("larder hash reads .npy files, and several files at once", async () => {
  const [first, second] = [freshPath("a.npy"), freshPath("b.joblib")];
  saveSync(first, VALUE.b);
  dumpSync(VALUE.b, second);
  const { out } = await larder(["hash", first, second]);
  assert.equal(out, `${hash(VALUE.b)}  ${first}\n${hash(VALUE.b)}  ${second}\n`);
});

test("larder hash --bytes prints sha256 of the file", async () => {
  const path = freshPath();
  writeFileSync(path, new Uint8Array(3_000_000).fill(7));
  const sha256 = createHash("sha256").update(readFileSync(path)).digest("hex");
  assert.equal((await larder(["hash", "--bytes", path])).out, `${sha256}\n`);
});

test("larder hash tells which files it can't read, and goes on", async () => {
  const path = freshPath();
  dumpSync([1, 2], path);
  const missing = freshPath("missing.joblib");
  const { code, out, err } = await larder(["hash", missing, path]);
  assert.equal(code, 1);
  assert.equal(out, `${hash([1, 2])}  ${path}\n`);
  assert.match(err, /missing\.joblib: ENOENT/);
});
