/** Methods of cached functions: call, refresh, callAndShelve, checkCallInCache, delete, clear, explain. */
import assert from "node:assert/strict";
import { existsSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { inspect } from "node:util";
import { CacheError, dumps, loads, NDArray } from "../mod.ts";
import { type CallInfo, MemorizedResult, Memory, NotMemorizedResult } from "./mod.ts";
import { entriesIn, IDENTITY, onlyEntry, withMemory } from "./memory_suite.ts";

const hamming = () => NDArray.from([0.08, 0.77, 0.77, 0.08]);

test("callAndShelve() gives a reference, each get() of which decodes anew", async () => {
  await withMemory({}, async ({ memory, folder }) => {
    let runs = 0;
    const f = memory.cache(function f(_m: number) {
      runs++;
      return hamming();
    }, { ...IDENTITY, args: ["x"] });
    const reference = await f.callAndShelve(4);
    assert.ok(reference instanceof MemorizedResult);
    assert.equal(reference.argsId, "a68ee4c43ce0704fec19bc7fc7993e48");
    assert.equal(reference.location, folder);
    assert.equal(
      join(folder, "joblib", reference.func, reference.argsId, "output.pkl"),
      onlyEntry(folder),
    );
    const first = await reference.get();
    assert.deepEqual(first.toArray(), [0.08, 0.77, 0.77, 0.08]);
    first.set(0, 5);
    assert.equal(reference.getSync().get(0), 0.08);
    assert.ok((reference.duration as number) >= 0);
    const second = await f.callAndShelve(4) as MemorizedResult;
    assert.equal(second.argsId, reference.argsId);
    assert.equal(runs, 1);
    for (const part of [folder, reference.func, reference.argsId]) {
      assert.ok(inspect(reference).includes(part));
      assert.ok(String(reference).includes(part));
    }
  });
});

test("a reference goes to another process as JSON, and through dump and load", async () => {
  await withMemory({}, async ({ memory }) => {
    const f = memory.cache(() => hamming(), { ...IDENTITY, name: "f" });
    const reference = await f.callAndShelve() as MemorizedResult<NDArray>;
    const json = JSON.stringify(reference);
    assert.ok(json.length < 1000);
    const sent = MemorizedResult.from<NDArray>(JSON.parse(json));
    assert.deepEqual((await sent.get()).toArray(), [0.08, 0.77, 0.77, 0.08]);
    assert.deepEqual(sent.getSync().toArray(), [0.08, 0.77, 0.77, 0.08]);
    assert.deepEqual(sent.metadata, reference.metadata);
    const loaded = loads<MemorizedResult<NDArray>>(dumps(reference));
    assert.ok(loaded instanceof MemorizedResult);
    assert.deepEqual((await loaded.get()).toArray(), [0.08, 0.77, 0.77, 0.08]);
    assert.throws(() => MemorizedResult.from({ location: 5 } as never), TypeError);
  });
});

test("a reference whose result was cleared or damaged throws CacheError", async () => {
  await withMemory({}, async ({ memory, folder, warnings }) => {
    let runs = 0;
    const f = memory.cache(() => ++runs, { ...IDENTITY, name: "f" });
    const reference = await f.callAndShelve();
    truncateSync(onlyEntry(folder), 3);
    await assert.rejects(reference.get(), CacheError);
    assert.equal(warnings.length, 1);
    assert.equal(await f(), 2);
    await reference.clear();
    await assert.rejects(reference.get(), /may have been cleared/);
    assert.throws(() => reference.getSync(), CacheError);
    await reference.clear();
  });
});

test("callAndShelve() holds a value that can't be stored", async () => {
  await withMemory({}, async ({ memory, warnings }) => {
    const value = new WeakMap();
    const f = memory.cache(() => value, { ...IDENTITY, name: "f" });
    const reference = await f.callAndShelve();
    assert.ok(reference instanceof NotMemorizedResult);
    assert.equal(await reference.get(), value);
    assert.equal(warnings.length, 1);
  });
});

test("call() and refresh() run in any case and store", async () => {
  await withMemory({}, async ({ memory }) => {
    let runs = 0;
    const f = memory.cache((_x: number) => ++runs, { ...IDENTITY, name: "f", args: ["x"] });
    assert.equal(await f(1), 1);
    const [value, metadata] = await f.call(1);
    assert.equal(value, 2);
    assert.deepEqual(metadata.input_args, { x: "1" });
    assert.ok((metadata.duration as number) >= 0);
    assert.equal(await f(1), 2);
    assert.equal(await f.refresh(1), 3);
    assert.equal(await f(1), 3);
    assert.equal(runs, 3);
  });
});

test("checkCallInCache() tells without running, and delete() forgets one call", async () => {
  await withMemory({}, async ({ memory, folder }) => {
    let runs = 0;
    const f = memory.cache((x: number) => (runs++, x), { ...IDENTITY, name: "f" });
    assert.equal(await f.checkCallInCache(1), false);
    assert.equal(existsSync(join(folder, "joblib")), false);
    await f(1);
    await f(2);
    assert.deepEqual([await f.checkCallInCache(1), await f.checkCallInCache(9)], [true, false]);
    assert.deepEqual([await f.delete(1), await f.delete(1)], [true, false]);
    assert.deepEqual([await f.checkCallInCache(1), await f.checkCallInCache(2)], [false, true]);
    assert.equal(runs, 2);
  });
});

test("clear() empties a function, memory.clear() all; the marks stay", async () => {
  await withMemory({ verbose: 1 }, async ({ memory, folder, told }) => {
    const f = memory.cache((x: number) => x, { ...IDENTITY, name: "f" });
    const g = memory.cache((x: number) => x, { ...IDENTITY, name: "g" });
    await f(1);
    await g(1);
    await f.clear({ warn: false });
    assert.equal(await f.checkCallInCache(1), false);
    assert.equal(await g.checkCallInCache(1), true);
    assert.ok(!told.join("\n").includes("Clearing"));
    await f(1);
    await f.clear();
    assert.match(told.join("\n"), /Clearing function cache identified by /);
    await memory.clear();
    assert.match(told.join("\n"), /Flushing completely the cache/);
    assert.deepEqual(entriesIn(folder), []);
    assert.ok(existsSync(join(folder, ".gitignore")));
    assert.equal(await g(1), 1);
    assert.equal(await g.checkCallInCache(1), true);
  });
});

test("memory.eval() is a cached call", async () => {
  await withMemory({}, async ({ memory }) => {
    let runs = 0;
    function square(x: number): number {
      runs++;
      return x * x;
    }
    assert.deepEqual([await memory.eval(square, 3), await memory.eval(square, 3)], [9, 9]);
    assert.equal(runs, 1);
  });
});

test("memory.eval() of what is no function is a TypeError", async () => {
  await withMemory({}, async ({ memory }) => {
    await Promise.resolve();
    assert.throws(() => memory.eval(3 as never), /Cannot use 3 for eval\(\): a function is needed/);
  });
});

test("lastCall tells of the call that ended last", async () => {
  await withMemory({}, async ({ memory, folder }) => {
    const f = memory.cache((x: number) => x, { ...IDENTITY, name: "f" });
    assert.equal(f.lastCall as unknown, undefined);
    await f(1);
    const id = entriesIn(folder)[0].slice(-32);
    const last = () => ({ ...f.lastCall as CallInfo, duration: 0 });
    assert.deepEqual(last(), { hit: false, id, duration: 0, bytes: 5 });
    await f(1);
    assert.deepEqual(last(), { hit: true, id, duration: 0, bytes: 5 });
  });
});

test("explain() tells why a call is a hit or a miss, and changes nothing", async () => {
  await withMemory({}, async ({ memory, folder }) => {
    const f = memory.cache((x: number) => x, { ...IDENTITY, name: "f", args: ["x"] });
    const none = await f.explain(1);
    assert.deepEqual([none.hit, none.reason], [false, "tests.f() has no results"]);
    assert.equal(existsSync(join(folder, "joblib")), false);
    await f(1);
    const hit = await f.explain(1);
    assert.equal(hit.hit, true);
    assert.equal(hit.reason, "tests.f() has a result for these arguments");
    assert.equal(`${hit.location}/${hit.key}/output.pkl`, onlyEntry(folder));
    assert.ok(hit.key.endsWith(hit.id));
    assert.deepEqual(hit.args, { x: 1 });
    assert.ok((hit.age as number) >= 0 && (hit.age as number) < 60);
    assert.deepEqual([hit.bytes, hit.valid, hit.damaged], [5, undefined, false]);
    assert.deepEqual(
      hit.versions.map(({ current, items, hasResult }) => [current, items, hasResult]),
      [
        [true, 1, true],
      ],
    );
    const miss = await f.explain(2);
    assert.equal(miss.reason, "tests.f() has a result for other arguments only");
    const newer = memory.cache((x: number) => x, {
      ...IDENTITY,
      version: 2,
      name: "f",
      args: ["x"],
    });
    const changed = await newer.explain(1);
    assert.match(changed.reason, /^only version [0-9a-f]{12} of tests\.f\(\) has a result/);
    assert.deepEqual(changed.versions.map(({ current }) => current), [false]);
  });
});

test("explain() tells what cacheValidationCallback answers", async () => {
  await withMemory({}, async ({ memory }) => {
    const options = { ...IDENTITY, name: "f", cacheValidationCallback: () => false };
    const f = memory.cache((x: number) => x, options);
    await f(1);
    const { hit, valid, reason } = await f.explain(1);
    assert.deepEqual({ hit, valid }, { hit: false, valid: false });
    assert.equal(reason, "cacheValidationCallback refuses the result");
  });
});

test("Memory(null) runs every call behind the same face, and writes nothing", async () => {
  const memory = new Memory(null);
  let runs = 0;
  const f = memory.cache((x: number) => (runs++, x));
  assert.deepEqual([await f(1), await f(1), runs], [1, 1, 2]);
  assert.deepEqual(await f.call(1), [1, {}]);
  assert.equal(await f.refresh(1), 1);
  assert.equal(await f.checkCallInCache(1), false);
  assert.equal(await f.delete(1), false);
  assert.equal((await f.explain(1)).hit, false);
  const reference = await f.callAndShelve(3);
  assert.equal(await reference.get(), 3);
  await reference.clear();
  await assert.rejects(reference.get(), /no value stored/);
  await f.clear();
  assert.equal(f.lastCall, undefined);
  const sync = memory.cacheSync((x: number) => x + 1);
  assert.deepEqual([sync(1), sync.call(1), sync.checkCallInCache(1)], [2, [2, {}], false]);
  assert.equal(sync.callAndShelve(1).getSync(), 2);
  assert.equal(await memory.eval((x: number) => x, 5), 5);
  await memory.clear();
  assert.deepEqual(await memory.reduceSize({ itemsLimit: 0 }), { removed: [], bytes: 0, items: 0 });
  assert.equal((await memory.stats()).items, 0);
  assert.equal(memory.location, null);
  await memory.close();
});
