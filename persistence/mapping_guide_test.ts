/** The examples of joblib's documentation with mapped arrays: parts of a large one, its modes, batches. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { closeSync, openSync, readFileSync, statSync, truncateSync, writeSync } from "node:fs";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type Memmap, NDArray } from "../numpy/mod.ts";
import { freshPath } from "../tests/temporary.ts";
import { dump, dumps, load } from "./mod.ts";

const COUNT = 500_000;
const HUGE = NDArray.from(Float64Array.from({ length: COUNT }, (_, i) => i), {
  shape: [50_000, 10],
});

test("a part of a mapped array is read, and nothing else", async () => {
  const path = freshPath("huge.pkl");
  await dump(HUGE, path);
  assert.equal(statSync(path).size, 4_000_241);
  const content = readFileSync(path);
  let read = 0;
  const source = {
    size: content.length,
    read(start: number, end: number): Uint8Array {
      read += end - start;
      return content.subarray(start, end);
    },
  };
  const mapped = await load<Memmap>(source, { mmapMode: "r" });
  assert.deepEqual(mapped.shape, [50_000, 10]);
  const before = read;
  const head = mapped.slice({ start: 0, stop: 1000 }).toNDArray();
  assert.equal(read - before, 80_000);
  assert.deepEqual(head.shape, [1000, 10]);
  const sum = (head.data as Float64Array).reduce((total, item) => total + item, 0);
  assert.equal(sum / head.size, 4999.5);
  mapped.close();
});

test('writes with "r+" are in the file, those with "c" are not', async () => {
  const path = freshPath("huge.pkl");
  await dump(HUGE, path);
  const rw = await load<Memmap>(path, { mmapMode: "r+" });
  rw.set(0, 0, 999);
  rw.flush();
  rw.close();
  assert.equal((await load<NDArray>(path)).get(0, 0), 999);
  const cow = await load<Memmap>(path, { mmapMode: "c" });
  cow.set(0, 0, 888);
  assert.equal(cow.get(0, 0), 888);
  cow.close();
  const again = await load<Memmap>(path, { mmapMode: "c" });
  assert.equal(again.get(0, 0), 999);
  again.close();
});

test("a dict of mapped arrays is read batch by batch, the last one shorter", async () => {
  const path = freshPath("ds.pkl");
  const features = Float64Array.from({ length: 200_000 }, (_, i) => i / 3);
  const labels = BigInt64Array.from({ length: 10_000 }, (_, i) => BigInt(i % 7));
  const metadata = { classes: ["a", "b"] };
  await dump({ features: NDArray.from(features, { shape: [10_000, 20] }), labels, metadata }, path);
  const mapped = await load<{ features: Memmap; labels: Memmap; metadata: unknown }>(path, {
    mmapMode: "r",
  });
  assert.deepEqual(Object.keys(mapped), ["features", "labels", "metadata"]);
  assert.deepEqual(mapped.metadata, metadata);
  for (let i = 0; i < 10_000; i += 1000) {
    const rows = { start: i, stop: i + 1000 };
    const part = mapped.features.slice(rows).toNDArray();
    assert.deepEqual(part.data, features.slice(20 * i, 20 * (i + 1000)));
    assert.deepEqual(mapped.labels.slice(rows).toNDArray().data, labels.slice(i, i + 1000));
  }
  const last = mapped.features.slice({ start: 9500, stop: 10_500 });
  assert.deepEqual(last.shape, [500, 20]);
  mapped.features.close();
  mapped.labels.close();
});

const measured = "Deno" in globalThis && process.platform === "linux";

test("a map of 400 MB takes less than 10 MB", {
  skip: measured ? false : "memory is measured under Deno on Linux",
}, async () => {
  const path = freshPath("sparse.pkl");
  writeSparse(path, 50_000_000);
  const child = fileURLToPath(new URL("../tests/map_memory_child.ts", import.meta.url));
  const args = ["run", "--no-check", "--allow-all", child, path];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  const grown = Number(stdout);
  assert.ok(grown < 10, `grew by ${grown.toFixed(1)} MB`);
});

/** The file of an array of zeros, which take no room on the disk. */
function writeSparse(path: string, count: number): void {
  const small = dumps(new Float64Array(65_536)); // BININT, which holds the other count as well
  const at = small.indexOf(0x4a, 100); // its opcode, in front of the shape
  const head = small.slice(0, small.length - 65_536 * 8 - 1);
  assert.equal(new DataView(head.buffer).getInt32(at + 1, true), 65_536);
  new DataView(head.buffer).setInt32(at + 1, count, true);
  const file = openSync(path, "w");
  writeSync(file, head);
  closeSync(file);
  truncateSync(path, head.length + count * 8);
  const end = openSync(path, "r+");
  writeSync(end, small.subarray(-1), 0, 1, head.length + count * 8);
  closeSync(end);
}
