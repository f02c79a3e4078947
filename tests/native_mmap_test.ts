/** The option nativeMmap: maps that are read through Bun's own, and the refusal where there are none. */
import assert from "node:assert/strict";
import { readFileSync, truncateSync } from "node:fs";
import { open } from "node:fs/promises";
import { test } from "node:test";
import { dumpSync, load, loadSync, Memmap, NDArray } from "../mod.ts";
import * as jax from "../npy/jax.ts";
import * as npy from "../npy/mod.ts";
import { freshPath } from "./temporary.ts";

const native = "Bun" in globalThis;
const only = { skip: native ? false : "the runtime maps no files" };
const TABLE = NDArray.from(Float64Array.from({ length: 6000 }, (_, i) => i), { shape: [1000, 6] });

function stored(): string {
  const path = freshPath("table.npy");
  npy.saveSync(path, TABLE);
  return path;
}

test("nativeMmap is refused where the runtime maps no files", { skip: native }, async () => {
  const path = stored();
  const refused = { name: "UnsupportedError", path, message: /only Bun maps files/ };
  const options = { mmapMode: "r", nativeMmap: true } as const;
  await assert.rejects(npy.load(path, options), refused);
  assert.throws(() => npy.loadSync(path, options), refused);
  assert.throws(() => npy.openMemmapSync(path, { mode: "r", nativeMmap: true }), refused);
  const [dumped] = dumpSync(TABLE, freshPath("table.joblib"));
  await assert.rejects(load(dumped, options), { ...refused, path: dumped });
  assert.throws(() => loadSync(dumped, options), { ...refused, path: dumped });
});

test("nativeMmap false reads as ever, on every runtime", async () => {
  const map = await npy.load<Memmap>(stored(), { mmapMode: "r", nativeMmap: false });
  assert.equal(map.get(999, 5), 5999);
  map.close();
});

test("nativeMmap needs an mmapMode, and a file that is there", async () => {
  const path = stored();
  await assert.rejects(npy.load(path, { nativeMmap: true }), TypeError);
  await assert.rejects(load(path, { nativeMmap: true }), TypeError);
  assert.throws(() => npy.loadSync(path, { mmapMode: null, nativeMmap: true }), TypeError);
  assert.throws(
    () => npy.openMemmapSync(path, { mode: "w+", shape: [1], nativeMmap: true }),
    TypeError,
  );
  assert.throws(() => npy.loadSync(path, { mmapMode: "r", nativeMmap: 1 as never }), RangeError);
  assert.deepEqual(npy.loadSync<NDArray>(path).toArray(), TABLE.toArray());
});

test("nativeMmap is for paths", async () => {
  const path = stored();
  const options = { mmapMode: "r", nativeMmap: true } as const;
  const refused = { name: "UnsupportedError", message: /mmap is for paths/ };
  await assert.rejects(npy.load(readFileSync(path), options), refused);
  await assert.rejects(npy.load(new Blob([readFileSync(path)]), options), refused);
  const handle = await open(path);
  await assert.rejects(npy.load(handle, options), refused);
  await handle.close();
});

test("nativeMmap reads what a map without it reads, in every mode", only, async () => {
  const path = stored();
  for (const mode of ["r", "r+", "c"] as const) {
    const maps = [
      await npy.load<Memmap>(path, { mmapMode: mode, nativeMmap: true }),
      npy.loadSync<Memmap>(path, { mmapMode: mode, nativeMmap: true }),
      await npy.openMemmap(path, { mode, nativeMmap: true }),
      npy.openMemmapSync(path, { mode, nativeMmap: true }),
    ];
    for (const map of maps) {
      assert.ok(map instanceof Memmap);
      assert.deepEqual(
        map.slice({ step: -7 }, 2).toArray(),
        TABLE.slice({ step: -7 }, 2).toArray(),
      );
      assert.deepEqual((await map.read(999)).toArray(), TABLE.row(999).toArray());
      if (mode === "r") assert.throws(() => map.set(0, 0, 1), { name: "TypeError" });
      map.close();
    }
  }
});

test(
  "load() of a joblib file maps its arrays by nativeMmap",
  only,
  async () => {
    const [path] = dumpSync({ a: TABLE, b: [TABLE.row(3)] }, freshPath("two.joblib"));
    const options = { mmapMode: "r", nativeMmap: true } as const;
    for (const value of [await load(path, options), loadSync(path, options)]) {
      const { a, b } = value as { a: Memmap; b: Memmap[] };
      assert.deepEqual([a.get(10, 1), b[0].get(2)], [61, 20]);
      a.close();
      b[0].close();
    }
  },
);

test("what is written with nativeMmap is seen by the map itself and by others", only, () => {
  const path = stored();
  const map = npy.loadSync<Memmap>(path, { mmapMode: "r+", nativeMmap: true });
  const reader = npy.loadSync<Memmap>(path, { mmapMode: "r", nativeMmap: true });
  assert.equal(reader.get(4, 4), 28);
  map.set(4, 4, -1);
  map.flush();
  assert.deepEqual([map.get(4, 4), reader.get(4, 4)], [-1, -1]);
  map.close();
  reader.close();
  assert.equal(npy.loadSync<NDArray>(path).get(4, 4), -1);
});

test('nativeMmap in mode "c" keeps changes away from the file', only, () => {
  const path = stored();
  const before = readFileSync(path);
  const map = npy.loadSync<Memmap>(path, { mmapMode: "c", nativeMmap: true });
  map.set(4, 4, -1);
  assert.equal(map.get(4, 4), -1);
  map.close();
  assert.deepEqual(readFileSync(path), before);
});

test(
  "a file that was cut under a nativeMmap is an error, not the end of the program",
  only,
  async () => {
    const path = stored();
    const map = npy.loadSync<Memmap>(path, { mmapMode: "r", nativeMmap: true });
    truncateSync(path, 4096);
    const ends = { name: "LarderError", path, offset: 4096 };
    assert.throws(() => map.get(999, 0), ends);
    assert.throws(() => map.toNDArray(), ends);
    await assert.rejects(map.read(), ends);
    assert.equal(map.get(0, 1), 1);
    map.close();
  },
);

test("an archive's stored members are read through a nativeMmap", only, async () => {
  const path = freshPath("tables.npz");
  npy.savezSync(path, { table: TABLE });
  const archive = await npy.load<npy.NpzFile>(path, { mmapMode: "r", nativeMmap: true });
  const map = await archive.get<Memmap>("table");
  await archive.close();
  assert.equal(map.get(999, 5), 5999);
  map.close();
});

test("a copy outlives the nativeMmap that it came from", only, () => {
  const map = npy.loadSync<Memmap>(stored(), { mmapMode: "r", nativeMmap: true });
  const row = map.row(7).toNDArray();
  map.close();
  (globalThis as unknown as { Bun: { gc(force: boolean): void } }).Bun.gc(true);
  assert.deepEqual(row.toArray(), [42, 43, 44, 45, 46, 47]);
  assert.throws(() => map.get(0, 0), { name: "LarderError", message: /closed/ });
});

test("jax.load() takes nativeMmap as it takes mmapMode: the array is in memory", async () => {
  const options = { mmapMode: "r", nativeMmap: true } as const;
  assert.ok(await jax.load(stored(), options) instanceof NDArray);
});
