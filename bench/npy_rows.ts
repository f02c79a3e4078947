/**
 * How far the resident memory of a fresh process rises while it reads random rows of a mapped file, told as
 * JSON: without anything, with the library, at most. Started by bench/npy.ts.
 */
import { readFileSync } from "node:fs";
import process from "node:process";
import type { Memmap } from "../mod.ts";

const [path, indicesPath] = process.argv.slice(2);
const empty = status("VmHWM");
const { loadSync } = await import("../npy/mod.ts");
const { sumOfRows } = await import("./npy_workloads.ts");
const imported = status("VmHWM");
const indices = new Uint32Array(readFileSync(indicesPath).slice().buffer);
const map = loadSync<Memmap>(path, { mmapMode: "r" });
sumOfRows(map, indices, indices.length);
map.close();
console.log(JSON.stringify({ empty, imported, peak: status("VmHWM") }));

/** A line of what Linux tells of this process, in bytes. */
function status(name: string): number {
  const match = new RegExp(`${name}:\\s+(\\d+) kB`).exec(readFileSync("/proc/self/status", "utf8"));
  if (match === null) throw new Error("this system does not tell the memory of a process");
  return Number(match[1]) * 1024;
}
