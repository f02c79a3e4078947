import { test } from "node:test";
import assert from "node:assert/strict";
import {
  broadcastStrides,
  byteBounds,
  forEachRun,
  indexOffset,
  isContiguous,
  mergeAxes,
  packedStrides,
  select,
  type Slice,
  sliceBounds,
  wrapIndex,
} from "./strides.ts";

test("packedStrides() follows C and Fortran order", () => {
  assert.deepEqual(packedStrides([2, 3, 4], 8, "C"), [96, 32, 8]);
  assert.deepEqual(packedStrides([2, 3, 4], 8, "F"), [8, 16, 48]);
  assert.deepEqual(packedStrides([], 8, "C"), []);
  assert.deepEqual(packedStrides([0, 3], 4, "C"), [12, 4]);
});

test("isContiguous() ignores axes of length 1 and empty arrays", () => {
  assert.equal(isContiguous({ shape: [1, 3], strides: [999, 4] }, 4, "C"), true);
  assert.equal(isContiguous({ shape: [1, 3], strides: [999, 4] }, 4, "F"), true);
  assert.equal(isContiguous({ shape: [2, 3], strides: [12, 4] }, 4, "F"), false);
  assert.equal(isContiguous({ shape: [2, 3], strides: [4, 8] }, 4, "F"), true);
  assert.equal(isContiguous({ shape: [0, 3], strides: [1, 1] }, 4, "F"), true);
  assert.equal(isContiguous({ shape: [], strides: [] }, 4, "C"), true);
});

test("sliceBounds() is Python's slice.indices", () => {
  assert.deepEqual(sliceBounds({}, 5), { start: 0, step: 1, count: 5 });
  assert.deepEqual(sliceBounds({ step: -1 }, 5), { start: 4, step: -1, count: 5 });
  assert.deepEqual(sliceBounds({ start: -3, stop: -1 }, 5), { start: 2, step: 1, count: 2 });
  assert.deepEqual(sliceBounds({ start: 1, stop: 9, step: 2 }, 5), { start: 1, step: 2, count: 2 });
  assert.deepEqual(sliceBounds({ start: 3, stop: -9, step: -2 }, 5), {
    start: 3,
    step: -2,
    count: 2,
  });
  assert.deepEqual(sliceBounds({ start: 4, stop: 2 }, 5), { start: 0, step: 1, count: 0 });
  assert.throws(() => sliceBounds({ step: 0 }, 5), RangeError);
  assert.throws(() => sliceBounds({ start: 0.5 }, 5), RangeError);
});

test("sliceBounds() refuses what would take all of the axis", () => {
  const other = (slice: unknown) => () => sliceBounds(slice as Slice, 5);
  assert.throws(other({ stp: 2 }), {
    name: "TypeError",
    message:
      'Cannot slice by "stp": an axis takes an index, null for all, or { start, stop, step }',
  });
  assert.throws(other([0, 1]), /^TypeError: Cannot slice by "0"/);
  assert.throws(other("1:"), /^TypeError: Cannot slice by "1:"/);
  assert.throws(other(2n), /^TypeError: Cannot slice by 2n/);
});

test("wrapIndex() tells what is no integer from what is outside", () => {
  const index = (value: unknown) => () => wrapIndex(value as number, 2, 0);
  assert.throws(index(2), /^RangeError: Cannot index axis 0: 2 is out of bounds for length 2$/);
  assert.throws(index("0"), /^RangeError: Cannot index axis 0: "0" is not an integer number$/);
  assert.throws(index(1n), /1n is not an integer number/);
  assert.throws(index(0.5), /0.5 is not an integer number/);
});

test("select() drops indexed axes and keeps negative strides", () => {
  const layout = { shape: [3, 4], strides: [16, 4], offset: 100 };
  assert.deepEqual(select(layout, [-1]), { shape: [4], strides: [4], offset: 132 });
  assert.deepEqual(select(layout, [null, { step: -2 }]), {
    shape: [3, 2],
    strides: [16, -8],
    offset: 112,
  });
  assert.throws(() => select(layout, [0, 0, 0]), RangeError);
  assert.throws(() => select(layout, [3]), RangeError);
});

test("indexOffset() counts negative indices from the end", () => {
  assert.equal(indexOffset([-1, 2], [3, 4], [16, 4]), 40);
  assert.throws(() => indexOffset([0, 4], [3, 4], [16, 4]), /axis 1: 4 is out of bounds/);
  assert.throws(() => indexOffset([0.5, 0], [3, 4], [16, 4]), RangeError);
});

test("byteBounds() covers negative strides", () => {
  assert.deepEqual(byteBounds({ shape: [3], strides: [-8], offset: 16 }, 8), [0, 24]);
  assert.deepEqual(byteBounds({ shape: [0], strides: [8], offset: 16 }, 8), [16, 16]);
});

test("broadcastStrides() repeats axes of length 1", () => {
  assert.deepEqual(broadcastStrides([], [], [2, 3]), [0, 0]);
  assert.deepEqual(broadcastStrides([3], [8], [2, 3]), [0, 8]);
  assert.deepEqual(broadcastStrides([2, 1], [8, 8], [2, 3]), [8, 0]);
  assert.throws(() => broadcastStrides([2], [8], [3]), RangeError);
});

test("mergeAxes() joins packed neighbours", () => {
  assert.deepEqual(mergeAxes({ shape: [2, 3, 4], strides: [96, 32, 8], offset: 0 }), {
    shape: [24],
    strides: [8],
    offset: 0,
  });
  assert.deepEqual(mergeAxes({ shape: [2, 1, 4], strides: [64, 7, 8], offset: 1 }), {
    shape: [2, 4],
    strides: [64, 8],
    offset: 1,
  });
});

test("forEachRun() visits the rows in C order", () => {
  const offsets: number[] = [];
  forEachRun(
    { shape: [2, 2, 3], strides: [100, -10, 1], offset: 50 },
    (offset) => offsets.push(offset),
  );
  assert.deepEqual(offsets, [50, 40, 150, 140]);
  forEachRun({ shape: [], strides: [], offset: 7 }, (offset) => assert.equal(offset, 7));
  forEachRun({ shape: [0, 2], strides: [8, 8], offset: 0 }, () => assert.fail("no elements"));
});
