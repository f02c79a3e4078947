/** Keeping a cache within limits. */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { freshPath } from "../../tests/temporary.ts";
import { chooseVictims, reduceSize, reduceSizeSync } from "./evict.ts";
import { FileStore } from "./file.ts";
import { listItems, type StoreItem, storeStats } from "./items.ts";
import { LimitKeeper } from "./limits.ts";
import { MemoryStore } from "./memory.ts";
import { pattern } from "./store_suite.ts";

const SIZE = 8350;
const DAY = 86400;
const id = (i: number) => String(i).padStart(32, "0");
const python = (i: number) => `pkg/f/${id(i)}`;
const own = (i: number) => `js-p/m/f/v-0123456789ab/${id(i)}`;

/** Ten entries in both layouts, entry `i` used `10 - i` hours ago. */
async function tenEntries(): Promise<FileStore> {
  const store = new FileStore(freshPath("joblib"));
  const now = Date.now() / 1000;
  for (let i = 0; i < 10; i++) {
    const key = i % 2 ? python(i) : own(i);
    const beside = () => new Map([["metadata.json", pattern(50)]]);
    await store.putIfAbsent(`${key}/output.pkl`, pattern(SIZE - 50), { beside });
    utimesSync(store.path(`${key}/output.pkl`), now - (10 - i) * 3600, now - 20 * 3600);
  }
  writeFileSync(store.path("pkg/f/func_code.py"), "# first line: 1\n");
  return store;
}

async function left(store: FileStore): Promise<string> {
  return (await listItems(store)).map(({ key }) => key.slice(-1)).sort().join("");
}

test("reduceSize() keeps what was used last, in both layouts", async () => {
  const store = await tenEntries();
  const none = await reduceSize(store);
  assert.deepEqual([none.removed.length, none.items, none.bytes], [0, 10, 10 * SIZE]);
  const dry = await reduceSize(store, { bytesLimit: "30K", dryRun: true });
  assert.deepEqual(dry.removed.map(({ key }) => key.slice(-1)).join(""), "0123456");
  assert.equal(await left(store), "0123456789");
  assert.equal((await reduceSize(store, { bytesLimit: 10 * SIZE })).removed.length, 0);
  assert.equal((await reduceSize(store, { bytesLimit: 10 * SIZE - 1 })).removed.length, 1);
  const reduced = await reduceSize(store, { bytesLimit: "30K" });
  assert.deepEqual([reduced.items, reduced.bytes], [3, 3 * SIZE]);
  assert.equal(await left(store), "789");
  await reduceSize(store, { itemsLimit: 2 });
  assert.equal(await left(store), "89");
  await reduceSize(store, { ageLimit: 5 * DAY });
  assert.equal(await left(store), "89");
  await reduceSize(store, { ageLimit: 1.5 * 3600 });
  assert.equal(await left(store), "9");
  await reduceSize(store, { ageLimit: 0 });
  assert.equal(await left(store), "");
  assert.ok(existsSync(store.path("pkg/f/func_code.py")));
  assert.equal(existsSync(join(store.location, "js-p")), false);
  await store.close();
});

test("reduceSizeSync() does the same", async () => {
  const store = await tenEntries();
  const reduced = reduceSizeSync(store, { itemsLimit: 4, bytesLimit: 3 * SIZE });
  assert.equal(reduced.removed.length, 7);
  assert.equal(await left(store), "789");
  reduceSizeSync(store, { itemsLimit: 0 });
  assert.equal(await left(store), "");
  await store.close();
});

test("reduceSize() goes by our own record where the file system's is older", async () => {
  const store = await tenEntries();
  store.usage.hit(own(0));
  await reduceSize(store, { itemsLimit: 2 });
  assert.equal(await left(store), "09");
  await store.close();
});

test("reduceSize() refuses limits that are none", async () => {
  const store = new MemoryStore();
  for (const bytesLimit of ["10", "1k", "1KB", "1T", -1]) {
    await assert.rejects(reduceSize(store, { bytesLimit }), RangeError, String(bytesLimit));
  }
  await assert.rejects(reduceSize(store, { ageLimit: -1 }), RangeError);
  await assert.rejects(reduceSize(store, { itemsLimit: NaN }), RangeError);
  await assert.rejects(reduceSize(store, { bytes_limit: 1 } as never), /use "bytesLimit"/);
});

test("an entry's size is that of all its files; other folders are no entries", async () => {
  const store = await tenEntries();
  writeFileSync(store.path(`${python(1)}/output.pkl.c425-30375-1397`), "leftover");
  mkdirSync(store.path("pkg/f/not-an-entry"));
  writeFileSync(store.path("pkg/f/not-an-entry/output.pkl"), "x");
  mkdirSync(store.path(`pkg/f/${id(11)}x`)); // joblib asks for the beginning only
  writeFileSync(store.path(`pkg/f/${id(11)}x/metadata.json`), "{}");
  const items = await listItems(store, "pkg");
  assert.equal(items.length, 6);
  const first = items.find(({ key }) => key === python(1))!;
  assert.deepEqual([first.bytes, first.files, first.complete], [SIZE + 8, 3, true]);
  assert.equal(items.find(({ key }) => key.endsWith("x"))!.complete, false);
  await store.close();
});

test("storeStats() adds up", async () => {
  const store = await tenEntries();
  store.usage.hit(own(0), 1000);
  store.usage.hit(own(0), Date.now() + 1e6);
  const { items, bytes, hits, oldest, newest } = await storeStats(store);
  assert.deepEqual([items, bytes, hits], [10, 10 * SIZE, 2]);
  assert.ok(Math.abs(Date.now() - oldest! - 9 * 3600_000) < 60_000);
  assert.ok(Math.abs(newest! - Date.now() - 1e6) < 60_000);
  assert.deepEqual(await storeStats(new MemoryStore()), {
    items: 0,
    bytes: 0,
    hits: 0,
    oldest: undefined,
    newest: undefined,
  });
  await store.close();
});

test("chooseVictims() follows joblib where several limits are set", () => {
  const item = (i: number): StoreItem => ({
    key: String(i),
    bytes: 10,
    files: 1,
    complete: true,
    stored: 0,
    lastAccess: 1000 * i,
    hits: 0,
  });
  const items = [3, 1, 2, 4].map(item);
  const victims = (bytes: number, count: number, age: number) =>
    chooseVictims(items, { bytes, items: count, age }, 5000).map(({ key }) => key).join("");
  assert.equal(victims(Infinity, Infinity, Infinity), "");
  assert.equal(victims(40, 4, 4001), "");
  assert.equal(victims(39, 4, Infinity), "1");
  assert.equal(victims(40, 2, Infinity), "12");
  assert.equal(victims(40, 4, 3000), "12"); // as old as the limit is too old
  assert.equal(victims(0, 0, 0), "1234");
  assert.equal(victims(15, 3, 4500), "123");
});

test("LimitKeeper keeps limits as entries come", async () => {
  for (const sync of [false, true]) {
    const store = new MemoryStore();
    const keeper = new LimitKeeper(store, { itemsLimit: 20, bytesLimit: "1K" });
    for (let i = 0; i < 100; i++) {
      await store.put(`m/f/${id(i)}/output.pkl`, pattern(i < 50 ? 10 : 100));
      store.usage.hit(`m/f/${id(i)}`, 1000 + i);
      if (sync) keeper.storedSync(i < 50 ? 10 : 100);
      else await keeper.stored(i < 50 ? 10 : 100);
      const { items, bytes } = await storeStats(store);
      assert.ok(items <= 20 && bytes <= 1024, `${items} items, ${bytes} bytes`);
      assert.ok(i < 20 || items >= 9 || i >= 50);
    }
    assert.ok(await store.stat(`m/f/${id(99)}/output.pkl`));
    await store.close();
  }
});

test("LimitKeeper keeps small limits exactly, and refuses what is none", async () => {
  const store = new MemoryStore();
  const keeper = new LimitKeeper(store, { itemsLimit: 2 });
  for (let i = 0; i < 5; i++) {
    await store.put(`m/f/${id(i)}/output.pkl`, pattern(1));
    await keeper.stored(1);
    assert.equal((await storeStats(store)).items, Math.min(2, i + 1));
  }
  assert.throws(() => new LimitKeeper(store, { bytesLimit: "1T" }), RangeError);
});
