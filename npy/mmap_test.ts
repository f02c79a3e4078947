/** npy.load with an mmapMode: what is mapped, what reaches the file, and how little is read. */
import assert from "node:assert/strict";
import { readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { test } from "node:test";
import type { DenoFile } from "../io/source.ts";
import type { LarderWarning } from "../pickle/context.ts";
import { Memmap } from "../numpy/memmap.ts";
import { NDArray } from "../numpy/ndarray.ts";
import { CountedSource } from "../tests/counted_source.ts";
import { freshPath } from "../tests/temporary.ts";
import { load, loadSync, type NpzFile, saveSync, savezCompressedSync, savezSync } from "./mod.ts";

const { Deno } = globalThis as unknown as {
  Deno?: { openSync(path: string, options: object): DenoFile & { close(): void } };
};
const TABLE = NDArray.from([[1n, 2n, 3n], [4n, 5n, 6n]], "int64");

function stored(array: NDArray = TABLE): string {
  const path = freshPath("array.npy");
  saveSync(path, array);
  return path;
}

test('npy.load() with mmapMode "r" leaves the array in the file, read-only', async () => {
  const path = stored();
  const maps = [
    await load<Memmap>(path, { mmapMode: "r" }),
    loadSync<Memmap>(path, { mmapMode: "r" }),
  ];
  for (const map of maps) {
    assert.deepEqual([map.byteOffset, map.shape, map.filename], [128, [2, 3], path]);
    assert.deepEqual(map.slice(1).toNDArray().toArray(), [4n, 5n, 6n]);
    assert.throws(() => map.set(0, 0, 1n), { name: "TypeError" });
    map.close();
  }
});

test("a slice of a mapped file reads that slice alone", async () => {
  const source = new CountedSource(readFileSync(stored()));
  const map = await load<Memmap>(source, { mmapMode: "r" });
  const before = source.bytes;
  assert.ok(before <= 2 * 128, `${before} bytes for the header`);
  assert.deepEqual((await map.slice(1).read()).toArray(), [4n, 5n, 6n]);
  assert.equal(source.bytes - before, 24);
});

test('npy.load() with "r+" writes to the file, with "c" does not', async () => {
  const path = stored();
  const map = await load<Memmap>(path, { mmapMode: "r+" });
  map.set(0, 0, 100n);
  map.flush();
  map.close();
  assert.equal(loadSync<NDArray>(path).get(0, 0), 100n);
  const before = readFileSync(path);
  const copy = await load<Memmap>(path, { mmapMode: "c" });
  copy.set(0, 0, 7n);
  assert.equal(copy.get(0, 0), 7n);
  copy.close();
  assert.deepEqual(readFileSync(path), before);
});

test('npy.load() with "w+" is refused and leaves the file alone', async () => {
  const path = stored();
  const options = { mmapMode: "w+" as never };
  await assert.rejects(load(path, options), { name: "RangeError", message: /openMemmap/ });
  assert.throws(() => loadSync(path, options), RangeError);
  assert.equal(statSync(path).size, 176);
});

test("npy.load() maps Fortran order and the byte order of the file, 0-d and empty arrays", () => {
  const array = NDArray.from([[1, 2], [3, 4], [5, 6]], { dtype: ">f4", order: "F" });
  const map = loadSync<Memmap>(stored(array), { mmapMode: "r" });
  assert.deepEqual([map.dtype.str, map.order], [">f4", "F"]);
  assert.deepEqual(map.toArray(), [[1, 2], [3, 4], [5, 6]]);
  map.close();
  const scalar = loadSync<Memmap>(stored(NDArray.zeros([])), { mmapMode: "r" });
  assert.equal(scalar.get(), 0);
  scalar.close();
  const empty = loadSync<Memmap>(stored(NDArray.zeros([0, 3])), { mmapMode: "r" });
  assert.deepEqual(empty.toArray(), []);
  empty.close();
});

test("npy.load() refuses to map objects, and a file that is too short", async () => {
  const objects = stored(NDArray.from([1, "a", null], "O"));
  await assert.rejects(load(objects, { mmapMode: "r" }), {
    name: "UnsupportedError",
    message: /Python objects/,
  });
  const path = stored();
  truncateSync(path, 168);
  for (const mmapMode of ["r", "r+", "c"] as const) {
    assert.throws(() => loadSync(path, { mmapMode }), { name: "NpyFormatError", path });
  }
  assert.equal(statSync(path).size, 168);
});

test("npy.load() of a stream warns that the mode is ignored", async () => {
  const warnings: LarderWarning[] = [];
  const onWarning = (warning: LarderWarning) => warnings.push(warning);
  const stream = new Blob([readFileSync(stored())]).stream();
  const array = await load<NDArray>(stream, { mmapMode: "r", onWarning });
  assert.ok(array instanceof NDArray);
  assert.deepEqual(warnings.map(({ code }) => code), ["mmap-ignored"]);
});

test("npy.load() ignores the mode for pickles without a word", async () => {
  const path = freshPath("pickle.pkl");
  writeFileSync(path, Uint8Array.of(0x80, 2, 0x4b, 7, 0x2e));
  assert.equal(await load(path, { mmapMode: "r" }), 7);
});

test("npy.load() maps what a FileHandle and a Blob hold", async () => {
  const path = stored();
  const handle = await open(path);
  const map = await load<Memmap>(handle, { mmapMode: "r" });
  assert.equal((await map.read(1, 2)).get(), 6n);
  map.close();
  await handle.close();
  const blob = await load<Memmap>(new Blob([readFileSync(path)]), { mmapMode: "r" });
  assert.deepEqual((await blob.read(0)).toArray(), [1n, 2n, 3n]);
});

test("an archive's stored members are mapped, the deflated and those of objects are read", async () => {
  const path = freshPath("a.npz");
  savezSync(path, { table: TABLE, objects: NDArray.from([1, "a"], "O") });
  for (const mmapMode of ["r", "c"] as const) {
    const archive = await load<NpzFile>(path, { mmapMode });
    const map = await archive.get<Memmap>("table");
    const again = archive.getSync<Memmap>("table");
    assert.ok(map instanceof Memmap && again instanceof Memmap);
    assert.ok(await archive.get("objects") instanceof NDArray);
    await archive.close();
    assert.deepEqual(map.row(1).toArray(), [4n, 5n, 6n]); // it holds the file itself
    if (mmapMode === "c") map.set(0, 0, 9n);
    map.close();
    again.close();
  }
  assert.deepEqual(loadSync<NpzFile>(path).getSync<NDArray>("table").toArray(), TABLE.toArray());
  const deflated = freshPath("b.npz");
  savezCompressedSync(deflated, { table: TABLE });
  const archive = loadSync<NpzFile>(deflated, { mmapMode: "r" });
  assert.ok(archive.getSync("table") instanceof NDArray);
  archive.closeSync();
});

test("a row of a mapped member is read without the rest of the archive", async () => {
  const path = freshPath("large.npz");
  savezSync(path, { large: NDArray.zeros([10000, 10]) });
  const source = new CountedSource(readFileSync(path));
  const archive = await load<NpzFile>(source, { mmapMode: "r" });
  const map = await archive.get<Memmap>("large");
  const before = source.bytes;
  await map.read(5000);
  assert.equal(source.bytes - before, 80);
  assert.ok(source.bytes < 80000, `${source.bytes} bytes`);
});

test("npy.load() maps an array of a Deno.FsFile from its cursor on, and leaves the file open", {
  skip: Deno === undefined,
}, async () => {
  const path = freshPath("two.npy");
  const one = new Uint8Array(readFileSync(stored()));
  writeFileSync(path, Uint8Array.of(...one, ...one));
  for (const mmapMode of ["r", "c", "r+"] as const) {
    const file = Deno!.openSync(path, { read: true, write: mmapMode === "r+" });
    const maps = [await load<Memmap>(file, { mmapMode }), loadSync<Memmap>(file, { mmapMode })];
    assert.deepEqual(maps.map(({ byteOffset }) => byteOffset), [128, 176 + 128]);
    const [first, second] = maps;
    assert.equal(second.get(1, 2), 6n);
    if (mmapMode !== "r") second.set(0, 0, 100n);
    assert.equal((await second.read(0)).get(0), mmapMode === "r" ? 1n : 100n);
    second.close();
    assert.equal(first.get(1, 0), 4n);
    first.close();
    assert.equal(file.statSync().size, 352); // still open
    file.close();
    const found = new DataView(new Uint8Array(readFileSync(path)).buffer).getBigInt64(304, true);
    assert.equal(found, mmapMode === "r+" ? 100n : 1n);
  }
});
