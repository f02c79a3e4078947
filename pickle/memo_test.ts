/** The memo: shared values, cycles, and indexes that a file may choose freely. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { raw } from "../tests/raw.ts";
import { UnpicklingError } from "../errors.ts";
import { dumps, loads } from "./pickle.ts";
import { PyFrozenSet, PyGlobal, PyObject, PyTuple, tuple } from "./values.ts";

const PROTOCOLS = [0, 1, 2, 3, 4, 5];

test("huge memo indexes cost nothing and are found again", () => {
  assert.deepEqual(loads(raw("]r\xff\xff\xff\xff0j\xff\xff\xff\xff.")), []);
  assert.deepEqual(loads(raw("]p9007199254740991\n0g9007199254740991\n.")), []);
});

test("a memo that starts at 1, as Python 2's cPickle writes it, is read", () => {
  assert.equal(loads<unknown[]>(raw("\x80\x02]q\x01(U\x01aq\x02h\x02h\x01e.")).length, 3);
  assert.equal(loads<unknown[]>(raw("\x80\x02]q\x01(U\x01aq\x02h\x02e."))[1], "a");
});

test("an index that was never put is an UnpicklingError", () => {
  for (const pickle of ["h\x00.", "j\x05\x00\x00\x00.", "g3\n.", "Nq\x02h\x01.", "Nq\x02h\x00."]) {
    assert.throws(
      () => loads(raw(pickle)),
      (error) => error instanceof UnpicklingError && /memo value not found/.test(error.message),
    );
  }
});

test("an index may be put again", () => {
  assert.equal(loads(raw("K\x01q\x000K\x02q\x000h\x00.")), 2);
  assert.equal(loads(raw("K\x01q\x070K\x02q\x070h\x07.")), 2);
});

test("MEMOIZE counts the entries, as CPython does", () => {
  // entries 2, 0, 1; then 2 again: three in all, so MEMOIZE takes index 3
  const pickle = "K\x01q\x020K\x02q\x000K\x03q\x010K\x04q\x020K\x05\x940h\x03.";
  assert.equal(loads(raw(pickle)), 5);
});

test("a value that is referred to twice is one object", () => {
  const shared = [1];
  for (const protocol of PROTOCOLS) {
    const back = loads<unknown[][]>(dumps([shared, shared], { protocol }));
    assert.equal(back[0], back[1]);
  }
});

test("a list in itself comes back so", () => {
  const list: unknown[] = [];
  list.push(list);
  for (const protocol of PROTOCOLS) {
    const back = loads<unknown[]>(dumps(list, { protocol }));
    assert.equal(back[0], back);
    assert.equal(back.length, 1);
  }
});

test("a dict in itself comes back so", () => {
  const dict: Record<string, unknown> = {};
  dict.me = dict;
  for (const protocol of PROTOCOLS) {
    const back = loads<Record<string, unknown>>(dumps(dict, { protocol }));
    assert.equal(back.me, back);
  }
});

test("a Map in itself comes back so", () => {
  const dict = new Map<unknown, unknown>();
  dict.set(1, dict);
  for (const protocol of PROTOCOLS) {
    const back = loads<Map<unknown, unknown>>(dumps(dict, { protocol }));
    assert.ok(back instanceof Map);
    assert.equal(back.get(1), back);
  }
});

test("a tuple that contains itself by way of a list comes back so", () => {
  for (const protocol of PROTOCOLS) {
    for (const before of [0, 1, 2, 3]) {
      const list: unknown[] = [];
      const outer = PyTuple.from<unknown>([...Array(before).keys(), list]) as PyTuple;
      list.push(outer);
      const back = loads<unknown[]>(dumps(outer, { protocol }));
      assert.ok(back instanceof PyTuple);
      assert.equal(back.length, before + 1);
      assert.equal((back[before] as unknown[])[0], back);
    }
  }
});

test("an instance in a cycle comes back so", () => {
  for (const protocol of PROTOCOLS) {
    const object = new PyObject({ callable: new PyGlobal("m", "C") });
    object.states.push({ value: { me: object } });
    const back = loads<PyObject>(dumps(object, { protocol }));
    assert.equal(back.get("me"), back);
  }
});

test("a set of an instance that holds the set comes back so", () => {
  const object = new PyObject({ callable: new PyGlobal("m", "C") });
  const set = new Set<unknown>([object]);
  object.states.push({ value: { set } });
  for (const protocol of [4, 5]) {
    const back = loads<Set<PyObject>>(dumps(set, { protocol }));
    assert.equal([...back][0].get("set"), back);
  }
});

test("a frozenset of an instance that holds the frozenset comes back so", () => {
  const object = new PyObject({ callable: new PyGlobal("m", "C") });
  const set = new PyFrozenSet<unknown>([object]);
  object.states.push({ value: { set } });
  const back = loads<PyFrozenSet<PyObject>>(dumps(set));
  assert.ok(back instanceof PyFrozenSet);
  assert.equal([...back][0].get("set"), back);
});

test("a list nested 100 000 deep is written and read", () => {
  let deep: unknown[] = [];
  for (let i = 0; i < 100_000; i++) deep = [deep];
  for (const protocol of PROTOCOLS) {
    let back = loads<unknown[]>(dumps(deep, { protocol }));
    let depth = 0;
    for (; back.length > 0; depth++) back = back[0] as unknown[];
    assert.equal(depth, 100_000);
  }
});

test("tuples, dicts and instances nested 50 000 deep are written and read", () => {
  let deep: unknown = null;
  for (let i = 0; i < 50_000; i++) {
    const object = new PyObject({ callable: new PyGlobal("m", "C") });
    object.states.push({ value: { item: deep } });
    deep = tuple(new Map<unknown, unknown>([[1, object]]));
  }
  assert.deepEqual(dumps(loads(dumps(deep), { exact: true })), dumps(deep));
});

test("equal strings are written once, distinct ones only as keys and single characters", () => {
  const text = "some text";
  const value = [text, text, "a", "a", { [text]: 1 }, { [text]: 2 }];
  const count = (bytes: Uint8Array) =>
    new TextDecoder("latin1").decode(bytes).split(text).length - 1;
  assert.equal(count(dumps(value)), 1);
  assert.equal(count(dumps(value, { strings: "distinct" })), 3);
  assert.deepEqual(loads(dumps(value, { strings: "distinct" })), value);
});
