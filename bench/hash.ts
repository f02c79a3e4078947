/**
 * hash() beside joblib.hash, in one run and on the same values, whose digests must agree. Ratios above 1:
 * Larder is faster. `deno task bench hash [--mb 200] [--rounds 5]`.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { hash, type HashOptions, prepareHash } from "../hash/mod.ts";
import { NDArray } from "../numpy/mod.ts";
import { median } from "./measure.ts";

/** Calls in one round, where one is too short to be timed. */
const SMALL_CALLS = 10_000;

interface Measured {
  time: number;
  digest: string;
}

/** Run the bench with these arguments. */
export async function benchHash(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      mb: { type: "string", default: "200" },
      rounds: { type: "string", default: "5" },
    },
  });
  const joblib: Record<string, Measured> = JSON.parse(execFileSync(
    process.env.LARDER_PYTHON ?? "python3",
    [fileURLToPath(new URL("./hash_twin.py", import.meta.url)), values.mb, values.rounds],
    { encoding: "utf8" },
  ));
  const rounds = Number(values.rounds);
  const array = Float64Array.from(
    { length: Number(values.mb) * 2 ** 17 },
    (_, i) => i,
  );
  await measureCalls(joblib, rounds);
  await measureAll(joblib, rounds, array);
  const md5 = await median(rounds, () => createHash("md5").update(array).digest());
  console.log(`md5 of the array by node:crypto, without hash(): ${text(md5)}`);
  for (const hashName of ["xxh3", "blake3"] as const) {
    await prepareHash(hashName);
    const time = await median(rounds, () => hash(array, { hashName }));
    tell(`array, ${hashName}`, time, joblib["array"].time);
  }
}

/** What `Memory` does at each call. */
async function measureCalls(joblib: Record<string, Measured>, rounds: number): Promise<void> {
  const calls: Record<string, unknown> = {
    "call {x: 1}": { x: 1 },
    "call {x: 1, y: [1, 2], name}": { x: 1, y: [1, 2], name: "fit" },
    "call {x: array of 10}": { x: Float64Array.from({ length: 10 }, (_, i) => i) },
  };
  for (const [what, value] of Object.entries(calls)) {
    await compare(what, joblib[what], rounds, value, {}, SMALL_CALLS);
  }
}

async function measureAll(
  joblib: Record<string, Measured>,
  rounds: number,
  array: Float64Array,
): Promise<void> {
  const all: Record<string, () => unknown> = {
    "array": () => array,
    "array, sha1": () => array,
    "strided array": () => NDArray.from(array).slice({ step: 2 }),
    "1,000,000 ints": () => Array.from({ length: 1_000_000 }, (_, i) => i),
    "dict of 100,000 str to float": () =>
      Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`key ${i}`, i + 0.5])),
    "the same as a Map": () =>
      new Map(Array.from({ length: 100_000 }, (_, i) => [`key ${i}`, i + 0.5] as const)),
    "100,000 records": () =>
      Array.from({ length: 100_000 }, (_, i) => ({ id: i, name: `record ${i}`, score: i + 0.5 })),
    "10,000 small arrays": () =>
      Array.from({ length: 10_000 }, (_, i) => new Float64Array(10).fill(i + 0.5)),
  };
  for (const [what, make] of Object.entries(all)) {
    const hashName = what.endsWith("sha1") ? "sha1" : "md5";
    await compare(what, joblib[what] ?? joblib["dict of 100,000 str to float"], rounds, make(), {
      hashName,
    });
  }
}

async function compare(
  what: string,
  joblib: Measured,
  rounds: number,
  value: unknown,
  options: HashOptions,
  calls: number = 1,
): Promise<void> {
  const digest = hash(value, options);
  if (digest !== joblib.digest) {
    throw new Error(`${what}: ${digest}, but ${joblib.digest} by joblib`);
  }
  const time = await median(rounds, () => {
    for (let i = 0; i < calls; i++) hash(value, options);
  });
  tell(what, time / calls, joblib.time);
}

function tell(what: string, time: number, joblib: number): void {
  const ratio = `${(joblib / time).toFixed(2)}×`;
  console.log(`${what.padEnd(34)}${text(time)}${text(joblib)}${ratio.padStart(9)}  joblib`);
}

function text(time: number): string {
  if (time < 0.1) return `${(time * 1000).toFixed(1)} µs`.padStart(12);
  return `${time.toFixed(time < 10 ? 3 : 0)} ms`.padStart(12);
}
