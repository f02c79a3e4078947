/** Pickles of Python 2: 8-bit strings, old module names, classic classes. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { UnpicklingError } from "../errors.ts";
import { raw } from "../tests/raw.ts";
import { PyDateTime } from "./datetime.ts";
import { dumps, loads } from "./pickle.ts";
import { PyFrozenSet, PyGlobal, PyObject } from "./values.ts";

const STRINGS = ["S'caf\\xe9'\n.", "U\x04caf\xe9.", "T\x04\x00\x00\x00caf\xe9."];

test("an 8-bit string that is not ASCII is an error that names the option", () => {
  for (const pickle of STRINGS) {
    assert.throws(
      () => loads(raw(pickle)),
      (error) =>
        error instanceof UnpicklingError && error.offset === 0 &&
        /try encoding: "latin1"/.test(error.message),
    );
  }
});

test('encoding: "latin1" makes text, "bytes" makes bytes', () => {
  for (const pickle of STRINGS) {
    assert.equal(loads(raw(pickle), { encoding: "latin1" }), "café");
    assert.deepEqual(loads(raw(pickle), { encoding: "bytes" }), raw("caf\xe9"));
  }
});

test("an ASCII string is text, unless bytes are asked for", () => {
  for (const encoding of ["ASCII", "latin1"] as const) {
    assert.equal(loads(raw("U\x03abc."), { encoding }), "abc");
  }
  assert.deepEqual(loads(raw("U\x03abc."), { encoding: "bytes" }), raw("abc"));
});

test("unicode of Python 2 is text with every encoding", () => {
  for (const encoding of ["ASCII", "latin1", "bytes"] as const) {
    assert.equal(loads(raw("X\x02\x00\x00\x00\xc3\xa9."), { encoding }), "é");
  }
});

test("another encoding is a RangeError that lists the known ones", () => {
  assert.throws(
    () => loads(raw("N."), { encoding: "utf-8" as never }),
    (error) => error instanceof RangeError && /"ASCII", "latin1", "bytes"/.test(error.message),
  );
});

test("keys of a dict follow the encoding", () => {
  const pickle = raw("}U\x02\xe9aK\x01s.");
  assert.deepEqual(loads(pickle, { encoding: "latin1" }), { "éa": 1 });
  assert.deepEqual(loads(pickle, { encoding: "bytes" }), new Map([[raw("\xe9a"), 1]]));
  assert.throws(() => loads(pickle), UnpicklingError);
});

test("a datetime of Python 2 is read with every encoding, its state is bytes anyway", () => {
  const pickle = raw("cdatetime\ndatetime\n(U\x0a\x07\xe8\x01\x02\x03\x04\x05\x00\x00\xfftR.");
  for (const encoding of ["ASCII", "latin1", "bytes"] as const) {
    const value = new PyDateTime(2024, 1, 2, { hour: 3, minute: 4, second: 5, microsecond: 255 });
    assert.deepEqual(loads(pickle, { encoding }), value);
  }
});

const NAMES: [two: [string, string], three: [string, string], back: boolean][] = [
  [["__builtin__", "set"], ["builtins", "set"], true],
  [["__builtin__", "xrange"], ["builtins", "range"], true],
  [["__builtin__", "unicode"], ["builtins", "str"], true],
  [["__builtin__", "long"], ["builtins", "int"], true],
  [["__builtin__", "basestring"], ["builtins", "str"], false],
  [["copy_reg", "_reconstructor"], ["copyreg", "_reconstructor"], true],
  [["exceptions", "ValueError"], ["builtins", "ValueError"], true],
  [["cPickle", "Pickler"], ["pickle", "Pickler"], false],
  [["itertools", "izip"], ["builtins", "zip"], true],
  [["Queue", "Queue"], ["queue", "Queue"], true],
  [["UserDict", "UserDict"], ["collections", "UserDict"], false],
  [["my.module", "Name"], ["my.module", "Name"], true],
];

for (const [two, three, back] of NAMES) {
  test(`${two.join(".")} is ${three.join(".")} in protocols below 3`, () => {
    for (const proto of ["", "\x80\x01", "\x80\x02"]) {
      assert.deepEqual(loads(raw(`${proto}c${two.join("\n")}\n.`)), new PyGlobal(...three));
    }
    assert.deepEqual(loads(raw(`\x80\x03c${two.join("\n")}\n.`)), new PyGlobal(...two));
    assert.deepEqual(
      loads(raw(`c${two.join("\n")}\n.`), { fixImports: false }),
      new PyGlobal(...two),
    );
    if (!back) return;
    const global = new PyGlobal(...three);
    assert.deepEqual(dumps(global, { protocol: 2 }), raw(`\x80\x02c${two.join("\n")}\nq\x00.`));
    assert.deepEqual(
      dumps(global, { protocol: 2, fixImports: false }),
      raw(`\x80\x02c${three.join("\n")}\nq\x00.`),
    );
    assert.deepEqual(dumps(global, { protocol: 3 }), raw(`\x80\x03c${three.join("\n")}\nq\x00.`));
  });
}

test("sets of Python 2 are sets", () => {
  assert.deepEqual(loads(raw("c__builtin__\nset\n((lK\x01atR.")), new Set([1]));
  assert.deepEqual(loads(raw("c__builtin__\nfrozenset\n((lK\x01atR.")), new PyFrozenSet([1]));
});

test("instances of classic and of new classes keep how they were made", () => {
  const classic = loads<PyObject>(raw("(im\nC\n(dS'a'\nI1\nsb."));
  assert.deepEqual([classic.how, classic.get("a")], ["inst", 1]);
  const state = "(dS'a'\nI1\nsb.";
  const modern = loads<PyObject>(
    raw(`ccopy_reg\n_reconstructor\n(cm\nC\nc__builtin__\nobject\nNtR${state}`),
  );
  assert.deepEqual([modern.how, modern.get("a")], ["reconstructor", 1]);
});
