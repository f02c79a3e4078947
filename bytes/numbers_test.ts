/** Byte order and the floats that JavaScript has no type for. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { NATIVE_ORDER, swapBytes } from "./byte_order.ts";
import {
  decodeBfloat16,
  decodeFloat16,
  encodeBfloat16,
  encodeFloat16,
  roundToEven,
} from "./float16.ts";
import { decodeLongdouble, encodeLongdouble } from "./longdouble.ts";
import { sharedBytes } from "./shared_bytes.ts";

const FLOATS = [0, -0, 1, -1.5, 0.1, 1 / 3, Math.PI, 1e300, -1e-300, 5e-324, 2 ** -1022];
FLOATS.push(Number.MAX_VALUE, Number.MAX_SAFE_INTEGER, Infinity, -Infinity, NaN);

test("swapBytes() reverses items of any width at any alignment", () => {
  for (const width of [1, 2, 3, 4, 6, 8, 10, 16]) {
    for (const shift of [0, 1, 2, 3, 4, 7]) {
      for (const count of [0, 1, 2, 3, 5, 50_000]) {
        const bytes = new Uint8Array(shift + width * count).subarray(shift);
        bytes.forEach((_, i) => bytes[i] = i * 7);
        const wanted = bytes.slice();
        for (let i = 0; i < wanted.length; i += width) wanted.subarray(i, i + width).reverse();
        swapBytes(bytes, width);
        assert.deepEqual(bytes, wanted, `width ${width}, shift ${shift}, count ${count}`);
      }
    }
  }
});

test("NATIVE_ORDER is the order of typed arrays", () => {
  const first = new Uint8Array(Uint32Array.of(1).buffer)[0];
  assert.equal(NATIVE_ORDER, first === 1 ? "<" : ">");
});

test("every half precision number is encoded as it was decoded", () => {
  for (let bits = 0; bits < 0x10000; bits++) {
    const value = decodeFloat16(bits);
    if (Number.isNaN(value)) assert.ok(Number.isNaN(decodeFloat16(encodeFloat16(value))));
    else assert.equal(encodeFloat16(value), bits);
  }
});

test("half precision rounds to nearest, ties to even, once", () => {
  const cases: [number, number][] = [
    [65504, 0x7bff],
    [65519.99, 0x7bff],
    [65520, 0x7c00],
    [1 + 2 ** -11, 0x3c00],
    [1 + 3 * 2 ** -11, 0x3c02],
    [1 + 2 ** -11 + 2 ** -40, 0x3c01],
    [2 ** -25, 0],
    [2 ** -25 + 2 ** -50, 1],
    [-(2 ** -24), 0x8001],
    [2 ** -14 - 2 ** -26, 0x0400],
  ];
  for (const [value, bits] of cases) assert.equal(encodeFloat16(value), bits, `${value}`);
});

test("every bfloat16 is encoded as it was decoded", () => {
  for (let bits = 0; bits < 0x10000; bits++) {
    const value = decodeBfloat16(bits);
    if (!Number.isNaN(value)) assert.equal(encodeBfloat16(value), bits);
  }
  assert.ok(Number.isNaN(decodeBfloat16(encodeBfloat16(NaN))));
});

test("bfloat16 rounds ties to even", () => {
  assert.equal(encodeBfloat16(1 + 2 ** -8), 0x3f80);
  assert.equal(encodeBfloat16(1 + 3 * 2 ** -8), 0x3f82);
  assert.equal(encodeBfloat16(3.4e38), 0x7f80);
});

test("roundToEven() rounds halves to the even neighbour", () => {
  assert.deepEqual([0.5, 1.5, 2.5, -0.5, -1.5, 2.4, 2.6].map(roundToEven).map((n) => n + 0), [
    0,
    2,
    2,
    0,
    -2,
    2,
    3,
  ]);
});

test("a float64 survives the way through a longdouble in both orders", () => {
  const view = new DataView(new ArrayBuffer(16));
  for (const little of [true, false]) {
    for (const value of FLOATS) {
      encodeLongdouble(view, 0, little, value);
      assert.ok(Object.is(decodeLongdouble(view, 0, little), value), `${value}`);
    }
  }
});

test("a longdouble beyond float64 becomes infinity, zero or the nearest", () => {
  const view = new DataView(new ArrayBuffer(16));
  const put = (mantissa: bigint, head: number) => {
    view.setBigUint64(0, mantissa, true);
    view.setUint16(8, head, true);
  };
  put(1n << 63n, 0x7ffe);
  assert.equal(decodeLongdouble(view, 0, true), Infinity);
  put(1n << 63n, 1);
  assert.equal(decodeLongdouble(view, 0, true), 0);
  put((1n << 63n) + (1n << 10n), 16383);
  assert.equal(decodeLongdouble(view, 0, true), 1);
  put((1n << 63n) + (1n << 10n) + 1n, 16383);
  assert.equal(decodeLongdouble(view, 0, true), 1 + 2 ** -52);
});

test("bytes of length 0 and 1 are one object each, longer ones are left alone", () => {
  assert.equal(sharedBytes(new Uint8Array(0)), sharedBytes(new Uint8Array(0)));
  assert.equal(sharedBytes(Uint8Array.of(7)), sharedBytes(Uint8Array.of(7)));
  assert.notEqual(sharedBytes(Uint8Array.of(7)), sharedBytes(Uint8Array.of(8)));
  const long = Uint8Array.of(1, 2);
  assert.equal(sharedBytes(long), long);
});
