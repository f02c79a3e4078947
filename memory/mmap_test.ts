/** mmapMode: arrays of results stay in their files. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Memmap, Memmap as MemmapClass, NDArray, UnsupportedError } from "../mod.ts";
import { Memory } from "./mod.ts";
import { IDENTITY, withMemory } from "./memory_suite.ts";

const vander = () => NDArray.from([[0n, 0n, 1n], [1n, 1n, 1n], [16n, 4n, 1n]]);

test('mmapMode "r" gives a Memmap, at the first call too, that refuses writes', async () => {
  await withMemory({ mmapMode: "r" }, async ({ memory }) => {
    let runs = 0;
    const square = memory.cache(() => {
      runs++;
      return { rows: [vander()] };
    }, { ...IDENTITY, name: "square" });
    for (let i = 0; i < 2; i++) {
      const map = (await square()).rows[0] as unknown as Memmap;
      assert.ok(map instanceof MemmapClass);
      assert.deepEqual(map.toArray(), [[0n, 0n, 1n], [1n, 1n, 1n], [16n, 4n, 1n]]);
      assert.throws(() => map.set(0, 0, 1n));
      map.close();
    }
    assert.equal(runs, 1);
    const sync = memory.cacheSync(() => vander(), { ...IDENTITY, name: "sync" });
    for (let i = 0; i < 2; i++) {
      const map = sync() as unknown as Memmap;
      assert.ok(map instanceof MemmapClass);
      map.close();
    }
  });
});

test('mmapMode "r+" and "w+" change what is cached, "c" does not', async () => {
  for (const [mmapMode, expected] of [["r+", 9n], ["w+", 9n], ["c", 0n]] as const) {
    await withMemory({ mmapMode }, async ({ memory }) => {
      const options = { ...IDENTITY, name: "arr" };
      const f = memory.cache(() => NDArray.from([0n, 1n, 2n, 3n]), options);
      const first = await f() as unknown as Memmap;
      first.set(0, 9n);
      first.flush();
      first.close();
      const second = await f() as unknown as Memmap;
      assert.equal(second.get(0), expected);
      second.close();
    });
  }
});

test("arrays within a result are mapped, arrays of objects are read", async () => {
  await withMemory({ mmapMode: "r" }, async ({ memory }) => {
    const options = { ...IDENTITY, name: "nested" };
    const f = memory.cache(
      () => ({ list: [vander()], objects: NDArray.from([null, "a"], { dtype: "O" }) }),
      options,
    );
    for (let call = 0; call < 2; call++) {
      const { list: [map], objects } = await f();
      assert.ok(map instanceof MemmapClass);
      map.close();
      assert.ok(objects instanceof NDArray);
      assert.equal(objects.get(1), "a");
    }
  });
});

test("mmapMode of cache() counts, and a map is the same argument as its array", async () => {
  await withMemory({}, async ({ memory }) => {
    let runs = 0;
    const make = memory.cache(vander, { ...IDENTITY, name: "make", mmapMode: "r" });
    const sum = memory.cache((_a: unknown) => ++runs, { ...IDENTITY, name: "sum", mmapMode: "r" });
    const map = await make() as unknown as Memmap;
    assert.ok(map instanceof MemmapClass);
    assert.equal(await sum(map), await sum(map.toNDArray()));
    map.close();
    const plain = memory.cache(vander, { ...IDENTITY, name: "make", mmapMode: null });
    assert.ok(await plain() instanceof NDArray);
  });
});

test("compressed results can't be mapped, which is told", async () => {
  await withMemory({ mmapMode: "r", compress: true }, async ({ memory, warnings }) => {
    assert.deepEqual(warnings.map(({ code }) => code), ["mmap-compressed"]);
    const f = memory.cache(() => vander(), { ...IDENTITY, name: "f" });
    await f();
    assert.ok(await f() instanceof NDArray);
    assert.equal(warnings.length, 1);
  });
});

test("a store without files can't map", () => {
  const memory = new Memory("anywhere", { backend: "memory" });
  assert.throws(
    () => memory.cache(() => vander(), { ...IDENTITY, name: "f", mmapMode: "r" }),
    UnsupportedError,
  );
});
