/**
 * One measurement of the compression bench, in a process of its own, because memory that was used once
 * is used again: dumps a value or loads a file, prints time and peak. Its twin is compress_twin.py.
 */
import { readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { dump, load, loadSync } from "../mod.ts";
import { median } from "./measure.ts";
import type { Measured } from "./compress_report.ts";

/** What to measure. */
export interface Task {
  readonly action: "dump" | "load";
  /** The file without compression, which holds the value to dump. */
  readonly raw: string;
  /** The compressed file. */
  readonly path: string;
  readonly compress: string | readonly [name: string, level: number];
  readonly threads: number;
  readonly rounds: number;
  /** A first call that takes longer, in milliseconds, is the only one. */
  readonly slow: number;
}

const task: Task = JSON.parse(process.argv[2]);
const { compress, threads } = task;
const value = task.action === "dump" ? loadSync(task.raw) : undefined;

// a reader starts as many workers as there are cores
if (threads === 1) Object.defineProperty(navigator, "hardwareConcurrency", { value: 1 });

// the first call is the one that median() does not count, unless it is slow
let growth: number | undefined;
const time = await median(task.rounds, async () => {
  const before = growth === undefined ? resetPeak() : 0;
  const result = task.action === "load"
    ? await load(task.path)
    : await dump(value, task.path, { compress, threads });
  growth ??= peak() - before;
  return result;
}, task.slow);
const measured: Measured = Number.isNaN(growth) ? { time } : { time, peak: growth };
console.log(JSON.stringify(measured));

/** Forget earlier peaks (proc(5), clear_refs) and return the resident size. */
function resetPeak(): number {
  (globalThis as { gc?: () => void }).gc?.();
  try {
    writeFileSync("/proc/self/clear_refs", "5");
    return peak();
  } catch {
    return NaN;
  }
}

function peak(): number {
  try {
    const match = /VmHWM:\s+(\d+) kB/.exec(readFileSync("/proc/self/status", "utf8"));
    return match === null ? NaN : Number(match[1]) * 1024;
  } catch {
    return NaN;
  }
}
