/** What the references of numpy.load and jax.numpy.load say, by example. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { test } from "node:test";
import { Memmap } from "../numpy/memmap.ts";
import { NDArray } from "../numpy/ndarray.ts";
import { npyFile, rawNpy } from "../tests/npy.ts";
import { freshPath } from "../tests/temporary.ts";
import * as jax from "./jax.ts";
import * as npy from "./mod.ts";

const X = NDArray.from([[1, 2, 3], [4, 5, 6]], "int64");
const ROWS = [[1n, 2n, 3n], [4n, 5n, 6n]];

function digest(path: string): string {
  return createHash("sha256").update(readFileSync(path)).digest("hex").slice(0, 16);
}

test("store data to disk, and load it again", async () => {
  const path = freshPath("123");
  await npy.save(path, X);
  assert.equal(readFileSync(`${path}.npy`).length, 176);
  assert.equal(digest(`${path}.npy`), "7f7a9cefc8401416");
  const y = await npy.load<NDArray>(`${path}.npy`);
  assert.deepEqual([y.dtype.str, y.shape, y.toArray()], ["<i8", [2, 3], ROWS]);
});

test("store several arrays to disk, and load them again", async () => {
  const path = freshPath("123.npz");
  await npy.savez(path, { a: X, b: BigInt64Array.of(1n, 2n) });
  assert.equal(digest(path), "755f85c89c44f783");
  const data = await npy.load<npy.NpzFile>(path);
  assert.deepEqual((await data.get<NDArray>("a")).toArray(), ROWS);
  assert.deepEqual((await data.get<NDArray>("b")).toArray(), [1n, 2n]);
  await data.close();
});

test("an archive is closed with its block, also by an error; arrays stay", async () => {
  const path = freshPath("123.npz");
  npy.savezSync(path, { a: X });
  let [archive, array]: [npy.NpzFile?, NDArray?] = [];
  const work = async () => {
    await using data = await npy.load<npy.NpzFile>(path);
    archive = data;
    array = await data.get<NDArray>("a");
    throw new Error("in the block");
  };
  await assert.rejects(work, /in the block/);
  assert.deepEqual(array!.toArray(), ROWS);
  await assert.rejects(archive!.get("a"), { name: "LarderError", message: /closed/ });
  assert.deepEqual([archive!.files, archive!.has("a.npy"), archive!.size], [["a"], true, 1]);
});

test("memory-map the stored array, and access the second row from disk", async () => {
  const content = npyFile(X);
  let [reads, bytes] = [0, 0];
  const source = {
    size: content.length,
    read(start: number, end: number): Uint8Array {
      reads++;
      bytes += end - start;
      return content.slice(start, end);
    },
  };
  const map = await npy.load<Memmap>(source, { mmapMode: "r" });
  assert.ok(map instanceof Memmap);
  assert.equal(map.byteOffset, 128);
  [reads, bytes] = [0, 0];
  const row = map.slice(1).toNDArray();
  assert.deepEqual([row.toArray(), reads, bytes], [ROWS[1], 1, 24]);
});

test("a name without .npy is not completed by load", async () => {
  const path = freshPath("123");
  await npy.save(path, X);
  await assert.rejects(npy.load(path), { code: "ENOENT" });
  await assert.rejects(npy.load(dirname(path)), { code: "EISDIR" });
});

test("a file that is 8 bytes short, and a cut archive, are NpyFormatErrors with their path", async () => {
  const path = freshPath("short.npy");
  writeFileSync(path, npyFile(X).subarray(0, 168));
  await assert.rejects(npy.load(path), { name: "NpyFormatError", path, message: /48 bytes, 40/ });
  const archive = freshPath("cut.npz");
  npy.savezSync(archive, { a: X });
  writeFileSync(archive, readFileSync(archive).subarray(0, 200));
  await assert.rejects(npy.load(archive), { name: "NpyFormatError", path: archive });
});

test("an mmapMode of an archive is no warning, whatever its members are", async () => {
  const onWarning = () => assert.fail("a warning");
  for (const save of [npy.savez, npy.savezCompressed]) {
    const path = freshPath("123.npz");
    await save(path, { a: X });
    for (const mmapMode of ["r", "r+", "c"] as const) {
      const archive = await npy.load<npy.NpzFile>(path, { mmapMode, onWarning });
      const array = await archive.get<NDArray | Memmap>("a");
      assert.equal(array.get(1, 2), 6n);
      if (array instanceof Memmap) array.close();
      await archive.close();
    }
    assert.equal(npy.loadSync<npy.NpzFile>(path).getSync<NDArray>("a").get(0, 0), 1n);
  }
});

test("jax.load() narrows an array and leaves an archive's members as they are", async () => {
  const path = freshPath("f8.npy");
  await npy.save(path, Float64Array.of(1.5, 2.5));
  assert.equal((await jax.load<NDArray>(path)).dtype.name, "float32");
  assert.equal((await jax.load<NDArray>(path, { x64: true })).dtype.name, "float64");
  const archive = freshPath("123.npz");
  await npy.savez(archive, { a: X, v: NDArray.zeros([2], "V2") });
  const z = await jax.load<npy.NpzFile>(archive);
  assert.equal((await z.get<NDArray>("a")).dtype.name, "int64");
  assert.equal((await z.get<NDArray>("v")).dtype.str, "|V2"); // not bfloat16, as in jax
  await z.close();
});

test("a maxHeaderSize that was given holds, whatever allowPickle is", () => {
  const file = npyFile(X);
  const tight = { limits: { maxHeaderSize: 10 } };
  for (const load of [npy.loadSync, jax.loadSync]) {
    assert.throws(() => load(file, tight), { name: "LimitError" });
    assert.throws(() => load(file, { ...tight, allowPickle: true }), { name: "LimitError" });
    assert.throws(() => load(file, { maxHeaderSize: 117 }), { name: "LimitError" });
    assert.deepEqual(load<NDArray>(file, { maxHeaderSize: 118 }).shape, [2, 3]);
  }
  const fields = Array.from({ length: 1000 }, (_, i) => `('f${i}', '<f8')`).join(", ");
  const long = rawNpy(`{'descr': [${fields}], 'fortran_order': False, 'shape': (0,)}`);
  assert.throws(() => npy.loadSync(long), { name: "LimitError" });
  assert.deepEqual(npy.loadSync<NDArray>(long, { limits: { maxHeaderSize: 1e6 } }).shape, [0]);
});

test("jax.load() takes fixImports and encoding as npy.load() does", () => {
  // Python 2's pickle of b"caf\xe9", protocol 2
  const pickle = Uint8Array.of(0x80, 2, 0x55, 4, 0x63, 0x61, 0x66, 0xe9, 0x71, 0, 0x2e);
  const load = (encoding?: "latin1" | "bytes") =>
    jax.loadSync<unknown>(pickle, { allowPickle: true, ...(encoding && { encoding }) });
  assert.throws(() => load(), { name: "UnpicklingError", message: /encoding: "latin1"/ });
  assert.equal(load("latin1"), "café");
  assert.deepEqual(load("bytes"), Uint8Array.of(99, 97, 102, 233));
});
