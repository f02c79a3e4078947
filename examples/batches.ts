/**
 * Results batch by batch: one file each, with zero-padded names so that a listing is in order. A file
 * appears whole or not at all; after an interruption, the batches that are there need no second run.
 */
import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dump, load, type NDArray } from "../mod.ts";

const folder = await mkdtemp(`${tmpdir()}/larder-`);
const batchPath = (id: number) => `${folder}/batch_${String(id).padStart(4, "0")}.joblib`;

async function saveBatch(id: number, batch: Float64Array): Promise<void> {
  await dump(batch, batchPath(id), { compress: "gzip" });
}

async function loadBatch(path: string): Promise<Float64Array> {
  return (await load<NDArray>(path)).data as Float64Array;
}

for (let id = 0; id < 12; id++) {
  await saveBatch(id, Float64Array.from({ length: 1000 }, (_, i) => id + i / 1000));
}

assert.equal((await loadBatch(batchPath(5)))[250], 5.25);
const names = (await readdir(folder)).sort();
const means: number[] = [];
for (const name of names) {
  const batch = await loadBatch(`${folder}/${name}`);
  means.push(Math.round(batch.reduce((sum, value) => sum + value, 0) / batch.length));
}
await rm(folder, { recursive: true });

console.log(`${names[0]} … ${names.at(-1)}: means ${means.join(" ")}`);
assert.deepEqual(means, names.map((_, id) => id));
console.log(`Checked: ${names.length} batches came back in order.`);
