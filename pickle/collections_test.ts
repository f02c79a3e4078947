/** collections and array.array, where their calls are odd. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { UnpicklingError } from "../errors.ts";
import { raw } from "../tests/raw.ts";
import { PyArray, PyCounter, PyDefaultDict, PyDeque, PyOrderedDict } from "./collections.ts";
import { dumps, loads } from "./pickle.ts";
import { PyGlobal, PyObject } from "./values.ts";

const PROTOCOLS = [0, 1, 2, 3, 4, 5];

test("each collection comes back as its class in every protocol", () => {
  const deque = new PyDeque<unknown>();
  deque.push(1, "a");
  const defaults = new PyDefaultDict<unknown, unknown>([["a", [1]]]);
  defaults.factory = new PyGlobal("builtins", "list");
  const values = [
    new PyOrderedDict([["b", 1], ["a", 2]]),
    new PyCounter([["a", 3]]),
    deque,
    defaults,
  ];
  for (const protocol of PROTOCOLS) assert.deepEqual(loads(dumps(values, { protocol })), values);
});

test("a deque keeps its maxlen and drops from the left", () => {
  const back = loads<PyDeque>(raw("ccollections\ndeque\n()K\x02tR(K\x01K\x02K\x03e."));
  assert.deepEqual([[...back], back.maxlen], [[2, 3], 2]);
  assert.deepEqual(loads(dumps(back)), back);
});

test("a dict of Python 2's OrderedDict comes from a list of pairs", () => {
  const back = loads(raw("ccollections\nOrderedDict\n((lp0\n(lp1\nS'a'\naI1\naatR."));
  assert.deepEqual(back, new PyOrderedDict([["a", 1]]));
});

test("a call in a form that pickles don't use stays inert", () => {
  for (const call of ["ccollections\ndeque\n(K\x05tR.", "ccollections\nOrderedDict\n(K\x05tR."]) {
    assert.ok(loads(raw(call)) instanceof PyObject);
  }
});

const ARRAYS: PyArray[] = [
  new PyArray("b", Int8Array.of(-128, 127)),
  new PyArray("B", Uint8Array.of(255)),
  new PyArray("h", Int16Array.of(-32768)),
  new PyArray("H", Uint16Array.of(65535)),
  new PyArray("i", Int32Array.of(-(2 ** 31))),
  new PyArray("I", Uint32Array.of(2 ** 32 - 1)),
  new PyArray("l", BigInt64Array.of(-(2n ** 63n), 5n)),
  new PyArray("L", BigUint64Array.of(2n ** 64n - 1n)),
  new PyArray("q", BigInt64Array.of()),
  new PyArray("Q", BigUint64Array.of(1n)),
  new PyArray("f", Float32Array.of(0.5, NaN, Infinity)),
  new PyArray("d", Float64Array.of(0.1, -0, 1)),
  new PyArray("u", Uint32Array.of(97, 0xe9, 0x1f600)),
];

for (const array of ARRAYS) {
  test(`array.array("${array.typecode}") comes back in every protocol`, () => {
    for (const protocol of PROTOCOLS) {
      assert.deepEqual(loads(dumps(array, { protocol })), array);
      assert.deepEqual(loads(dumps(array, { protocol }), { exact: true }), array);
    }
  });
}

test("array.array of another machine's byte order and item size is read", () => {
  const call = (code: string, format: number, bytes: string) =>
    loads<PyArray>(
      raw(
        `\x80\x03carray\n_array_reconstructor\n(carray\narray\nX\x01\0\0\0${code}` +
          `K${String.fromCharCode(format)}C${String.fromCharCode(bytes.length)}${bytes}tR.`,
      ),
    );
  assert.deepEqual(call("h", 5, "\x01\x02"), new PyArray("h", Int16Array.of(0x102)));
  assert.deepEqual(call("l", 8, "\xff\xff\xff\xff"), new PyArray("l", BigInt64Array.of(-1n)));
  assert.deepEqual(call("d", 17, "\x3f\xf8\0\0\0\0\0\0"), new PyArray("d", Float64Array.of(1.5)));
  assert.deepEqual(
    call("u", 18, "a\0\x3d\xd8\x00\xde"),
    new PyArray("u", Uint32Array.of(97, 0x1f600)),
  );
  assert.deepEqual(call("u", 19, "\0a"), new PyArray("u", Uint32Array.of(97)));
});

test("items that a typecode can't hold are UnpicklingErrors, never other values", () => {
  const items = ["U\x01b(lM\xff\x00a", "U\x01B(lJ\xff\xff\xff\xffa"];
  items.push("U\x01u(lU\x02aba", "U\x01q(lG\x3f\xf8\0\0\0\0\0\0a", "U\x01Q(lJ\xff\xff\xff\xffa");
  for (const args of items) {
    assert.throws(
      () => loads(raw(`carray\narray\n(${args}tR.`)),
      (error) => error instanceof UnpicklingError && error.className === "array.array",
    );
  }
});

test("an unknown typecode or machine format is an UnpicklingError", () => {
  for (const args of ["U\x01x(l", "U\x00(l", "K\x05(l", "U\x0b__proto__xx(l"]) {
    assert.throws(() => loads(raw(`carray\narray\n(${args}tR.`)), UnpicklingError);
  }
  for (const args of ["K\x63C\x01a", "K\x04C\x01a", "NC\x02ab", "K\x04N"]) {
    const call = `\x80\x03carray\n_array_reconstructor\n(carray\narray\nX\x01\0\0\0h${args}tR.`;
    assert.throws(() => loads(raw(call)), UnpicklingError);
  }
});
