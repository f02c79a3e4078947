/**
 * What an archive reads: on opening its end, for a member that member, and nothing else.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { NDArray } from "../numpy/ndarray.ts";
import { npyFile } from "../tests/npy.ts";
import { zipFile } from "../tests/zip.ts";
import { openNpz, openNpzSync } from "./npz.ts";

const SMALL = NDArray.from([1, 2, 3], "int32");
const LARGE = NDArray.from(Float64Array.from({ length: 50_000 }, (_, i) => i % 977));
/** What an archive's end is looked for in. */
const TAIL_BYTES = 70_000;

/** A source that notes what is read of it. */
class Counted {
  readonly reads: [start: number, length: number][] = [];
  readonly size: number;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.size = bytes.length;
  }

  read(start: number, end: number): Uint8Array {
    this.reads.push([start, end - start]);
    return this.#bytes.slice(start, end);
  }

  /** What was read since the last call: how many times, how many bytes. */
  take(): { reads: number; bytes: number } {
    const reads = this.reads.splice(0);
    return { reads: reads.length, bytes: reads.reduce((sum, [, length]) => sum + length, 0) };
  }
}

/** The same, to be waited for. */
class CountedLater extends Counted {
  override read(start: number, end: number): Uint8Array {
    return Promise.resolve(super.read(start, end)) as unknown as Uint8Array;
  }
}

const archive = zipFile([
  { name: "large.npy", data: npyFile(LARGE) },
  { name: "small.npy", data: npyFile(SMALL) },
  { name: "packed.npy", data: npyFile(LARGE), method: 8 },
  { name: "tiny.npy", data: npyFile(SMALL), method: 8 },
]);

test("openNpz() reads the end of a file, once", async () => {
  for (const source of [new Counted(archive), new CountedLater(archive)]) {
    await openNpz(source);
    const { reads, bytes } = source.take();
    assert.equal(reads, 1);
    assert(bytes < TAIL_BYTES, `${bytes} bytes`);
  }
});

test("openNpz() reads a long directory by a second read", async () => {
  const members = Array.from({ length: 2000 }, (_, i) => ({
    name: `a name that is not short ${i}.npy`,
    data: npyFile(SMALL),
  }));
  const source = new Counted(zipFile(members));
  const npz = await openNpz(source);
  const { reads, bytes } = source.take();
  assert.equal(reads, 2);
  assert(bytes < TAIL_BYTES + 2000 * 90, `${bytes} bytes`);
  assert.equal((await npz.get<NDArray>("a name that is not short 1999")).size, 3);
  assert.equal(source.take().reads, 1);
});

test("get() reads a small member at once, whatever its method", async () => {
  const source = new CountedLater(archive);
  const npz = await openNpz(source);
  source.take();
  for (const name of ["small", "tiny"]) {
    await npz.get(name);
    const { reads, bytes } = source.take();
    assert.equal(reads, 1, name);
    assert(bytes < 1000, `${name}: ${bytes} bytes`);
  }
});

test("getSync() reads a large stored member by its head and its data", () => {
  const source = new Counted(archive);
  const npz = openNpzSync(source);
  source.take();
  assert.deepEqual(npz.getSync<NDArray>("large").data, LARGE.data);
  const { reads, bytes } = source.take();
  assert.equal(reads, 2);
  assert(bytes < LARGE.nbytes + 1000, `${bytes} bytes`);
});

test("a header with much in it costs one more read, whatever stands in it", async () => {
  const localExtra = new Uint8Array(10_000);
  const data = npyFile(SMALL);
  const source = new Counted(zipFile([{ name: "a.npy", data, localExtra }]));
  const npz = await openNpz(source);
  source.take();
  assert.deepEqual((await npz.get<NDArray>("a")).data, SMALL.data);
  assert.equal(source.take().reads, 2);
});

test("get() reads no more of a deflated member than there is", async () => {
  const source = new Counted(archive);
  const npz = await openNpz(source);
  source.take();
  assert.deepEqual((await npz.get<NDArray>("packed")).data, LARGE.data);
  const { bytes } = source.take();
  assert(bytes < LARGE.nbytes / 4, `${bytes} bytes`);
});

test("names and sizes cost no reads", async () => {
  const source = new Counted(archive);
  const npz = await openNpz(source);
  source.take();
  assert.equal(npz.files.length + npz.size, 8);
  assert.equal(npz.has("large"), true);
  await assert.rejects(npz.get("nothing"), RangeError);
  assert.deepEqual(source.reads, []);
});

test("members are read at the same time", async () => {
  const npz = await openNpz(new CountedLater(archive));
  const names = ["large", "small", "packed", "tiny"];
  const arrays = await Promise.all(names.map((name) => npz.get<NDArray>(name)));
  assert.deepEqual(arrays.map(({ size }) => size), [50_000, 3, 50_000, 3]);
});

test("getSync() of a source that must be awaited names the way out", async () => {
  const npz = await openNpz(new Blob([archive]));
  assert.throws(() => npz.getSync("small"), { name: "UnsupportedError" });
  npz.closeSync();
});

test("get() reads into the caller's buffer, and tells how far it is", async () => {
  const buffer = new ArrayBuffer(LARGE.nbytes);
  const told: number[] = [];
  for (const name of ["large", "packed"]) {
    const npz = await openNpz(archive, {
      into: () => buffer,
      onProgress: ({ bytes }) => told.push(bytes),
    });
    const array = await npz.get<NDArray>(name);
    assert.equal((array.data as Float64Array).buffer, buffer);
    assert.equal(told.at(-1), npyFile(LARGE).length);
  }
});
