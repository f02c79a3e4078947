/** Floats as Python spells them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Random } from "../tests/random.ts";
import { floatRepr, parseFloatText } from "./float_text.ts";

test("floatRepr() is Python's repr", () => {
  const cases: [number, string][] = [
    [0, "0.0"],
    [-0, "-0.0"],
    [1, "1.0"],
    [-1.5, "-1.5"],
    [1e15, "1000000000000000.0"],
    [1e16, "1e+16"],
    [123456789012345680, "1.2345678901234568e+17"],
    [1e-4, "0.0001"],
    [1e-5, "1e-05"],
    [-1.25e-7, "-1.25e-07"],
    [5e-324, "5e-324"],
    [1.7976931348623157e308, "1.7976931348623157e+308"],
    [0.1 + 0.2, "0.30000000000000004"],
    [1e22, "1e+22"],
    [NaN, "nan"],
    [Infinity, "inf"],
    [-Infinity, "-inf"],
  ];
  for (const [value, text] of cases) assert.equal(floatRepr(value), text);
});

test("parseFloatText() reads what floatRepr() writes", () => {
  const random = new Random(3);
  const view = new DataView(new ArrayBuffer(8));
  for (let i = 0; i < 2000; i++) {
    for (let k = 0; k < 8; k++) view.setUint8(k, random.below(256));
    const value = view.getFloat64(0);
    assert.ok(Object.is(parseFloatText(floatRepr(value)), value));
  }
});

test("parseFloatText() reads as Python's float()", () => {
  const cases: [string, number | undefined][] = [
    [" 1.5 ", 1.5],
    ["1.", 1],
    [".5", 0.5],
    ["+1E5", 1e5],
    ["1_0.5", 10.5],
    ["Infinity", Infinity],
    ["-INF", -Infinity],
    ["-nan", NaN],
    ["1e999", Infinity],
    ["", undefined],
    [".", undefined],
    ["0x10", undefined],
    ["1,5", undefined],
    ["1__0", undefined],
    ["1e", undefined],
  ];
  for (const [text, value] of cases) assert.equal(parseFloatText(text), value, text);
});
