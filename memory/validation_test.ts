/** cacheValidationCallback, expiresAfter, and limits: results that are not used any more. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { expiresAfter, type Metadata } from "./mod.ts";
import { entriesIn, IDENTITY, onlyEntry, pause, withMemory } from "./memory_suite.ts";

test("cacheValidationCallback is asked about entries only, and its no runs the function", async () => {
  await withMemory({}, async ({ memory }) => {
    const ran: number[] = [];
    const asked: Metadata[] = [];
    const slow = memory.cache(async function slow(delay: number) {
      ran.push(delay);
      await pause(delay);
      return delay;
    }, {
      ...IDENTITY,
      args: ["delay"],
      cacheValidationCallback: (metadata) => {
        asked.push(metadata);
        return (metadata.duration as number) > 0.1;
      },
    });
    for (const delay of [0, 150, 150, 0]) await slow(delay);
    assert.deepEqual(ran, [0, 150, 0]);
    assert.deepEqual(asked.map(({ input_args }) => input_args), [{ delay: "150" }, { delay: "0" }]);
  });
});

test("a callback may answer a promise; its error is the caller's", async () => {
  await withMemory({}, async ({ memory }) => {
    let answer = () => Promise.resolve(true);
    let runs = 0;
    const f = memory.cache(() => ++runs, {
      ...IDENTITY,
      name: "f",
      cacheValidationCallback: () => answer(),
    });
    assert.deepEqual([await f(), await f()], [1, 1]);
    answer = () => Promise.resolve(false);
    assert.equal(await f.checkCallInCache(), false);
    assert.equal(await f(), 2);
    answer = () => Promise.reject(new RangeError("no"));
    await assert.rejects(f(), RangeError);
  });
});

test("a result that is refused goes even when the function fails then", async () => {
  await withMemory({}, async ({ memory, folder }) => {
    let fails = false;
    const f = memory.cache(() => {
      if (fails) throw new Error("now");
      return 1;
    }, { ...IDENTITY, name: "f", cacheValidationCallback: () => false });
    await f();
    fails = true;
    await assert.rejects(f(), /now/);
    assert.deepEqual(entriesIn(folder), []);
  });
});

test("what is no function is refused as cacheValidationCallback", async () => {
  await withMemory({}, ({ memory }) => {
    assert.throws(
      () => memory.cache(() => 1, { ...IDENTITY, name: "f", cacheValidationCallback: 5 as never }),
      TypeError,
    );
  });
});

test("expiresAfter() lets a result be used for a while, synchronously too", async () => {
  await withMemory({}, async ({ memory }) => {
    let runs = 0;
    const options = {
      ...IDENTITY,
      name: "f",
      cacheValidationCallback: expiresAfter({ milliseconds: 300 }),
    };
    const f = memory.cache(() => ++runs, options);
    const sync = memory.cacheSync(() => ++runs, { ...options, name: "g" });
    assert.deepEqual([await f(), await f(), sync(), sync()], [1, 1, 2, 2]);
    await pause(310);
    assert.deepEqual([await f(), sync()], [3, 4]);
  });
});

test("expiresAfter() and metadata without a time: run again, with a warning", async () => {
  await withMemory({}, async ({ memory, folder, warnings }) => {
    let runs = 0;
    const f = memory.cache(() => ++runs, {
      python: "pkg.f",
      args: [],
      cacheValidationCallback: expiresAfter({ days: 1 }),
    });
    await f();
    const file = onlyEntry(folder, "metadata.json");
    const { duration } = JSON.parse(readFileSync(file, "utf8"));
    writeFileSync(file, JSON.stringify({ duration }));
    warnings.length = 0;
    assert.equal(await f(), 2);
    assert.deepEqual(warnings.map(({ code }) => code), ["not-validated"]);
    assert.equal(await f(), 2);
  });
});

test("reduceSize() keeps what was used last, limits are kept without being asked", async () => {
  await withMemory({}, async ({ memory, folder }) => {
    const f = memory.cache((i: number) => new Float64Array(1000).fill(i), {
      ...IDENTITY,
      name: "f",
    });
    for (let i = 0; i < 10; i++) {
      await f(i);
      await pause(2);
    }
    await f(0); // used last
    assert.deepEqual((await memory.reduceSize()).removed, []);
    const { items, bytes } = await memory.stats();
    assert.equal(items, 10);
    assert.ok(bytes > 80_000 && bytes < 90_000);
    const dry = await memory.reduceSize({ itemsLimit: 2, dryRun: true });
    assert.deepEqual([dry.removed.length, dry.items, entriesIn(folder).length], [8, 2, 10]);
    assert.equal((await memory.reduceSize({ bytesLimit: "30K" })).items, 3);
    assert.equal(await f.checkCallInCache(0), true);
    assert.equal(await f.checkCallInCache(1), false);
    assert.equal((await memory.reduceSize({ ageLimit: 5 * 86400 })).items, 3);
    assert.equal((await memory.reduceSize({ ageLimit: 0 })).items, 0);
    await assert.rejects(memory.reduceSize({ ageLimit: -1 }), RangeError);
    await assert.rejects(memory.reduceSize({ bytesLimit: "1KB" }), RangeError);
    await assert.rejects(memory.reduceSize({ items_limit: 1 } as never), /itemsLimit/);
  });
  await withMemory({ limits: { itemsLimit: 3 } }, async ({ memory, folder }) => {
    const f = memory.cache((i: number) => i, { ...IDENTITY, name: "f" });
    const g = memory.cacheSync((i: number) => i, { ...IDENTITY, name: "g" });
    for (let i = 0; i < 10; i++) {
      await f(i);
      g(i);
      assert.ok(entriesIn(folder).length <= 3);
    }
    assert.equal(await f.checkCallInCache(9) || g.checkCallInCache(9), true);
  });
});
