/** The disassembler, line by line. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { UnpicklingError } from "../errors.ts";
import { raw } from "../tests/raw.ts";
import { dis, genops } from "./dis.ts";
import { dumps } from "./pickle.ts";

test("dis() shows positions, opcodes, arguments and the nesting of MARKs", () => {
  assert.equal(
    dis(dumps([1, { a: [2.5, null] }], { protocol: 2 })),
    [
      "    0: \\x80 PROTO      2",
      "    2: ]    EMPTY_LIST",
      "    3: q    BINPUT     0",
      "    5: (    MARK",
      "    6: K        BININT1    1",
      "    8: }        EMPTY_DICT",
      "    9: q        BINPUT     1",
      '   11: X        BINUNICODE "a"',
      "   17: q        BINPUT     2",
      "   19: ]        EMPTY_LIST",
      "   20: q        BINPUT     3",
      "   22: (        MARK",
      "   23: G            BINFLOAT   2.5",
      "   32: N            NONE",
      "   33: e            APPENDS    (MARK at 22)",
      "   34: s        SETITEM",
      "   35: e        APPENDS    (MARK at 5)",
      "   36: .    STOP",
      "highest protocol among opcodes = 2",
    ].join("\n"),
  );
});

test("dis() numbers what MEMOIZE keeps", () => {
  const text = dis(dumps(["a", "b"]));
  assert.match(text, /MEMOIZE {4}\(as 0\)/);
  assert.match(text, /MEMOIZE {4}\(as 2\)/);
});

test("genops() answers each kind of argument", () => {
  const cases: [string, unknown][] = [
    ["I12\n", "12"],
    ["cmod\nname\n", "mod name"],
    ["K\xff", 255],
    ["M\x01\x02", 513],
    ["J\xff\xff\xff\xff", -1],
    ["\x8a\x02\x00\x80", -32768],
    ["\x8a\x09\0\0\0\0\0\0\0\x80\0", 2n ** 63n],
    ["\x8b\x01\0\0\0\x05", 5],
    ["G\x3f\xf8\0\0\0\0\0\0", 1.5],
    ["\x8c\x02\xc3\xa9", "é"],
    ["X\x01\0\0\0a", "a"],
    ["\x8d\x01\0\0\0\0\0\0\0a", "a"],
    ["C\x01\x07", Uint8Array.of(7)],
    ["B\x01\0\0\0\x07", Uint8Array.of(7)],
    ["\x8e\x01\0\0\0\0\0\0\0\x07", Uint8Array.of(7)],
    ["\x96\x01\0\0\0\0\0\0\0\x07", Uint8Array.of(7)],
    ["U\x01\xff", Uint8Array.of(255)],
    ["\x95\x01\0\0\0\0\0\0\0", 1n],
    ["r\xff\xff\xff\xff", 4294967295],
    ["N", undefined],
  ];
  for (const [text, argument] of cases) {
    const [first] = genops(raw(`${text}.`));
    assert.deepEqual(first.argument, argument, text);
    assert.deepEqual([first.offset, first.end], [0, text.length]);
  }
});

test("genops() starts where it is told and ends with STOP", () => {
  const bytes = raw("xxK\x01.K\x02.");
  assert.deepEqual([...genops(bytes, 2)].map(({ opcode }) => opcode.name), ["BININT1", "STOP"]);
});

test("a byte that is no opcode, and a pickle that ends early, are UnpicklingErrors", () => {
  for (
    const text of [
      "\xff",
      "N",
      "K",
      "X\x05\0\0\0ab",
      "cmod\nna",
      "\x8e\xff\xff\xff\xff\xff\xff\xff\xff",
      "",
    ]
  ) {
    assert.throws(
      () => dis(raw(text)),
      (error) => error instanceof UnpicklingError && typeof error.offset === "number",
      text,
    );
  }
});

test("text that is not UTF-8 is an UnpicklingError", () => {
  assert.throws(() => dis(raw("\x8c\x01\xff.")), /not valid UTF-8/);
});

test("every cut of a pickle is an UnpicklingError", () => {
  for (const protocol of [0, 2, 4, 5]) {
    const bytes = dumps([1, "text", { a: 2n ** 70n }, new Uint8Array(3), 1.5], { protocol });
    for (let end = 0; end < bytes.length; end++) {
      assert.throws(() => dis(bytes.subarray(0, end)), UnpicklingError);
    }
  }
});

test("dis() executes nothing of a dangerous pickle", () => {
  assert.match(dis(raw("cos\nsystem\n(S'ls'\ntR.")), /GLOBAL {5}"os system"/);
});
