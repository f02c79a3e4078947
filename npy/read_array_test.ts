import assert from "node:assert/strict";
import { test } from "node:test";
import { LimitError, NpyFormatError } from "../errors.ts";
import { DType, NDArray } from "../numpy/mod.ts";
import { numpyGlobals } from "../numpy/pickle.ts";
import { dumps } from "../pickle/pickle.ts";
import { openReader, openReaderSync } from "../io/source.ts";
import { bytesOf, npyFile } from "../tests/npy.ts";
import { readNpy, readNpyArray, readNpySync } from "./read_array.ts";

test("readNpyArray() reads rows, and columns where the order is Fortran's", () => {
  const data = Uint8Array.of(1, 2, 3, 4, 5, 6);
  assert.deepEqual(readNpyArray(npy("|u1", "(2, 3)", data)).toArray(), [[1, 2, 3], [4, 5, 6]]);
  const columns = readNpyArray(npy("|u1", "(2, 3)", data, true));
  assert.deepEqual(columns.toArray(), [[1, 3, 5], [2, 4, 6]]);
  assert.equal(columns.order, "F");
});

test("readNpyArray() keeps foreign byte order", () => {
  const array = readNpyArray(npy(">i2", "(2,)", Uint8Array.of(0, 1, 0, 2)));
  assert.equal(array.dtype.str, ">i2");
  assert.deepEqual(array.toArray(), [1, 2]);
});

test("readNpyArray() reads arrays without axes and without elements", () => {
  assert.equal(readNpyArray(npy("|u1", "()", Uint8Array.of(5))).get(), 5);
  assert.deepEqual(readNpyArray(npy("<f8", "(0, 3)", new Uint8Array())).shape, [0, 3]);
});

test("readNpyArray() copies, on whole elements, and ignores what follows", () => {
  const file = npy("<i4", "(1,)", Uint8Array.of(7, 0, 0, 0, 9, 9));
  const array = readNpyArray(file);
  file.fill(0);
  assert.deepEqual(array.data, Int32Array.of(7));
});

test("readNpyArray() reads an array of objects from its pickle", () => {
  const array = new NDArray({ dtype: DType.from("O"), shape: [2], objects: [1, "a"] });
  const file = npy("|O", "(2,)", dumps(array, { protocol: 3 }));
  assert.deepEqual(readNpyArray(file, { globals: numpyGlobals }).toArray(), [1, "a"]);
});

test("a pickle that holds no array is an NpyFormatError", () => {
  assert.throws(() => readNpyArray(npy("|O", "(2,)", dumps(5))), NpyFormatError);
});

test("data that is short is an NpyFormatError with its offset", () => {
  const file = npy("<f8", "(3,)", new Uint8Array(23));
  assert.throws(() => readNpyArray(file), { name: "NpyFormatError", message: /24 bytes, 23/ });
});

test("a shape beyond all files is an NpyFormatError, nothing is allocated", () => {
  for (const shape of ["(1000000000000,)", "(4294967296, 4294967296, 4294967296)"]) {
    assert.throws(() => readNpyArray(npy("<f8", shape, new Uint8Array(8))), NpyFormatError);
  }
});

test("more than 64 axes are a LimitError, or more than limits.maxNdim", () => {
  const shape = `(${"1, ".repeat(65)})`;
  assert.throws(() => readNpyArray(npy("|u1", shape, new Uint8Array(1))), LimitError);
  const file = npy("|u1", "(1, 1)", new Uint8Array(1));
  assert.throws(() => readNpyArray(file, { limits: { maxNdim: 1 } }), LimitError);
});

const NUMBERS = NDArray.from([[1, 2, 3], [4, 5, 6]], "int16");
const OBJECTS = new NDArray({ dtype: DType.from("O"), shape: [2], objects: [1, "a"] });

test("readNpy() and readNpySync() leave the reader right behind the array", async () => {
  const arrays = [NUMBERS, OBJECTS, NUMBERS, OBJECTS];
  const bytes = bytesOf(arrays.map((array) => npyFile(array)));
  const readers = [await openReader(bytes), await openReader(new Blob([bytes]))];
  for (const reader of readers) {
    for (const array of arrays) {
      assert.deepEqual((await readNpy(reader)).toArray(), array.toArray());
    }
    assert.equal(reader.remaining, 0);
    await assert.rejects(readNpy(reader), NpyFormatError);
  }
  const reader = openReaderSync(bytes);
  for (const array of arrays) assert.deepEqual(readNpySync(reader).toArray(), array.toArray());
  assert.equal(reader.remaining, 0);
});

test("a header is read to its last byte and no further", () => {
  for (const version of [1, 2] as const) {
    const file = npyFile(NUMBERS, { version });
    const sizes: number[] = [];
    const reader = openReaderSync({
      size: file.length,
      read(start: number, end: number): Uint8Array {
        sizes.push(end - start);
        return file.slice(start, end);
      },
    });
    readNpySync(reader);
    const header = file.length - NUMBERS.nbytes;
    assert.deepEqual(sizes, version === 1 ? [10, header - 10, 12] : [10, 2, header - 12, 12]);
  }
});

test("data goes into the array's own memory by one read of each piece", () => {
  const file = npyFile(NUMBERS);
  let target: Uint8Array | undefined;
  const reader = {
    remaining: file.length as number | undefined,
    exact: false,
    at: 0,
    read(into: Uint8Array): number {
      target = into;
      into.set(file.subarray(this.at, this.at + into.length));
      this.at += into.length;
      return into.length;
    },
    unread(): void {},
    close(): void {},
  };
  assert.equal(readNpySync(reader).bytes.buffer, target!.buffer);
});

test("a size that no buffer can have is an UnsupportedError", () => {
  const header = npy("|u1", "(1000000000000000,)", new Uint8Array(0));
  const source = {
    size: 2 ** 52,
    read(start: number, end: number): Uint8Array {
      return Uint8Array.from({ length: end - start }, (_, i) => header[start + i] ?? 0);
    },
  };
  assert.throws(() => readNpySync(openReaderSync(source)), {
    name: "UnsupportedError",
    message: /1000000000000000 bytes.*mmapMode/,
  });
});

test("a header's length is held to what is there, and to maxHeaderSize", async () => {
  const file = Uint8Array.of(
    0x93,
    0x4e,
    0x55,
    0x4d,
    0x50,
    0x59,
    2,
    0,
    0xf0,
    0xff,
    0xff,
    0xff,
    0x7b,
  );
  assert.throws(() => readNpyArray(file), LimitError);
  assert.throws(() => readNpyArray(file, { allowPickle: true }), NpyFormatError);
  const stream = new Blob([file]).stream();
  await assert.rejects(readNpy(await openReader(stream), { allowPickle: true }), NpyFormatError);
});

function npy(descr: string, shape: string, data: Uint8Array, fortran = false): Uint8Array {
  const order = fortran ? "True" : "False";
  const text = `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': ${shape}, }\n`;
  const head = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, text.length & 255, text.length >> 8];
  return Uint8Array.of(...head, ...new TextEncoder().encode(text), ...data);
}
