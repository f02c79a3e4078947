/**
 * numpy's files beside numpy itself, in one run: whole arrays, random rows of a large mapped file, and
 * archives. Ratios above 1: Larder is faster. `deno task bench npy [--mb 256] [--rows 10000] [--rounds 5]`.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { Memmap, NDArray } from "../mod.ts";
import * as npy from "../npy/mod.ts";
import { median } from "./measure.ts";

/** Float64 numbers in a row of the large file: 4 KiB. */
const ROW = 512;

/** Run the bench with these arguments. */
export async function benchNpy(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      mb: { type: "string", default: "256" },
      rows: { type: "string", default: "10000" },
      rounds: { type: "string", default: "5" },
    },
  });
  const rounds = Number(values.rounds);
  const folder = mkdtempSync(`${tmpdir()}/larder-bench-`);
  try {
    const python: Record<string, number> = JSON.parse(execFileSync(
      process.env.LARDER_PYTHON ?? "python3",
      [
        fileURLToPath(new URL("./npy_twin.py", import.meta.url)),
        folder,
        values.mb,
        values.rows,
        values.rounds,
      ],
      { encoding: "utf8" },
    ));
    const larder = await measure(folder, Number(values.rows), rounds);
    for (const [what, time] of Object.entries(larder)) {
      const ratio = `${(python[what] / time).toFixed(2)}×`;
      console.log(
        `${what.padEnd(34)}${ms(time)}${ms(python[what])}${ratio.padStart(9)}  numpy`,
      );
    }
    console.log(
      `resident memory of the rows: +${await rowsMemory(folder, Number(values.rows))} MB`,
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function measure(
  folder: string,
  rows: number,
  rounds: number,
): Promise<Record<string, number>> {
  const large = `${folder}/large.npy`;
  const out = `${folder}/out.npy`;
  const array = npy.loadSync<NDArray>(large);
  const warm = new ArrayBuffer(array.nbytes);
  new Uint8Array(warm).fill(1);
  const times: Record<string, number> = {
    "load": await median(rounds, () => npy.loadSync(large)),
    "load into": await median(rounds, () => npy.loadSync(large, { into: () => warm })),
    "load Fortran": await median(rounds, () => npy.loadSync(`${folder}/fortran.npy`)),
    "load big-endian": await median(rounds, () => npy.loadSync(`${folder}/big.npy`)),
    "save": await median(rounds, () => npy.saveSync(out, array)),
  };
  const indices = new Uint32Array(readFileSync(`${folder}/indices.u4`).slice().buffer);
  const map = npy.loadSync<Memmap>(`${folder}/rows.npy`, { mmapMode: "r" });
  times["random rows of a map"] = await median(rounds, () => sumOfRows(map, indices, rows));
  map.close();
  for (const kind of ["stored", "deflated"]) {
    times[`npz ${kind}: load all`] = await median(rounds, () => {
      const archive = npy.loadSync<npy.NpzFile>(`${folder}/${kind}.npz`);
      for (const name of archive.files) archive.getSync(name);
      archive.closeSync();
    });
    times[`npz ${kind}: load one`] = await median(rounds, () => {
      const archive = npy.loadSync<npy.NpzFile>(`${folder}/${kind}.npz`);
      archive.getSync("a50");
      archive.closeSync();
    });
  }
  return times;
}

function sumOfRows(map: Memmap, indices: Uint32Array, rows: number): number {
  let sum = 0;
  for (let i = 0; i < rows; i++) {
    const row = map.row(indices[i]).toNDArray().data as Float64Array;
    sum += row[0] + row[ROW - 1];
  }
  return sum;
}

/** What reading rows adds to the resident memory of a process. */
async function rowsMemory(folder: string, rows: number): Promise<string> {
  const indices = new Uint32Array(readFileSync(`${folder}/indices.u4`).slice().buffer);
  await new Promise((resolve) => setTimeout(resolve, 100));
  const before = process.memoryUsage().rss;
  const map = npy.loadSync<Memmap>(`${folder}/rows.npy`, { mmapMode: "r" });
  sumOfRows(map, indices, rows);
  const after = process.memoryUsage().rss;
  map.close();
  return ((after - before) / 2 ** 20).toFixed(1);
}

function ms(time: number): string {
  return `${time.toFixed(time < 10 ? 3 : 0)} ms`.padStart(12);
}
