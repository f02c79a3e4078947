import assert from "node:assert/strict";
import { test } from "node:test";
import { DType } from "./dtype.ts";
import { toNative } from "./native.ts";
import { NDArray } from "./ndarray.ts";

test("an array without elements can be sliced from anywhere", () => {
  const empty = NDArray.zeros([3, 0]);
  assert.deepEqual(empty.slice({ step: -1 }).shape, [3, 0]);
  assert.deepEqual(empty.slice({ start: 2 }).tobytes(), new Uint8Array());
  assert.deepEqual(empty.slice(2).toArray(), []);
});

test("an array whose elements lie outside of its memory is refused", () => {
  const { dtype } = NDArray.zeros(1, "int32");
  assert.throws(() => new NDArray({ dtype, shape: [2], bytes: new Uint8Array(7) }), RangeError);
});

test("an array without elements has numpy's strides: 0 where it is fresh, those of its shape where it is read", () => {
  assert.deepEqual(NDArray.zeros([0, 3]).byteStrides, [0, 0]);
  assert.deepEqual(NDArray.from(new Float64Array(0)).byteStrides, [0]);
  assert.deepEqual(NDArray.fromBytes(new Uint8Array(0), of("f8", [0])).byteStrides, [0]);
  const shaped = NDArray.fromBytes(new Uint8Array(0), of("f8", [0, 3]));
  assert.deepEqual(shaped.byteStrides, [24, 8]);
  assert.deepEqual(shaped.copy().byteStrides, [0, 0]);
  assert.deepEqual(NDArray.zeros([4, 3]).slice({ stop: 0 }).byteStrides, [24, 8]);
  assert.deepEqual(toNative(NDArray.fromBytes(new Uint8Array(0), of(">f8", [0, 3]))).byteStrides, [
    0,
    0,
  ]);
});

function of(dtype: string, shape: number[]): { dtype: DType; shape: number[] } {
  return { dtype: DType.from(dtype), shape };
}
