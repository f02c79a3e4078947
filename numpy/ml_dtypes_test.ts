import { test } from "node:test";
import assert from "node:assert/strict";
import { decodeFloat16, encodeFloat16 } from "../bytes/float16.ts";
import { decodeMl, encodeMl, mlFormat } from "./ml_dtypes.ts";
import { NDArray } from "./ndarray.ts";

const CODES = [0, 1, 7, 8, 0x38, 0x3c, 0x70, 0x78, 0x7c, 0x7f, 0x80, 0x81, 0xbc, 0xff];

test("every format decodes as ml_dtypes does", () => {
  // The numbers that ml_dtypes 0.5 gives for CODES.
  const expected: Record<string, number[]> = {
    float8_e4m3fn: [
      0,
      0.001953125,
      0.013671875,
      0.015625,
      1,
      1.5,
      128,
      256,
      384,
      NaN,
      -0,
      -0.001953125,
      -1.5,
      NaN,
    ],
    float8_e5m2: [
      0,
      1.52587890625e-05,
      0.0001068115234375,
      0.0001220703125,
      0.5,
      1,
      8192,
      32768,
      Infinity,
      NaN,
      -0,
      -1.52587890625e-05,
      -1,
      NaN,
    ],
    float8_e4m3: [
      0,
      0.001953125,
      0.013671875,
      0.015625,
      1,
      1.5,
      128,
      Infinity,
      NaN,
      NaN,
      -0,
      -0.001953125,
      -1.5,
      NaN,
    ],
    float8_e4m3b11fnuz: [
      0,
      0.0001220703125,
      0.0008544921875,
      0.0009765625,
      0.0625,
      0.09375,
      8,
      16,
      24,
      30,
      NaN,
      -0.0001220703125,
      -0.09375,
      -30,
    ],
    float8_e4m3fnuz: [
      0,
      0.0009765625,
      0.0068359375,
      0.0078125,
      0.5,
      0.75,
      64,
      128,
      192,
      240,
      NaN,
      -0.0009765625,
      -0.75,
      -240,
    ],
    float8_e5m2fnuz: [
      0,
      7.62939453125e-06,
      5.340576171875e-05,
      6.103515625e-05,
      0.25,
      0.5,
      4096,
      16384,
      32768,
      57344,
      NaN,
      -7.62939453125e-06,
      -0.5,
      -57344,
    ],
    float8_e3m4: [
      0,
      0.015625,
      0.109375,
      0.125,
      1.5,
      1.75,
      Infinity,
      NaN,
      NaN,
      NaN,
      -0,
      -0.015625,
      -1.75,
      NaN,
    ],
    float8_e8m0fnu: [
      5.877471754111438e-39,
      1.1754943508222875e-38,
      7.52316384526264e-37,
      1.504632769052528e-36,
      4.235164736271502e-22,
      6.776263578034403e-21,
      3.0517578125e-05,
      0.0078125,
      0.125,
      1,
      2,
      4,
      2.305843009213694e+18,
      NaN,
    ],
    int4: [0, 1, 7, -8, -8, -4, 0, -8, -4, -1, 0, 1, -4, -1],
    uint4: [0, 1, 7, 8, 8, 12, 0, 8, 12, 15, 0, 1, 12, 15],
    int2: [0, 1, -1, 0, 0, 0, 0, 0, 0, -1, 0, 1, 0, -1],
    uint2: [0, 1, 3, 0, 0, 0, 0, 0, 0, 3, 0, 1, 0, 3],
    float4_e2m1fn: [0, 0.5, 6, -0, -0, -2, -0, -0, -2, -6, -0, -0.5, -2, -6],
    float6_e2m3fn: [0, 0.125, 0.875, 1, -4, -6, -2, -4, -6, -7.5, -0, -0.125, -6, -7.5],
    float6_e3m2fn: [0, 0.0625, 0.4375, 0.5, -8, -16, -2, -8, -16, -28, -0, -0.0625, -16, -28],
  };
  for (const [name, numbers] of Object.entries(expected)) {
    const format = mlFormat(name)!;
    assert.deepEqual(CODES.map((code) => decodeMl(format, code)), numbers, name);
  }
});

test("one bit is an element of a byte: 0 and -1, or 0 and 1", () => {
  assert.deepEqual(NDArray.from([0, -1], "int1").tobytes(), Uint8Array.of(0, 1));
  assert.deepEqual(NDArray.from([0, 1], "uint1").toArray(), [0, 1]);
  assert.throws(() => NDArray.from([1], "int1"), RangeError);
  assert.throws(() => NDArray.from([2], "uint1"), RangeError);
});

test("encoding is the inverse of decoding", () => {
  for (const name of ["float8_e5m2", "float8_e4m3fnuz", "float6_e2m3fn", "float4_e2m1fn", "int4"]) {
    const format = mlFormat(name)!;
    for (let code = 0; code < 2 ** format.bits; code++) {
      const value = decodeMl(format, code);
      if (!Number.isNaN(value)) assert.equal(encodeMl(format, value), code, `${name} ${code}`);
    }
  }
});

test("encoding rounds to nearest even and saturates as the format does", () => {
  assert.equal(encodeMl(mlFormat("float8_e4m3fn")!, 1e9), 0x7f);
  assert.equal(encodeMl(mlFormat("float8_e5m2")!, -1e9), 0xfc);
  assert.equal(encodeMl(mlFormat("float4_e2m1fn")!, 1e9), 0x07);
  assert.equal(encodeMl(mlFormat("float8_e3m4")!, 0.3), 0x13);
  assert.equal(encodeMl(mlFormat("float8_e8m0fnu")!, 3), 0x81);
  assert.throws(() => encodeMl(mlFormat("uint2")!, 4), RangeError);
});

test("float16 converts both ways", () => {
  // [value, bits] from numpy
  const pairs = [[1.5, 0x3e00], [65504, 0x7bff], [65520, 0x7c00], [2 ** -24, 1], [-0, 0x8000]];
  for (const [value, bits] of pairs) assert.equal(encodeFloat16(value), bits);
  assert.equal(decodeFloat16(0x3555), 0.333251953125);
  assert.equal(decodeFloat16(0xfc00), -Infinity);
  assert.equal(decodeFloat16(0x7e00), NaN);
  for (let bits = 0; bits < 0x7c00; bits++) assert.equal(encodeFloat16(decodeFloat16(bits)), bits);
});

test("arrays of narrow floats read as numbers", () => {
  const array = NDArray.from([1.5, -2, 0.1], "bfloat16");
  assert.deepEqual([...array.bytes], [0xc0, 0x3f, 0, 0xc0, 0xcd, 0x3d]);
  assert.deepEqual(array.toArray(), [1.5, -2, 0.10009765625]);
  assert.deepEqual(array.astype("f4").data, Float32Array.of(1.5, -2, 0.10009765625));
});
