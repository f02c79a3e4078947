/** What bench/npy.ts and its children share: the files, the timing, the reading of rows. */
import { execFileSync } from "node:child_process";
import type { Memmap, ReadMapOptions } from "../numpy/mod.ts";

/** Float64 numbers in a row of the large file: 4 KiB. */
export const ROW = 512;

/** So many times as many rounds for what is done in milliseconds. */
export const MORE = 3;

/** Paths of what bench/npy_twin.py makes, and of what is written. */
export interface Files {
  large: string;
  fortran: string;
  big: string;
  rows: string;
  indices: string;
  stored: string;
  deflated: string;
  out: string;
}

/**
 * The median time of `call` in milliseconds, after a third as many rounds that are not counted. All
 * results are kept until the last one is there, so that no round gets the memory of another.
 *
 * @param tidy Called after each round; its time is not counted.
 */
export async function medianKept(
  rounds: number,
  call: () => unknown | Promise<unknown>,
  tidy: () => void = () => {},
): Promise<number> {
  const kept: unknown[] = [];
  const times: number[] = [];
  for (let round = -Math.ceil(rounds / 3); round < rounds; round++) {
    const start = performance.now();
    const made = call();
    kept.push(made instanceof Promise ? await made : made);
    if (round >= 0) times.push(performance.now() - start);
    tidy();
  }
  if (kept.length < rounds) throw new Error("results were lost");
  times.sort((a, b) => a - b);
  return times[times.length >> 1];
}

/** Have what was written go to the disk, which would otherwise slow down who writes next. */
export function settle(): void {
  execFileSync("sync");
}

/** Copy rows of a map and look at their ends, as numpy's side does. */
export function sumOfRows(
  map: Memmap,
  indices: Uint32Array,
  rows: number,
  options?: ReadMapOptions,
): number {
  let sum = 0;
  for (let i = 0; i < rows; i++) {
    const row = map.row(indices[i]).toNDArray(options).data as Float64Array;
    sum += row[0] + row[ROW - 1];
  }
  return sum;
}
