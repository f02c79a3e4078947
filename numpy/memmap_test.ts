import assert from "node:assert/strict";
import { readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { inspect } from "node:util";
import { LarderError, UnsupportedError } from "../errors.ts";
import { openRandomAccessFileSync, type RandomAccessFile } from "../io/random_access.ts";
import { CountedSource } from "../tests/counted_source.ts";
import { freshPath } from "../tests/temporary.ts";
import { DType } from "./dtype.ts";
import { type MapMode, Memmap } from "./memmap.ts";
import { NDArray } from "./ndarray.ts";

const OFFSET = 24;

function fileBytes(array: NDArray): Uint8Array {
  const bytes = new Uint8Array(OFFSET + array.nbytes);
  bytes.set(array.tobytes("C"), OFFSET);
  return bytes;
}

function mapOf(file: RandomAccessFile, array: NDArray, mode: MapMode = "r"): Memmap {
  return new Memmap({ file, mode, dtype: array.dtype, shape: array.shape, byteOffset: OFFSET });
}

/** A map of an array's elements, in memory. */
function mapped(array: NDArray, mode: MapMode = "r"): Memmap {
  const file = openRandomAccessFileSync(fileBytes(array), { write: mode !== "r" });
  return mapOf(file, array, mode);
}

/** A map whose reads are counted. */
function counted(array: NDArray): { map: Memmap; source: CountedSource } {
  const source = new CountedSource(fileBytes(array));
  return { map: mapOf(openRandomAccessFileSync(source), array), source };
}

/** A map over a source that must be awaited. */
function remote(array: NDArray): Memmap {
  const content = fileBytes(array);
  const file: RandomAccessFile = {
    ...openRandomAccessFileSync(content),
    size: content.length,
    name: "https://example.org/a.npy",
    sync: false,
    writable: false,
    read: (ranges) => {
      for (const { start, into } of ranges) into.set(content.subarray(start, start + into.length));
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
  return mapOf(file, array);
}

const TABLE = NDArray.from(Float64Array.from({ length: 60 }, (_, i) => i), { shape: [12, 5] });

test("Memmap has the face of the array in the file", () => {
  const map = mapped(TABLE);
  assert.deepEqual(
    [map.shape, map.ndim, map.size, map.itemsize, map.nbytes, map.order, map.strides],
    [[12, 5], 2, 60, 8, 480, "C", [5, 1]],
  );
  assert.deepEqual([map.byteStrides, map.byteOffset], [[40, 8], OFFSET]);
  assert.equal(map.get(3, 4), 19);
  assert.equal(map.get(-1, -1), 59);
  assert.deepEqual(map.toArray(), TABLE.toArray());
  assert.deepEqual(map.astype("i2").get(1, 1), 6);
});

test("Memmap views give the elements that NDArray views give", () => {
  const map = mapped(TABLE);
  const selections = [
    [3],
    [null, 2],
    [{ start: 2, stop: 9, step: 3 }],
    [{ step: -1 }, { start: 3, stop: 0, step: -2 }],
    [{ start: 8 }, 1],
    [{ start: 5, stop: 5 }],
    [{ start: 10, stop: 100 }],
  ];
  for (const selection of selections) {
    assert.deepEqual(
      map.slice(...selection).toNDArray().toArray(),
      TABLE.slice(...selection).toArray(),
    );
  }
  const both = [map.transpose(), TABLE.transpose()] as const;
  assert.deepEqual(both[0].toNDArray().toArray(), both[1].toArray());
  assert.equal(both[0].toNDArray().order, "F");
  assert.deepEqual(map.row(2).slice({ start: 1 }).toArray(), [11, 12, 13, 14]);
});

test("Memmap views do no I/O, reads only what they need", () => {
  const { map, source } = counted(TABLE);
  const view = map.slice({ start: 2, stop: 4 }).transpose().slice(1);
  assert.deepEqual([source.reads, source.bytes], [0, 0]);
  assert.deepEqual(view.toArray(), [11, 16]);
  assert.deepEqual([source.reads, source.bytes], [1, 48]);
  map.get(0, 0);
  assert.deepEqual([source.reads, source.bytes], [2, 56]);
  map.slice({ start: 6, stop: 9 }).toNDArray();
  assert.deepEqual([source.reads, source.bytes], [3, 176]);
});

test("Memmap reads fields of a struct, sub-arrays included", () => {
  const dtype = DType.from([["id", "<i4"], ["at", "<f4", [2]], ["name", "<U3"]]);
  const array = NDArray.zeros(3, dtype);
  array.set(1, { id: 7, at: [1, 2], name: "abc" });
  const map = mapped(array);
  assert.deepEqual(map.field("id").toArray(), [0, 7, 0]);
  assert.deepEqual(map.field("at").toArray(), [[0, 0], [1, 2], [0, 0]]);
  assert.deepEqual(map.field("name").toArray(), ["", "abc", ""]);
  assert.deepEqual(map.row(1).toArray(), { id: 7, at: [1, 2], name: "abc" });
  assert.throws(() => map.field("nope"), /the fields are id, at, name/);
});

test("Memmap keeps the byte order of the file", () => {
  const map = mapped(NDArray.from([1, 2], ">i2"));
  assert.equal(map.dtype.str, ">i2");
  assert.deepEqual(map.toNDArray().dtype.str, ">i2");
  assert.equal(map.get(1), 2);
});

test("Memmap stores elements, rows and whole arrays where it is writeable", () => {
  for (const mode of ["r+", "c"] as const) {
    const map = mapped(TABLE, mode);
    map.set(3, 4, -1);
    map.set(0, [5, 6, 7, 8, 9]);
    map.slice(null, 2).fill(0.5);
    map.transpose().set(1, NDArray.from(Float64Array.from({ length: 12 }, (_, i) => -i)));
    const expected = TABLE.copy();
    expected.set(3, 4, -1);
    expected.set(0, [5, 6, 7, 8, 9]);
    expected.slice(null, 2).fill(0.5);
    expected.slice(null, 1).fill(NDArray.from(Float64Array.from({ length: 12 }, (_, i) => -i)));
    assert.deepEqual(map.toArray(), expected.toArray());
  }
});

test("Memmap stores large arrays in pieces, from arrays, maps and broadcast rows", () => {
  const zeros = NDArray.zeros([3000, 100]);
  const map = mapped(zeros, "r+");
  const source = NDArray.from(Float64Array.from({ length: 300000 }, (_, i) => i), {
    shape: [3000, 100],
  });
  map.fill(source);
  assert.deepEqual(map.toNDArray().data, source.data);
  const row = NDArray.from(Float64Array.from({ length: 100 }, (_, i) => -i));
  map.fill(row);
  assert.deepEqual(map.row(2999).toArray(), row.toArray());
  map.fill(mapped(source));
  assert.deepEqual(map.toNDArray().data, source.data);
  assert.throws(() => map.fill(NDArray.zeros([2999, 100])), RangeError);
});

test("Memmap refuses to store where it is read-only", () => {
  const map = mapped(TABLE);
  assert.throws(() => map.set(0, 0, 1), { name: "TypeError", message: /read-only.*"r\+"/ });
  assert.throws(() => map.fill(0), TypeError);
  assert.equal(map.writeable, false);
});

test("Memmap refuses wrong indices, and values that do not fit", () => {
  const map = mapped(TABLE, "r+");
  assert.throws(() => map.get(12, 0), /out of bounds/);
  assert.throws(() => map.get(1), /1 indices given for 2 dimensions/);
  assert.throws(() => map.set(1, 2, 3, 4), RangeError);
  assert.throws(() => map.set(0, 0, "text"), TypeError);
  assert.throws(() => map.data, { name: "UnsupportedError", message: /toNDArray\(\)/ });
});

test("Memmap iterates over elements and rows", () => {
  assert.deepEqual([...mapped(NDArray.from([1, 2, 3]))], [1, 2, 3]);
  const rows = [...mapped(TABLE)] as Memmap[];
  assert.deepEqual(rows[4].toArray(), TABLE.row(4).toArray());
  assert.throws(() => [...mapped(NDArray.zeros([]))], TypeError);
});

test("Memmap iterates over many elements in few reads", () => {
  const { map, source } = counted(NDArray.zeros(300000));
  let count = 0;
  for (const value of map) count += value === 0 ? 1 : 0;
  assert.deepEqual([count, source.reads], [300000, 3]);
});

test("Memmap.chunks() reads along an axis, the rest in the last piece", async () => {
  const { map, source } = counted(TABLE);
  const shapes: number[][] = [];
  const sums: number[] = [];
  for await (const part of map.chunks(5)) {
    shapes.push(part.shape);
    sums.push((part.data as Float64Array).reduce((sum, value) => sum + value, 0));
  }
  assert.deepEqual(shapes, [[5, 5], [5, 5], [2, 5]]);
  assert.equal(sums.reduce((sum, value) => sum + value, 0), 1770);
  assert.deepEqual([source.reads, source.bytes], [3, 480]);
  const columns: unknown[] = [];
  for await (const part of map.chunks(4, { axis: 1 })) columns.push(part.shape);
  assert.deepEqual(columns, [[12, 4], [12, 1]]);
  await assert.rejects(async () => {
    for await (const _ of map.chunks(1, { axis: 2 })) break;
  }, RangeError);
});

test("Memmap works on sources that must be awaited, and says so where it can't", async () => {
  const map = remote(TABLE);
  assert.deepEqual((await map.read(3)).toArray(), TABLE.row(3).toArray());
  assert.deepEqual((await map.read(null, 2)).toArray(), TABLE.slice(null, 2).toArray());
  assert.equal((await map.slice(1, 1).read()).get(), 6);
  assert.throws(
    () => map.get(0, 0),
    (error: unknown) =>
      error instanceof UnsupportedError && /await read/.test(error.message) &&
      error.path === "https://example.org/a.npy",
  );
  assert.throws(() => map.toNDArray(), UnsupportedError);
  await assert.rejects(map.write(0, 0, 1), TypeError);
});

test("Memmap.write() stores on every source", async () => {
  const map = mapped(TABLE, "r+");
  await map.write({ start: 2, stop: 4 }, 0, [100, 200]);
  await map.write(null, 4, 0);
  assert.deepEqual(map.slice(null, 0).toArray(), [
    0,
    5,
    100,
    200,
    ...[4, 5, 6, 7, 8, 9, 10, 11].map((i) => 5 * i),
  ]);
  assert.deepEqual(map.slice(null, 4).toArray(), new Array(12).fill(0));
});

test("Memmap closes all of its views", () => {
  const map = mapped(TABLE);
  const view = map.row(1);
  map.close();
  map.close();
  assert.throws(
    () => view.toNDArray(),
    (error: unknown) => error instanceof LarderError && /closed/.test(error.message),
  );
  assert.deepEqual(view.shape, [5]);
});

test("Memmap of nothing needs no file", () => {
  const { map, source } = counted(NDArray.zeros([0, 3]));
  assert.deepEqual(map.toNDArray().toArray(), []);
  assert.equal(source.reads, 0);
});

test("Memmap refuses a file that is too small, and arrays of objects", () => {
  const file = openRandomAccessFileSync(new Uint8Array(100));
  assert.throws(() => new Memmap({ file, mode: "r", dtype: DType.from("f8"), shape: [13] }), {
    name: "RangeError",
    message: /104.*100/,
  });
  const objects = DType.from("O");
  assert.throws(() => new Memmap({ file, mode: "r", dtype: objects, shape: [1] }), TypeError);
});

test("Memmap of a file writes through, and another map of it sees that", () => {
  const path = freshPath("a.raw");
  writeFileSync(path, fileBytes(TABLE));
  const map = mapOf(openRandomAccessFileSync(path, { write: true }), TABLE, "r+");
  const reader = Memmap.from({ ...map.toJSON(), mode: "r" });
  map.set(1, 1, 1e9);
  map.flush();
  assert.equal(reader.get(1, 1), 1e9);
  assert.equal(readFileSync(path).length, OFFSET + 480);
  map.close();
  reader.close();
});

test("Memmap goes through JSON with its dtype", () => {
  const path = freshPath("a.raw");
  const dtype = DType.from({
    names: ["a", "b", "c"],
    formats: ["bfloat16", DType.subarray(DType.from(">i2"), [2]), "M8[ns]"],
    offsets: [2, 8, 16],
    itemsize: 32,
  });
  const array = NDArray.zeros([4], dtype);
  writeFileSync(path, fileBytes(array));
  const map = mapOf(openRandomAccessFileSync(path), array);
  const again = Memmap.from(JSON.parse(JSON.stringify(map.slice({ step: -2 }))));
  assert.equal(again.dtype.equals(dtype), true);
  assert.deepEqual(again.toNDArray().shape, [2]);
  assert.equal(again.field("a").dtype.name, "bfloat16");
  map.close();
  again.close();
  assert.throws(() => mapped(TABLE).toJSON(), UnsupportedError);
});

test("Memmap says where a file ends that has become shorter", () => {
  const path = freshPath("a.raw");
  writeFileSync(path, fileBytes(TABLE));
  const map = mapOf(openRandomAccessFileSync(path), TABLE);
  truncateSync(path, 100);
  assert.equal(map.get(0, 0), 0);
  assert.throws(
    () => map.toNDArray(),
    (error: unknown) => error instanceof LarderError && error.path === path && error.offset === 100,
  );
  map.close();
});

test(
  "Memmap goes on reading a file that was removed",
  { skip: process.platform === "win32" },
  () => {
    const path = freshPath("a.raw");
    writeFileSync(path, fileBytes(TABLE));
    const map = mapOf(openRandomAccessFileSync(path), TABLE);
    rmSync(path);
    assert.equal(map.get(11, 4), 59);
    map.close();
  },
);

test("Memmap shows itself without reading", () => {
  const { map, source } = counted(TABLE);
  assert.equal(inspect(map), 'Memmap(float64, shape=(12, 5), mode="r")');
  assert.equal(source.reads, 0);
});

test("Memmap reads into a buffer that is used again", async () => {
  const map = mapped(TABLE);
  const into = new ArrayBuffer(64);
  const first = map.row(1).toNDArray({ into });
  assert.deepEqual(first.toArray(), TABLE.row(1).toArray());
  assert.equal(first.bytes.buffer, into);
  const column = map.slice({ step: 3 }, 2).toNDArray({ into });
  assert.deepEqual(column.toArray(), TABLE.slice({ step: 3 }, 2).toArray());
  assert.equal(column.bytes.buffer, into);
  const awaited = await map.readInto(into, 2);
  assert.deepEqual([awaited.toArray(), awaited.bytes.buffer], [TABLE.row(2).toArray(), into]);
  assert.deepEqual((await remote(TABLE).readInto(into, 3)).toArray(), TABLE.row(3).toArray());
  assert.equal((map.slice({ stop: 0 }).toNDArray({ into })).size, 0);
});

test("Memmap refuses a buffer that is too small, and unknown options", async () => {
  const map = mapped(TABLE);
  const into = new ArrayBuffer(39);
  const small = { name: "RangeError", message: /into 39 bytes: 40 are needed/ };
  assert.throws(() => map.row(0).toNDArray({ into }), small);
  await assert.rejects(map.readInto(into, 0), small);
  assert.throws(() => map.toNDArray({ buffer: into } as never), TypeError);
});
