/** Dicts as objects and Maps, and keys by Python's equality. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { raw } from "../tests/raw.ts";
import { PicklingError, UnpicklingError } from "../errors.ts";
import { PyDate, PyDateTime, PyTimedelta, PyTimezone, UTC } from "./datetime.ts";
import { getItem } from "./hashing.ts";
import { dumps, loads } from "./pickle.ts";
import { PyByteArray, PyComplex, PyFloat, PyFrozenSet, PyGlobal, tuple } from "./values.ts";

test("a dict whose keys are all strings is an ordinary object, any other a Map", () => {
  assert.deepEqual(loads(dumps(new Map([["a", 1], ["b", 2]]))), { a: 1, b: 2 });
  const mixed = new Map<unknown, unknown>([["a", 1], [2, 2], ["c", 3]]);
  assert.deepEqual(loads(dumps(mixed)), mixed);
});

test('dicts: "map" and exact make a Map of each dict', () => {
  const bytes = dumps({ a: { b: 1 } });
  const wanted = new Map([["a", new Map([["b", 1]])]]);
  assert.deepEqual(loads(bytes, { dicts: "map" }), wanted);
  assert.deepEqual(loads(bytes, { exact: true }), wanted);
});

test("a dict that becomes a Map keeps Python's order", () => {
  const dict = new Map<unknown, unknown>([["b", 1], ["10", 2], ["2", 3], [0, 4], ["a", 5]]);
  assert.deepEqual([...loads<Map<unknown, unknown>>(dumps(dict))], [...dict]);
});

test("a dict that becomes a Map in its second batch keeps all entries", () => {
  const dict = new Map<unknown, unknown>();
  for (let i = 0; i < 1500; i++) dict.set(`k${i}`, i);
  dict.set(1, "one");
  for (const protocol of [0, 2, 4]) {
    assert.deepEqual(loads(dumps(dict, { protocol })), dict);
  }
});

test("references to a dict that becomes a Map later lead to the Map", () => {
  const dict = new Map<unknown, unknown>();
  const list = [dict];
  const holder = { dict };
  dict.set("list", list).set("holder", holder).set("tuple", tuple(dict)).set(1, dict);
  for (const protocol of [0, 1, 2, 3, 4, 5]) {
    const back = loads<Map<unknown, unknown>>(dumps(dict, { protocol }));
    assert.ok(back instanceof Map);
    assert.equal((back.get("list") as unknown[])[0], back);
    assert.equal((back.get("holder") as { dict: unknown }).dict, back);
    assert.equal((back.get("tuple") as unknown[])[0], back);
    assert.equal(back.get(1), back);
  }
});

test("a dict that becomes a Map is found again where the memo has gaps", () => {
  assert.deepEqual(
    loads(raw("}q\x05K\x01K\x02sh\x05\x86.")),
    tuple(new Map([[1, 2]]), new Map([[1, 2]])),
  );
});

test("__proto__ and other inherited names become own properties", () => {
  const names = [
    "__proto__",
    "constructor",
    "toString",
    "hasOwnProperty",
    "__defineGetter__",
    "valueOf",
  ];
  const dict = new Map(names.map((name, i) => [name, i]));
  const back = loads<Record<string, unknown>>(dumps(dict));
  assert.deepEqual(Object.keys(back), names);
  for (const [i, name] of names.entries()) {
    assert.equal(Object.getOwnPropertyDescriptor(back, name)?.value, i);
  }
  assert.equal(Object.getPrototypeOf(back), Object.prototype);
  assert.deepEqual(dumps(back), dumps(dict));
});

test("keys that are equal in Python collapse to the first key and the last value", () => {
  const cases: [string, unknown][] = [
    ["}(K\x01K\x02\x88K\x03u.", new Map([[1, 3]])],
    ["}(\x88K\x02K\x01K\x03u.", new Map([[true, 3]])],
    ["}(K\x01K\x02G\x3f\xf0\x00\x00\x00\x00\x00\x00K\x03u.", new Map([[1, 3]])],
    ["}(K\x01\x85K\x02\x88\x85K\x03u.", new Map([[tuple(1), 3]])],
    ["}(C\x01aK\x02C\x01aK\x03u.", new Map([[raw("a"), 3]])],
    ["\x8f(K\x01\x88K\x00\x89\x90.", new Set([1, 0])],
  ];
  for (const [pickle, value] of cases) assert.deepEqual(loads(raw(pickle)), value);
});

test("a text never equals bytes, a date or any other key", () => {
  const bytes = [raw(""), raw("a"), raw("abc")];
  const others = [
    new PyDate(2024, 1, 2),
    new PyDateTime(2024, 1, 2),
    new PyTimedelta(1),
    UTC,
    new PyComplex(1, 2),
    new PyGlobal("m", "f"),
    tuple(1, "a"),
    new PyFrozenSet([1]),
  ];
  const texts = [
    "bytes:",
    "\0bytes:a",
    "bytes:abc",
    "date:2024-01-02",
    "datetime:2024-01-02T00:00:00",
  ];
  texts.push("timedelta:1,0,0", "complex:1,2", "global:m.f", "timezone:timedelta:0,0,0");
  texts.push("\0tuple(n1;s1:a)", "\0frozenset(n1;)", "\0s", "\0");
  const dict = new Map<unknown, unknown>([...bytes, ...others, ...texts].map((key, i) => [key, i]));
  const back = loads<Map<unknown, unknown>>(dumps(dict));
  assert.equal(back.size, dict.size);
  for (const [key, value] of dict) assert.equal(getItem(back, key), value);
});

test("a second NaN key and −0 stay distinct as PyFloat", () => {
  const nan = "G\x7f\xf8\x00\x00\x00\x00\x00\x00";
  const back = loads<Map<unknown, unknown>>(raw(`}(${nan}K\x01${nan}K\x02u.`));
  assert.equal(back.size, 2);
  const [first, second] = back.keys();
  assert.ok(Number.isNaN(Number(first)) && Number.isNaN(Number(second)));
});

test("keys that JavaScript keeps apart and Python does not are a PicklingError", () => {
  const cases: unknown[][] = [
    [1, true],
    [0, false],
    [1, 1n],
    [1, new PyFloat(1)],
    [tuple(1), tuple(true)],
    [raw("a"), raw("a")],
    [new PyFrozenSet([1]), new PyFrozenSet([1])],
    [new PyComplex(1, 0), 1],
    [2 ** 53, 2n ** 53n],
    [null, undefined],
    [
      new PyDateTime(2024, 1, 1, { tzinfo: UTC }),
      new PyDateTime(2024, 1, 1, {
        hour: 1,
        tzinfo: new PyTimezone(new PyTimedelta(0, 3600)),
      }),
    ],
  ];
  for (const keys of cases) {
    assert.throws(() => dumps(new Map(keys.map((key) => [key, 0]))), /are equal in Python/);
    assert.throws(() => dumps(new Set(keys)), PicklingError);
  }
});

test("big ints equal floats only where they are exactly equal", () => {
  const dict = new Map<unknown, number>([[2n ** 53n + 1n, 1], [2 ** 53, 2]]);
  assert.equal(loads<Map<unknown, number>>(dumps(dict)).size, 2);
});

test("unhashable keys are refused on dump", () => {
  for (
    const key of [[], {}, new Map(), new Set(), new PyByteArray(1), tuple([]), tuple(1, tuple({}))]
  ) {
    assert.throws(() => dumps(new Map([[key, 0]])), /is not hashable in Python/);
    assert.throws(() => dumps(new Set([key])), PicklingError);
  }
});

test("unhashable keys are refused on load", () => {
  for (const key of ["]", "}", "\x8f", "]\x85", "\x96\x00\x00\x00\x00\x00\x00\x00\x00"]) {
    assert.throws(() => loads(raw(`}${key}Ns.`)), /is not hashable/);
    assert.throws(() => loads(raw(`\x8f(${key}\x90.`)), UnpicklingError);
    assert.throws(() => loads(raw(`(${key}\x91.`)), UnpicklingError);
  }
});

test("a key of a value that is deeply shared is bounded", () => {
  let pickle = ")";
  for (let i = 0; i < 60; i++) pickle += "2\x86";
  assert.throws(() => loads(raw(`}${pickle}Ns.`)), /nested items/);
});

test("getItem() finds by Python's equality", () => {
  const dict = new Map<unknown, unknown>([[1, "a"], [tuple(1, "x"), "b"], [raw("k"), "c"]]);
  assert.deepEqual(
    [true, 1n, new PyFloat(1), tuple(1n, "x"), raw("k"), 2, [1]].map((key) => getItem(dict, key)),
    ["a", "a", "a", "b", "c", undefined, undefined],
  );
  assert.equal(getItem({ a: 1 }, "a"), 1);
  assert.equal(getItem({ a: 1 }, "toString"), undefined);
});

test("undefined and array holes are None, symbol keys are left out, getters are read once", () => {
  let reads = 0;
  const value = {
    [Symbol("s")]: 1,
    u: undefined,
    get g() {
      return ++reads;
    },
  };
  // deno-lint-ignore no-sparse-arrays -- a hole is what is tested
  assert.deepEqual(loads(dumps([value, [, 1]])), [{ u: null, g: 1 }, [null, 1]]);
  assert.equal(reads, 1);
});

test("an object without prototype is a dict", () => {
  assert.deepEqual(loads(dumps(Object.assign(Object.create(null), { a: 1 }))), { a: 1 });
});
