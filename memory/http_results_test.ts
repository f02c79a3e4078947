/** A cache folder behind a URL: results are read, none is stored. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { LarderWarning } from "../mod.ts";
import { served } from "../tests/serve_folder.ts";
import { Memory } from "./mod.ts";
import { writeIndex } from "./stores/http.ts";
import { IDENTITY, withMemory } from "./memory_suite.ts";

test("results behind a URL are hits, for functions and without one", async () => {
  await withMemory({}, async ({ memory, folder }) => {
    const inner = memory.cache((x: number) => x + 1, { python: "pm.inner", args: ["x"] });
    await inner(1);
    const big = (n: number) => new Float64Array(n).fill(0.5);
    await memory.cache(big, { ...IDENTITY, name: "big" })(50_000);
    await writeIndex(memory.store!);
    await served(folder, async (url) => {
      const warnings: LarderWarning[] = [];
      const far = new Memory(url, { onWarning: (warning) => warnings.push(warning) });
      const results = far.results<number>("pm.inner", { args: ["x"] });
      assert.equal(await results.get(1), 2);
      assert.equal(await results.has(2), false);
      assert.equal(await results.getNamed({ x: 1 }), 2);
      const listed: number[] = [];
      for await (const reference of results.list()) listed.push(await reference.get());
      assert.deepEqual(listed, [2]);
      const there = far.cache(big, { ...IDENTITY, name: "big" });
      assert.deepEqual(await there(50_000), new Float64Array(50_000).fill(0.5));
      assert.equal(there.lastCall?.hit, true);
      assert.equal((await there.explain(50_000)).hit, true);
      assert.deepEqual(warnings, []);
      // what is not there is computed, and can't be stored, which is told
      assert.deepEqual(await there(2), Float64Array.of(0.5, 0.5));
      assert.deepEqual(warnings.map(({ code }) => code), ["not-stored"]);
      await far.close();
    });
  });
});
