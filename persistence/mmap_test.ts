/** Loading with an mmapMode: what is mapped, what the modes do to the file, and what is read. */
import assert from "node:assert/strict";
import {
  existsSync,
  readFileSync,
  renameSync,
  statSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { open } from "node:fs/promises";
import { test } from "node:test";
import type { LarderWarning } from "../pickle/context.ts";
import { Memmap, NDArray } from "../numpy/mod.ts";
import { CountedSource } from "../tests/counted_source.ts";
import { freshPath } from "../tests/temporary.ts";
import { dump, dumpSync, load, loadAll, loadSync } from "./mod.ts";

const TEN = NDArray.from(BigInt64Array.from({ length: 10 }, (_, i) => BigInt(i)));

/** A file that holds `value`. */
function stored(value: unknown, name = "value.joblib"): string {
  return dumpSync(value, freshPath(name))[0];
}

test('load() with mmapMode "r" maps an array, where joblib put it, read-only', async () => {
  const path = stored(TEN);
  for (
    const map of [
      await load<Memmap>(path, { mmapMode: "r" }),
      loadSync<Memmap>(path, { mmapMode: "r" }),
    ]
  ) {
    assert.ok(map instanceof Memmap);
    assert.deepEqual([map.shape, map.strides, map.byteOffset, map.mode], [[10], [1], 224, "r"]);
    assert.equal(map.get(3), 3n);
    assert.throws(() => map.set(0, 5n), { name: "TypeError", message: /read-only/ });
    map.close();
  }
});

test('load() with mmapMode "r+" lets writes reach the file', async () => {
  const path = stored(TEN);
  const map = await load<Memmap>(path, { mmapMode: "r+" });
  map.set(0, 999n);
  map.flush();
  map.close();
  assert.equal(loadSync<NDArray>(path).get(0), 999n);
  assert.equal(statSync(path).size, 305);
});

test('load() with mmapMode "w+" is "r+": nothing is emptied', async () => {
  const path = stored(TEN);
  const map = await load<Memmap>(path, { mmapMode: "w+" });
  assert.equal(map.mode, "r+");
  assert.equal(map.get(9), 9n);
  map.set(9, -1n);
  map.close();
  assert.equal(statSync(path).size, 305);
  assert.equal(loadSync<NDArray>(path).get(9), -1n);
});

test('load() with mmapMode "c" keeps changes in memory, for this load alone', async () => {
  const path = stored(TEN);
  const before = readFileSync(path);
  const map = await load<Memmap>(path, { mmapMode: "c" });
  const other = await load<Memmap>(path, { mmapMode: "c" });
  map.set(0, 888n);
  assert.deepEqual([map.get(0), other.get(0)], [888n, 0n]);
  assert.deepEqual(readFileSync(path), before);
  map.close();
  other.close();
});

test("load() maps arrays in nested values, 0-d, empty and Fortran ones; the rest loads", async () => {
  const value = {
    list: [NDArray.zeros([]), { deep: NDArray.zeros([0, 3]) }],
    fortran: NDArray.from([[1, 2], [3, 4], [5, 6]], { order: "F" }),
    objects: NDArray.from([1, "a", null], "O"),
    name: "x",
    number: 7,
  };
  const path = stored(value);
  const warnings: LarderWarning[] = [];
  type Loaded = {
    list: [Memmap, { deep: Memmap }];
    fortran: Memmap;
    objects: NDArray;
    name: string;
    number: number;
  };
  const back = await load<Loaded>(path, {
    mmapMode: "r",
    onWarning: (warning) => warnings.push(warning),
  });
  assert.deepEqual(back.list[0].shape, []);
  assert.equal(back.list[0].get(), 0);
  assert.deepEqual(back.list[1].deep.shape, [0, 3]);
  assert.equal(back.fortran.order, "F");
  assert.deepEqual(back.fortran.toArray(), [[1, 2], [3, 4], [5, 6]]);
  assert.ok(back.objects instanceof NDArray);
  assert.deepEqual([back.name, back.number], ["x", 7]);
  assert.deepEqual(warnings, []);
  back.fortran.close();
  assert.deepEqual(back.list[0].get(), 0); // the others hold the file still
  back.list[0].close();
  back.list[1].deep.close();
});

test("load() of a file without arrays ignores the mode silently", async () => {
  const warnings: unknown[] = [];
  const onWarning = (warning: unknown) => warnings.push(warning);
  assert.deepEqual(await load(stored([1, "a"]), { mmapMode: "r", onWarning }), [1, "a"]);
  assert.deepEqual(warnings, []);
});

test("load() of a compressed file warns that the mode is ignored, and reads", async () => {
  for (const value of [TEN, "no array"]) {
    const path = dumpSync(value, freshPath(), { compress: true })[0];
    const warnings: LarderWarning[] = [];
    const onWarning = (warning: LarderWarning) => warnings.push(warning);
    const back = await load(path, { mmapMode: "r", onWarning });
    assert.equal(back instanceof NDArray, value === TEN);
    loadSync(path, { mmapMode: "r", onWarning });
    assert.deepEqual(warnings.map(({ code, path: where }) => [code, where]), [
      ["mmap-ignored", path],
      ["mmap-ignored", path],
    ]);
  }
});

test("load() of a stream warns that the mode is ignored, and reads", async () => {
  const warnings: LarderWarning[] = [];
  const stream = new Blob([readFileSync(stored(TEN))]).stream();
  const back = await load(stream, {
    mmapMode: "r",
    onWarning: (warning) => warnings.push(warning),
  });
  assert.ok(back instanceof NDArray);
  assert.deepEqual(warnings.map(({ code }) => code), ["mmap-ignored"]);
});

test("load() maps bytes, a Blob and a FileHandle", async () => {
  const path = stored(TEN);
  const bytes = readFileSync(path);
  const inMemory = loadSync<Memmap>(new Uint8Array(bytes), { mmapMode: "r" });
  assert.equal(inMemory.get(9), 9n);
  const blob = await load<Memmap>(new Blob([bytes]), { mmapMode: "r" });
  assert.throws(() => blob.get(9), { name: "UnsupportedError" });
  assert.equal((await blob.read(9)).get(), 9n);
  const handle = await open(path);
  const map = await load<Memmap>(handle, { mmapMode: "r" });
  assert.equal((await map.read({ start: 8 })).get(1), 9n);
  map.close();
  await handle.close();
});

test("load() with mmapMode keeps the byte order of the file", async () => {
  const path = stored(NDArray.from([0, 1, 2, 3], ">i4"));
  for (const ensureNativeByteOrder of ["auto", false] as const) {
    const map = await load<Memmap>(path, { mmapMode: "r", ensureNativeByteOrder });
    assert.equal(map.dtype.str, ">i4");
    assert.deepEqual(map.toArray(), [0, 1, 2, 3]);
    map.close();
  }
  assert.equal((await load<NDArray>(path)).dtype.str, "<i4");
});

test("load() reads no bytes of the arrays that it maps", async () => {
  const value = [NDArray.zeros([50000, 10]), "between", NDArray.zeros([50000, 10])];
  const source = new CountedSource(readFileSync(stored(value)));
  const [first, , last] = await load<[Memmap, string, Memmap]>(source, { mmapMode: "r" });
  assert.ok(source.bytes < 3 * (64 << 10), `${source.bytes} bytes read`);
  const before = source.bytes;
  const head = first.slice({ stop: 1000 });
  assert.equal(source.bytes, before);
  assert.deepEqual(head.toNDArray().shape, [1000, 10]);
  assert.equal(source.bytes - before, 80000);
  assert.equal(last.get(49999, 9), 0);
});

test("a mapped array is dumped as an array", async () => {
  const path = stored({ a: TEN });
  const mapped = await load<{ a: Memmap }>(path, { mmapMode: "r" });
  const [again] = await dump(mapped, freshPath());
  assert.deepEqual(readFileSync(again), readFileSync(path));
  mapped.a.close();
});

/** What a map that lies as `view` does is dumped as, next to the array in memory that does. */
async function dumpedLike(view: (array: Memmap | NDArray) => Memmap | NDArray): Promise<void> {
  const big = NDArray.from(Float64Array.from({ length: 5 << 20 }, (_, i) => i), {
    shape: [5 << 10, 1 << 10],
  });
  const bytes = readFileSync(stored(big));
  const source = new CountedSource(bytes);
  const mapped = view(await load<Memmap>(source, { mmapMode: "r" })) as Memmap;
  const expected = readFileSync(stored([view(big), "behind"]));
  source.bytes = 0;
  const [path] = await dump([mapped, "behind"], freshPath());
  assert.ok(expected.equals(readFileSync(path)), "asynchronously");
  assert.ok(source.bytes < 1.2 * mapped.nbytes, `${source.bytes} bytes read`);
  const [syncPath] = dumpSync([mapped, "behind"], freshPath());
  assert.ok(expected.equals(readFileSync(syncPath)), "synchronously");
  mapped.close();
}

test("dump() of a large map reads it piece by piece, a C one", async () => {
  await dumpedLike((array) => array);
});

test("dump() of a large map reads it piece by piece, a Fortran one", async () => {
  await dumpedLike((array) => array.transpose());
});

test("dump() of a large map reads it piece by piece, a strided one", async () => {
  await dumpedLike((array) => array.slice({ start: 7 }, { start: 3 }));
});

test("dump() waits for a map whose source must be waited for; dumpSync() says how", async () => {
  const map = await load<Memmap>(new Blob([readFileSync(stored(TEN))]), { mmapMode: "r" });
  const [path] = await dump({ map }, freshPath());
  const again = loadSync<{ map: NDArray }>(path);
  assert.deepEqual(again.map.toArray(), TEN.toArray());
  assert.throws(() => dumpSync({ map }, freshPath()), {
    name: "UnsupportedError",
    message: /use await/,
  });
});

test("dump() of a map whose file was cut leaves no file behind", async () => {
  const path = stored(NDArray.zeros([5 << 20]));
  const map = await load<Memmap>(path, { mmapMode: "r" });
  truncateSync(path, 30 << 20);
  const target = freshPath();
  await assert.rejects(dump(map, target), (error: Error) => error.message.includes(path));
  assert.equal(existsSync(target), false);
  map.close();
});

test("limits.maxBytes does not count what is mapped", async () => {
  const path = stored(NDArray.zeros(100000));
  const limits = { maxBytes: 10000 };
  await assert.rejects(load(path, { limits }), { name: "LimitError" });
  const map = await load<Memmap>(path, { limits, mmapMode: "r" });
  assert.equal(map.get(99999), 0);
  map.close();
});

test("a file that ends inside of an array is refused, mapped or not", async () => {
  const path = stored(TEN);
  writeFileSync(path, readFileSync(path).subarray(0, 285));
  const wanted = { name: "UnpicklingError", message: /ends after 61 of 80 bytes/ };
  await assert.rejects(load(path, { mmapMode: "r" }), wanted);
  assert.throws(() => loadSync(path, { mmapMode: "r" }), wanted);
});

test("errors of a file that is not there, is empty, or is no pickle are those of a load", async () => {
  const mmapMode = "r";
  const path = freshPath();
  await assert.rejects(load(path, { mmapMode }), { code: "ENOENT" });
  assert.throws(() => loadSync(path, { mmapMode }), { code: "ENOENT" });
  writeFileSync(path, "");
  await assert.rejects(load(path, { mmapMode }), { name: "UnpicklingError" });
  writeFileSync(path, "text that is no pickle");
  assert.throws(() => loadSync(path, { mmapMode }), { name: "UnpicklingError" });
});

test("a map goes on with its own file when another takes the name", async () => {
  const path = stored(TEN);
  const map = await load<Memmap>(path, { mmapMode: "r" });
  const other = stored(NDArray.zeros(10, "int64"));
  renameSync(other, path);
  assert.equal(map.get(9), 9n);
  unlinkSync(path);
  assert.equal(map.get(8), 8n);
  map.close();
});

test("loadAll() maps the arrays of several dumps in one file", async () => {
  const [one, two] = [readFileSync(stored(TEN)), readFileSync(stored(["x", TEN]))];
  const path = freshPath();
  writeFileSync(path, new Uint8Array([...one, ...two]));
  const values: unknown[] = [];
  for await (const value of loadAll(path, { mmapMode: "r" })) values.push(value);
  const [first, [, second]] = values as [Memmap, [string, Memmap]];
  assert.deepEqual(first.toArray(), TEN.toArray());
  assert.deepEqual(second.toArray(), TEN.toArray());
  first.close();
  second.close();
});

test("two maps of one array share no changes, and one array twice is mapped twice", () => {
  const path = stored([TEN, TEN]);
  const [a, b] = loadSync<[Memmap, Memmap]>(path, { mmapMode: "c" });
  a.set(0, 5n);
  assert.equal(b.get(0), 0n);
  a.close();
  b.close();
});
