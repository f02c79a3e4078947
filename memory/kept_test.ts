/** What is kept of a result: its types, or a warning; damaged entries; failing to store. */
import assert from "node:assert/strict";
import { readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { CacheError, NDArray, PyFloat, PyTuple, registerCompressor, tuple } from "../mod.ts";
import { load } from "../persistence/mod.ts";
import { Memory } from "./mod.ts";
import { entriesIn, IDENTITY, onlyEntry, withMemory } from "./memory_suite.ts";

/** Values by a name, each of which must come back as it was. */
const VALUES: Record<string, () => unknown> = {
  "null and booleans": () => [null, true, false],
  undefined: () => undefined,
  "undefined inside": () => ({ a: undefined, b: [undefined, 1] }),
  numbers: () => [0, -0, 1.5, 2 ** 60, NaN, -Infinity],
  "small and large bigints": () => [1n, 2n ** 70n, -5n],
  text: () => ["", "text", "\ud800", "日本"],
  "typed arrays": () => [
    Float64Array.of(1, 2),
    Float32Array.of(1.5),
    Int32Array.of(-1),
    BigInt64Array.of(2n),
    Uint8ClampedArray.of(255),
  ],
  bytes: () => [Uint8Array.of(1, 2), Uint8Array.of(3).buffer],
  NDArray: () => NDArray.from([[1, 2], [3, 4]]),
  "Map and Set":
    () => [new Map([["a", 1]]), new Map<unknown, unknown>([[1, "a"]]), new Set([1, "b"])],
  Date: () => ({ when: new Date(86_400_000), days: [new Date(0)] }),
  "tuples and floats": () => [tuple(1, 2), new PyFloat(2)],
  nested: () => ({ rows: [{ x: Float64Array.of(1), when: new Map([["k", new Date(5)]]) }] }),
};

for (const [name, make] of Object.entries(VALUES)) {
  test(`a hit is deep-equal to what the miss returned: ${name}`, async () => {
    await withMemory({}, async ({ memory, warnings }) => {
      let runs = 0;
      const f = memory.cache(function f() {
        runs++;
        return make();
      }, IDENTITY);
      const sync = memory.cacheSync(function g() {
        return make();
      }, IDENTITY);
      const missed = await f();
      assert.deepEqual(await f(), missed);
      assert.deepEqual(missed, make());
      sync();
      assert.deepEqual(sync(), make());
      assert.equal(runs, 1);
      assert.deepEqual(warnings, []);
    });
  });
}

test("a large result comes back, and each hit has a copy of its own", async () => {
  await withMemory({}, async ({ memory }) => {
    const f = memory.cache(function f() {
      return { big: new Float64Array(100_000).fill(0.5) };
    }, IDENTITY);
    await f();
    const hit = await f();
    assert.equal(hit.big[99_999], 0.5);
    hit.big[0] = 7;
    assert.equal((await f()).big[0], 0.5);
  });
});

test("a result that can't be stored is returned with a warning, and computed again", async () => {
  await withMemory({}, async ({ memory, folder, warnings }) => {
    let runs = 0;
    const lock = memory.cache(function lock() {
      runs++;
      return new WeakMap();
    }, IDENTITY);
    assert.ok(await lock() instanceof WeakMap);
    assert.ok(await lock() instanceof WeakMap);
    assert.equal(runs, 2);
    assert.deepEqual(warnings.map(({ code }) => code), ["not-picklable"]);
    assert.match(warnings[0].message, /Cannot store the result of tests\.lock\(\)/);
    assert.ok(warnings[0].cause instanceof Error);
    assert.deepEqual(entriesIn(folder), []);
  });
});

test("failing to store is a warning with its path and cause, and the value is returned", async () => {
  await withMemory({}, async ({ folder }) => {
    const warnings: { code: string; path?: string; cause?: unknown }[] = [];
    writeFileSync(join(folder, "..", "file"), "in the way");
    const memory = new Memory(join(folder, "..", "file"), {
      onWarning: (warning) => warnings.push(warning),
    });
    const f = memory.cache((x: number) => x, { ...IDENTITY, name: "f" });
    assert.equal(await f(3), 3);
    const told = warnings.find(({ code }) => code === "not-stored");
    assert.ok(told?.cause instanceof CacheError);
    assert.match(String(told.path), /js-.*\/tests\/f\/v-/);
    await memory.close();
  });
});

test("what a result loses is told at the first store", async () => {
  await withMemory({}, async ({ memory, warnings }) => {
    const shared = { a: 1 };
    const named = Object.assign([1], { extra: 2 });
    const f = memory.cache(() => ({ shared, named }), { ...IDENTITY, name: "f" });
    await f();
    const codes = new Set(warnings.map(({ code }) => code));
    assert.deepEqual([...codes], ["lost-type"]);
    assert.match(warnings[0].message, /tests\.f\(\).*\$\.named/);
  });
});

const DAMAGES: Record<string, (path: string) => void> = {
  "an empty file": (path) => truncateSync(path, 0),
  "half a file": (path) => truncateSync(path, Math.floor(statSync(path).size / 2)),
  "a flipped bit": (path) => {
    const bytes = readFileSync(path);
    bytes[bytes.length - 3] ^= 4;
    writeFileSync(path, bytes);
  },
  "metadata of zeros": (path) => {
    const file = path.replace("output.pkl", "metadata.json");
    writeFileSync(file, new Uint8Array(statSync(file).size));
  },
};

for (const [name, damage] of Object.entries(DAMAGES)) {
  for (const size of [3, 40_000]) {
    test(`${name} of ${size} numbers is computed again and told once`, async () => {
      await withMemory({}, async ({ memory, folder, warnings }) => {
        let runs = 0;
        const f = memory.cache(function f() {
          runs++;
          return new Float64Array(size).fill(1.5);
        }, IDENTITY);
        await f();
        damage(onlyEntry(folder));
        assert.equal(await f.checkCallInCache(), true);
        const { damaged, hit } = await f.explain();
        assert.deepEqual({ damaged, hit }, { damaged: true, hit: false });
        assert.deepEqual(warnings, []);
        assert.deepEqual(await f(), new Float64Array(size).fill(1.5));
        assert.deepEqual(await f(), new Float64Array(size).fill(1.5));
        assert.equal(runs, 2);
        assert.deepEqual(warnings.map(({ code }) => code), ["damaged-entry"]);
      });
    });
  }
}

test("a deleted output.pkl runs again, a deleted metadata.json does not", async () => {
  await withMemory({}, async ({ memory, folder }) => {
    let runs = 0;
    const f = memory.cache(function f() {
      return ++runs;
    }, IDENTITY);
    await f();
    rmSync(onlyEntry(folder));
    assert.equal(await f(), 2);
    rmSync(onlyEntry(folder, "metadata.json"));
    assert.equal(await f(), 2);
  });
});

test("compress gives output.pkl the bytes of joblib's methods, and any Memory reads them", async () => {
  const begins: [unknown, string][] = [
    [true, "785e"],
    [6, "789c"],
    [["gzip", 3], "1f8b"],
    ["lzma", "5d00"],
    [["lz4", 1], "04224d18"],
  ];
  for (const [compress, begin] of begins) {
    await withMemory({ compress: compress as never }, async ({ memory, folder, warnings }) => {
      let runs = 0;
      function f(): string {
        runs++;
        return "a".repeat(1000);
      }
      await memory.cache(f, IDENTITY)();
      const bytes = readFileSync(onlyEntry(folder));
      assert.equal(bytes.toString("hex").slice(0, begin.length), begin);
      const plain = new Memory(folder);
      assert.equal(await plain.cache(f, IDENTITY)(), "a".repeat(1000));
      assert.equal(plain.cacheSync(f, IDENTITY)(), "a".repeat(1000));
      await plain.close();
      assert.equal(runs, 1);
      assert.deepEqual(warnings, []);
    });
  }
});

test("compress takes a registered compressor", async () => {
  const flip = (bytes: Uint8Array) => bytes.map((byte) => byte ^ 0xff);
  const magic = Uint8Array.of(0xf1, 0x1b);
  registerCompressor("memory-test", {
    prefix: magic,
    extension: ".memory-test",
    compress: (bytes: Uint8Array) => Uint8Array.of(...magic, ...flip(bytes)),
    decompress: (bytes: Uint8Array) => flip(bytes.subarray(2)),
  });
  for (const compress of ["memory-test", ["memory-test", 3]] as const) {
    for (const face of ["cache", "cacheSync"] as const) {
      await withMemory({ compress }, async ({ memory, folder }) => {
        let runs = 0;
        const text = () => (runs++, "text");
        const options = { ...IDENTITY, name: "f" };
        const f = face === "cache" ? memory.cache(text, options) : memory.cacheSync(text, options);
        assert.deepEqual([await f(), await f(), runs], ["text", "text", 1]);
        assert.deepEqual([...readFileSync(onlyEntry(folder)).subarray(0, 2)], [...magic]);
      });
    }
  }
  assert.throws(() => new Memory("c", { compress: "never-registered" as never }), RangeError);
});

test("a stored tuple is a tuple for Python and here", async () => {
  await withMemory({}, async ({ memory, folder }) => {
    const f = memory.cache(() => tuple(1, "a"), { ...IDENTITY, name: "f" });
    await f();
    assert.ok(await f() instanceof PyTuple);
    assert.ok(await load(onlyEntry(folder)) instanceof PyTuple);
  });
});
