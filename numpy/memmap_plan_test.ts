import assert from "node:assert/strict";
import { test } from "node:test";
import { packedLike, planReads, planWrites } from "./memmap_plan.ts";
import { NDArray } from "./ndarray.ts";
import { byteBounds, elementCount, type StridedLayout } from "./strides.ts";

/** A file of 3 MiB whose bytes tell their place. */
const FILE = Uint8Array.from({ length: 3 << 20 }, (_, i) => (i * 2654435761) >>> 24);

function readAll(layout: StridedLayout, itemsize: number): { bytes: Uint8Array; reads: number[] } {
  const bytes = new Uint8Array(elementCount(layout.shape) * itemsize);
  const reads: number[] = [];
  for (const batch of planReads(layout, itemsize, bytes)) {
    for (const { start, into } of batch.ranges) {
      into.set(FILE.subarray(start, start + into.length));
      reads.push(into.length);
    }
    batch.finish();
  }
  return { bytes, reads };
}

function expected(layout: StridedLayout): unknown {
  const { shape, strides: byteStrides, offset: byteOffset } = layout;
  return new NDArray({ ...U4, bytes: FILE, shape, byteStrides, byteOffset }).toArray();
}

const U4 = { dtype: NDArray.zeros(0, "<u4").dtype };

const LAYOUTS: readonly (readonly [name: string, layout: StridedLayout])[] = [
  ["a packed array", { shape: [100, 50], strides: [200, 4], offset: 17 }],
  ["a Fortran array", { shape: [100, 50], strides: [4, 400], offset: 128 }],
  ["one element", { shape: [], strides: [], offset: 5 }],
  ["negative steps", { shape: [10, 5], strides: [-40, -8], offset: 1000 }],
  ["a column of wide rows", { shape: [500], strides: [4096], offset: 12 }],
  ["a column of narrow rows", { shape: [40000], strides: [64], offset: 12 }],
  ["rows far apart", { shape: [3, 1000], strides: [1 << 20, 4], offset: 8 }],
  ["a block of a cube", { shape: [2, 30, 7], strides: [1 << 20, 4000, 4], offset: 44 }],
  ["mixed axes", { shape: [5, 6, 7], strides: [4, 140, -20], offset: 200 }],
  ["a length of 1 with a wild stride", { shape: [1, 9], strides: [999999, 8], offset: 0 }],
];

for (const [name, layout] of LAYOUTS) {
  test(`planReads() reads ${name}`, () => {
    const { bytes } = readAll(layout, 4);
    const byteStrides = packedLike(layout, 4);
    const array = new NDArray({ ...U4, bytes, shape: layout.shape, byteStrides });
    assert.deepEqual(array.toArray(), expected(layout));
  });

  test(`planWrites() writes ${name} and nothing else`, () => {
    const bytes = readAll(layout, 4).bytes.map((byte) => byte ^ 0xff);
    const file = FILE.slice();
    for (const { start, bytes: part } of planWrites(layout, 4, bytes)) file.set(part, start);
    const { shape, strides: byteStrides, offset: byteOffset } = layout;
    const changed = new NDArray({ ...U4, bytes: file, shape, byteStrides, byteOffset });
    const packed = { bytes, shape, byteStrides: packedLike(layout, 4) };
    assert.deepEqual(changed.toArray(), new NDArray({ ...U4, ...packed }).toArray());
    let touched = 0;
    for (let i = 0; i < file.length; i++) touched += Number(file[i] !== FILE[i]);
    assert.equal(touched, bytes.length);
  });
}

test("planReads() takes a packed array in one read, whatever its size", () => {
  const { reads } = readAll({ shape: [600000], strides: [4], offset: 64 }, 4);
  assert.deepEqual(reads, [2400000]);
});

test("planReads() never reads a part of the file twice", () => {
  for (const [, layout] of LAYOUTS) {
    const [start, end] = byteBounds(layout, 4);
    const read = readAll(layout, 4).reads.reduce((sum, length) => sum + length, 0);
    assert.ok(read <= end - start, `${read} bytes of ${end - start}`);
  }
});

test("planReads() leaves out what lies far from what is needed", () => {
  const { reads } = readAll({ shape: [500], strides: [4096], offset: 0 }, 4);
  assert.deepEqual(reads, new Array(500).fill(4));
});

test("planReads() reads columns of narrow rows in blocks of at most 1 MiB", () => {
  const { reads } = readAll({ shape: [40000], strides: [64], offset: 0 }, 4);
  assert.equal(reads.length, 3);
  assert.ok(reads.every((length) => length <= 1 << 20));
});

test("planReads() asks for nothing where there are no elements", () => {
  assert.deepEqual(readAll({ shape: [3, 0], strides: [0, 4], offset: 0 }, 4).reads, []);
});
