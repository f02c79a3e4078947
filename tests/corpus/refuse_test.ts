/**
 * Broken and hostile files come to what the corpus' manifest demands: a typed error with its place, or
 * data that only names what it would have run; in time, and without a trace outside of the value.
 */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import type { LarderError } from "../../errors.ts";
import { load, loads, loadSync } from "../../mod.ts";
import { byFolder, corpusTest, entries, type Entry, pathOf, read, Tally } from "./corpus.ts";
import { type Attempt, attempt, outcomeProblem } from "./outcomes.ts";

const MIB = 1024 * 1024;
const BOMB_LIMITS = { maxBytes: 64 * MIB };

/** Extension code 0 is never valid, so that no registry would help. */
const NEVER_VALID = "opcodes-refuse/ext1_zero.pkl";

/** A way to load a file. */
interface Way {
  name: string;
  exact: boolean;
  run(): Attempt | Promise<Attempt>;
}

const files = entries.filter((entry) =>
  entry.must !== undefined && (entry.kind === "pickle" || entry.kind === "joblib")
);

for (const [folder, group] of byFolder(files)) {
  corpusTest(`load() refuses or contains ${folder}`, async () => {
    const before = builtinNames();
    const tally = new Tally(`${folder}: refused or contained`);
    for (const entry of group) {
      const bytes = read(entry);
      for (const { name, exact, run } of ways(entry, bytes)) {
        const started = performance.now();
        const did = await run();
        const seconds = (performance.now() - started) / 1000;
        const kind = entry.path === NEVER_VALID ? "bad-value" : entry.must!.kind;
        const problem = outcomeProblem({ ...entry.must!, kind }, did, entry.python, exact) ??
          placeProblem(entry, did) ?? timeProblem(entry, seconds) ?? canaryProblem(entry);
        tally.note(`${entry.path} (${name})`, problem);
      }
    }
    assert.deepEqual(builtinNames(), before);
    tally.check();
  });
}

/** The ways in which a file is loaded. */
function ways(entry: Entry, bytes: Uint8Array<ArrayBuffer>): Way[] {
  const plain = {
    onWarning: () => {},
    ...(entry.must!.kind === "bomb" && { limits: BOMB_LIMITS }),
  };
  const exact = { ...plain, exact: true };
  const inert = { ...exact, dangerous: "inert" as const };
  if (entry.kind === "pickle") {
    return [
      { name: "default", exact: true, run: () => attempt(() => loads(bytes, exact)) },
      { name: "inert", exact: true, run: () => attempt(() => loads(bytes, inert)) },
      { name: "plain", exact: false, run: () => attempt(() => loads(bytes, plain)) },
    ];
  }
  const path = pathOf(entry);
  return [
    { name: "sync", exact: true, run: () => attempt(() => loadSync(path, exact)) },
    { name: "async", exact: true, run: () => attemptAsync(() => load(path, exact)) },
    { name: "inert", exact: true, run: () => attempt(() => loadSync(path, inert)) },
    { name: "plain", exact: false, run: () => attempt(() => loadSync(path, plain)) },
  ];
}

async function attemptAsync(run: () => Promise<unknown>): Promise<Attempt> {
  try {
    return { value: await run() };
  } catch (error) {
    return { error };
  }
}

/** An error inside a pickle says at which byte. */
function placeProblem(entry: Entry, did: Attempt): string | undefined {
  if (!("error" in did) || entry.kind !== "pickle" || entry.must!.kind === "sharing") {
    return undefined;
  }
  const { offset } = did.error as LarderError;
  const valid = typeof offset === "number" && offset >= 0 && offset <= entry.size;
  return valid ? undefined : `offset ${offset} in ${did.error}`;
}

function timeProblem(entry: Entry, seconds: number): string | undefined {
  const { maxSeconds = 5 } = entry.must!;
  return seconds <= maxSeconds ? undefined : `took ${seconds.toFixed(1)} s of ${maxSeconds}`;
}

function canaryProblem(entry: Entry): string | undefined {
  const { canary } = entry.must!;
  return canary !== undefined && existsSync(canary) ? `${canary} exists: something ran` : undefined;
}

/** Own names of what a file could try to change. */
/** In no order: Deno puts a name of its own at the end when it is first used. */
function builtinNames(): string[][] {
  return [Object.prototype, Array.prototype, Map.prototype, Function.prototype, globalThis]
    .map((object) => Reflect.ownKeys(object).map(String).sort());
}
