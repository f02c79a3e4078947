/**
 * Dumps or loads a large compressed array, or a bomb, and prints by how many MiB the process grew at
 * its peak beyond what it had before: when it dumps, the array among it. Run as a process of its own,
 * so that nothing else counts.
 */
import { readFileSync, rmSync } from "node:fs";
import process from "node:process";
import { dump, dumpSync, load, loadSync, type NDArray } from "../mod.ts";

const [way, method, path, megabytes, threads] = process.argv.slice(2);
const LENGTH = Number(megabytes) * 1e6 / 8;
const OPTIONS = {
  compress: [method, 1] as const,
  ...(threads === undefined ? {} : { threads: Number(threads) }),
};
const BOMB_LIMITS = { maxBytes: 1 << 20 };

// once, so that our own code is there
const small = `${path}.small`;
await dump(new Float64Array(1000), small, { compress: [method, 1] });
await load(small);
loadSync(small);
rmSync(small);

const array = way.startsWith("dump") ? makeArray() : undefined;
const before = kibibytes("VmRSS");
const back = await run();
console.log((kibibytes("VmHWM") - before) / 1024);
if (back !== undefined) check(back);

/** Numbers that compress to about a third. */
function makeArray(): Float64Array {
  const made = new Float64Array(LENGTH);
  for (let i = 0; i < LENGTH; i++) made[i] = numberAt(i);
  return made;
}

async function run(): Promise<NDArray | undefined> {
  switch (way) {
    case "dump()":
      await dump(array, path, OPTIONS);
      return undefined;
    case "dumpSync()":
      dumpSync(array, path, OPTIONS);
      return undefined;
    case "load()":
      return await load<NDArray>(path);
    case "loadSync()":
      return loadSync<NDArray>(path);
    case "load() of a bomb":
      return await load<NDArray>(path, { limits: BOMB_LIMITS }).catch(refused);
    default:
      return refusedSync();
  }
}

function refusedSync(): NDArray | undefined {
  try {
    return loadSync<NDArray>(path, { limits: BOMB_LIMITS });
  } catch (error) {
    return refused(error as Error);
  }
}

function refused(error: Error): undefined {
  if (error.name !== "LimitError") throw error;
}

/** A wrong value is no result either. */
function check(back: NDArray): void {
  const data = back.data as Float64Array;
  if (data.length !== LENGTH) throw new Error(`${data.length} numbers`);
  for (let i = 0; i < LENGTH; i += 1009) {
    if (data[i] !== numberAt(i)) throw new Error(`${data[i]} at ${i}`);
  }
}

function numberAt(i: number): number {
  return (i * 7919) % 65_537;
}

/** A line of Linux' account of this process. */
function kibibytes(name: string): number {
  const status = readFileSync("/proc/self/status", "utf8");
  return Number(new RegExp(`^${name}:\\s*(\\d+)`, "m").exec(status)![1]);
}
