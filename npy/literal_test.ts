import assert from "node:assert/strict";
import { test } from "node:test";
import { type Literal, LiteralError, parseLiteral } from "./literal.ts";

/** Python text and its value. */
const LITERALS: readonly [string, Literal][] = [
  ["None", null],
  ["True", true],
  [" False ", false],
  ["0", 0],
  ["-12", -12],
  ["+3", 3],
  ["1_000", 1000],
  ["3L", 3],
  ["0x1F", 31],
  ["'text'", "text"],
  ['"text"', "text"],
  ["u'old'", "old"],
  ["'a' 'b'", "ab"],
  ["'\\x41\\u00e9\\n\\''", "Aé\n'"],
  ["r'\\n'", "\\n"],
  ["()", []],
  ["(1,)", [1]],
  ["(1, 2, )", [1, 2]],
  ["(1)", 1],
  ["[1, [2]]", [1, [2]]],
  ["{}", new Map()],
  ["{'a': 1, 'b': (2,), }", new Map<Literal, Literal>([["a", 1], ["b", [2]]])],
  ["{'a': # comment\n 1}", new Map([["a", 1]])],
];
for (const [text, value] of LITERALS) {
  test(`parseLiteral() reads ${JSON.stringify(text)}`, () => {
    assert.deepEqual(parseLiteral(text), value);
  });
}

const WRONG = ["", "x", "os.system('x')", "1 +", "{'a'}", "{'a': 1", "(1", "'a", "'\\xg0'", "1 2"];
for (const text of [...WRONG, "__import__('os')", "01", "'\\U00110000'", "[".repeat(1000)]) {
  test(`parseLiteral() refuses ${JSON.stringify(text.slice(0, 20))}`, () => {
    assert.throws(() => parseLiteral(text), LiteralError);
  });
}

test("an error tells where the literal ends", () => {
  assert.throws(() => parseLiteral("(1, x)"), { index: 4 });
});
