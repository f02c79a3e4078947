/**
 * Processes of three runtimes share a cache and are killed in the middle of their work: each value is
 * computed by one process at a time and stored once, none is torn, none is lost.
 */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { Memory } from "../memory/mod.ts";
import { Entries } from "../memory/stores/entries.ts";
import { verifyEntries } from "../memory/stores/verify.ts";
import { type CacheChild, RUNTIMES, startChild } from "./cache_children.ts";
import { CACHING, KEYS, pause, valueOf } from "./cache_plan.ts";
import { freshPath } from "./temporary.ts";

const KILLS = 20;
const AT_ONCE = 6;

/** A line of the log: a computation that starts or ends, or something that must not be. */
interface Note {
  readonly time: number;
  readonly pid: number;
  readonly what: string;
  readonly key: string;
}

test("processes that are killed leave no key computed twice at a time, torn or lost", async () => {
  const root = freshPath("joblib");
  const killed = new Map<number, number>(); // by process: when
  const errors = await work(root, killed);
  assert.deepEqual(errors, []);
  assert.equal(killed.size, KILLS);

  const notes = readNotes(join(dirname(root), "log"));
  assert.deepEqual(notes.filter(({ what }) => what !== "start" && what !== "end"), []);
  for (let i = 0; i < KEYS; i++) {
    checkKey(notes.filter((note) => note.key === String(i)), killed);
  }
  const started = notes.filter(({ what }) => what === "start").length;
  assert.ok(started > KEYS, "kills came in the middle of computations");

  const memory = new Memory(dirname(root));
  const compute = memory.cache((i: number) => valueOf(i), CACHING);
  for (let i = 0; i < KEYS; i++) {
    assert.deepEqual(await compute(i), valueOf(i));
    assert.equal(compute.lastCall?.hit, true, `${i} is lost`);
  }
  let whole = 0;
  for await (const { state } of verifyEntries(new Entries(memory.store!))) {
    assert.equal(state, "whole");
    whole++;
  }
  assert.equal(whole, KEYS);
  await memory.close();
});

/** Let processes compute all keys, killing those that have just started one; tells what went wrong. */
async function work(root: string, killed: Map<number, number>): Promise<string[]> {
  const errors: string[] = [];
  const running = new Set<CacheChild>();
  let started = 0;
  function start(): Promise<void> {
    const number = started++;
    // Most of them want the same key at the same time.
    const keys = JSON.stringify(Array.from({ length: KEYS }, (_, i) => (i + number % 3) % KEYS));
    const way = Math.floor(number / RUNTIMES.length) % 2 ? "sync" : "async";
    const child = startChild(["work", root, keys, way], RUNTIMES[number % RUNTIMES.length]);
    running.add(child);
    let text = "";
    child.stderr.on("data", (data) => text += data);
    child.stdout.setEncoding("utf8").on("data", (said: string) => {
      if (said.includes("start ") && killed.size < KILLS) setTimeout(() => kill(child), 25);
    });
    return new Promise((resolve) => {
      child.on("close", async (code, signal) => {
        running.delete(child);
        if (signal === "SIGKILL" && killed.has(child.pid!)) await start();
        else if (code !== 0 || text !== "") errors.push(`${code} ${signal} ${text}`);
        resolve();
      });
    });
  }
  function kill(child: CacheChild): void {
    if (killed.size >= KILLS || !running.has(child) || killed.has(child.pid!)) return;
    killed.set(child.pid!, Date.now());
    child.kill("SIGKILL");
  }
  const tooLong = setTimeout(() => {
    errors.push("it takes too long");
    for (const child of running) child.kill("SIGKILL");
  }, 120_000);
  await Promise.all(Array.from({ length: AT_ONCE }, async (_, i) => {
    await pause(20 * i);
    await start();
  }));
  clearTimeout(tooLong);
  return errors;
}

/** Computations of one key must follow each other, and nothing is computed that was stored. */
function checkKey(notes: readonly Note[], killed: ReadonlyMap<number, number>): void {
  let free = -Infinity;
  let stored = false;
  for (const [i, { time, pid, what, key }] of notes.entries()) {
    if (what !== "start") continue;
    assert.ok(!stored, `${key} is computed again`);
    assert.ok(time >= free, `${key} is computed by two processes at a time`);
    const end = notes.slice(i).find((note) => note.what === "end" && note.pid === pid);
    stored = end !== undefined;
    if (end === undefined) assert.ok(killed.has(pid), `${key} was given up by the living`);
    free = end?.time ?? killed.get(pid) as number;
  }
}

function readNotes(log: string): Note[] {
  assert.ok(existsSync(log));
  return readFileSync(log, "utf8").trimEnd().split("\n").map((line) => {
    const [time, pid, what, key] = line.split(" ");
    return { time: Number(time), pid: Number(pid), what, key };
  });
}
