import assert from "node:assert/strict";
import { test } from "node:test";
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
