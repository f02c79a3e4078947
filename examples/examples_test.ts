/**
 * Each example runs in a process of its own under the runtime of the test, and ends with the line
 * that says what it checked.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const DENO = ["run", "--no-check", "--allow-read", "--allow-write", "--allow-env", "--allow-run"];

function lastLineOf(example: string): string {
  const file = fileURLToPath(new URL(example, import.meta.url));
  const args = typeof Deno === "undefined" ? [file] : [...DENO, file];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  assert.equal(status, 0, `${example} failed:\n${stderr}`);
  return stdout.trimEnd().split("\n").at(-1)!;
}

test("quickstart.ts changes what Python dumped and hands it back", () => {
  const checked = "Checked: what was dumped loads back equal, byte for byte";
  const line = lastLineOf("quickstart.ts");
  assert.ok(line.startsWith(checked), line);
  if (process.env.LARDER_REQUIRE) {
    assert.equal(line, `${checked}, and Python read the same from it.`);
  }
});

test("linear_regression.ts predicts what Python predicts", () => {
  const checked = "Checked: 50 predictions equal Python's, also after dump and load.";
  assert.equal(lastLineOf("linear_regression.ts"), checked);
});

test("read_sklearn_model.ts walks the trees as scikit-learn does", () => {
  const checked = "Checked: the probabilities of 150 flowers equal scikit-learn's.";
  assert.equal(lastLineOf("read_sklearn_model.ts"), checked);
});

test("batches.ts saves and loads batch by batch", () => {
  assert.equal(lastLineOf("batches.ts"), "Checked: 12 batches came back in order.");
});

test("large_file.ts reads a file piece by piece", () => {
  assert.equal(lastLineOf("large_file.ts"), "Checked: the pieces are the whole file.");
});

test("shared_output.ts has several workers write one file", () => {
  assert.equal(
    lastLineOf("shared_output.ts"),
    "Checked: 3 workers wrote the sums 6,22,38 into one file.",
  );
});

test("to_tfjs.ts makes tensors of numpy's files", () => {
  assert.equal(
    lastLineOf("to_tfjs.ts"),
    "Checked: tensors of float32, int32 and bool out of numpy's files.",
  );
});

test("to_onnxruntime.ts makes a model's inputs of an archive", () => {
  assert.equal(
    lastLineOf("to_onnxruntime.ts"),
    "Checked: float32, int64, bool and float16 tensors out of an archive, and an output back.",
  );
});

test("to_zarrita.ts hands arrays over by their strides", () => {
  assert.equal(
    lastLineOf("to_zarrita.ts"),
    "Checked: an array and its pieces went to Zarr by their strides, and a chunk came back.",
  );
});

test("memoize.ts keeps results of functions", () => {
  assert.equal(
    lastLineOf("memoize.ts"),
    "Checked: 3 runs answered 7 calls, 4 of them from the cache.",
  );
});
