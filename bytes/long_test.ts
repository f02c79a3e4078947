/** Python's ints on the wire. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeLong, encodeLong, parseDecimal, toNumber } from "./long.ts";

const VALUES = [
  0n,
  1n,
  -1n,
  127n,
  128n,
  -128n,
  -129n,
  255n,
  256n,
  32767n,
  32768n,
  -32768n,
  -32769n,
];
for (let bits = 30n; bits < 200n; bits += 7n) {
  VALUES.push(2n ** bits, 2n ** bits - 1n, -(2n ** bits), -(2n ** bits) - 1n);
}
VALUES.push(2n ** 53n, 2n ** 63n, -(2n ** 63n), 2n ** 64n - 1n, 2n ** 5000n, -(2n ** 5000n));

test("decodeLong() reads what encodeLong() writes", () => {
  for (const value of VALUES) {
    const bytes = encodeLong(value);
    assert.equal(decodeLong(bytes, 0, bytes.length), toNumber(value));
  }
});

test("encodeLong() takes the least length, as CPython", () => {
  const cases: [bigint, number[]][] = [
    [0n, []],
    [255n, [255, 0]],
    [32767n, [255, 127]],
    [-256n, [0, 255]],
    [-32768n, [0, 128]],
    [-128n, [128]],
    [127n, [127]],
  ];
  for (const [value, bytes] of cases) assert.deepEqual([...encodeLong(value)], bytes);
});

test("decodeLong() reads longer spellings and parts of an array", () => {
  assert.equal(decodeLong(Uint8Array.of(9, 5, 0, 0, 9), 1, 4), 5);
  assert.equal(decodeLong(new Uint8Array(12).fill(255), 0, 12), -1);
  assert.equal(decodeLong(new Uint8Array(12), 0, 12), 0);
});

test("toNumber() keeps what is not safe as bigint", () => {
  assert.equal(toNumber(2n ** 53n - 1n), 2 ** 53 - 1);
  assert.equal(toNumber(2n ** 53n), 2n ** 53n);
  assert.equal(toNumber(-(2n ** 53n)), -(2n ** 53n));
});

test("parseDecimal() reads as Python's int()", () => {
  const cases: [string, number | bigint | undefined][] = [
    ["0", 0],
    ["-0", 0],
    [" +12 ", 12],
    ["1_000", 1000],
    ["007", 7],
    ["9007199254740993", 9007199254740993n],
    ["-9007199254740993", -9007199254740993n],
    ["", undefined],
    ["1__0", undefined],
    ["_1", undefined],
    ["1.0", undefined],
    ["0x10", undefined],
    ["--1", undefined],
  ];
  for (const [text, value] of cases) assert.equal(parseDecimal(text), value, text);
});
