/** cacheSync(): the same without promises. */
import assert from "node:assert/strict";
import { readFileSync, truncateSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { UnsupportedError } from "../mod.ts";
import { MemorizedResult, Memory } from "./mod.ts";
import { MemoryStore } from "./stores/memory.ts";
import { entriesIn, IDENTITY, onlyEntry, pause, withMemory } from "./memory_suite.ts";

test("cacheSync() has the entries of cache()", async () => {
  await withMemory({}, async ({ memory, folder }) => {
    let runs = 0;
    function f(x: number): number {
      runs++;
      return x * 2;
    }
    const options = { ...IDENTITY, args: ["x"] };
    const sync = memory.cacheSync(f, options);
    assert.deepEqual([sync(1), sync(1), await memory.cache(f, options)(1), runs], [2, 2, 2, 1]);
    assert.match(onlyEntry(folder), /d3ffa92536e9b2aeb96c6d0e11ccd857/);
    assert.equal(sync.lastCall?.hit, true);
  });
});

test("the methods of cacheSync() answer at once", async () => {
  await withMemory({}, async ({ memory, folder }) => {
    let runs = 0;
    const f = memory.cacheSync((_x: number) => ++runs, { ...IDENTITY, name: "f" });
    assert.equal(f.checkCallInCache(1), false);
    assert.equal(f.call(1)[0], 1);
    assert.equal(f.refresh(1), 2);
    assert.equal(f(1), 2);
    const reference = f.callAndShelve(1) as MemorizedResult<number>;
    assert.equal(reference.getSync(), 2);
    assert.equal((await f.explain(1)).hit, true);
    reference.clearSync();
    assert.throws(() => reference.getSync(), { name: "CacheError" });
    assert.equal(f.callAndShelve(1).getSync(), 3);
    assert.deepEqual([f.delete(1), f.delete(1)], [true, false]);
    f(1);
    f.clear();
    assert.deepEqual(entriesIn(folder), []);
  });
});

test("cacheSync() heals damaged entries and returns what can't be stored", async () => {
  await withMemory({}, ({ memory, folder, warnings }) => {
    let runs = 0;
    const f = memory.cacheSync(() => ++runs, { ...IDENTITY, name: "f" });
    f();
    const bytes = readFileSync(onlyEntry(folder));
    bytes[3] ^= 1;
    writeFileSync(onlyEntry(folder), bytes);
    assert.deepEqual([f(), f()], [2, 2]);
    truncateSync(onlyEntry(folder), 0);
    assert.deepEqual([f(), f()], [3, 3]);
    assert.deepEqual(new Set(warnings.map(({ code }) => code)), new Set(["damaged-entry"]));
    const lock = memory.cacheSync(() => new WeakMap(), { ...IDENTITY, name: "lock" });
    assert.ok(lock() instanceof WeakMap);
    assert.equal(warnings.at(-1)?.code, "not-picklable");
  });
});

test("cacheSync() refuses promises, of the function and of its callback", async () => {
  await withMemory({}, ({ memory, folder }) => {
    // deno-lint-ignore require-await -- it is the promise that matters
    const f = memory.cacheSync(async () => 1, { ...IDENTITY, name: "f" });
    assert.throws(() => f(), { name: "TypeError", message: /use cache\(\)/ });
    assert.deepEqual(entriesIn(folder), []);
    const callback = () => Promise.resolve(false) as unknown as boolean;
    const g = memory.cacheSync(() => 1, {
      ...IDENTITY,
      name: "g",
      cacheValidationCallback: callback,
    });
    g();
    assert.throws(() => g(), TypeError);
  });
});

test("an error of a function of cacheSync() is not cached", async () => {
  await withMemory({}, ({ memory, folder }) => {
    let runs = 0;
    const boom = memory.cacheSync((): void => {
      runs++;
      throw new RangeError("boom");
    }, { ...IDENTITY, name: "boom" });
    assert.throws(boom, RangeError);
    assert.throws(boom, RangeError);
    assert.equal(runs, 2);
    assert.deepEqual(entriesIn(folder), []);
  });
});

test("cacheSync() computes itself what an unfinished call of its thread computes", async () => {
  await withMemory({}, async ({ memory }) => {
    const runs: string[] = [];
    const options = { python: "pkg.f", args: ["x"] };
    const slow = memory.cache(async (x: number) => {
      runs.push("async");
      await pause(30);
      return x;
    }, options);
    const other = new Memory(memory.location as string, { onWarning: () => {} });
    const sync = other.cacheSync((x: number) => (runs.push("sync"), x), options);
    const pending = slow(1);
    while (runs.length === 0) await pause(1);
    assert.equal(sync(1), 1);
    assert.equal(await pending, 1);
    assert.deepEqual(runs, ["async", "sync"]);
    await other.close();
  });
});

test("cacheSync() needs a store that works without promises", async () => {
  const { sync: _sync, ...face } = new MemoryStore();
  const store = Object.assign(Object.create(MemoryStore.prototype), face, { sync: undefined });
  const memory = new Memory("anywhere", { backend: store });
  const f = memory.cacheSync(() => 1, { ...IDENTITY, name: "f" });
  assert.throws(() => f(), UnsupportedError);
  await Promise.resolve();
});
