/**
 * Several workers on one file: each maps the same input, takes its share of the rows, and writes what it
 * found into a `w+` output that all of them have mapped. Nothing but the shares goes between them.
 */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { dump, load, Memmap, type MemmapJson, NDArray } from "../mod.ts";
import { openMemmap } from "../npy/mod.ts";

const WORKERS = 3;

/** What a worker is told. */
interface Share {
  input: MemmapJson;
  output: MemmapJson;
  start: number;
  stop: number;
}

if (isMainThread) await main();
else work(workerData as Share);

async function main(): Promise<void> {
  const folder = mkdtempSync(`${tmpdir()}/larder-`);
  const numbers = Float64Array.from({ length: 12 }, (_, i) => i);
  const [path] = await dump(NDArray.from(numbers, { shape: [3, 4] }), `${folder}/input.joblib`);
  const input = await load<Memmap>(path, { mmapMode: "r" });
  const output = await openMemmap(`${folder}/sums.npy`, { mode: "w+", shape: [3] });
  const rows = input.shape[0];
  await Promise.all(Array.from({ length: WORKERS }, (_, i) => {
    const start = Math.floor(i * rows / WORKERS);
    const stop = Math.floor((i + 1) * rows / WORKERS);
    return runWorker({ input: input.toJSON(), output: output.toJSON(), start, stop });
  }));
  const sums = output.toArray();
  input.close();
  output.close();
  rmSync(folder, { recursive: true });
  assert.deepEqual(sums, [6, 22, 38]);
  console.log(`Checked: ${WORKERS} workers wrote the sums ${sums} into one file.`);
}

function runWorker(share: Share): Promise<void> {
  const worker = new Worker(new URL(import.meta.url), { workerData: share });
  return new Promise((resolve, reject) => {
    worker.once("message", () => worker.terminate().then(() => resolve(), reject));
    worker.once("error", reject);
  });
}

function work({ input, output, start, stop }: Share): void {
  const rows = Memmap.from(input);
  const sums = Memmap.from(output);
  for (let i = start; i < stop; i++) {
    const row = rows.row(i).toNDArray().data as Float64Array;
    sums.set(i, row.reduce((sum, value) => sum + value, 0));
  }
  rows.close();
  sums.close();
  parentPort!.postMessage("done");
}
