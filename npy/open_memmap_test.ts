import assert from "node:assert/strict";
import { existsSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { NDArray } from "../numpy/ndarray.ts";
import { freshPath } from "../tests/temporary.ts";
import { writeHeader } from "./header.ts";
import { openMemmap, type OpenMemmapOptions, openMemmapSync } from "./open_memmap.ts";

/** A file of `shape` float64 numbers 0, 1, 2, … */
function stored(shape: number[], options: { fortranOrder?: boolean } = {}): string {
  const path = freshPath("array.npy");
  const size = shape.reduce((product, length) => product * length, 1);
  const data = Float64Array.from({ length: size }, (_, i) => i);
  const header = writeHeader({ dtype: "<f8", shape, ...options });
  writeFileSync(path, new Uint8Array([...header, ...new Uint8Array(data.buffer)]));
  return path;
}

/** The same call with and without waiting. */
const CALLS: readonly [string, (path: string, options?: OpenMemmapOptions) => unknown][] = [
  ["openMemmap()", openMemmap],
  ["openMemmapSync()", openMemmapSync],
];

for (const [name, call] of CALLS) {
  const openIt = call as typeof openMemmap;

  test(`${name} maps for reading and writing by default`, async () => {
    const path = stored([3, 4]);
    const map = await openIt(path);
    assert.deepEqual([map.mode, map.shape, map.byteOffset], ["r+", [3, 4], 128]);
    assert.equal(map.get(2, 3), 11);
    map.set(0, 0, -5);
    map.close();
    const again = await openIt(path, { mode: "r" });
    assert.equal(again.get(0, 0), -5);
    again.close();
  });

  test(`${name} keeps Fortran order`, async () => {
    const map = await openIt(stored([2, 3], { fortranOrder: true }), { mode: "r" });
    assert.deepEqual(map.toArray(), [[0, 2, 4], [1, 3, 5]]);
    assert.equal(map.order, "F");
    map.close();
  });

  test(`${name} with "w+" makes a file as numpy's open_memmap does`, async () => {
    const path = freshPath("new.npy");
    const map = await openIt(path, { mode: "w+", dtype: ">i2", shape: [2, 3] });
    assert.deepEqual(map.toArray(), [[0, 0, 0], [0, 0, 0]]);
    map.set(1, [7, 8, 9]);
    map.close();
    const bytes = readFileSync(path);
    assert.deepEqual(
      new Uint8Array(bytes.subarray(0, 128)),
      writeHeader({ dtype: ">i2", shape: [2, 3] }),
    );
    assert.deepEqual([...bytes.subarray(128)], [0, 0, 0, 0, 0, 0, 0, 7, 0, 8, 0, 9]);
  });

  test(`${name} with "w+" takes an order, a version, a scalar and an empty shape`, async () => {
    const path = freshPath("new.npy");
    const map = await openIt(path, { mode: "w+", shape: [2, 2], fortranOrder: true, version: 2 });
    map.set(0, 1, 3);
    assert.deepEqual([map.dtype.name, map.order], ["float64", "F"]);
    map.close();
    assert.equal(readFileSync(path)[6], 2);
    const scalar = await openIt(path, { mode: "w+", shape: [] });
    assert.equal(scalar.get(), 0);
    scalar.close();
    const empty = await openIt(path, { mode: "w+", shape: [0, 3] });
    assert.deepEqual(empty.toArray(), []);
    empty.close();
    assert.equal(statSync(path).size, 128);
  });

  test(`${name} with "w+" makes a sparse file`, async () => {
    const path = freshPath("sparse.npy");
    const map = await openIt(path, { mode: "w+", shape: [1 << 20] });
    map.close();
    const { size, blocks } = statSync(path);
    assert.equal(size, 128 + (8 << 20));
    assert.ok(blocks * 512 < size / 2, `${blocks} blocks`);
  });

  test(`${name} refuses "w+" without a shape, or of objects, and leaves the file alone`, async () => {
    const path = stored([3]);
    const before = readFileSync(path);
    const refused: OpenMemmapOptions[] = [
      { mode: "w+" },
      { mode: "w+", shape: 5 as never },
      { mode: "w+", shape: [3], dtype: "O" },
    ];
    for (const options of refused) {
      await assert.rejects(async () => await openIt(path, options), { name: "TypeError" });
    }
    const large = { mode: "w+", shape: [2 ** 30, 2 ** 30] } as const;
    await assert.rejects(async () => await openIt(path, large), RangeError);
    await assert.rejects(async () => await openIt(path, { mode: "w+", shape: [-1] }), RangeError);
    assert.deepEqual(readFileSync(path), before);
  });

  test(`${name} refuses options that the file answers itself, and unknown ones`, async () => {
    const path = stored([3]);
    await assert.rejects(async () => await openIt(path, { shape: [3] }), { name: "TypeError" });
    await assert.rejects(async () => await openIt(path, { mode: "w" as never }), RangeError);
    await assert.rejects(
      async () => await openIt(path, { fortran_order: true } as OpenMemmapOptions),
      /use "fortranOrder"/,
    );
  });

  test(`${name} never grows a file that is too short`, async () => {
    const path = stored([10]);
    truncateSync(path, 200);
    for (const mode of ["r", "r+", "c"] as const) {
      await assert.rejects(async () => await openIt(path, { mode }), {
        name: "NpyFormatError",
        message: /80 bytes, 72 are there/,
        offset: 128,
        path,
      });
    }
    assert.equal(statSync(path).size, 200);
  });

  test(`${name} of nothing is ENOENT, and makes nothing`, async () => {
    const path = freshPath("none.npy");
    await assert.rejects(async () => await openIt(path), { code: "ENOENT" });
    assert.equal(existsSync(path), false);
  });
}

test("openMemmap() maps bytes and a Blob", async () => {
  const bytes = new Uint8Array(readFileSync(stored([4])));
  const map = await openMemmap(bytes, { mode: "r+" });
  map.set(0, 9);
  assert.equal(new Float64Array(bytes.slice(128).buffer)[0], 9);
  const blob = await openMemmap(new Blob([bytes]), { mode: "r" });
  assert.deepEqual((await blob.read({ start: 2 })).toArray(), [2, 3]);
});

test("openMemmapSync() takes a dtype for void bytes", () => {
  const path = freshPath("ml.npy");
  writeFileSync(path, new Uint8Array([...writeHeader({ dtype: "V1", shape: [2] }), 0x38, 0xb8]));
  const map = openMemmapSync(path, { mode: "r", dtype: "float8_e4m3fn" });
  assert.deepEqual(map.toArray(), [1, -1]);
  map.close();
});

test('openMemmapSync() in mode "c" leaves the file alone', () => {
  const path = stored([100, 100]);
  const before = readFileSync(path);
  const map = openMemmapSync(path, { mode: "c" });
  map.transpose().set(5, NDArray.zeros(100));
  assert.equal(map.get(7, 5), 0);
  assert.equal(map.get(7, 6), 706);
  map.close();
  assert.deepEqual(readFileSync(path), before);
});
