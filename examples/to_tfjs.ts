/**
 * numpy's files as tensors of TensorFlow.js: jax.load makes 32-bit numbers of 64-bit ones, which are the
 * types that tfjs has. What it hands over is the memory that was read, without a copy.
 */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { NDArray } from "../mod.ts";
import { load } from "../npy/jax.ts";
import { save } from "../npy/mod.ts";
import { tensor } from "./_stand_ins.ts"; // in your program: import { tensor } from "@tensorflow/tfjs"

const folder = await mkdtemp(`${tmpdir()}/larder-`);
await save(`${folder}/weights.npy`, [[0.5, 1.5], [2.5, 3.5], [4.5, 5.5]]); // float64, as numpy makes them
await save(`${folder}/labels.npy`, BigInt64Array.of(3n, 1n, 2n));
await save(`${folder}/mask.npy`, NDArray.from([[true, false], [false, true]], "bool"));

/** The array of a file as a tensor; one of another order is copied into C order, one of another type refused. */
async function toTensor(path: string): Promise<ReturnType<typeof tensor>> {
  const array = (await load<NDArray>(path)).contiguous();
  const dtype = { bool: "bool", int32: "int32", float32: "float32" }[array.dtype.name];
  if (dtype === undefined) throw new TypeError(`tfjs has no ${array.dtype.name}: use astype()`);
  return tensor(array.data, array.shape, dtype);
}

const weights = await toTensor(`${folder}/weights.npy`);
const labels = await toTensor(`${folder}/labels.npy`);
const mask = await toTensor(`${folder}/mask.npy`);
await rm(folder, { recursive: true });

assert.deepEqual(weights, {
  dtype: "float32",
  shape: [3, 2],
  values: [0.5, 1.5, 2.5, 3.5, 4.5, 5.5],
});
assert.deepEqual(labels, { dtype: "int32", shape: [3], values: [3, 1, 2] });
assert.deepEqual(mask, { dtype: "bool", shape: [2, 2], values: [1, 0, 0, 1] });
console.log("Checked: tensors of float32, int32 and bool out of numpy's files.");
