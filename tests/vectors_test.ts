/**
 * The bytes of Python's joblib.dump for some fifty expressions, against our dump of the same values.
 * They lie beside the repository, as the corpus does.
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import process from "node:process";
import { test } from "node:test";
import { DType, dumps, NDArray, NumpyScalar, PyFrozenSet, PyGlobal, PyObject } from "../mod.ts";
import { type DumpOptions, load, loads, PyDateTime, PyOrderedDict, tuple } from "../mod.ts";

interface Vector {
  expr: string;
  default: string;
  protocol2: string;
  protocol3: string;
  protocol5: string;
}

const PROTOCOLS = ["default", "protocol2", "protocol3", "protocol5"] as const;

/** Our value for a Python expression, and how it is dumped. */
interface Case {
  value: unknown;
  strings?: DumpOptions["strings"];
  /** Only loaded and dumped: the value has no factory of its own. */
  onlyBack?: boolean;
  /** Protocols in which Python's own load and dump gives other bytes: strings and dtypes lose their identity. */
  changes?: readonly (typeof PROTOCOLS[number])[];
}

const i16 = Int16Array.of(0, 1, 2, 3, 4, 5);
const list = [1];
const pair = Uint8ClampedArray.of(0, 1);
const CASES: Record<string, Case> = {
  "None": { value: null },
  "0": { value: 0 },
  "256": { value: 256 },
  "2**31": { value: 2 ** 31 },
  "2**64": { value: 2n ** 64n },
  "1.5": { value: 1.5 },
  "''": { value: "" },
  "'h\\u00e9llo'": { value: "héllo" },
  "'x'*300": { value: "x".repeat(300) },
  "b'abc'": { value: bytes("abc") },
  "b'x'*300": { value: bytes("x".repeat(300)) },
  "[]": { value: [] },
  "[1]": { value: [1] },
  "list(range(1001))": { value: Array.from({ length: 1001 }, (_, i) => i) },
  "()": { value: tuple() },
  "(1, 2, 3)": { value: tuple(1, 2, 3) },
  "(1, 2, 3, 4)": { value: tuple(1, 2, 3, 4) },
  "{'a': 1}": { value: { a: 1 } },
  "{'b': 1, 'a': 2}": { value: { b: 1, a: 2 } },
  "{1, 2}": { value: new Set([1, 2]) },
  "frozenset([1])": { value: new PyFrozenSet([1]) },
  "range(3)": {
    value: new PyObject({
      how: "reduce",
      callable: new PyGlobal("builtins", "range"),
      args: tuple(0, 3, 1),
    }),
  },
  "datetime.datetime(2020, 1, 1)": { value: new PyDateTime(2020, 1, 1) },
  "collections.OrderedDict([('b', 1)])": { value: new PyOrderedDict([["b", 1]]) },
  "(lambda L: [L, L])([1])": { value: [list, list] },
  "(lambda s: [s, s])(''.join(['a', 'bc']))": { value: ["abc", "abc"] },
  "[''.join(['a', 'bc']), ''.join(['a', 'bc'])]": { value: ["abc", "abc"], strings: "distinct" },
  "np.int64(3)": { value: NumpyScalar.from(3n, "int64") },
  "np.bool_(True)": { value: NumpyScalar.from(true, "bool") },
  "np.str_('ab')": { value: NumpyScalar.from("ab", "<U2") },
  "np.dtype('<i4')": { value: DType.from("<i4") },
  "np.arange(3, dtype='>i4')": { value: NDArray.from([0, 1, 2], ">i4") },
  "np.arange(3, dtype='u1')": { value: Uint8ClampedArray.of(0, 1, 2) },
  "np.array([1, 2], dtype='<f2')": { value: NDArray.from([1, 2], "<f2") },
  "np.array([True, False])": { value: NDArray.from([true, false]) },
  "np.arange(6, dtype='<i2').reshape(2, 3)": { value: NDArray.from(i16, { shape: [2, 3] }) },
  "np.asfortranarray(np.arange(6, dtype='<i2').reshape(2, 3))": {
    value: NDArray.from([[0, 1, 2], [3, 4, 5]], { dtype: "<i2", order: "F" }),
  },
  "np.arange(24, dtype='u1').reshape(2, 3, 4).transpose(0, 2, 1)": {
    value: NDArray.from(Uint8ClampedArray.from({ length: 24 }, (_, i) => i), { shape: [2, 3, 4] })
      .transpose([0, 2, 1]),
  },
  "np.array(5, dtype='<i4')": { value: NDArray.from(5, { dtype: "<i4", shape: [] }) },
  "np.array(['ab', 'c'])": { value: NDArray.from(["ab", "c"]) },
  "np.array([b'abc', b'd'])": { value: NDArray.from([bytes("abc"), bytes("d")], "S3") },
  "np.array([1], dtype='m8[s]')": { value: NDArray.from([1n], "m8[s]") },
  "np.zeros(2, dtype=[('a', '<i4'), ('b', '<f8')])": {
    value: NDArray.zeros([2], [["a", "<i4"], ["b", "<f8"]]),
  },
  "np.zeros(1, dtype=[('a', '<i4', (2,))])": { value: NDArray.zeros([1], [["a", "<i4", [2]]]) },
  "np.zeros(1, dtype='V3')": { value: NDArray.zeros([1], "V3") },
  "np.array([1, 'a', None], dtype=object)": { value: objects(1, "a", null) },
  "np.array([np.arange(2, dtype='u1'), None], dtype=object)": {
    value: objects(NDArray.from(Uint8ClampedArray.of(0, 1)), null),
  },
  "np.rec.array([(1, 2.0)], dtype=[('a', '<i4'), ('b', '<f8')])": {
    value: undefined,
    onlyBack: true,
    changes: ["protocol2"],
  },
  "(lambda a: [a, a])(np.arange(2, dtype='u1'))": { value: [pair, pair] },
  "[np.arange(2, dtype='<i4'), np.arange(2, dtype='<f8')]": {
    value: [Int32Array.of(0, 1), Float64Array.of(0, 1)],
  },
  "[np.arange(2, dtype='>i4'), np.arange(2, dtype='>i4')]": {
    value: [NDArray.from([0, 1], ">i4"), NDArray.from([0, 1], ">i4")],
  },
  "[np.arange(2, dtype='<f8'), np.float64(2)]": {
    value: [Float64Array.of(0, 1), NumpyScalar.from(2, "<f8")],
    changes: PROTOCOLS,
  },
  "{'x': np.arange(3, dtype='<f8'), 'y': 'z'}": { value: { x: Float64Array.of(0, 1, 2), y: "z" } },
  "('a', [1, 2, 3], np.arange(10, dtype='<i8'), {'k': np.ones((2, 2))})": {
    value: tuple<unknown>("a", [1, 2, 3], BigInt64Array.from({ length: 10 }, (_, i) => BigInt(i)), {
      k: NDArray.from([[1, 1], [1, 1]], "<f8"),
    }),
  },
};

const DIGEST = "sha256:";
const file = new URL("../../shared/fixtures/vectors/file-vectors.json", import.meta.url);
const vectors: readonly Vector[] = existsSync(file)
  ? (JSON.parse(readFileSync(file, "utf8")) as { vectors: Vector[] }).vectors
  : [];

if (vectors.length === 0 && process.env.LARDER_REQUIRE !== "1") {
  test("dumps() writes Python's bytes", { skip: "the vectors are not there" }, () => {});
} else {
  test("every vector has a value of ours", () => {
    assert.ok(vectors.length > 0, "LARDER_REQUIRE=1, but the vectors are not there");
    assert.deepEqual(vectors.map(({ expr }) => expr).sort(), Object.keys(CASES).sort());
  });
}

for (const vector of vectors) {
  const { value, strings = "value", onlyBack, changes } = CASES[vector.expr] ?? {};
  for (const name of PROTOCOLS) {
    const protocol = name === "default" ? null : Number(name.at(-1));
    if (!onlyBack) {
      test(`dumps() writes Python's bytes of ${vector.expr}, ${name}`, () => {
        assertBytes(dumps(value, { protocol, strings }), vector[name]);
      });
    }
    if (changes?.includes(name) || vector[name].startsWith(DIGEST)) continue;
    test(`load() and dumps() keep Python's bytes of ${vector.expr}, ${name}`, async () => {
      const bytes = fromHex(vector[name]);
      const options = { exact: true, ensureNativeByteOrder: false };
      for (const back of [loads(bytes, options), await load(bytes, options)]) {
        assertBytes(dumps(back, { protocol, strings }), vector[name]);
      }
    });
  }
}

/** `expected`: the bytes in hexadecimal, or the digest of long ones. */
function assertBytes(found: Uint8Array, expected: string): void {
  if (!expected.startsWith(DIGEST)) return assert.equal(hex(found), expected);
  assert.equal(createHash("sha256").update(found).digest("hex"), expected.slice(DIGEST.length));
}

function objects(...items: unknown[]): NDArray {
  return new NDArray({ dtype: DType.from("object"), shape: [items.length], objects: items });
}

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function fromHex(text: string): Uint8Array {
  return Uint8Array.from(
    { length: text.length / 2 },
    (_, i) => parseInt(text.slice(2 * i, 2 * i + 2), 16),
  );
}
