/** The runtime's text codecs agree with the exact ones. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeUtf8, TextError } from "../bytes/text.ts";
import { raw } from "../tests/raw.ts";
import { readLatin1, readUtf8, toUtf8, writeUtf8 } from "./text.ts";

const TEXTS = [
  "",
  "abc",
  "é☃😀",
  "\ud800",
  "a\udfffb",
  "\ufffd",
  "\ufeffx",
  "x".repeat(100_000),
  "\0",
];

test("readUtf8() reads every text, also inside of a larger array", () => {
  for (const text of TEXTS) {
    const bytes = encodeUtf8(text);
    const padded = new Uint8Array(bytes.length + 8).fill(0xff);
    padded.set(bytes, 3);
    assert.equal(readUtf8(padded, 3, 3 + bytes.length), text);
    assert.equal(readUtf8(padded.subarray(3), 0, bytes.length), text);
  }
});

test("readUtf8() throws a TextError for what is not UTF-8", () => {
  for (const text of ["\xff", "a\xc3", "\xed\xa0", "\xf5\x80\x80\x80"]) {
    assert.throws(() => readUtf8(raw(text), 0, text.length), TextError);
  }
});

test("readLatin1() reads every byte", () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
  const text = readLatin1(bytes, 0, 256);
  assert.deepEqual(Array.from(text, (char) => char.charCodeAt(0)), [...bytes]);
  assert.equal(readLatin1(bytes, 65, 67), "AB");
});

test("toUtf8() and writeUtf8() write the exact bytes", () => {
  for (const text of TEXTS) {
    const wanted = encodeUtf8(text);
    assert.deepEqual(toUtf8(text), wanted);
    const target = new Uint8Array(3 * text.length + 5);
    const end = writeUtf8(text, target, 5);
    assert.deepEqual(target.slice(5, end), wanted);
  }
});
