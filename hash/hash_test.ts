/** joblib's digests, told by Python, and what the fast ones promise. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { LimitError, PicklingError } from "../errors.ts";
import { DType, MaskedArray, NDArray } from "../numpy/mod.ts";
import {
  PyByteArray,
  PyFloat,
  PyFrozenSet,
  PyGlobal,
  PyObject,
  PyOrderedDict,
  tuple,
} from "../pickle/mod.ts";
import { loads } from "../persistence/mod.ts";
import { hash } from "./hash.ts";
import { prepareHash } from "./prepare.ts";

const XXH3 = { hashName: "xxh3" } as const;

test("hash() is joblib.hash", () => {
  assert.equal(hash(1), "366da3d0fc5e8ed36f9eac8083a46ae8");
  assert.equal(hash("a"), "0357109b163771392cc674173d921e4b");
  assert.equal(hash([1, 2]), "ad6352385cc5e69d5c24fad28c7fd226");
  assert.equal(hash(null), "4dc6000a33a1ca18a3aaedb7f9802955");
  assert.equal(hash({ b: 1, a: 2 }), "885d38d0de928775403aa661c812f0c2");
  assert.equal(hash(BigInt64Array.of(0n, 1n, 2n)), "500236f339c8f3f7d209750360720004");
  assert.equal(hash(1, { hashName: "sha1" }), "1bc1abc7c87377db888627a6a38885ce2b40ddda");
});

test("hash() tells types apart that are equal in Python", () => {
  const list = NDArray.from([0, 2], "i4");
  const values = [
    ...[1, new PyFloat(1), true, 0, -0, new PyFloat(0), "1"],
    ...[[1], tuple(1), new Set([1]), new PyFrozenSet([1]), Uint8Array.of(1), new PyByteArray([1])],
    ...[
      list,
      list.astype("i8"),
      list.astype(">i4"),
      NDArray.from([0, 9, 2, 9], "i4").slice({ step: 2 }),
    ],
  ];
  assert.equal(new Set(values.map((value) => hash(value))).size, values.length);
});

test("hash() does not heed the order of dicts and sets", () => {
  assert.equal(hash({ a: 1, b: 2 }), hash(new Map([["b", 2], ["a", 1]])));
  const mixed: [unknown, unknown][] = [[1, 1], ["a", 2], [null, 3], [tuple(1, "x"), 4]];
  assert.equal(hash(new Map(mixed)), hash(new Map([...mixed].reverse())));
  assert.equal(hash(new Set([3, 1, 2])), hash(new Set([2, 3, 1])));
  assert.equal(hash(new Set<unknown>([1, "a"])), hash(new Set<unknown>(["a", 1])));
});

test("hash() orders keys by code point, not by UTF-16 unit", () => {
  const dict = new Map([["\ufb01", 1], ["😀", 2]]);
  // joblib.hash({"\ufb01": 1, "\U0001f600": 2})
  assert.equal(hash(dict), hash({ "😀": 2, "\ufb01": 1 }));
  assert.notEqual(hash(dict), hash({ "😀": 1, "\ufb01": 2 }));
});

test("hash() sees that one list stands twice, and is blind to it in text and sets", () => {
  const list = [1];
  const set = new Set([1]);
  assert.notEqual(hash([list, list]), hash([[1], [1]]));
  assert.equal(hash([set, set]), hash([new Set([1]), new Set([1])]));
  assert.equal(hash(["ab", "ab"]), hash(["ab", ["a", "b"].join("")]));
});

test("hash() agrees with other versions of Python and numpy when told", () => {
  const objects = new NDArray({ dtype: DType.from("O"), shape: [1], objects: [1] });
  const dates = NDArray.from([1n], "m8[s]");
  assert.notEqual(hash(objects), hash(objects, { numpyMajor: 1 }));
  assert.equal(hash(dates, { datetimeState: "old" }), "66c602526a94e8475979764fbfd0d4cd");
  assert.equal(hash(dates, { numpyMajor: 1 }), "66c602526a94e8475979764fbfd0d4cd");
  assert.notEqual(hash(dates), hash(dates, { pickleProtocol: 5 }));
  assert.equal(hash([1]), hash([1], { pickleProtocol: 5, numpyMajor: 1, datetimeState: "old" }));
});

test("hash() takes a memory map for an array when told", () => {
  const parts = { dtype: DType.from("u1"), shape: [2], bytes: Uint8Array.of(1, 2) };
  const mapped = new NDArray({ ...parts, pyClass: new PyGlobal("numpy", "memmap") });
  assert.notEqual(hash(mapped), hash(new NDArray(parts)));
  assert.equal(hash(mapped, { coerceMmap: true }), hash(new NDArray(parts)));
});

test("hash() refuses what has no stable hash", () => {
  assert.throws(() => hash({ a: [() => 1] }), { name: "PicklingError", path: "$.a[0]" });
  assert.throws(() => hash(new PyFrozenSet(["a", "b"])), /Cannot hash .* frozenset/);
  assert.throws(() => hash(new Map([[[1], 1]])), PicklingError);
  const mask = NDArray.from([false, true]);
  assert.throws(() => hash(new MaskedArray(NDArray.from([1, 2]), mask)), /its data and its mask/);
  const decimal = new PyGlobal("decimal", "Decimal");
  const keys = ["1", "2"].map((text) =>
    new PyObject({ how: "reduce", callable: decimal, args: tuple<unknown>(text) })
  );
  assert.throws(() => hash(new Set(keys)), /only Python knows whether .*Decimal/);
});

test("hash() refuses names and options that it does not know", () => {
  assert.throws(() => hash(1, { hashName: "md4" as "md5" }), RangeError);
  assert.throws(() => hash(1, { hash_name: "md5" } as object), /use "hashName"/);
  assert.throws(() => hash(1, { numpyMajor: 3 as 1 }), RangeError);
  assert.throws(
    () => hash(1, "sha1" as never),
    /Cannot use "sha1" .* hash\(\): .*{ hashName: … }/,
  );
});

test("hash() of a struct dtype is blind to text that was equal elsewhere in its file", () => {
  // [{'radius':1},np.dtype([(''.join(['rad','ius']),'f8'),('q','f8')])]
  const pickle =
    "gASViQAAAAAAAABdlCh9lIwGcmFkaXVzlEsBc4wFbnVtcHmUjAVkdHlwZZSTlIwDVjE2lImIh5RSlChLA4wBfJRO" +
    "jAZyYWRpdXOUjAFxlIaUfZQoaApoBYwCZjiUiYiHlFKUKEsDjAE8lE5OTkr/////Sv////9LAHSUYksAhpRoC2gQ" +
    "SwiGlHVLEEsBSxB0lGJlLg==";
  const bytes = Uint8Array.from(atob(pickle), (char) => char.charCodeAt(0));
  assert.equal(hash(loads(bytes, { exact: true })), "4a3134278a177059aabe155d45a64e84");
});

test("a fast hash is the same for equal values, whatever is shared and however arrays lie", async () => {
  await prepareHash("xxh3");
  const list = [1, 2];
  const square = NDArray.from([[1, 2], [3, 4]]);
  const equal: [unknown, unknown][] = [
    [[list, list], [[1, 2], [1, 2]]],
    [new Map<string, unknown>([["b", 2], ["a", 1]]), { a: 1, b: 2 }],
    [new Set<unknown>([1, "a", null, tuple(1)]), new Set<unknown>([tuple(1), null, "a", 1])],
    [new PyFrozenSet(["b", "a"]), new PyFrozenSet(["a", "b"])],
    [square, NDArray.from([[1, 2], [3, 4]], { order: "F" })],
    [square.slice(null, 0), Float64Array.of(1, 3)],
    [new MaskedArray(square), new MaskedArray(square, NDArray.zeros([2, 2], "?"))],
  ];
  for (const [a, b] of equal) assert.equal(hash(a, XXH3), hash(b, XXH3));
  const others = [1, new PyFloat(1), true, "1", [1], tuple(1), square, square.astype("f4"), list];
  assert.equal(new Set(others.map((value) => hash(value, XXH3))).size, others.length);
});

test("a fast hash heeds the order of an OrderedDict, and all keys", async () => {
  await prepareHash("blake3");
  const options = { hashName: "blake3" } as const;
  const dict = new PyOrderedDict<unknown, unknown>([["a", 1], [2, 2]]);
  const turned = new PyOrderedDict<unknown, unknown>([[2, 2], ["a", 1]]);
  assert.notEqual(hash(dict, options), hash(turned, options));
  assert.equal(hash("x", options).length, 64);
});

test("a fast hash ends at a value that contains itself", async () => {
  await prepareHash("xxh3");
  const loop: unknown[] = [];
  loop.push(loop);
  assert.throws(() => hash(loop, XXH3), LimitError);
  assert.equal(hash(1, XXH3), hash(1, XXH3)); // the one that failed is out of the way
  assert.equal(hash(loop).length, 32);
});

test("hashes may be computed while another is", async () => {
  await prepareHash("xxh3");
  const inner = hash([5], XXH3);
  class Nested {
    static pyClass = "m.Nested";
    getState(): unknown {
      return hash([5], XXH3);
    }
  }
  const big = "x".repeat(3 << 20);
  assert.equal(hash([big, new Nested(), big], XXH3), hash([big, new Nested(), big], XXH3));
  assert.equal(new Nested().getState(), inner);
});

test("hash() refuses a set whose members Python leaves as it finds them", () => {
  const halves = [new PyFrozenSet([1]), new PyFrozenSet([2])];
  assert.throws(() => hash(new Set(halves)), /order in which Python walks it/);
  assert.throws(() => hash(new Set([NaN, 1])), /order in which Python walks it/);
  const nested = [new PyFrozenSet([1]), new PyFrozenSet([1, 2])];
  assert.equal(hash(new Set(nested)), hash(new Set(nested.reverse())));
  assert.equal(hash(new Set([NaN])).length, 32);
});

test("hash() takes arrays by content: dtype, shape and strides count, NaN equals NaN", () => {
  const array = NDArray.from([0, 1, NaN]);
  assert.equal(hash(array), hash(array.copy()));
  assert.equal(hash(array), hash(Float64Array.of(0, 1, NaN)));
  const square = NDArray.from([[1, 2], [3, 4]], "i4");
  const others = [
    array,
    NDArray.from([-0, 1, NaN]),
    array.astype("f4"),
    square,
    square.transpose(),
    NDArray.from([1, 2, 3, 4], "i4"),
    NDArray.from([[1, 2, 3, 4]], "i4"),
  ];
  assert.equal(new Set(others.map((other) => hash(other))).size, others.length);
});

test("hash() of a value that grows beyond the first buffer, and of small ones in turn, is the same each time", () => {
  const large = Array.from({ length: 5000 }, (_, i) => `text ${i}`);
  const values = [1, large, { x: 1 }, [Float64Array.of(1), large], "a"];
  const first = values.map((value) => hash(value));
  for (let i = 0; i < 5; i++) assert.deepEqual(values.map((value) => hash(value)), first);
  // joblib.hash(["text %d" % i for i in range(5000)])
  assert.equal(first[1], "a79274c8bca3a9663b97cb9adcf89675");
});
