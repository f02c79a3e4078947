/**
 * joblib.hash of some hundred Python expressions, by several versions of Python and numpy, against our hash
 * of the same values. The digests lie beside the repository, as the corpus does.
 */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import process from "node:process";
import { test } from "node:test";
import {
  DType,
  hash,
  type HashOptions,
  MaskedArray,
  NDArray,
  NumpyScalar,
  PyComplex,
  PyCounter,
  PyDateTime,
  PyDeque,
  PyFloat,
  PyFrozenSet,
  PyGlobal,
  PyObject,
  PyOrderedDict,
  PyTimedelta,
  PyTimezone,
  type PyTuple,
  tuple,
} from "../mod.ts";

interface Vector {
  expr: string;
  md5: string;
  sha1: string;
  variants?: Record<string, string>;
}

const list = [1, 2];
const loop: unknown[] = [];
loop.push(loop);
const looped = tuple<unknown>([]);
(looped[0] as unknown[]).push(looped);
const set = new Set([1]);
const small = Uint8ClampedArray.of(0, 1);
const ints = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
const six = Int32Array.from(ints(6));

/** Our value for each Python expression. */
const VALUES: Record<string, unknown> = {
  "None": null,
  "False": false,
  "0": 0,
  "255": 255,
  "256": 256,
  "65536": 65536,
  "-1": -1,
  "-2**31": -(2 ** 31),
  "2**31": 2 ** 31,
  "2**53": 2n ** 53n,
  "2**63": 2n ** 63n,
  "2**64": 2n ** 64n,
  "10**100": 10n ** 100n,
  "0.0": new PyFloat(0),
  "-0.0": -0,
  "0.1": 0.1,
  "float('inf')": Infinity,
  "1+2j": new PyComplex(1, 2),
  "''": "",
  "'hello world'": "hello world",
  "'h\\u00e9llo'": "héllo",
  "'\\ud800'": "\ud800",
  "'a'*300": "a".repeat(300),
  "b'abc'": bytes("abc"),
  "b'x'*256": bytes("x".repeat(256)),
  "[]": [],
  "[1]": [1],
  "[1, 2.5, 'a', None, True]": [1, 2.5, "a", null, true],
  "list(range(1000))": ints(1000),
  "list(range(1002))": ints(1002),
  "['a', 'a']": ["a", "a"],
  "(lambda L: [L, L])([1, 2])": [list, list],
  "(lambda L: (L.append(L), L)[1])([])": loop,
  "(1,)": tuple(1),
  "(1, 2)": tuple(1, 2),
  "(1, 2, 3, 4)": tuple(1, 2, 3, 4),
  "[tuple([1, 2]), tuple([1, 2])]": [tuple(1, 2), tuple(1, 2)],
  "[(), ()]": [tuple(), tuple()],
  "(lambda t: (t[0].append(t), t)[1])(([],))": looped,
  "{}": {},
  "{'a': 1}": { a: 1 },
  "{'x': 1, 'y': 2.5, 'name': 'z'}": { x: 1, y: 2.5, name: "z" },
  "{2: 'b', 1: 'a'}": new Map([[2, "b"], [1, "a"]]),
  "{None: 0, 'k': 1}": new Map<unknown, unknown>([[null, 0], ["k", 1]]),
  "{'a': {'c': 1, 'b': [1, 2]}, 'Z': (1, 'x')}": { a: { c: 1, b: [1, 2] }, Z: tuple(1, "x") },
  "{'*': [1, 2], '**': {'k': 3}}": { "*": [1, 2], "**": { k: 3 } },
  "{'x': 3, '*': [], '**': {}}": { x: 3, "*": [], "**": {} },
  "set()": new Set(),
  "{1}": new Set([1]),
  "{'b', 'a'}": new Set(["b", "a"]),
  "{'a', 1}": new Set<unknown>(["a", 1]),
  "frozenset()": new PyFrozenSet(),
  "frozenset([1])": new PyFrozenSet([1]),
  "(lambda s: [s, s])({1})": [set, set],
  "range(3)": call("builtins.range", 0, 3, 1),
  "Ellipsis": named("builtins.Ellipsis"),
  "NotImplemented": named("builtins.NotImplemented"),
  "dict": named("builtins.dict"),
  "np.ndarray": named("numpy.ndarray"),
  "len": named("builtins.len"),
  "print": named("builtins.print"),
  "'a'.upper": call("builtins.getattr", "a", "upper"),
  "np.sum": named("numpy.sum"),
  "os.path.join": named("posixpath.join"),
  "json.dumps": named("json.dumps"),
  "datetime.datetime(2020, 1, 1, 12, 30, 15, 5)": new PyDateTime(2020, 1, 1, {
    hour: 12,
    minute: 30,
    second: 15,
    microsecond: 5,
  }),
  "datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc)": new PyDateTime(2020, 1, 1, {
    tzinfo: new PyTimezone(new PyTimedelta(0)),
  }),
  "decimal.Decimal('1.50')": call("decimal.Decimal", "1.50"),
  "fractions.Fraction(1, 2)": call("fractions.Fraction", 1, 2),
  "uuid.UUID(int=1)": uuid(1),
  "collections.OrderedDict([('b', 1), ('a', 2)])": new PyOrderedDict([["b", 1], ["a", 2]]),
  "collections.Counter('aab')": new PyCounter([["a", 2], ["b", 1]]),
  "collections.deque([1, 2])": PyDeque.of(1, 2),
  "np.dtype('<i4')": DType.from("<i4"),
  "np.dtype('f8')": DType.from("f8"),
  "np.dtype([('a', '<i4'), ('b', '<f8')])": DType.from([["a", "<i4"], ["b", "<f8"]]),
  "np.bool_(True)": NumpyScalar.from(true, "bool"),
  "np.int64(3)": NumpyScalar.from(3n, "int64"),
  "np.uint8(255)": NumpyScalar.from(255, "uint8"),
  "np.float64(1.5)": NumpyScalar.from(1.5, "float64"),
  "np.complex128(1+2j)": NumpyScalar.from(new PyComplex(1, 2), "complex128"),
  "np.bytes_(b'a')": NumpyScalar.from("a", "S1"),
  "np.datetime64('2020-01-01', 'D')": NumpyScalar.from(18262n, "M8[D]"),
  "np.arange(3, dtype='<i4')": Int32Array.of(0, 1, 2),
  "np.arange(3, dtype='>i4')": NDArray.from([0, 1, 2], ">i4"),
  "np.arange(3, dtype='<i8')": BigInt64Array.of(0n, 1n, 2n),
  "np.arange(3, dtype='<f8')": Float64Array.of(0, 1, 2),
  "np.array([1.5, np.nan], dtype='<f2')": NDArray.from([1.5, NaN], "<f2"),
  "np.array([True, False])": NDArray.from([true, false]),
  "np.arange(6, dtype='<i4').reshape(2, 3)": NDArray.from(six, { shape: [2, 3] }),
  "np.asfortranarray(np.arange(6, dtype='<i4').reshape(2, 3))": NDArray.from(
    [[0, 1, 2], [3, 4, 5]],
    { dtype: "<i4", order: "F" },
  ),
  "np.arange(6, dtype='<i4')[::2]": NDArray.from(six).slice({ step: 2 }),
  "np.arange(6, dtype='<i4')[::-1]": NDArray.from(six).slice({ step: -1 }),
  "np.arange(24, dtype='u1').reshape(2, 3, 4)[:, 1:, ::2]": NDArray.from(
    Uint8ClampedArray.from(ints(24)),
    { shape: [2, 3, 4] },
  ).slice(null, { start: 1 }, { step: 2 }),
  "np.array(5, dtype='<i4')": NDArray.from(5, { dtype: "<i4", shape: [] }),
  "np.zeros((0, 3), dtype='<f8')": NDArray.zeros([0, 3]),
  "np.ones((3, 1), order='C')": NDArray.from([[1], [1], [1]]),
  "np.ones(3)[None]": new NDArray({
    dtype: DType.from("f8"),
    shape: [1, 3],
    bytes: new Uint8Array(Float64Array.of(1, 1, 1).buffer),
    byteStrides: [0, 8],
  }),
  "np.array(['ab', 'c'])": NDArray.from(["ab", "c"]),
  "np.array(['2020-01-01'], dtype='M8[ns]')": NDArray.from(
    [18262n * 86_400n * 10n ** 9n],
    "M8[ns]",
  ),
  "np.array([1], dtype='m8[s]')": NDArray.from([1n], "m8[s]"),
  "np.zeros(1, dtype='V3')": NDArray.zeros(1, "V3"),
  "np.array([1, 'a', None], dtype=object)": objects(1, "a", null),
  "np.matrix([[1, 2]], dtype='<i4')": new NDArray({
    dtype: DType.from("<i4"),
    shape: [1, 2],
    bytes: new Uint8Array(Int32Array.of(1, 2).buffer),
    byteStrides: [4, 4],
    pyClass: new PyGlobal("numpy", "matrix"),
  }),
  "np.ma.array([1, 2], mask=[0, 1], dtype='u1')": new MaskedArray(
    NDArray.from([1, 2], "u1"),
    NDArray.from([false, true]),
  ),
  "[np.arange(2, dtype='u1'), np.arange(2, dtype='u1')]": [
    Uint8ClampedArray.of(0, 1),
    Uint8ClampedArray.of(0, 1),
  ],
  "(lambda a: [a, a])(np.arange(2, dtype='u1'))": [small, small],
  "{'x': np.float64(0.5), 'y': [1, 2, 3], 'z': 'abc'}": {
    x: NumpyScalar.from(0.5, "f8"),
    y: [1, 2, 3],
    z: "abc",
  },
  "np.arange(100000, dtype='<i4')": Int32Array.from(ints(100_000)),
};

const file = new URL("../../shared/fixtures/vectors/hash-vectors.json", import.meta.url);
const vectors: readonly Vector[] = existsSync(file)
  ? (JSON.parse(readFileSync(file, "utf8")) as { vectors: Vector[] }).vectors
  : [];

if (vectors.length === 0 && process.env.LARDER_REQUIRE !== "1") {
  test("hash() gives Python's digests", { skip: "the vectors are not there" }, () => {});
} else {
  test("every vector of a hash has a value of ours", () => {
    assert.ok(vectors.length > 0, "LARDER_REQUIRE=1, but the vectors are not there");
    assert.deepEqual(vectors.map(({ expr }) => expr).sort(), Object.keys(VALUES).sort());
  });
}

for (const { expr, md5, sha1, variants = {} } of vectors) {
  test(`hash() gives Python's digests of ${expr}`, () => {
    const value = VALUES[expr];
    assert.deepEqual([hash(value), hash(value, { hashName: "sha1" })], [md5, sha1]);
  });
  for (const [versions, expected] of Object.entries(variants)) {
    test(`hash() gives the digest of ${expr} by ${versions}`, () => {
      assert.equal(hash(valueFor(expr, versions), optionsFor(versions)), expected);
    });
  }
}

/** How to agree with the versions of Python and numpy in a text such as `py3.9.18/numpy2.0.2/joblib1.5.3`. */
function optionsFor(versions: string): HashOptions {
  const [, major, minor] = /numpy(\d+)\.(\d+)/.exec(versions)!.map(Number);
  if (major === 1) return { numpyMajor: 1 };
  return { datetimeState: minor >= 4 ? "new" : "old" };
}

/** Python below 3.11 pickles a Fraction as text. */
function valueFor(expr: string, versions: string): unknown {
  const old = Number(/^py3\.(\d+)/.exec(versions)![1]) < 11;
  return old && expr === "fractions.Fraction(1, 2)"
    ? call("fractions.Fraction", "1/2")
    : VALUES[expr];
}

function named(className: string): PyGlobal {
  const dot = className.lastIndexOf(".");
  return new PyGlobal(className.slice(0, dot), className.slice(dot + 1));
}

function call(className: string, ...args: unknown[]): PyObject {
  return new PyObject({
    how: "reduce",
    callable: named(className),
    args: tuple(...args) as PyTuple,
  });
}

function uuid(int: number): PyObject {
  const made = new PyObject({ callable: named("uuid.UUID") });
  made.states.push({ value: { int } });
  return made;
}

function objects(...items: unknown[]): NDArray {
  return new NDArray({ dtype: DType.from("object"), shape: [items.length], objects: items });
}

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
