/** What verbose tells, through the logger. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { entriesIn, IDENTITY, withMemory } from "./memory_suite.ts";

test("verbose 0 tells nothing", async () => {
  await withMemory({}, async ({ memory, told }) => {
    const f = memory.cache((x: number) => x, { ...IDENTITY, name: "f" });
    await f(1);
    await f(1);
    await f.clear();
    assert.deepEqual(told, []);
  });
});

test("verbose 1 tells the calls that run, with their arguments, and nothing of hits", async () => {
  await withMemory({ verbose: 1 }, async ({ memory, told }) => {
    const options = { python: "vm.g", args: ["x", "*", "kw='x'"] };
    const g = memory.cache((x: number, _options?: { kw: string }) => x, options);
    await g(1, { kw: "x" });
    const text = told.join("\n");
    assert.ok(text.includes(`${"_".repeat(80)}\n[Memory] Calling vm.g...\ng(1, kw='x')`), text);
    assert.match(text.split("\n").at(-1) as string, /^_{50,}g - 0\.0s, 0\.0min$/);
    assert.equal(text.split("\n").at(-1)?.length, 80);
    told.length = 0;
    await g(1, { kw: "x" });
    assert.deepEqual(told, []);
  });
});

test("verbose 2, 5, 10, 11 and 20 tell of hits, durations, places, storing and questions", async () => {
  await withMemory({ verbose: 20 }, async ({ memory, folder, told }) => {
    const options = { ...IDENTITY, name: "g" };
    const g = memory.cache((x: number) => x, options);
    const heard = async (verbose: number) => {
      told.length = 0;
      await memory.cache(g, { ...options, verbose })(1);
      return told.join("\n");
    };
    await g(1);
    const entry = entriesIn(folder)[0];
    assert.ok(told.join("\n").includes(`Persisting in ${folder}/joblib/${entry}`), told.join("\n"));
    assert.match(await heard(2), /^\[Memory\]\d+\.\ds, \d+\.\dmin {4}: Loading g\.\.\.$/);
    assert.match(await heard(5), /g cache loaded - \d+\.\ds, \d+\.\dmin$/);
    assert.ok((await heard(10)).includes(` from ${folder}/joblib/${entry}`));
    assert.match(await heard(20), /[Qq]uery/);
    assert.equal(await heard(1), "");
  });
});

test("verbose of a synchronous function counts as well", async () => {
  await withMemory({}, ({ memory, told }) => {
    const g = memory.cacheSync((x: string) => x, { ...IDENTITY, name: "g", verbose: 1 });
    g("a".repeat(3000));
    const text = told.join("\n");
    assert.match(text, /Calling tests\.g\.\.\./);
    assert.ok(text.length < 1500 && text.includes("..."));
  });
});
