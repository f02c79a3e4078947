/**
 * A file larger than one wants in memory: a `.npy` file is opened without reading it, one row is printed,
 * and the statistics are taken piece by piece. `large_file.ts [path] [--mb 1024]`: without a path it
 * makes a file of its own, of 64 MB unless told otherwise.
 */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import process from "node:process";
import { parseArgs } from "node:util";
import type { Memmap } from "../mod.ts";
import { load, openMemmap } from "../npy/mod.ts";

const { values, positionals } = parseArgs({
  options: { mb: { type: "string", default: "64" } },
  allowPositionals: true,
});
const folder = mkdtempSync(`${tmpdir()}/larder-`);
const path = positionals[0] ?? await makeFile(`${folder}/large.npy`, Number(values.mb));

const table = await load<Memmap>(path, { mmapMode: "r" });
console.log(`${path}: ${table.dtype}, shape (${table.shape.join(", ")}), ${table.nbytes} bytes`);
console.log("row 1000 begins with", (await table.read(1000, { stop: 4 })).toArray());

let [count, sum, least, most] = [0, 0, Infinity, -Infinity];
for await (const part of table.chunks(4096)) {
  for (const value of part.data as Float64Array) {
    sum += value;
    if (value < least) least = value;
    if (value > most) most = value;
  }
  count += part.size;
  if (process.stdout.isTTY) {
    process.stdout.write(`\r${Math.round(100 * count / table.size)} %`);
  }
}
if (process.stdout.isTTY) console.log();
console.log(`${count} numbers from ${least} to ${most}, mean ${sum / count}`);
const rows = table.shape[0];
table.close();
rmSync(folder, { recursive: true });

if (positionals.length === 0) assert.equal(sum / count, (rows - 1) / 2);
console.log("Checked: the pieces are the whole file.");

/** A file whose rows hold their own index, written without holding it in memory. */
async function makeFile(made: string, megabytes: number): Promise<string> {
  const columns = 256;
  const shape = [megabytes * 2 ** 20 / (8 * columns), columns];
  const map = await openMemmap(made, { mode: "w+", shape });
  for (let row = 0; row < shape[0]; row++) map.set(row, row);
  map.close();
  return made;
}
