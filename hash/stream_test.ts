/** What is below hash(): the order of the parts, digests without `node:crypto`, Python's orders. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { Pickler } from "../pickle/pickler.ts";
import { PyFloat, PyFrozenSet, tuple } from "../pickle/values.ts";
import type { Digest } from "./_digest.ts";
import { loadScript } from "./_digest_script.ts";
import { md5 } from "./_md5.ts";
import { frozensetOrder } from "./_frozenset.ts";
import { HashStream } from "./_hash_stream.ts";
import { sorted } from "./_order.ts";
import { compareTexts, sortTexts } from "./_texts.ts";

/** A digest that shows what it was fed. */
function shown(): Digest {
  let text = "";
  return {
    update: (bytes) =>
      void (text += Array.from(bytes, (byte) => String.fromCharCode(byte)).join("")),
    hex: () => text,
  };
}

/** The hash of 3 MB of text, of which `most` bytes are held, with `A` fed ahead at its start or at its end. */
function streamed(most: number, ahead: "first" | "last" | "never"): string {
  const stream = new HashStream({ create: shown, once: (bytes) => shownOnce(bytes) }, most);
  const value = Array.from({ length: 300 }, (_, i) => "x".repeat(10_000) + i);
  const mark = new Set(["A"]);
  const list = ahead === "first" ? [mark, ...value] : ahead === "last" ? [...value, mark] : value;
  return stream.run(() =>
    new Pickler(list, { protocol: 3 }, {
      memoize: "objects",
      reduce(object) {
        if (object !== mark) return undefined;
        stream.feedAhead(Uint8Array.of(0x41));
        return [];
      },
    })
  );
}

function shownOnce(bytes: Uint8Array): string {
  const digest = shown();
  digest.update(bytes);
  return digest.hex();
}

test("what is fed ahead comes first, however little of the pickle is held", () => {
  for (const ahead of ["first", "last", "never"] as const) {
    const whole = streamed(Infinity, ahead);
    assert.equal(whole[0], ahead === "never" ? "\x80" : "A");
    for (const most of [0, 1 << 20, 2 << 20]) assert.ok(streamed(most, ahead) === whole, ahead);
  }
});

test("md5 and sha1 in plain JavaScript are those of node:crypto, in pieces of any length from anywhere", async () => {
  const memory = Uint8Array.from({ length: 50_001 }, (_, i) => i * 7 + (i >> 8));
  const methods = [["md5", md5!], ["sha1", await loadScript()]] as const;
  const lengths = [0, 1, 55, 56, 63, 64, 65, 118, 119, 120, 127, 128, 16_384, 16_385, 50_000];
  for (const [name, method] of methods) {
    for (const length of lengths) {
      for (const start of [0, 1]) {
        const bytes = memory.subarray(start, start + length);
        const expected = createHash(name).update(bytes).digest("hex");
        assert.equal(method.once(Buffer.from(bytes)), expected, `${name} of ${length} bytes`);
        for (const part of [777, 4096, 20_000]) {
          const digest = method.create();
          for (let at = 0; at < length; at += part) digest.update(bytes.subarray(at, at + part));
          assert.equal(digest.hex(), expected, `${name} of ${length} bytes by ${part}`);
        }
      }
    }
  }
});

test("text is ordered by code point, lone surrogates too", () => {
  const texts = [
    "",
    "a",
    "aa",
    "\ud7ff",
    "\ud800",
    "\ud800a",
    "\udfff",
    "\ue000",
    "\uffff",
    "😀",
    "😁",
  ];
  assert.deepEqual(sortTexts([...texts].reverse()), texts);
  for (let i = 1; i < texts.length; i++) assert.ok(compareTexts(texts[i - 1], texts[i]) < 0);
});

test("sorted() is Python's, and tells where Python raises", () => {
  assert.deepEqual(sorted([true, 2n ** 70n, 0.5, -1]), [-1, 0.5, true, 2n ** 70n]);
  const pairs = [tuple<unknown>(2, null), tuple<unknown>(1, "b"), tuple<unknown>(1, "a")];
  assert.deepEqual(sorted([...pairs]), [...pairs].reverse());
  assert.deepEqual(sorted([tuple(1, "a"), tuple<unknown>(1, 2)]), { reason: "unorderable" });
  assert.deepEqual(sorted([null, "a"]), { reason: "unorderable" });
  const nan = new PyFloat(NaN);
  assert.deepEqual(sorted([3, nan, 1]), [3, nan, 1]); // as [3, nan, 1].sort() in Python
});

test("a frozenset of numbers is walked as CPython does", () => {
  assert.deepEqual(frozensetOrder([3, 1, 2]), [1, 2, 3]);
  assert.deepEqual(frozensetOrder([66, 9, 51, 84, 55]), [66, 9, 51, 84, 55]);
  assert.deepEqual(frozensetOrder([8, 0, 16]), [8, 0, 16]);
  assert.equal(frozensetOrder(["a", "b"]), undefined);
  assert.deepEqual(frozensetOrder(["a"]), ["a"]);
  assert.equal(frozensetOrder([new PyFrozenSet(), 1]), undefined);
});
