import { test } from "node:test";
import assert from "node:assert/strict";
import { inspect } from "node:util";
import { PyComplex, tuple } from "../pickle/values.ts";
import { DType } from "./dtype.ts";
import { NDArray } from "./ndarray.ts";
import { toNative } from "./native.ts";

test("from() nests numbers as float64", () => {
  const array = NDArray.from([[1, 2], [3, 4]]);
  assert.equal(array.dtype, DType.from("f8"));
  assert.deepEqual(array.shape, [2, 2]);
  assert.deepEqual(array.data, Float64Array.of(1, 2, 3, 4));
  assert.deepEqual([array.stride, array.offset, array.order], [[2, 1], 0, "C"]);
});

test("from() infers the other types", () => {
  assert.equal(NDArray.from([true, false]).dtype.str, "|b1");
  assert.equal(NDArray.from([1n, 2n]).dtype.str, "<i8");
  assert.equal(NDArray.from(["a", "bcd🚀"]).dtype.str, "<U4");
  assert.equal(NDArray.from([new PyComplex(1, 2), 3]).dtype.str, "<c16");
  assert.equal(NDArray.from([1, "a", null]).dtype.str, "|O");
  assert.equal(NDArray.from([]).dtype.str, "<f8");
});

test("from() takes a dtype, a shape and an order", () => {
  const array = NDArray.from([1, 2, 3, 4, 5, 6], { dtype: "<i8", shape: [2, 3], order: "F" });
  assert.deepEqual(array.data, BigInt64Array.of(1n, 4n, 2n, 5n, 3n, 6n));
  assert.deepEqual(array.toArray(), [[1n, 2n, 3n], [4n, 5n, 6n]]);
  assert.equal(array.order, "F");
  assert.throws(() => NDArray.from([[1, 2], [3]]), RangeError);
  assert.throws(() => NDArray.from([1, 2, 3], { shape: [2, 2] }), RangeError);
  assert.throws(() => NDArray.from([300], "u1"), RangeError);
});

test("from() shares the memory of a typed array", () => {
  const values = Float32Array.of(1, 2, 3, 4);
  const array = NDArray.from(values, { shape: [2, 2] });
  array.set(1, 0, 9);
  assert.equal(values[2], 9);
  assert.equal(NDArray.from(Uint8ClampedArray.of(1)).dtype.str, "|u1");
  const wide = NDArray.from(values, "f8");
  assert.deepEqual(wide.data, Float64Array.of(1, 2, 9, 4));
});

test("every number type reads and writes in both byte orders", () => {
  const cases: [string, unknown[]][] = [
    ["b1", [true, false]],
    ["i1", [-128, 127]],
    ["u1", [0, 255]],
    ["i2", [-32768, 32767]],
    ["u2", [0, 65535]],
    ["i4", [-2147483648, 2147483647]],
    ["u4", [0, 4294967295]],
    ["i8", [-(2n ** 63n), 2n ** 63n - 1n]],
    ["u8", [0n, 2n ** 64n - 1n]],
    ["f2", [-1.5, 65504]],
    ["f4", [-1.5, 3.4028234663852886e38]],
    ["f8", [-0.1, 1e300]],
    ["f16", [-0.1, 1e300]],
    ["c8", [new PyComplex(1.5, -2), new PyComplex(0, 1)]],
    ["c16", [new PyComplex(0.1, -2), new PyComplex(0, 1)]],
    ["c32", [new PyComplex(0.1, -2), new PyComplex(0, 1)]],
    ["M8[s]", [-(2n ** 63n), 5n]],
    ["m8[ns]", [-7n, 5n]],
    ["U3", ["aé\u{1f680}", "\ud800"]],
    ["S3", ["a\xff", ""]],
    ["V2", [Uint8Array.of(1, 0), Uint8Array.of(0, 0)]],
    ["O", [{ a: 1 }, null]],
  ];
  for (const [type, values] of cases) {
    for (const order of ["<", ">"] as const) {
      const dtype = DType.from(type).newByteOrder(order);
      const array = NDArray.from(values, { dtype, shape: [2] });
      assert.deepEqual(array.toArray(), values, `${order}${type}`);
    }
  }
});

test("data refuses to show wrong values", () => {
  assert.throws(() => NDArray.zeros(2, ">f8").data, /native byte order; use astype/);
  assert.throws(() => NDArray.zeros(2, "bfloat16").data, /astype\("float32"\)/);
  assert.throws(() => NDArray.zeros(2, "f16").data, /astype\("float64"\)/);
  assert.throws(() => NDArray.zeros(2, [["a", "i4"]]).data, /field\(\)/);
  const odd = NDArray.zeros(2, [["a", "i1"], ["b", "f8"]]).field("b");
  assert.throws(() => odd.data, /contiguous\(\)/);
  assert.throws(() => odd.stride, /contiguous\(\)/);
  assert.throws(() => odd.offset, /contiguous\(\)/);
  assert.deepEqual(odd.contiguous().data, new Float64Array(2));
  const unaligned = NDArray.fromBytes(new Uint8Array(17).subarray(1), {
    dtype: DType.from("f8"),
    shape: [2],
  });
  assert.throws(() => unaligned.data, /contiguous\(\)/);
  assert.deepEqual(unaligned.contiguous().data, new Float64Array(2));
});

test("data of text is decoded, of complex interleaved, of bool 0 and 1", () => {
  const text = NDArray.from(["ab", "c"]);
  assert.deepEqual(text.data, ["ab", "c"]);
  text.set(1, "xy");
  assert.deepEqual(text.data, ["ab", "xy"]);
  assert.deepEqual(NDArray.from([new PyComplex(1, 2)]).data, Float64Array.of(1, 2));
  assert.deepEqual(NDArray.from([true]).data, Uint8Array.of(1));
  const objects = NDArray.from([{ a: 1 }, "x"], "O");
  assert.deepEqual(objects.data, [{ a: 1 }, "x"]);
});

test("slice() makes live views", () => {
  const array = NDArray.from([[1, 2, 3], [4, 5, 6]], "i4");
  const view = array.slice(null, { step: -2 });
  assert.deepEqual(view.toArray(), [[3, 1], [6, 4]]);
  assert.deepEqual([view.stride, view.offset], [[3, -2], 2]);
  assert.equal(view.data, array.data);
  view.set(0, 1, 10);
  assert.equal(array.get(0, 0), 10);
  assert.deepEqual(array.row(-1).toArray(), [4, 5, 6]);
  assert.equal(array.slice(1, 2).get(), 6);
  assert.throws(() => array.get(0), /1 indices given for 2 dimensions/);
  assert.throws(() => array.get(2, 0), RangeError);
});

test("set() with fewer indices fills, and casts as numpy does", () => {
  const array = NDArray.zeros([2, 2], "i4");
  array.set(0, 7.9);
  array.set(1, [1, 2]);
  assert.deepEqual(array.toArray(), [[7, 7], [1, 2]]);
  assert.throws(() => array.set(0, 0, 2 ** 31), RangeError);
  assert.throws(() => array.set(0, 0, NaN), RangeError);
  assert.throws(() => array.set(0, 0, "x"), TypeError);
  const readOnly = new NDArray({
    dtype: DType.from("i4"),
    shape: [1],
    bytes: new Uint8Array(4),
    writeable: false,
  });
  assert.throws(() => readOnly.set(0, 1), /read-only/);
});

test("structs read as objects, fields as live views", () => {
  const points = NDArray.from([tuple(1, 2.5), tuple(3, 4.5)], [["n", ">i4"], ["x", "f4"]]);
  assert.deepEqual(points.get(1), { n: 3, x: 4.5 });
  points.field("n").set(0, 9);
  assert.deepEqual(points.get(0), { n: 9, x: 2.5 });
  assert.throws(() => points.field("y"), /the fields are n, x/);
  const nested = NDArray.zeros(1, [["m", "i2", [2, 2]], ["__proto__", "u1"]]);
  nested.field("m").set(0, 1, 0, 5);
  assert.deepEqual(nested.field("m").shape, [1, 2, 2]);
  assert.deepEqual((nested.toArray() as Record<string, unknown>[])[0].m, [[0, 0], [5, 0]]);
  assert.equal(Object.hasOwn(nested.get(0) as object, "__proto__"), true);
});

test("structs hold objects", () => {
  const array = NDArray.zeros(2, [["a", "i4"], ["o", "O"]]);
  assert.deepEqual(array.get(0), { a: 0, o: 0 });
  array.set(1, { a: 2, o: ["any"] });
  assert.deepEqual(array.field("o").toArray(), [0, ["any"]]);
  assert.deepEqual(array.copy().field("o").contiguous().data, [0, ["any"]]);
});

test("NDArray.zeros() names the length that is none", () => {
  for (const length of [-1, 1.5, NaN]) {
    assert.throws(() => NDArray.zeros([2, length]), {
      name: "RangeError",
      message: `Cannot make array: ${length} is no length of an axis`,
    });
  }
  assert.throws(() => NDArray.zeros([2 ** 30, 2 ** 30]), /is too large/);
});

test("transpose(), copy() and tobytes() keep the memory's order", () => {
  const array = NDArray.from([[1, 2, 3], [4, 5, 6]], "u1");
  const turned = array.transpose();
  assert.equal(turned.order, "F");
  assert.deepEqual([...turned.tobytes("C")], [1, 4, 2, 5, 3, 6]);
  assert.deepEqual([...turned.tobytes("F")], [1, 2, 3, 4, 5, 6]);
  assert.equal(turned.tobytes("F").buffer, array.bytes.buffer);
  assert.equal(turned.copy().order, "F");
  assert.equal(turned.contiguous().order, "C");
  assert.deepEqual(NDArray.zeros([2, 3, 4]).transpose([1, 2, 0]).shape, [3, 4, 2]);
  assert.throws(() => turned.transpose([0, 0]), RangeError);
});

test("packing walks any element size", () => {
  for (const type of ["u1", "u2", "u4", "f8", "c16", "S3", "V5"]) {
    const array = NDArray.zeros([3, 4], type);
    for (let i = 0; i < array.bytes.length; i++) array.bytes[i] = i + 1;
    const view = array.slice({ step: 2 }, { start: 3, step: -2 });
    const width = array.itemsize;
    const expected = [3, 1, 11, 9].flatMap((n) =>
      Array.from({ length: width }, (_, k) => n * width + k + 1)
    );
    assert.deepEqual([...view.tobytes()], expected, type);
  }
});

test("astype() converts numbers, bytes and text", () => {
  const array = NDArray.from([[1.9, -2.9], [3, 300]]);
  assert.deepEqual(array.astype("i8").toArray(), [[1n, -2n], [3n, 300n]]);
  assert.deepEqual(array.astype(">i2").toArray(), [[1, -2], [3, 300]]);
  assert.deepEqual(array.astype("?").toArray(), [[true, true], [true, true]]);
  assert.deepEqual(array.astype("u1").toArray(), [[1, 254], [3, 44]]);
  assert.deepEqual(array.astype("c8").get(0, 0), new PyComplex(1.899999976158142, 0));
  const big = NDArray.from([2n ** 40n, -1n]);
  assert.deepEqual(big.astype("i4").toArray(), [0, -1]);
  assert.deepEqual(big.astype("f8").toArray(), [2 ** 40, -1]);
  assert.equal(NDArray.from(["a", "bcd"]).astype("O").get(1), "bcd");
  assert.deepEqual(NDArray.zeros(2, ">f8").astype("f8").data, new Float64Array(2));
  assert.throws(() => NDArray.zeros(1, "M8[s]").astype("M8[ms]"), /units differ/);
});

test("iteration gives elements of 1-D and rows of n-D arrays", () => {
  assert.deepEqual([...NDArray.from([1, 2])], [1, 2]);
  const rows = [...NDArray.from([[1], [2]])] as NDArray[];
  assert.deepEqual(rows.map((row) => row.toArray()), [[1], [2]]);
  assert.throws(() => [...NDArray.zeros([])], TypeError);
});

test("the memory must hold all elements", () => {
  const dtype = DType.from("f8");
  assert.throws(() => new NDArray({ dtype, shape: [2], bytes: new Uint8Array(8) }), RangeError);
  assert.throws(
    () => new NDArray({ dtype, shape: [2], bytes: new Uint8Array(16), byteStrides: [-8] }),
    RangeError,
  );
  assert.throws(() => new NDArray({ dtype, shape: [-1], bytes: new Uint8Array(8) }), RangeError);
  assert.throws(() => NDArray.zeros([2 ** 40, 2 ** 40]), RangeError);
  assert.throws(
    () => NDArray.fromBytes(new Uint8Array(9), { dtype, shape: [1] }),
    /9 bytes given, 8 needed/,
  );
});

test("toNative() follows joblib's rule", () => {
  const foreign = NDArray.from([1, 2], ">i4");
  const native = toNative(foreign);
  assert.equal(native.bytes, foreign.bytes);
  assert.deepEqual(native.data, Int32Array.of(1, 2));
  const both = toNative(NDArray.from([tuple(1, 2)], [["a", ">i2"], ["b", ">f8"]]));
  assert.equal(String(both.dtype), "[('a', '<i2'), ('b', '<f8')]");
  assert.deepEqual(both.get(0), { a: 1, b: 2 });
  const mixed = NDArray.zeros(1, [["a", ">i2"], ["b", "u1"]]);
  assert.equal(toNative(mixed), mixed);
  assert.deepEqual(toNative(NDArray.from(["ab"], ">U2")).data, ["ab"]);
});

test("an array shows as numpy's repr", () => {
  // from numpy 2.4
  const cases: [NDArray, string][] = [
    [NDArray.from([1n, 2n]), "array([1, 2])"],
    [NDArray.from([[1, 2.5], [3, 4]]), "array([[1. , 2.5],\n       [3. , 4. ]])"],
    [NDArray.from([true, false]), "array([ True, False])"],
    [NDArray.from(["a", "bc"]), "array(['a', 'bc'], dtype='<U2')"],
    [NDArray.from(["a"], "S1"), "array([b'a'], dtype='|S1')"],
    [NDArray.zeros([0, 3]), "array([], shape=(0, 3), dtype=float64)"],
    [NDArray.from([1e20, 1.5]), "array([1.0e+20, 1.5e+00])"],
    [NDArray.from([1, null, "x"]), "array([1, None, 'x'], dtype=object)"],
    [NDArray.from([18262], "M8[D]"), "array(['2020-01-01'], dtype='datetime64[D]')"],
    [NDArray.from([1], "bfloat16"), "array([1], dtype=bfloat16)"],
    [
      NDArray.from([tuple(1, 2)], [["a", "i4"], ["b", "f8"]]),
      "array([(1, 2.)], dtype=[('a', '<i4'), ('b', '<f8')])",
    ],
    [
      NDArray.from(Float64Array.from({ length: 1001 }, (_, i) => i)),
      "array([   0.,    1.,    2., ...,  998.,  999., 1000.], shape=(1001,))",
    ],
  ];
  for (const [array, text] of cases) assert.equal(inspect(array), text);
});

test("an array's repr has the digits of its type, aligned parts and broken lines", () => {
  // from numpy 2.4
  const struct = NDArray.from([tuple(1, true), tuple(10, false)], [["a", "i4"], ["b", "?"]]);
  const complex = NDArray.from([new PyComplex(1, 2), new PyComplex(-0.5, -1.25)]);
  const cases: [NDArray, string][] = [
    [NDArray.from([-18.8, 0.1], "f4"), "array([-18.8,   0.1], dtype=float32)"],
    [NDArray.from([0.1, 2], "f2"), "array([0.1, 2. ], dtype=float16)"],
    [NDArray.from([true, true]), "array([ True,  True])"],
    [struct, "array([( 1,  True), (10, False)], dtype=[('a', '<i4'), ('b', '?')])"],
    [complex, "array([ 1. +2.j  , -0.5-1.25j])"],
    [
      NDArray.from(Float64Array.from({ length: 22 }, (_, i) => i / 2)),
      "array([ 0. ,  0.5,  1. ,  1.5,  2. ,  2.5,  3. ,  3.5,  4. ,  4.5,  5. ,\n" +
      "        5.5,  6. ,  6.5,  7. ,  7.5,  8. ,  8.5,  9. ,  9.5, 10. , 10.5])",
    ],
  ];
  for (const [array, text] of cases) assert.equal(inspect(array), text);
});

test("JSON.stringify() gives nested lists, as numpy's tolist() does", () => {
  const json = (value: unknown, dtype?: string) => JSON.stringify(NDArray.from(value, { dtype }));
  assert.equal(json([[1.5, NaN], [-0, 3]]), "[[1.5,null],[0,3]]");
  assert.equal(json([[1n, -(2n ** 53n) + 1n]]), "[[1,-9007199254740991]]");
  assert.equal(json([true, false]), "[true,false]");
  assert.equal(json(["a", "é"]), '["a","é"]');
  assert.equal(json([]), "[]");
  assert.equal(JSON.stringify({ at: NDArray.from(7n) }), '{"at":7}');
  assert.throws(() => json([2n ** 53n]), TypeError); // no number is this one
  const records = NDArray.zeros([1], DType.from([["id", "<i8"], ["at", "<f8", [2]]]));
  records.set(0, { id: 3n, at: [1, 2] });
  assert.equal(JSON.stringify(records), '[{"id":3,"at":[1,2]}]');
  assert.equal(JSON.stringify(records.dtype), '[["id","<i8"],["at","<f8",[2]]]');
  assert.equal(JSON.stringify(DType.from("float64")), '"<f8"');
});
