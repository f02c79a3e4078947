/** Text codecs, with what TextDecoder loses. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { raw } from "../tests/raw.ts";
import {
  decodeLatin1,
  decodeRawUnicodeEscape,
  decodeStringEscape,
  decodeUtf8,
  encodeLatin1,
  encodeRawUnicodeEscape,
  encodeUtf8,
  TextError,
  utf8Length,
} from "./text.ts";

const TEXTS = [
  "",
  "a",
  "é",
  "☃",
  "😀",
  "\ud800",
  "\udfff",
  "a\ud83d",
  "\ude00\ud83d",
  "\ufeff",
  "\ufffd",
  "\0",
];
TEXTS.push("é".repeat(20_000), "😀".repeat(10_000), "\ud800".repeat(9000));

test("UTF-8 keeps every text, lone surrogates too", () => {
  for (const text of TEXTS) {
    const bytes = encodeUtf8(text);
    assert.equal(bytes.length, utf8Length(text));
    assert.equal(decodeUtf8(bytes), text);
  }
});

test("UTF-8 of well-formed text is the standard's", () => {
  for (const text of TEXTS.filter((one) => one.isWellFormed())) {
    assert.deepEqual(encodeUtf8(text), new TextEncoder().encode(text));
  }
});

test("a lone surrogate is three bytes, as Python's surrogatepass", () => {
  assert.deepEqual([...encodeUtf8("\ud800")], [0xed, 0xa0, 0x80]);
});

test("what is not UTF-8 is a TextError with its place", () => {
  const cases: [string, number][] = [
    ["\x80", 0],
    ["a\xff", 1],
    ["\xc0\x80", 0],
    ["\xe0\x80\x80", 0],
    ["\xf0\x80\x80\x80", 0],
    ["\xf4\x90\x80\x80", 0],
    ["ab\xe2\x98", 2],
    ["\xc3a", 0],
  ];
  for (const [bytes, index] of cases) {
    assert.throws(
      () => decodeUtf8(raw(bytes)),
      (error) => error instanceof TextError && error.index === index,
    );
  }
});

test("decodeUtf8() reads a part of an array", () => {
  assert.equal(decodeUtf8(raw("xx\xc3\xa9yy"), 2, 4), "é");
});

test("latin-1 is every byte", () => {
  const bytes = Uint8Array.from({ length: 20_000 }, (_, i) => i & 0xff);
  const text = decodeLatin1(bytes);
  assert.equal(text.charCodeAt(0x80), 0x80);
  assert.deepEqual(encodeLatin1(text), bytes);
  assert.equal(encodeLatin1("a☃"), undefined);
});

test("raw-unicode-escape keeps every text on one line", () => {
  for (const text of [...TEXTS, "\\", "\\u0041", "\n\r\x1a\0", "\\\\n"]) {
    const bytes = encodeRawUnicodeEscape(text);
    assert.ok(!bytes.includes(10));
    assert.equal(decodeRawUnicodeEscape(decodeLatin1(bytes)), text);
  }
});

test("bad escapes are TextErrors", () => {
  for (const line of ["\\u12", "\\uzzzz", "\\U0011ffff", "\\U1234567"]) {
    assert.throws(() => decodeRawUnicodeEscape(line), TextError);
  }
  for (const literal of ["\\", "\\x1", "\\xzz"]) {
    assert.throws(() => decodeStringEscape(literal), TextError);
  }
});

test("escapes of Python 2's literals are undone", () => {
  assert.deepEqual(
    decodeStringEscape("a\\n\\t\\\\\\'\\\"\\a\\b\\f\\v\\r\\x41\\101\\0\\377\\q\xe9"),
    raw("a\n\t\\'\"\x07\b\f\v\rAA\0\xff\\q\xe9"),
  );
});
