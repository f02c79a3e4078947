/** What every store must do: one suite for those that can be written, its first half for all. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { CacheError } from "../../errors.ts";
import type { StoreBackend, SyncStoreBackend } from "./store.ts";

/** Opens a store that holds these files. */
export type OpenWith = (files: ReadonlyMap<string, Uint8Array>) => Promise<StoreBackend>;

const ID = "0123456789abcdef0123456789abcdef";
const OTHER = "f".repeat(32);

/** Bytes whose place shows. */
export function pattern(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 7 + (i >> 8)) & 255);
}

const FILES: ReadonlyMap<string, Uint8Array> = new Map([
  [`pkg/mod/f/${ID}/output.pkl`, pattern(300)],
  [`pkg/mod/f/${ID}/metadata.json`, pattern(20)],
  [`pkg/mod/g/<locals>/h é#?%/${ID}/output.pkl`, pattern(10)],
  [`large/${ID}/output.pkl`, pattern(200_000)],
  [`large/${ID}/empty`, new Uint8Array(0)],
]);
const FIRST = `pkg/mod/f/${ID}/output.pkl`;
const LARGE = `large/${ID}/output.pkl`;

/** The tests that a store must pass which can only be read. */
export function readingSuite(name: string, open: OpenWith): void {
  test(`${name}: get() gives the bytes of a file and its size`, async () => {
    const store = await open(FILES);
    for (const [key, bytes] of FILES) {
      const stored = await store.get(key);
      assert.deepEqual([...stored!.bytes], [...bytes], key);
      assert.equal(stored!.size, bytes.length);
    }
    await store.close();
  });

  test(`${name}: get() of what is not there is undefined`, async () => {
    const store = await open(FILES);
    for (const key of ["pkg/mod/f", "none", `${FIRST}/deeper`, `pkg/mod/f/${OTHER}/output.pkl`]) {
      assert.equal(await store.get(key), undefined, key);
      assert.equal(await store.get(key, { start: 0, end: 10 }), undefined, key);
      assert.equal(await store.stat(key), undefined, key);
    }
    await store.close();
  });

  test(`${name}: get() of a range is cut at the file's end`, async () => {
    const store = await open(FILES);
    const ranges = [[0, 300], [0, 301], [0, 65536], [10, 20], [299, 400], [300, 400], [5, 5]];
    for (const [start, end] of ranges) {
      const stored = await store.get(FIRST, { start, end });
      assert.deepEqual([...stored!.bytes], [...pattern(300).slice(start, end)], `${start}-${end}`);
      assert.equal(stored!.size, 300, `${start}-${end}`);
    }
    for (const [start, end] of [[0, 65536], [0, 65537], [100_000, 199_999], [190_000, 300_000]]) {
      const stored = await store.get(LARGE, { start, end });
      const part = pattern(200_000).slice(start, end);
      assert.equal(stored!.size, 200_000);
      assert.ok(
        stored!.bytes.length === part.length && stored!.bytes.every((b, i) => b === part[i]),
      );
    }
    assert.equal((await store.get(`large/${ID}/empty`, { start: 0, end: 10 }))!.size, 0);
    await store.close();
  });

  test(`${name}: bytes belong to who asked for them`, async () => {
    const store = await open(FILES);
    (await store.get(FIRST, { start: 0, end: 65536 }))!.bytes.fill(0);
    assert.deepEqual([...(await store.get(FIRST, { start: 0, end: 3 }))!.bytes], [0, 7, 14]);
    await store.close();
  });

  test(`${name}: stat() tells size, times and version`, async () => {
    const store = await open(FILES);
    const info = await store.stat(FIRST);
    assert.equal(info!.key, FIRST);
    assert.equal(info!.size, 300);
    assert.ok(Math.abs(info!.modified - Date.now()) < 60_000, String(info!.modified));
    assert.ok(Math.abs(info!.accessed - Date.now()) < 60_000, String(info!.accessed));
    assert.equal((await store.stat(FIRST))!.version, info!.version);
    await store.close();
  });

  test(`${name}: list() gives the files of a folder and below`, async () => {
    const store = await open(FILES);
    const keys = async (folder: string) => {
      const found: string[] = [];
      for await (const { key, size } of store.list(folder)) {
        assert.equal(size, FILES.get(key)?.length, key);
        found.push(key);
      }
      return found.sort();
    };
    const all = [...FILES.keys()].sort();
    assert.deepEqual(await keys(""), all);
    assert.deepEqual(await keys("pkg"), all.filter((key) => key.startsWith("pkg/")));
    assert.deepEqual(await keys("pkg/mod/f"), all.filter((key) => key.startsWith("pkg/mod/f/")));
    assert.deepEqual(await keys("pk"), []);
    assert.deepEqual(await keys("none"), []);
    await store.close();
  });

  test(`${name}: keys that lead elsewhere are refused`, async () => {
    const store = await open(FILES);
    const bad = [
      "",
      "/etc/passwd",
      "../x",
      "a/../../x",
      "a//b",
      "a/",
      ".",
      "a/./b",
      "a\0b",
      "\ud800",
    ];
    for (const key of [...bad, ".larder/locks/x"]) {
      await assert.rejects(async () => await store.get(key), TypeError, JSON.stringify(key));
      await assert.rejects(async () => await store.stat(key), TypeError, JSON.stringify(key));
    }
    await store.close();
  });

  test(`${name}: a lease has one holder at a time, in order`, async () => {
    const store = await open(FILES);
    const order: number[] = [];
    let holders = 0;
    await Promise.all([1, 2, 3].map(async (i) => {
      const lease = await store.lease("pkg/k");
      assert.equal(++holders, 1);
      await new Promise((resolve) => setTimeout(resolve, 5));
      assert.equal(lease.waited, i > 1);
      order.push(i);
      holders--;
      lease.release();
      lease.release(); // does nothing
    }));
    assert.deepEqual(order, [1, 2, 3]);
    await store.close();
  });

  test(`${name}: leases of other keys don't wait, and an abort ends waiting`, async () => {
    const store = await open(FILES);
    const lease = await store.lease("k");
    (await store.lease("k2")).release();
    const controller = new AbortController();
    let waits = 0;
    const waiting = store.lease("k", { signal: controller.signal, onWait: () => waits++ });
    const reason = new Error("as told");
    setTimeout(() => controller.abort(reason), 5);
    await assert.rejects(waiting, (error) => error === reason);
    await assert.rejects(
      store.lease("k3", { signal: controller.signal }),
      (error) => error === reason,
    );
    assert.equal(waits, 1);
    lease.release();
    (await store.lease("k")).release();
    await store.close();
  });
}

/** The tests that a store must pass which can be written. */
export function storeSuite(name: string, open: () => Promise<StoreBackend>): void {
  readingSuite(name, async (files) => {
    const store = await open();
    for (const [key, bytes] of files) await store.put(key, bytes);
    return store;
  });

  test(`${name}: putIfAbsent() stores once`, async () => {
    const store = await open();
    assert.equal(await store.putIfAbsent("a/b", pattern(5)), true);
    assert.equal(await store.putIfAbsent("a/b", pattern(9)), false);
    assert.equal((await store.get("a/b"))!.size, 5);
    await store.close();
  });

  test(`${name}: put() replaces`, async () => {
    const store = await open();
    await store.put("a/b", pattern(5));
    const before = await store.stat("a/b");
    await store.put("a/b", pattern(5).map((byte) => byte + 1));
    assert.deepEqual([...(await store.get("a/b"))!.bytes], [1, 8, 15, 22, 29]);
    assert.notEqual((await store.stat("a/b"))!.version, before!.version);
    await store.close();
  });

  test(`${name}: replaceIfUnchanged() heeds the version`, async () => {
    const store = await open();
    assert.equal(await store.replaceIfUnchanged("a/b", "none", pattern(1)), false);
    assert.equal(await store.get("a/b"), undefined);
    await store.put("a/b", pattern(2));
    const { version } = (await store.stat("a/b"))!;
    const done = await Promise.all(
      [3, 4, 5].map((length) => store.replaceIfUnchanged("a/b", version, pattern(length))),
    );
    assert.deepEqual(done.filter(Boolean).length, 1);
    assert.equal((await store.get("a/b"))!.size, 3 + done.indexOf(true));
    await store.close();
  });

  test(`${name}: files beside appear with the content`, async () => {
    const store = await open();
    const order: string[] = [];
    const content = async (sink: { write(bytes: Uint8Array): Promise<void> | void }) => {
      await sink.write(pattern(3));
      await sink.write(pattern(2));
      order.push("content");
    };
    const beside = () => {
      order.push("beside");
      return new Map([["m.json", pattern(7)]]);
    };
    assert.equal(await store.putIfAbsent(`a/${ID}/out`, content, { beside }), true);
    assert.deepEqual(order, ["content", "beside"]);
    assert.deepEqual([...(await store.get(`a/${ID}/out`))!.bytes], [0, 7, 14, 0, 7]);
    assert.equal((await store.get(`a/${ID}/m.json`))!.size, 7);
    // into a folder that exists already, and over what is there
    assert.equal(await store.putIfAbsent(`a/${ID}/out2`, content, { beside }), true);
    assert.equal(await store.putIfAbsent(`a/${ID}/out`, pattern(1), { beside }), false);
    const other = () => new Map([["m.json", pattern(8)]]);
    await store.put(`a/${ID}/out`, pattern(1), { beside: other });
    assert.equal((await store.get(`a/${ID}/out`))!.size, 1);
    assert.equal((await store.get(`a/${ID}/m.json`))!.size, 8);
    await store.close();
  });

  test(`${name}: a content that fails stores nothing, and its error comes out`, async () => {
    const store = await open();
    const reason = new RangeError("as told");
    const failing = async (sink: { write(bytes: Uint8Array): Promise<void> | void }) => {
      await sink.write(pattern(100_000));
      throw reason;
    };
    const beside = () => new Map([["m.json", pattern(7)]]);
    await assert.rejects(store.put("a/b", failing), (error) => error === reason);
    await assert.rejects(store.putIfAbsent("a/b", failing, { beside }), (e) => e === reason);
    await store.put("a/c", pattern(1));
    await assert.rejects(store.put("a/c", failing), (error) => error === reason);
    const keys: string[] = [];
    for await (const { key } of store.list("")) keys.push(key);
    assert.deepEqual(keys, ["a/c"]);
    assert.equal((await store.get("a/c"))!.size, 1);
    await store.close();
  });

  test(`${name}: a large content comes whole from pieces`, async () => {
    const store = await open();
    await store.put("a/b", async (sink) => {
      for (let at = 0; at < 1_000_000; at += 100_000) {
        await sink.write(pattern(1_000_000).subarray(at, at + 100_000));
      }
    });
    const { bytes } = (await store.get("a/b"))!;
    const expected = pattern(1_000_000);
    assert.ok(bytes.length === 1_000_000 && bytes.every((byte, i) => byte === expected[i]));
    await store.close();
  });

  test(`${name}: delete() removes files and folders, and nothing else`, async () => {
    const store = await open();
    for (const key of ["a/b/1", "a/b/2", "a/bc/1", "d/e"]) await store.put(key, pattern(1));
    const keys = async () => {
      const found: string[] = [];
      for await (const { key } of store.list("")) found.push(key);
      return found.sort();
    };
    await store.delete("a/b");
    assert.deepEqual(await keys(), ["a/bc/1", "d/e"]);
    await store.delete("d/e");
    await store.delete("d/e");
    await store.delete("none/of/it");
    assert.deepEqual(await keys(), ["a/bc/1"]);
    await store.delete("");
    assert.deepEqual(await keys(), []);
    await store.put("a/b/1", pattern(1)); // the store goes on
    assert.deepEqual(await keys(), ["a/b/1"]);
    await assert.rejects(async () => await store.delete("../x"), TypeError);
    await store.close();
  });

  test(`${name}: long names fit, and stay apart`, async () => {
    const store = await open();
    const long = `${"long".repeat(70)}1`;
    const other = `${"long".repeat(70)}2`;
    const wide = "é".repeat(200);
    for (const [i, part] of [long, other, wide, "l".repeat(255)].entries()) {
      await store.put(`m/${part}/${ID}/output.pkl`, pattern(i + 1));
    }
    for (const [i, part] of [long, other, wide, "l".repeat(255)].entries()) {
      assert.equal((await store.get(`m/${part}/${ID}/output.pkl`))!.size, i + 1);
    }
    const listed: number[] = [];
    for await (const { key } of store.list("m")) listed.push((await store.get(key))!.size);
    assert.deepEqual(listed.sort(), [1, 2, 3, 4]);
    await store.close();
  });

  test(`${name}: hits are counted with the last access`, async () => {
    const store = await open();
    store.usage!.hit("a/k", 5000);
    store.usage!.hit("a/k", 7000);
    store.usage!.hit("a/l", 6000);
    store.usage!.flush();
    store.usage!.hit("a/k", 6500);
    assert.deepEqual([...store.usage!.read()].sort(), [
      ["a/k", { hits: 3, last: 7000 }],
      ["a/l", { hits: 1, last: 6000 }],
    ]);
    await store.close();
  });

  test(`${name}: after close() it says that it is closed`, async () => {
    const store = await open();
    await store.close();
    await assert.rejects(async () => await store.get("a"), CacheError);
    await assert.rejects(async () => await store.put("a", pattern(1)), CacheError);
  });

  test(`${name}: the synchronous face does the same`, async () => {
    const store = await open();
    const sync = store.sync as SyncStoreBackend;
    const beside = () => new Map([["m.json", pattern(7)]]);
    const content = (sink: { write(bytes: Uint8Array): void }) => {
      sink.write(pattern(3));
      sink.write(pattern(2));
    };
    assert.equal(sync.putIfAbsent(`a/${ID}/out`, content, { beside }), true);
    assert.equal(sync.putIfAbsent(`a/${ID}/out`, pattern(9), { beside }), false);
    assert.deepEqual([...sync.get(`a/${ID}/out`)!.bytes], [0, 7, 14, 0, 7]);
    assert.deepEqual([...sync.get(`a/${ID}/out`, { start: 1, end: 3 })!.bytes], [7, 14]);
    sync.put(`a/${ID}/out`, pattern(4));
    const { version, size } = sync.stat(`a/${ID}/out`)!;
    assert.equal(size, 4);
    assert.equal(sync.replaceIfUnchanged(`a/${ID}/out`, version, pattern(6)), true);
    assert.equal(sync.replaceIfUnchanged(`a/${ID}/out`, version, pattern(8)), false);
    assert.equal(sync.get(`a/${ID}/out`)!.size, 6);
    assert.deepEqual([...sync.list("a")].map(({ key }) => key).sort(), [
      `a/${ID}/m.json`,
      `a/${ID}/out`,
    ]);
    const failing = () => {
      throw new RangeError("as told");
    };
    assert.throws(() => sync.put("a/c", failing), RangeError);
    sync.delete("a");
    assert.equal(sync.get(`a/${ID}/out`), undefined);
    assert.deepEqual([...sync.list("")], []);
    await store.close();
  });

  test(`${name}: a synchronous lease doesn't wait for an unfinished call of its own thread`, async () => {
    const store = await open();
    const sync = store.sync as SyncStoreBackend;
    const outer = await store.lease("k");
    assert.equal(sync.lease("k"), undefined);
    const other = sync.lease("k2");
    assert.equal(other!.waited, false);
    assert.equal(sync.lease("k2"), undefined);
    const queued = store.lease("k2");
    other!.release();
    outer.release();
    (await queued).release();
    sync.lease("k")!.release();
    await store.close();
  });
}
