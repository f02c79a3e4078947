/**
 * Memory beside joblib.Memory and the caches of npm, in one run: hits and misses of a function of an
 * int and of one of an array of 8 MB, and six processes that ask for one key at once.
 * `deno task bench memory [--rounds 5]`. Ratios above 1: Larder is faster.
 */
import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import { Memory } from "../memory/mod.ts";
import { median } from "./measure.ts";
import { type HitPeer, hitPeers } from "./memory_peers.ts";

const HITS = 2000;
const MISSES = 200;
const ARRAY_CALLS = 10;
const ARRAY_BYTES = 8_000_000;
const PROCESSES = 6;

/** What memory_twin.py prints: milliseconds by name, and what became of the six processes. */
interface Twin {
  readonly times: Readonly<Record<string, number>>;
  readonly runs: number;
}

/** Run the bench with these arguments. */
export async function benchMemory(args: string[]): Promise<void> {
  const { values } = parseArgs({ args, options: { rounds: { type: "string", default: "5" } } });
  const rounds = Number(values.rounds);
  const folder = mkdtempSync(`${tmpdir()}/larder-bench-`);
  try {
    const joblib = twin(folder, rounds);
    const own = await measure(folder, rounds);
    for (const [what, time] of Object.entries(own)) {
      const theirs = joblib.times[what.replace(/, cache(Sync)?$/, "")];
      console.log(
        `${what.padEnd(36)} ${text(time)}, joblib ${text(theirs)}: ${(theirs / time).toFixed(2)}×`,
      );
    }
    for (const peer of await hitPeers(`${folder}/peers`)) {
      const time = await measurePeer(peer, rounds);
      const ratio = (time / own["hit of f(int), cache"]).toFixed(2);
      console.log(`${`hit of f(int), ${peer.name}`.padEnd(36)} ${text(time)}: ${ratio}×`);
    }
    const runs = await contend(folder);
    console.log(`${PROCESSES} processes, one key: ${runs} computed, of joblib's ${joblib.runs}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measure(folder: string, rounds: number): Promise<Record<string, number>> {
  const memory = new Memory(`${folder}/larder`);
  const double = (x: number) => 2 * x;
  const first = (x: Float64Array) => x[0];
  const named = (name: string) => ({ name, module: "bench", version: 1, args: ["x"] });
  const cached = memory.cache(double, named("double"));
  const cachedSync = memory.cacheSync(double, named("double_sync"));
  const ofArray = memory.cacheSync(first, named("first"));
  const array = Float64Array.from({ length: ARRAY_BYTES / 8 }, (_, i) => i);
  await cached(0);
  cachedSync(0);
  ofArray(array);
  let next = 1;
  const times: Record<string, number> = {
    "hit of f(int), cache": await each(rounds, HITS, () => cached(0)),
    "hit of f(int), cacheSync": await each(rounds, HITS, () => cachedSync(0)),
    "miss of f(int), cache": await each(rounds, MISSES, () => cached(next++)),
    "miss of f(int), cacheSync": await each(rounds, MISSES, () => cachedSync(next++)),
    "hit of f(array of 8 MB), cacheSync": await each(rounds, ARRAY_CALLS, () => ofArray(array)),
    "miss of f(array of 8 MB), cacheSync": await each(rounds, ARRAY_CALLS, () => {
      array[0] = next++;
      return ofArray(array);
    }),
  };
  await memory.close();
  return times;
}

async function measurePeer(peer: HitPeer, rounds: number): Promise<number> {
  await peer.hit();
  return await each(rounds, HITS, () => peer.hit());
}

/** Milliseconds of one call. */
async function each(
  rounds: number,
  calls: number,
  call: () => unknown | Promise<unknown>,
): Promise<number> {
  const all = await median(rounds, async () => {
    for (let i = 0; i < calls; i++) {
      const result = call();
      if (result instanceof Promise) await result;
    }
  });
  return all / calls;
}

/** How many of the processes computed what all of them asked for. */
async function contend(folder: string): Promise<number> {
  const log = `${folder}/runs.txt`;
  writeFileSync(log, "");
  const script = fileURLToPath(new URL("./memory_child.ts", import.meta.url));
  const flags = process.versions.deno === undefined ? [] : ["run", "--allow-all"];
  const run = promisify(execFile);
  const args = [...flags, script, `${folder}/contended`, log];
  await Promise.all(Array.from({ length: PROCESSES }, () => run(process.execPath, args)));
  return readFileSync(log, "utf8").length;
}

function twin(folder: string, rounds: number): Twin {
  const script = fileURLToPath(new URL("./memory_twin.py", import.meta.url));
  const sizes = JSON.stringify({
    rounds,
    hits: HITS,
    misses: MISSES,
    arrays: ARRAY_CALLS,
    bytes: ARRAY_BYTES,
    processes: PROCESSES,
  });
  const args = [script, "measure", `${folder}/joblib`, sizes];
  return JSON.parse(
    execFileSync(process.env.LARDER_PYTHON ?? "python3", args, { encoding: "utf8" }),
  );
}

function text(ms: number): string {
  return ms < 1 ? `${(ms * 1000).toFixed(1)} µs` : `${ms.toFixed(1)} ms`;
}
