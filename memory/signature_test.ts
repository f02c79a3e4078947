/**
 * Signatures as their authors spell them, and what of a call is hashed. The digests are joblib's.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { hash } from "../hash/mod.ts";
import { NDArray } from "../numpy/mod.ts";
import { PyComplex, PyFloat, PyFrozenSet, tuple } from "../pickle/mod.ts";
import {
  checkIgnore,
  filterArguments,
  type FilterOptions,
  inputArgs,
  parseSignature,
} from "./signature.ts";

/** The default that a text gives. */
function literal(text: string): unknown {
  return parseSignature([`x=${text}`], "f").parameters[0].default!.value;
}

/** What is hashed of a call of `f`. */
function filtered(
  args: readonly string[],
  call: readonly unknown[],
  ignore: readonly string[] = [],
) {
  return filterArguments(call, { signature: parseSignature(args, "f"), ignore, functionName: "f" });
}

test("parameters of all kinds, and the text that Python shows", () => {
  const { text, parameters, rest, keywords } = parseSignature(
    ["x", " y = 2 ", "*args", "k=None", "m", "**kw"],
    "f",
  );
  assert.equal(text, "(x, y=2, *args, k=None, m, **kw)");
  assert.deepEqual(parameters, [
    { name: "x", kind: "positional" },
    { name: "y", kind: "positional", default: { value: 2 } },
    { name: "k", kind: "keyword", default: { value: null } },
    { name: "m", kind: "keyword" },
  ]);
  assert.deepEqual([rest, keywords], ["args", "kw"]);
  assert.equal(parseSignature(["a", "*", "b='x'"], "f").text, "(a, *, b='x')");
  assert.equal(parseSignature(["*a"], "f").text, "(*a)");
  assert.equal(parseSignature([], "f").text, "()");
  assert.equal(parseSignature(["é", "_x1", "$y"], "f").text, "(é, _x1, $y)");
});

test("defaults are Python's literals", () => {
  const literals: Record<string, unknown> = {
    "None": null,
    "True": true,
    "false": false,
    "-7": -7,
    "0x_ff": 255,
    "12345678901234567890": 12345678901234567890n,
    "5n": 5,
    "-0": 0,
    "2.0": new PyFloat(2),
    "-0.0": new PyFloat(-0),
    "1e3": new PyFloat(1000),
    "0.5": 0.5,
    "1e300": 1e300,
    "2j": new PyComplex(0, 2),
    "1-2j": new PyComplex(1, -2),
    "'a\\n\\x41\\u00e9' \"b\"": "a\nA\u00e9b",
    "r'\\n'": "\\n",
    "b'\\xff'": Uint8Array.of(255),
    "(1, 'a')": tuple<unknown>(1, "a"),
    "(1,)": tuple(1),
    "(1)": 1,
    "[1, [2]]": [1, [2]],
    "{'a': {1: 2}}": { a: new Map([[1, 2]]) },
    "{1, 2}": new Set([1, 2]),
    "frozenset({1})": new PyFrozenSet([1]),
    'float("-inf")': -Infinity,
    "NaN": NaN,
    "{'__proto__': 1}": JSON.parse('{"__proto__": 1}'),
  };
  for (const [text, value] of Object.entries(literals)) {
    assert.deepStrictEqual(literal(text), value, text);
  }
});

test("what is no literal is a TypeError that names the text", () => {
  const texts = [
    ...[
      "",
      "x",
      "f()",
      "1 2",
      "[1",
      "'a",
      "'''a'",
      "{1: 2, 3}",
      "{[]: 1}",
      "1__0",
      "012",
      "0xg",
    ],
    ...[
      "'a' b'b'",
      "f'{x}'",
      "b'é'",
      "'\\N{DASH}'",
      "'\\ud8'",
      "(,)",
      "[1,,2]",
      "-'a'",
      "1+2",
      "..",
      "1.2.3",
    ],
    ...["process.exit()", "`a`", "lambda: 1", "[".repeat(1000) + "]".repeat(1000)],
  ];
  for (const text of texts) {
    const wanted = (error: unknown) =>
      error instanceof TypeError && error.message.includes(JSON.stringify(`x=${text}`)) &&
      error.message.startsWith("Cannot read args of f: ");
    assert.throws(() => literal(text), wanted, text);
  }
});

test("a signature that Python would refuse is a TypeError", () => {
  const signatures = [
    ...[["x=1", "y"], ["x", "x"], ["*a", "*b"], ["*"], ["*", "**kw"], ["**kw", "x"], ["**"]],
    ...[["*a=1"], ["1x"], ["x y"], [""], ["/"], ["x", "/", "y"], ["x:int"], ["{a}"], ["*a", "a"]],
  ];
  for (const args of signatures) {
    assert.throws(() => parseSignature(args, "f"), /Cannot read args of f: /, args.join());
  }
  assert.throws(() => parseSignature("x" as never, "f"), TypeError);
  assert.throws(() => parseSignature([1] as never, "f"), TypeError);
});

test("a default that is not given counts like one that is", () => {
  const args = ["a", "b=2"];
  assert.deepEqual(filtered(args, [1]), { a: 1, b: 2 });
  assert.deepEqual(filtered(args, [1, undefined]), { a: 1, b: 2 });
  assert.equal(hash(filtered(args, [1])), "0f2b8227db955581b11071a6cf8988a3");
  assert.equal(hash(filtered(args, [1, 2])), "0f2b8227db955581b11071a6cf8988a3");
  assert.equal(
    hash(filtered(["x", "y=2", "*args", "**kw"], [1])),
    "256da10f6452c1df9d296b37bcf13ac9",
  );
});

test("the ids of joblib's user guide", () => {
  const id = (x: unknown) => hash(filtered(["x"], [x]));
  assert.equal(id(1), "d3ffa92536e9b2aeb96c6d0e11ccd857");
  assert.match(id(2), /^fb65b1da.{20}10b6$/);
  assert.match(id(new PyFloat(1)), /^b5769f30/);
  assert.match(id(true), /^29bc4ffb/);
  const ignored = [[0], [0, false], [0, true]].map((call) =>
    hash(filtered(["x", "debug=True"], call, ["debug"]))
  );
  assert.deepEqual(ignored, Array(3).fill("eafd7cd8280c6ace8622a25cf1f54934"));
  const matrix = NDArray.from([[0, 0, 1], [1, 1, 1], [4, 2, 1]], "f8");
  const square = filterArguments([matrix], { functionName: "numpy.square" });
  assert.equal(hash(square), "35ff6b81d9208b4a0f9eef4399138246");
});

test("rest arguments, and those given by name", () => {
  assert.deepEqual(filtered(["x", "*more"], [1, 2, 3]), { x: 1, "*": [2, 3] });
  assert.deepEqual(filtered(["x", "*more"], [1]), { x: 1, "*": [] });
  const args = ["x", "y=2", "*", "k", "m=5"];
  assert.deepEqual(filtered(args, [1, undefined, { k: 3 }]), { x: 1, y: 2, k: 3, m: 5 });
  assert.deepEqual(filtered(args, [1, 0, { k: 3, m: undefined }]), { x: 1, y: 0, k: 3, m: 5 });
  assert.deepEqual(filtered(["x", "**kw"], [1, { a: 2, b: undefined }]), { x: 1, "**": { a: 2 } });
  assert.deepEqual(filtered(["x", "**kw"], [{ a: 2 }]), { x: { a: 2 }, "**": {} });
  const all = ["x", "*more", "k=1", "**kw"];
  assert.deepEqual(filtered(all, [1, 2, { k: 3, z: 4 }]), { x: 1, k: 3, "*": [2], "**": { z: 4 } });
  assert.deepEqual(filtered(all, [1, { z: 4 }]), { x: 1, k: 1, "*": [], "**": { z: 4 } });
  assert.deepEqual(filtered(all, [{ z: 4 }]), { x: { z: 4 }, k: 1, "*": [], "**": {} });
  const odd = filtered(["x", "**kw"], [1, JSON.parse('{"__proto__": 2}')]);
  assert.deepEqual(Object.keys(odd["**"] as object), ["__proto__"]);
});

test("the order is joblib's: defaults, then the others", () => {
  assert.deepEqual(Object.keys(filtered(["x", "y=2", "*a", "k", "**w"], [1, 5, { k: 1 }])), [
    ...["y", "x", "*", "k", "**"],
  ]);
});

test("a call that does not fit is a TypeError that shows signature and call", () => {
  const wrong: [string[], unknown[]][] = [
    [["x"], []],
    [["x"], [1, 2]],
    [["x", "y"], [1]],
    [["x", "*", "k"], [1]],
    [["x", "*", "k"], [1, { k: undefined }]],
    [["x", "*", "k=1"], [1, { z: 1 }]],
    [["x", "*", "k=1"], [1, 2]],
    [["x", "**kw"], [1, { x: 2 }]],
    [["x"], [1, { k: 1 }]],
  ];
  for (const [args, call] of wrong) {
    assert.throws(() => filtered(args, call), TypeError, JSON.stringify([args, call]));
  }
  assert.throws(() => filtered(["x", "y=2"], [1, "a", 3]), {
    name: "TypeError",
    message: "Too many arguments for f(x, y=2): f(1, 'a', 3) was called",
  });
  assert.throws(() => filtered(["x", "*", "k=1"], [1, { z: "b" }]), {
    message: "Too many keyword arguments for f(x, *, k=1): f(1, z='b') was called",
  });
  assert.deepEqual(filtered(["x"], [1, undefined]), { x: 1 });
  assert.deepEqual(filtered(["x"], [undefined]), { x: undefined });
});

test("without a signature arguments count by place", () => {
  const options = { functionName: "f" };
  assert.deepEqual(filterArguments([1, undefined, 2, undefined], options), {
    "*": [1, undefined, 2],
    "**": {},
  });
  assert.deepEqual(filterArguments([undefined], options), { "*": [], "**": {} });
  assert.deepEqual(filterArguments([1], { ...options, ignore: ["*"] }), { "**": {} });
});

test("this of a method counts by its properties", () => {
  class Foo {
    readonly k: number;
    readonly #hidden = 1;
    constructor(k: number) {
      this.k = k + this.#hidden - 1;
    }
  }
  class Known {
    static readonly pyClass = "larder_signature.Known";
  }
  const call = (self: unknown, options: Partial<FilterOptions> = {}) =>
    filterArguments([1], { functionName: "m", self: { value: self }, ...options });
  const signature = parseSignature(["x"], "m");
  assert.deepEqual(call(new Foo(2)), { "*": [1], "**": {}, this: { k: 2 } });
  assert.deepEqual(call(new Foo(2), { signature }), { x: 1, this: { k: 2 } });
  assert.notEqual(hash(call(new Foo(2))), hash(call(new Foo(5))));
  assert.deepEqual(call(new Foo(2), { signature, ignore: ["this"] }), { x: 1 });
  const self = parseSignature(["self", "x"], "m");
  assert.deepEqual(call(new Foo(2), { signature: self }), { self: { k: 2 }, x: 1 });
  assert.deepEqual(call(new Foo(2), { signature: self, ignore: ["self"] }), { x: 1 });
  assert.ok(call(new Known()).this instanceof Known);
  assert.deepEqual(call(undefined).this, null);
  const list = [1];
  assert.equal(call(list).this, list);
});

test("ignore takes names that the function has", () => {
  const signature = parseSignature(["x", "*rest", "**kw"], "g");
  assert.deepEqual(checkIgnore(undefined, signature, "g"), []);
  assert.deepEqual(checkIgnore(["x", "*", "**", "this", "x"], signature, "g"), [
    ...["x", "*", "**", "this"],
  ]);
  assert.deepEqual(checkIgnore(["*", "**", "this"], undefined, "g"), ["*", "**", "this"]);
  const few = parseSignature(["x"], "g");
  assert.throws(() => checkIgnore(["nope"], few, "g"), {
    name: "TypeError",
    message: "Cannot ignore: argument 'nope' is not defined for function g(x)",
  });
  for (const ignore of [["*"], ["**"]]) {
    assert.throws(() => checkIgnore(ignore, few, "g"), TypeError);
  }
  assert.throws(() => checkIgnore("x", few, "g"), TypeError);
  assert.throws(() => checkIgnore([1], few, "g"), TypeError);
  assert.throws(() => checkIgnore(["x"], undefined, "g"), /option args/);
  assert.deepEqual(filtered(["x", "*rest"], [1, 2], ["*"]), { x: 1 });
});

test("input_args are reprs, cut where they are long", () => {
  const texts = inputArgs({
    x: 1,
    s: "a'b",
    "*": [1.5, null],
    "**": { k: true },
    long: "y".repeat(5000),
  });
  assert.equal(texts.long.length, 1003);
  assert.ok(texts.long.endsWith("y..."));
  assert.deepEqual({ ...texts, long: "" }, {
    x: "1",
    s: `"a'b"`,
    "*": "[1.5, None]",
    "**": "{'k': True}",
    long: "",
  });
});
