/** Stores by name and location. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { freshPath } from "../../tests/temporary.ts";
import { FileStore } from "./file.ts";
import { HttpStore } from "./http.ts";
import { MemoryStore } from "./memory.ts";
import { isStoreBackend, openStore, registerStoreBackend, type StoreFactory } from "./registry.ts";

test("openStore() opens joblib's folder of a location", async () => {
  const folder = dirname(freshPath());
  for (
    const location of [folder, `${folder}/`, pathToFileURL(folder), pathToFileURL(folder).href]
  ) {
    const store = openStore(location);
    assert.ok(store instanceof FileStore);
    assert.equal(store.location, join(folder, "joblib"));
    await store.put("a/b", Uint8Array.of(1));
    await store.close();
  }
  assert.equal(readFileSync(join(folder, "joblib/a/b")).length, 1);
});

test("openStore() knows the other kinds by name or by URL", () => {
  const http = openStore("https://example.org/cache/");
  assert.ok(http instanceof HttpStore);
  assert.equal(http.location, "https://example.org/cache/joblib");
  assert.ok(openStore(new URL("https://example.org/cache")) instanceof HttpStore);
  assert.ok(openStore("anything", { backend: "memory" }) instanceof MemoryStore);
});

test("openStore() refuses what it does not know", () => {
  assert.throws(
    () => openStore("x", { backend: "s3" }),
    /unknown backend "s3", known are local, http, memory/,
  );
  for (const location of [5, null, "", {}]) {
    assert.throws(() => openStore(location as string), TypeError);
  }
  assert.throws(() => openStore("x", { durabilty: "none" } as never), TypeError);
});

test("registerStoreBackend() adds kinds, and refuses as joblib does", () => {
  const made: unknown[] = [];
  registerStoreBackend("test", (location, options) => {
    made.push([location, options]);
    return new MemoryStore();
  });
  const onWarning = () => {};
  assert.ok(openStore("here", { backend: "test", durability: "file", onWarning }));
  assert.deepEqual(made, [["here", { durability: "file", onWarning }]]);
  assert.throws(() => registerStoreBackend(1 as never, () => new MemoryStore()), TypeError);
  assert.throws(() => registerStoreBackend("test", {} as StoreFactory), TypeError);
  registerStoreBackend("test-nothing", () => ({}) as MemoryStore);
  assert.throws(() => openStore("x", { backend: "test-nothing" }), /made no store/);
});

test("isStoreBackend() tells stores from other things", () => {
  assert.ok(isStoreBackend(new MemoryStore()));
  for (const value of [null, undefined, "x", {}, new Map()]) assert.ok(!isStoreBackend(value));
});
