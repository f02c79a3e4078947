/**
 * How far the resident memory of a fresh process rises while it loads one file: printed as bytes.
 * Started by bench/values.ts, because a peak can only be measured once in a process.
 */
import { readFileSync } from "node:fs";
import process from "node:process";
import { loadSync } from "../mod.ts";

const before = peak();
const value = loadSync(process.argv[2]);
console.log(peak() - before);
if (value === undefined) throw new Error("nothing was loaded");

/** Highest resident size so far, in bytes (Linux). */
function peak(): number {
  const match = /VmHWM:\s+(\d+) kB/.exec(readFileSync("/proc/self/status", "utf8"));
  if (match === null) throw new Error("this system does not tell the peak of a process");
  return Number(match[1]) * 1024;
}
