/** What Memory and cache() take, and what they refuse. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { CacheError, dumps, loads } from "../mod.ts";
import { freshPath } from "../tests/temporary.ts";
import { Memory, registerStoreBackend } from "./mod.ts";
import { MemoryStore } from "./stores/memory.ts";
import { entriesIn, IDENTITY, withMemory } from "./memory_suite.ts";

test("Memory refuses locations, backends and options that it does not know", () => {
  assert.throws(() => new Memory(5 as never), TypeError);
  assert.throws(() => new Memory(undefined as never), TypeError);
  assert.throws(() => new Memory(""), TypeError);
  assert.throws(() => new Memory("c", { backend: "nope" }), /unknown backend "nope"/);
  assert.throws(() => new Memory("c", { backend: {} as never }), TypeError);
  assert.throws(() => new Memory("c", { bytes_limit: 10 } as never), {
    name: "TypeError",
    message: /"bytesLimit" is an option of reduceSize\(\)/,
  });
  assert.throws(() => new Memory("c", { mmap_mode: "r" } as never), /use "mmapMode"/);
  assert.throws(() => new Memory("c", { cachedir: "x" } as never), TypeError);
  assert.throws(() => new Memory("c", { mmapMode: "x" as never }), RangeError);
  assert.throws(() => new Memory("c", { hashName: "sha256" as never }), RangeError);
  assert.throws(() => new Memory("c", { durability: "some" as never }), RangeError);
  assert.throws(() => new Memory("c", { compress: "nope" }), RangeError);
  assert.throws(() => new Memory("c", { verbose: "1" as never }), TypeError);
  assert.throws(() => new Memory("c", { limits: { bytes: 1 } as never }), TypeError);
  assert.throws(() => new Memory("c", { limits: { itemsLimit: -1 } }), RangeError);
});

test("cache() refuses options that it does not know, and what is no function", async () => {
  await withMemory({}, ({ memory }) => {
    const f = () => 1;
    assert.throws(() => memory.cache(f, { Ignore: [] } as never), /use "ignore"/);
    assert.throws(() => memory.cache({ params: [] } as object)(f), TypeError);
    assert.throws(() => memory.cache(5 as never), TypeError);
    assert.throws(() => memory.cache(f, 5 as never), TypeError);
    assert.throws(() => memory.cache({})(5 as never), TypeError);
    assert.throws(() => memory.cache(f, { python: "f", args: [] }), TypeError);
    assert.throws(() => memory.cache(f, { python: "m.f" }), /parameters are needed/);
    assert.throws(() => memory.cache(f, { python: "m.f", args: [], version: 1 }), /"version"/);
    assert.throws(() => memory.cache(f, { name: "f", mmapMode: "x" as never }), RangeError);
  });
});

test("cache() refuses a function without a name", async () => {
  await withMemory({}, ({ memory }) => {
    assert.throws(() => memory.cache((x: number) => x), TypeError);
    assert.throws(() => memory.cache({ version: 1 })((x: number) => x), TypeError);
  });
});

test("two functions of one name are told from each other, or refused", async () => {
  await withMemory({}, async ({ memory }) => {
    const make = (result: number) => () => result;
    const one = memory.cache(make(1), { ...IDENTITY, name: "same" });
    // a call in the last place would leave no trace in Bun's stacks
    assert.throws(() => {
      memory.cache(make(2), { ...IDENTITY, name: "same" });
    }, CacheError);
    const two = memory.cache(make(2), { ...IDENTITY, name: "other" });
    assert.deepEqual([await one(), await two(), await one(), await two()], [1, 2, 1, 2]);
  });
});

test("Memory takes a file: URL, and makes nothing before something is stored", async () => {
  const folder = freshPath("cache");
  const memory = new Memory(pathToFileURL(folder));
  const f = memory.cache((x: number) => x, { ...IDENTITY, name: "f" });
  assert.equal(existsSync(folder), false);
  await f(1);
  assert.ok(existsSync(join(folder, "joblib")));
  await memory.close();
});

test("hashName decides how entries are named", async () => {
  for (const [hashName, length] of [["md5", 32], ["sha1", 40]] as const) {
    await withMemory({ hashName }, async ({ memory, folder }) => {
      const f = memory.cache((x: number) => x, { ...IDENTITY, name: "f", args: ["x"] });
      assert.deepEqual([await f(1), await f(1)], [1, 1]);
      assert.equal(entriesIn(folder)[0].split("/").at(-1)?.length, length);
      assert.equal((await memory.stats()).items, 1);
    });
  }
  await withMemory({ hashName: "sha1" }, ({ memory }) => {
    assert.throws(() => memory.cache(() => 1, { python: "m.f", args: [] }), /names them by md5/);
  });
});

test("Memory keeps results in a store of another kind", async () => {
  const store = new MemoryStore("mine");
  const memory = new Memory(null, { backend: store });
  let runs = 0;
  const options = { ...IDENTITY, name: "f" };
  const f = memory.cache((x: number) => (runs++, new Float64Array(20_000).fill(x)), options);
  assert.deepEqual(await f(1), await f(1));
  const g = memory.cacheSync((x: number) => (runs++, x), { ...options, name: "g" });
  assert.deepEqual([g(1), g(1), runs], [1, 1, 2]);
  assert.equal((await memory.stats()).items, 2);

  registerStoreBackend("memory-options-test", () => store);
  const named = new Memory("anywhere", { backend: "memory-options-test" });
  assert.equal((await named.stats()).items, 2);
  await named.clear({ warn: false });
  assert.equal((await memory.stats()).items, 0);
});

test("Memory opens another with the same location and options", async () => {
  await withMemory({ compress: 3, hashName: "sha1" }, async ({ memory, folder }) => {
    const f = (x: number) => x;
    await memory.cache(f, { ...IDENTITY, name: "f" })(1);
    const loaded = loads<Memory>(dumps(memory));
    assert.ok(loaded instanceof Memory);
    assert.equal(loaded.location, folder);
    const cached = loaded.cache(f, { ...IDENTITY, name: "f" });
    assert.equal(await cached.checkCallInCache(1), true);
    await loaded.close();
  });
});

test("durability full stores as well", async () => {
  await withMemory({ durability: "full" }, async ({ memory }) => {
    let runs = 0;
    const f = memory.cache((x: number) => (runs++, x), { ...IDENTITY, name: "f" });
    assert.deepEqual([await f(1), await f(1), runs], [1, 1, 1]);
  });
});
