/**
 * Python's repr; the interop tests ask Python itself about many more values.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { NDArray } from "../numpy/mod.ts";
import {
  PyComplex,
  PyDateTime,
  PyFloat,
  PyFrozenSet,
  PyGlobal,
  PyObject,
  PyOrderedDict,
  tuple,
} from "../pickle/mod.ts";
import { repr } from "./repr.ts";

test("values show as in Python", () => {
  const cases: [unknown, string][] = [
    [1, "1"],
    [-0, "-0.0"],
    [2 ** 53, "9007199254740992.0"],
    [1e16, "1e+16"],
    [0.0001, "0.0001"],
    [0.00001, "1e-05"],
    [NaN, "nan"],
    [-Infinity, "-inf"],
    [new PyFloat(1), "1.0"],
    [2n ** 70n, "1180591620717411303424"],
    [true, "True"],
    [undefined, "None"],
    [new PyComplex(0, -1), "-1j"],
    ["it's\n\u200b😀", `"it's\\n\\u200b😀"`],
    [`'"`, `'\\'"'`],
    [Uint8Array.of(0x61, 0, 0x27), `b"a\\x00'"`],
    [Uint8Array.of(1).buffer, "b'\\x01'"],
    [[1, tuple(2), tuple()], "[1, (2,), ()]"],
    [{ a: { b: null } }, "{'a': {'b': None}}"],
    [new Map<unknown, unknown>([[1, "x"]]), "{1: 'x'}"],
    [new Set(), "set()"],
    [new Set([1, 2]), "{1, 2}"],
    [new PyFrozenSet([1]), "frozenset({1})"],
    [new PyOrderedDict([["a", 1]]), "OrderedDict({'a': 1})"],
    [new Date(0), "datetime.datetime(1970, 1, 1, 0, 0, tzinfo=datetime.timezone.utc)"],
    [new PyDateTime(2020, 1, 2, { second: 1 }), "datetime.datetime(2020, 1, 2, 0, 0, 1)"],
    [Float64Array.of(1, 2.5), "array([1. , 2.5])"],
    [NDArray.from([1, 2], "f4"), "array([1., 2.], dtype=float32)"],
    [new PyGlobal("a.b", "C"), "<class 'a.b.C'>"],
    [new PyObject({ callable: new PyGlobal("a.b", "C") }), "<a.b.C object>"],
    [() => 1, "<function <lambda>>"],
    [new (class Foo {})(), "<Foo object>"],
    [Symbol("s"), "Symbol(s)"],
  ];
  for (const [value, text] of cases) assert.equal(repr(value), text);
});

test("what contains itself ends", () => {
  const list: unknown[] = [1];
  list.push(list);
  assert.equal(repr(list), "[1, [...]]");
  const dict: Record<string, unknown> = {};
  dict.d = [dict];
  assert.equal(repr(dict), "{'d': [{...}]}");
  assert.equal(repr([[], []]), "[[], []]");
});

test("long values are cut, however long, and little of them is read", () => {
  let read = 0;
  const items = new Proxy(Array.from({ length: 1e6 }, (_, i) => i), {
    get(target, key) {
      read++;
      return Reflect.get(target, key);
    },
  });
  assert.equal(repr(items, { maxLength: 10 }), "[0, 1, 2, ...");
  assert.ok(read < 50, `${read} read`);
  assert.equal(repr("x".repeat(1e6), { maxLength: 4 }), "'xxx...");
  assert.equal(repr(new Uint8Array(1e6), { maxLength: 6 }), "b'\\x00...");
  assert.match(
    repr(new Float64Array(1e6)),
    /^array\(\[0\., 0\., 0\., \.\.\., 0\., 0\., 0\.\], shape=/,
  );
  let deep: unknown = 1;
  for (let i = 0; i < 100_000; i++) deep = [deep];
  assert.equal(repr(deep).length, 1003);
});

test("nothing makes it throw", () => {
  const thrower = {
    get bad() {
      throw new Error("no");
    },
  };
  assert.equal(repr([1, thrower, 2]), "[1, <Object object>, 2]");
  assert.equal(repr(new Date(NaN)), "<Date object>");
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  assert.equal(typeof repr([revoked.proxy]), "string");
});
