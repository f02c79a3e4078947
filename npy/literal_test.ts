import assert from "node:assert/strict";
import { test } from "node:test";
import { PyTuple, tuple } from "../pickle/values.ts";
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
  ["0x1F", 31],
  ["0b1_01", 5],
  ["0o17", 15],
  ["00", 0],
  ["- 1", -1],
  ["'text'", "text"],
  ['"text"', "text"],
  ["u'old'", "old"],
  ["'a' 'b'", "ab"],
  ["'\\x41\\u00e9\\n\\''", "Aé\n'"],
  ["r'\\n'", "\\n"],
  ["r'\\''", "\\'"],
  ["'\\101\\7'", "A\x07"],
  ["'\\\n'", ""],
  ["()", new PyTuple()],
  ["(1,)", tuple(1)],
  ["(1, 2, )", tuple(1, 2)],
  ["(1)", 1],
  ["[1, [2]]", [1, [2]]],
  ["{}", new Map()],
  ["{'a': 1, 'b': (2,), }", new Map<Literal, Literal>([["a", 1], ["b", tuple(2)]])],
  ["{'a': # comment\n 1}", new Map([["a", 1]])],
];
for (const [text, value] of LITERALS) {
  test(`parseLiteral() reads ${JSON.stringify(text)}`, () => {
    assert.deepEqual(parseLiteral(text), value);
  });
}

const WRONG = [
  "",
  "x",
  "os.system('x')",
  "1 +",
  "{'a'}",
  "{'a': 1",
  "(1",
  "'a",
  "'\\xg0'",
  "1 2",
  "3L",
  "1.0",
];
WRONG.push(
  "1e3",
  "1__0",
  "1_",
  "b'a'",
  "'a\nb'",
  "'a\0b'",
  "'\\N{DASH}'",
  "{1, 2}",
  "1j",
  "0x",
  "(,)",
  "\0",
);
for (const text of [...WRONG, "__import__('os')", "01", "'\\U00110000'", "[".repeat(1000)]) {
  test(`parseLiteral() refuses ${JSON.stringify(text.slice(0, 20))}`, () => {
    assert.throws(() => parseLiteral(text), LiteralError);
  });
}

test("an error tells where the literal ends", () => {
  assert.throws(() => parseLiteral("(1, x)"), { index: 4 });
});

test("Python 2's longs are ints only where they are asked for", () => {
  assert.deepEqual(parseLiteral("(2L, 0x1FL)", { longs: true }), tuple(2, 31));
});
