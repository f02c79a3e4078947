import { test } from "node:test";
import assert from "node:assert/strict";
import { inspect } from "node:util";
import { DType } from "./dtype.ts";

test("DType.from() reads numpy's type strings", () => {
  // [given, str, name, itemsize, alignment, char], from numpy 2.4
  const cases: [string, string, string, number, number, string][] = [
    ["f8", "<f8", "float64", 8, 8, "d"],
    [">f8", ">f8", "float64", 8, 8, "d"],
    ["float32", "<f4", "float32", 4, 4, "f"],
    ["int64", "<i8", "int64", 8, 8, "l"],
    ["?", "|b1", "bool", 1, 1, "?"],
    ["bool", "|b1", "bool", 1, 1, "?"],
    ["|u1", "|u1", "uint8", 1, 1, "B"],
    [">i1", "|i1", "int8", 1, 1, "b"],
    ["=u2", "<u2", "uint16", 2, 2, "H"],
    ["e", "<f2", "float16", 2, 2, "e"],
    ["longdouble", "<f16", "float128", 16, 16, "g"],
    ["G", "<c32", "complex256", 32, 16, "G"],
    ["complex", "<c16", "complex128", 16, 8, "D"],
    ["U5", "<U5", "str160", 20, 4, "U"],
    [">U2", ">U2", "str64", 8, 4, "U"],
    ["S3", "|S3", "bytes24", 3, 1, "S"],
    ["S", "|S0", "bytes", 0, 1, "S"],
    ["V7", "|V7", "void56", 7, 1, "V"],
    ["object", "|O", "object", 8, 8, "O"],
    ["M8[ns]", "<M8[ns]", "datetime64[ns]", 8, 8, "M"],
    ["datetime64[10s]", "<M8[10s]", "datetime64[10s]", 8, 8, "M"],
    [">m8[D]", ">m8[D]", "timedelta64[D]", 8, 8, "m"],
    ["m8", "<m8", "timedelta64", 8, 8, "m"],
    ["bfloat16", "<V2", "bfloat16", 2, 2, "E"],
    ["float8_e4m3fn", "<V1", "float8_e4m3fn", 1, 1, "4"],
    ["int4", "<V1", "int4", 1, 1, "a"],
  ];
  for (const [given, str, name, itemsize, alignment, char] of cases) {
    const dtype = DType.from(given);
    const found = [dtype.str, dtype.name, dtype.itemsize, dtype.alignment, dtype.char];
    assert.deepEqual(found, [str, name, itemsize, alignment, char], given);
  }
});

test("DType.from() refuses what numpy does not know", () => {
  for (const given of ["f3", "x4", "M8[xs]", "f8[ns]", "", "O3", "float7", "constructor"]) {
    assert.throws(() => DType.from(given), TypeError, given);
  }
  assert.throws(() => DType.from(7 as unknown as string), TypeError);
  assert.throws(() => DType.from([["a", "i4"], ["a", "f8"]]), /"a" occurs twice/);
});

test("built-in native types are one object", () => {
  assert.equal(DType.from("f8"), DType.from("float64"));
  assert.equal(DType.from("<i4"), DType.from("i"));
  assert.equal(DType.from("bfloat16"), DType.from("bfloat16"));
  assert.notEqual(DType.from(">f8"), DType.from(">f8"));
  assert.notEqual(DType.from("U5"), DType.from("U5"));
});

test("structs are packed, or padded as in C", () => {
  const packed = DType.from([["a", "i1"], ["b", "f8", [2]], ["c", [["d", ">u2"]]]]);
  assert.equal(packed.itemsize, 19);
  assert.deepEqual(packed.names, ["a", "b", "c"]);
  assert.equal(packed.fields!.get("b")!.dtype.base, DType.from("f8"));
  assert.deepEqual(packed.fields!.get("b")!.dtype.shape, [2]);
  assert.equal(packed.isNative, false);
  const padded = DType.from([["a", "i1"], ["b", "f8"]], { align: true });
  assert.deepEqual([padded.itemsize, padded.alignment, padded.aligned], [16, 8, true]);
  assert.equal(padded.fields!.get("b")!.offset, 8);
});

test("structs take offsets, titles and an item size", () => {
  const dtype = DType.from({
    names: ["a", "b"],
    formats: ["i4", "f8"],
    offsets: [4, 16],
    titles: ["A", "B"],
    itemsize: 40,
  });
  assert.equal(dtype.itemsize, 40);
  assert.deepEqual(dtype.titles, ["A", "B"]);
  assert.equal(
    String(dtype),
    "{'names': ['a', 'b'], 'formats': ['<i4', '<f8'], 'offsets': [4, 16], " +
      "'titles': ['A', 'B'], 'itemsize': 40}",
  );
});

test("comma strings and repeated types make structs and sub-arrays", () => {
  assert.equal(String(DType.from("i4,f8")), "[('f0', '<i4'), ('f1', '<f8')]");
  assert.equal(String(DType.from("(2,3)f8,i4")), "[('f0', '<f8', (2, 3)), ('f1', '<i4')]");
  const sub = DType.from("3i4");
  assert.deepEqual([sub.shape, sub.base.str, sub.itemsize], [[3], "<i4", 12]);
});

test("flags are numpy's", () => {
  assert.equal(DType.from("O").flags, 63);
  assert.equal(DType.from([["a", "O"], ["b", [["c", "i4"]]]]).flags, 27);
  assert.equal(DType.from([["a", "U3"]]).flags, 24);
  assert.equal(DType.from([["a", "i4"]], { align: true }).flags, 144);
});

test("newByteOrder() reaches the fields", () => {
  const dtype = DType.from([["a", "<i4"], ["b", ">f8", [2]], ["c", "S3"]]);
  assert.equal(
    String(dtype.newByteOrder()),
    "[('a', '>i4'), ('b', '<f8', (2,)), ('c', 'S3')]",
  );
  assert.equal(DType.from(">U2").newByteOrder("=").str, "<U2");
  assert.equal(DType.from("|u1").newByteOrder(">").str, "|u1");
});

test("equals() compares what elements mean", () => {
  assert.ok(DType.from(">i4").equals(">i4"));
  assert.ok(!DType.from(">i4").equals("i4"));
  assert.ok(!DType.from("M8[s]").equals("M8[ms]"));
  assert.ok(DType.from([["a", "i4"]]).equals([["a", "<i4"]]));
  assert.ok(!DType.from([["a", "i4"]]).equals([["b", "<i4"]]));
  assert.ok(!DType.from("bfloat16").equals("V2"));
});

test("descr gives the fields back, padding included", () => {
  const dtype = DType.from([["a", "i1"], ["b", "f8"]], { align: true });
  assert.deepEqual(dtype.descr, [["a", "|i1"], ["", "|V7"], ["b", "<f8"]]);
  assert.equal(DType.from("f4").descr, "<f4");
});

test("a dtype shows as numpy's repr", () => {
  assert.equal(inspect(DType.from("f8")), "dtype('float64')");
  assert.equal(inspect(DType.from(">i4")), "dtype('>i4')");
  assert.equal(inspect(DType.from([["a", "?"]])), "dtype([('a', '?')])");
  assert.equal(inspect(DType.from("bfloat16")), "dtype(bfloat16)");
  assert.equal(String(DType.string({ naObject: { value: NaN } })), "StringDType(na_object=nan)");
});
