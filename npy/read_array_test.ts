import assert from "node:assert/strict";
import { test } from "node:test";
import { LimitError, NpyFormatError } from "../errors.ts";
import { DType, NDArray } from "../numpy/mod.ts";
import { numpyGlobals } from "../numpy/pickle.ts";
import { dumps } from "../pickle/pickle.ts";
import { readNpyArray } from "./read_array.ts";

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

function npy(descr: string, shape: string, data: Uint8Array, fortran = false): Uint8Array {
  const order = fortran ? "True" : "False";
  const text = `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': ${shape}, }\n`;
  const head = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, text.length & 255, text.length >> 8];
  return Uint8Array.of(...head, ...new TextEncoder().encode(text), ...data);
}
