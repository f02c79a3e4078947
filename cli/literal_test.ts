import assert from "node:assert/strict";
import { test } from "node:test";
import { hash } from "../hash/hash.ts";
import { PyFloat, tuple } from "../pickle/values.ts";
import { parseLiteral } from "./literal.ts";

test("JSON and Python's literals are values", () => {
  const read: [text: string, value: unknown][] = [
    ["1", 1],
    [" -12 ", -12],
    ["123456789012345678901", 123456789012345678901n],
    ["1.0", new PyFloat(1)],
    ["-2.5e3", new PyFloat(-2500)],
    ["inf", Infinity],
    ["-inf", -Infinity],
    ["true", true],
    ["False", false],
    ["null", null],
    ["None", null],
    ['"a\\n\\u00e9\\""', 'a\né"'],
    ["'it\\'s \\x41 \\d'", "it's A \\d"],
    ["[]", []],
    ["[1, [None, 'x'],]", [1, [null, "x"]]],
    ["()", tuple()],
    ["(1,)", tuple(1)],
    ["(1, 2)", tuple(1, 2)],
    ["(3)", 3],
    ["{}", {}],
    ["{1}", new Set([1])],
    ['{"a": 1, 2: [3]}', new Map<unknown, unknown>([["a", 1], [2, [3]]])],
  ];
  for (const [text, value] of read) {
    assert.deepEqual(parseLiteral(text), { value }, text);
    assert.equal(hash(parseLiteral(text)!.value), hash(value), text);
  }
  assert.ok(Number.isNaN(parseLiteral("nan")!.value));
});

test("what is no literal is told from what is", () => {
  const texts = [
    "",
    "x",
    "array([1])",
    "[1",
    "[1 2]",
    "{1 2}",
    "'open",
    "1 2",
    "-None",
    "\\",
    "[,]",
  ];
  for (const text of [...texts, "'\\x4'", "<object at 0x7f>", "{1: 2 3: 4}", "None1"]) {
    assert.equal(parseLiteral(text), undefined, text);
  }
  assert.equal(parseLiteral("[".repeat(100_000)), undefined);
});
