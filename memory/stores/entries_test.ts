/** Entries: stored whole, checked when they are loaded, set aside when they are damaged. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { UnpicklingError, UnsupportedError } from "../../errors.ts";
import { dump, dumps, dumpSync, load, loadSync } from "../../persistence/mod.ts";
import { freshPath } from "../../tests/temporary.ts";
import { Entries } from "./entries.ts";
import { FileStore } from "./file.ts";
import { HttpStore } from "./http.ts";
import { MemoryStore } from "./memory.ts";
import type { StoreBackend } from "./store.ts";
import { verifyEntries } from "./verify.ts";

const KEY = "m/f/0123456789abcdef0123456789abcdef";
const metadata = () => ({ duration: 0.5, input_args: { x: "1" }, time: 1 });

interface Warned {
  code: string;
  message: string;
}

function open(store: StoreBackend = new FileStore(freshPath("joblib"))) {
  const warnings: Warned[] = [];
  const entries = new Entries(store, { onWarning: (warning) => warnings.push(warning) });
  return { store, entries, warnings, path: (name: string) => join(store.location, KEY, name) };
}

const VALUES: [name: string, value: unknown][] = [
  ["a small value", [1, "two", null]],
  ["a large value", [Array.from({ length: 40_000 }, (_, i) => i), "end"]],
];

for (const [what, value] of VALUES) {
  for (const kind of ["files", "memory"]) {
    test(`${what} comes back from ${kind}`, async () => {
      const { store, entries, warnings } = open(kind === "memory" ? new MemoryStore() : undefined);
      const written = await entries.write(KEY, (target) => dump(value, target), { metadata });
      assert.deepEqual(written, { stored: true, bytes: dumps(value).length });
      const entry = (await entries.open(KEY, { own: true }))!;
      assert.deepEqual(entry.metadata.input_args, { x: "1" });
      assert.equal(entry.bytes, written.bytes);
      assert.equal(entry.inMemory, what === "a small value");
      assert.deepEqual(await entry.load((source) => load(source)), { value });
      const again = entries.openSync(KEY, { own: true })!;
      assert.deepEqual(again.loadSync((source) => loadSync(source)), { value });
      assert.equal(store.usage!.read().get(KEY)!.hits, 2);
      assert.deepEqual(warnings, []);
      await store.close();
    });

    test(`${what} with a flipped bit is never returned from ${kind}`, async () => {
      const { store, entries, warnings } = open(kind === "memory" ? new MemoryStore() : undefined);
      entries.writeSync(KEY, (target) => dumpSync(value, target), { metadata });
      const whole = (await store.get(`${KEY}/output.pkl`))!.bytes;
      for (const [i, at] of [0, 5, whole.length >> 1, whole.length - 1].entries()) {
        const flipped = whole.slice();
        flipped[at] ^= 4;
        await store.put(`${KEY}/output.pkl`, flipped);
        const entry = (await entries.open(KEY))!;
        assert.equal(
          i % 2 ? await entry.load((s) => load(s)) : entry.loadSync((s) => loadSync(s)),
          undefined,
        );
        assert.equal(warnings.at(-1)!.code, "damaged-entry");
        assert.match(warnings.at(-1)!.message, /its CRC-32 is [0-9a-f]{8}, [0-9a-f]{8} was stored/);
        assert.equal(await store.stat(`${KEY}/output.pkl`), undefined);
        assert.equal(await entries.open(KEY), undefined);
      }
      const { stored } = entries.writeSync(KEY, (target) => dumpSync(value, target), { metadata });
      assert.equal(stored, true); // it heals
      assert.deepEqual(entries.openSync(KEY)!.loadSync((s) => loadSync(s)), { value });
      await store.close();
    });
  }

  test(`${what} that was cut is set aside and told once`, async () => {
    const { store, entries, warnings, path } = open();
    for (const part of [0, 0.5, 0.99]) {
      const { bytes } = await entries.write(KEY, (target) => dump(value, target), { metadata });
      const length = Math.floor(part * bytes);
      truncateSync(path("output.pkl"), length);
      const before = warnings.length;
      assert.equal(await (await entries.open(KEY))!.load((source) => load(source)), undefined);
      assert.equal(warnings.length, before + 1);
      const text = new RegExp(`it has ${length} bytes, ${bytes} were stored`);
      assert.match(warnings.at(-1)!.message, text);
      assert.equal(await entries.open(KEY), undefined);
    }
    assert.equal(readdirSync(join(store.location, ".larder/damaged")).length, 3);
    await store.close();
  });
}

test("an entry that is there stays, unless it is to be replaced", async () => {
  const { store, entries } = open();
  const write = (value: unknown, replace: boolean) =>
    entries.write(KEY, (target) => dump(value, target), { metadata, replace });
  assert.equal((await write(1, false)).stored, true);
  assert.equal((await write(2, false)).stored, false);
  assert.deepEqual(entries.openSync(KEY)!.loadSync((source) => loadSync(source)), { value: 1 });
  assert.equal((await write(3, true)).stored, true);
  assert.deepEqual(entries.openSync(KEY)!.loadSync((source) => loadSync(source)), { value: 3 });
  await store.close();
});

test("an entry that is replaced while it is read is read once more", async () => {
  const { store, entries, warnings } = open();
  const large = (i: number) => new Float64Array(50_000).fill(i);
  const write = (i: number) =>
    entries.writeSync(KEY, (target) => dumpSync(large(i), target), { metadata, replace: true });
  write(1);
  const entry = entries.openSync(KEY)!;
  write(2); // its metadata is not the one that was read
  let reads = 0;
  const loaded = entry.loadSync((source) => {
    if (reads++ === 0) write(3);
    return (loadSync(source) as { data: Float64Array }).data[0];
  });
  assert.deepEqual(loaded, { value: 3 });
  assert.deepEqual(warnings, []);
  const other = entries.openSync(KEY)!;
  entries.deleteSync(KEY);
  assert.equal(other.loadSync((source) => loadSync(source)), undefined);
  assert.deepEqual(warnings, []);
  await store.close();
});

test("Python's entries are whole where they load", async () => {
  const { store, entries, warnings, path } = open();
  await store.put(`${KEY}/output.pkl`, dumps([1, 2]));
  const entry = (await entries.open(KEY))!;
  assert.deepEqual(entry.metadata, {});
  assert.deepEqual(await entry.load((source) => load(source)), { value: [1, 2] });
  writeFileSync(path("metadata.json"), '{"time": 5.5}');
  assert.deepEqual((await entries.open(KEY))!.metadata, { time: 5.5 });
  writeFileSync(path("metadata.json"), "damaged");
  const damaged = entries.openSync(KEY)!;
  assert.deepEqual(damaged.loadSync((source) => loadSync(source)), { value: [1, 2] });
  assert.deepEqual(warnings, []);
  for (const length of [dumps([1, 2]).length - 3, 0]) {
    await store.put(`${KEY}/output.pkl`, dumps([1, 2]).subarray(0, length));
    assert.equal((await entries.open(KEY))!.loadSync((source) => loadSync(source)), undefined);
    assert.equal(await entries.open(KEY), undefined);
  }
  assert.equal(warnings.length, 2);
  await store.close();
});

test("a damaged metadata.json is damage to entries of our own only", async () => {
  const { store, entries, warnings, path } = open();
  const write = () => entries.writeSync(KEY, (target) => dumpSync(1, target), { metadata });
  for (const [text, own] of [["{", true], ["{}", true], ["flip", false]] as const) {
    write();
    const whole = readFileSync(path("metadata.json"), "utf8");
    writeFileSync(path("metadata.json"), text === "flip" ? whole.replace("0.5", "0.6") : text);
    const entry = entries.openSync(KEY, { own })!;
    assert.equal(entry.loadSync((source) => loadSync(source)), undefined, text);
    assert.match(warnings.at(-1)!.message, /its metadata.json is damaged/);
  }
  write();
  rmSync(path("metadata.json")); // as joblib: a hit
  const entry = entries.openSync(KEY, { own: true })!;
  assert.deepEqual(entry.loadSync((source) => loadSync(source)), { value: 1 });
  await store.close();
});

test("what a reader throws comes out where there is no damage", async () => {
  const { store, entries, warnings } = open();
  for (const value of [1, new Float64Array(50_000)]) {
    entries.writeSync(KEY, (target) => dumpSync(value, target), { metadata, replace: true });
    const entry = entries.openSync(KEY)!;
    for (const error of [new UnsupportedError("x"), new UnpicklingError("x"), new Error("x")]) {
      const failing = () => {
        throw error;
      };
      assert.throws(() => entry.loadSync(failing), (thrown) => thrown === error);
      await assert.rejects(entry.load(failing), (thrown) => thrown === error);
    }
    assert.deepEqual(warnings, []);
    assert.ok(entries.openSync(KEY));
  }
  await store.close();
});

test("a value that can't be stored leaves nothing, and its error comes out", async () => {
  const { store, entries } = open();
  const write = entries.write(KEY, (target) => dump(() => 1, target), { metadata });
  await assert.rejects(write, /Cannot pickle/);
  assert.throws(() => entries.writeSync(KEY, (t) => dumpSync(() => 1, t), { metadata }));
  assert.equal(await entries.open(KEY), undefined);
  assert.deepEqual(readdirSync(join(store.location, ".larder/tmp")).length, 1);
  await store.close();
});

test("an entry is mapped by its path, and only its length is checked", async () => {
  const { store, entries, path } = open();
  entries.writeSync(KEY, (target) => dumpSync(1, target), { metadata });
  const entry = entries.openSync(KEY)!;
  const mapped = { mapped: true };
  assert.deepEqual(entry.loadSync((source) => source, mapped), { value: path("output.pkl") });
  assert.deepEqual(await entry.load((source) => source, mapped), { value: path("output.pkl") });
  truncateSync(path("output.pkl"), 3);
  assert.equal(entries.openSync(KEY)!.loadSync((source) => source, mapped), undefined);
  await store.close();
  const other = open(new MemoryStore());
  other.entries.writeSync(KEY, (target) => dumpSync(1, target), { metadata });
  const inMemory = other.entries.openSync(KEY)!;
  assert.throws(() => inMemory.loadSync((source) => source, mapped), UnsupportedError);
});

test("compressed entries are read like others", async () => {
  const { store, entries } = open();
  const value = Array.from({ length: 200_000 }, (_, i) => i % 1000);
  const key = (i: number) => KEY.slice(0, -1) + i;
  for (const [i, compress] of [3, ["gzip", 3], "lzma", "xz", "lz4"].entries()) {
    const options = { compress: compress as 3, onWarning() {} };
    const { bytes } = await entries.write(key(i), (t) => dump(value, t, options), { metadata });
    assert.ok(bytes > 1000);
    const entry = (await entries.open(key(i)))!;
    assert.deepEqual(await entry.load((source) => load(source)), { value });
  }
  await store.close();
});

test("verifyEntries() finds what is damaged without loading it", async () => {
  const { store, entries } = open();
  const key = (digit: string) => `${KEY.slice(0, -1)}${digit}`;
  for (const digit of "0123") {
    const value = digit === "3" ? new Float64Array(200_000) : digit;
    await entries.write(key(digit), (target) => dump(value, target), { metadata });
  }
  await store.put(`${key("4")}/output.pkl`, dumps(4));
  const file = join(store.location, key("1"), "output.pkl");
  const bytes = readFileSync(file);
  bytes[3] ^= 1;
  writeFileSync(file, bytes);
  const large = join(store.location, key("3"), "output.pkl");
  truncateSync(large, 1_000_000);
  const found: Record<string, string> = {};
  for await (const { key, state } of verifyEntries(entries)) found[key.slice(-1)] = state;
  assert.deepEqual(found, { 0: "whole", 1: "damaged", 2: "whole", 3: "damaged", 4: "unchecked" });
  await store.close();
});

test("a store that has no synchronous face says so", () => {
  const entries = new Entries(new HttpStore("https://example.org/joblib"));
  assert.throws(() => entries.openSync(KEY), UnsupportedError);
});
