/** Headers as numpy 2.4 writes them, byte for byte: text, version, growth room and padding. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { DType } from "../numpy/mod.ts";
import { readHeader, writeHeader } from "./header.ts";

const ALIGNED = DType.from([["a", "|i1"], ["b", "<f8"]], { align: true });
const OFFSETS = DType.from({
  names: ["a", "b"],
  formats: ["|i1", "<i4"],
  offsets: [0, 5],
  itemsize: 12,
});

/** Each: what is written, the text, how many bytes of padding follow it. */
const GOLDEN: readonly [string, Parameters<typeof writeHeader>[0], string, number][] = [
  ["f4", { dtype: "<f4", shape: [3] }, "'<f4', 'fortran_order': False, 'shape': (3,)", 61],
  ["f8", { dtype: "<f8", shape: [2, 3] }, "'<f8', 'fortran_order': False, 'shape': (2, 3)", 59],
  [
    "Fortran order",
    { dtype: "<f8", shape: [2, 3], fortranOrder: true },
    "'<f8', 'fortran_order': True, 'shape': (2, 3)",
    60,
  ],
  ["big-endian", { dtype: ">i4", shape: [2] }, "'>i4', 'fortran_order': False, 'shape': (2,)", 61],
  ["int8", { dtype: "i1", shape: [1] }, "'|i1', 'fortran_order': False, 'shape': (1,)", 61],
  ["bool", { dtype: "bool", shape: [2] }, "'|b1', 'fortran_order': False, 'shape': (2,)", 61],
  ["c16", { dtype: "c16", shape: [1] }, "'<c16', 'fortran_order': False, 'shape': (1,)", 60],
  ["no axes", { dtype: "<f8", shape: [] }, "'<f8', 'fortran_order': False, 'shape': ()", 63],
  ["empty", { dtype: "<f8", shape: [0, 3] }, "'<f8', 'fortran_order': False, 'shape': (0, 3)", 59],
  ["text", { dtype: "<U3", shape: [2] }, "'<U3', 'fortran_order': False, 'shape': (2,)", 61],
  ["bytes", { dtype: "S3", shape: [2] }, "'|S3', 'fortran_order': False, 'shape': (2,)", 61],
  [
    "dates",
    { dtype: "M8[ns]", shape: [1] },
    "'<M8[ns]', 'fortran_order': False, 'shape': (1,)",
    57,
  ],
  [
    "steps of 25 s",
    { dtype: "M8[25s]", shape: [1] },
    "'<M8[25s]', 'fortran_order': False, 'shape': (1,)",
    56,
  ],
  ["generic", { dtype: "m8", shape: [1] }, "'<m8', 'fortran_order': False, 'shape': (1,)", 61],
  [
    "a struct",
    { dtype: [["a", "<i4"], ["b", "<f8"]], shape: [1] },
    "[('a', '<i4'), ('b', '<f8')], 'fortran_order': False, 'shape': (1,)",
    38,
  ],
  [
    "an aligned struct",
    { dtype: ALIGNED, shape: [1] },
    "[('a', '|i1'), ('', '|V7'), ('b', '<f8')], 'fortran_order': False, 'shape': (1,)",
    25,
  ],
  [
    "structs and sub-arrays inside",
    { dtype: [["p", [["x", "<f4"], ["y", "<f4"]]], ["m", "<i2", [2, 2]]], shape: [1] },
    "[('p', [('x', '<f4'), ('y', '<f4')]), ('m', '<i2', (2, 2))], " +
    "'fortran_order': False, 'shape': (1,)",
    71,
  ],
  [
    "titles",
    { dtype: [[["T", "a"], "<i4"]], shape: [1] },
    "[(('T', 'a'), '<i4')], 'fortran_order': False, 'shape': (1,)",
    45,
  ],
  [
    "gaps",
    { dtype: OFFSETS, shape: [1] },
    "[('a', '|i1'), ('', '|V4'), ('b', '<i4'), ('', '|V3')], 'fortran_order': False, 'shape': (1,)",
    76,
  ],
  ["void", { dtype: "V5", shape: [1] }, "'|V5', 'fortran_order': False, 'shape': (1,)", 61],
  ["longdouble", { dtype: "f16", shape: [1] }, "'<f16', 'fortran_order': False, 'shape': (1,)", 60],
  ["objects", { dtype: "O", shape: [1] }, "'|O', 'fortran_order': False, 'shape': (1,)", 62],
  [
    "bfloat16",
    { dtype: "bfloat16", shape: [1] },
    "'<V2', 'fortran_order': False, 'shape': (1,)",
    61,
  ],
  [
    "float8_e5m2",
    { dtype: "float8_e5m2", shape: [1] },
    "'<f1', 'fortran_order': False, 'shape': (1,)",
    61,
  ],
  ["int4", { dtype: "int4", shape: [2] }, "'<V1', 'fortran_order': False, 'shape': (2,)", 61],
  [
    "a huge axis",
    { dtype: "<f8", shape: [1e15] },
    "'<f8', 'fortran_order': False, 'shape': (1000000000000000,)",
    46,
  ],
  [
    "three axes in Fortran order",
    { dtype: "<f8", shape: [3, 2, 4], fortranOrder: true },
    "'<f8', 'fortran_order': True, 'shape': (3, 2, 4)",
    57,
  ],
];
for (const [name, header, rest, padding] of GOLDEN) {
  test(`writeHeader() writes ${name} as numpy does`, () => {
    const bytes = writeHeader(header);
    const text = `{'descr': ${rest}, }`;
    const length = text.length + padding;
    const start = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, length & 255, length >> 8];
    assert.deepEqual([...bytes.subarray(0, 10)], start);
    const written = new TextDecoder("latin1").decode(bytes.subarray(10));
    assert.equal(written, `${text}${" ".repeat(padding - 1)}\n`);
    assert.equal(bytes.length % 64, 0);
  });
}

test("names beyond latin-1 make version 3.0, others of latin-1 stay in 1.0", () => {
  const header = (name: string) => writeHeader({ dtype: [[name, "<f8"]], shape: [1] });
  assert.deepEqual([...header("日").subarray(6, 12)], [3, 0, 0x74, 0, 0, 0]);
  assert.deepEqual([...header("é").subarray(6, 10)], [1, 0, 0x76, 0]);
  assert.deepEqual(readHeader(header("日")).dtype.names, ["日"]);
  assert.deepEqual(readHeader(header("é")).dtype.names, ["é"]);
});

test("a header above 65535 bytes makes version 2.0", () => {
  const dtype = DType.from(Array.from({ length: 4000 }, (_, i) => [`f${i}`, "<f8"] as const));
  const bytes = writeHeader({ dtype, shape: [1] });
  assert.deepEqual([...bytes.subarray(6, 8)], [2, 0]);
  assert.ok(readHeader(bytes, { maxHeaderSize: 1e6 }).dtype.equals(dtype));
});

test("a version can be asked for, and is refused where it can't hold the header", () => {
  const plain = { dtype: "<f8", shape: [3] };
  for (const version of [2, 3] as const) {
    const bytes = writeHeader(plain, { version });
    assert.deepEqual([...bytes.subarray(6, 12)], [version, 0, 0x74, 0, 0, 0]);
  }
  const named = { dtype: DType.from([["日", "<f8"]]), shape: [3] };
  assert.throws(() => writeHeader(named, { version: 2 }), RangeError);
  assert.throws(() => writeHeader(plain, { version: 4 as never }), RangeError);
});

test("names are quoted as Python's repr does", () => {
  const names = ["a'b", 'a"b', "a'\"b", "a\\b", "a\nb\t\r", "\x00\x7f\xa0", "\u2028", "\u{e0001}"];
  const text = new TextDecoder("utf-8").decode(
    writeHeader({ dtype: names.map((name) => [name, "i1"] as const), shape: [] }).subarray(12),
  );
  const quoted = [
    `"a'b"`,
    `'a"b'`,
    `'a\\'"b'`,
    `'a\\\\b'`,
    `'a\\nb\\t\\r'`,
    `'\\x00\\x7f\\xa0'`,
    `'\\u2028'`,
    `'\\U000e0001'`,
  ];
  for (const [i, name] of quoted.entries()) {
    assert.ok(text.includes(`(${name}, '|i1')`), `${i}: ${text}`);
  }
  const bytes = writeHeader({ dtype: names.map((name) => [name, "i1"] as const), shape: [] });
  assert.deepEqual(readHeader(bytes).dtype.names, names);
});

test("a struct whose fields overlap or are out of order is refused, as by numpy", () => {
  for (const offsets of [[0, 2], [4, 0]]) {
    const dtype = DType.from({ names: ["a", "b"], formats: ["<i4", "<i4"], offsets });
    assert.throws(() => writeHeader({ dtype, shape: [1] }), TypeError);
  }
});

test("lengths that are none are refused", () => {
  for (const length of [-1, 1.5, NaN, 2 ** 53]) {
    assert.throws(() => writeHeader({ dtype: "<f8", shape: [length] }), RangeError);
  }
});
