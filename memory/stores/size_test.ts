/** Sizes as joblib takes them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { sizeInBytes } from "./size.ts";

test("sizeInBytes() reads joblib's spellings", () => {
  const sizes: [number | string, number][] = [
    ["30K", 30720],
    ["1.5K", 1536],
    ["10 M", 10485760],
    ["2G", 2147483648],
    [".5K", 512],
    ["0.0001K", 0],
    ["1.K", 1024],
    [10, 10],
    [0, 0],
  ];
  for (const [size, bytes] of sizes) assert.equal(sizeInBytes(size), bytes, String(size));
});

test("sizeInBytes() refuses what is no size", () => {
  const bad = ["10", "1", "1k", "1KB", "1T", "", "K", "-1K", "1.2.3K", "nanK", -1, NaN];
  for (const size of [...bad, null, true]) {
    assert.throws(() => sizeInBytes(size as string), RangeError, String(size));
  }
});
