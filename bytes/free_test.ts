/** What may be freed, and what may not. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { freeBytes } from "./free.ts";

test("freeBytes() detaches a large buffer", () => {
  const bytes = new Uint8Array(1 << 20);
  freeBytes(bytes.subarray(0, 10));
  assert.equal(bytes.length, 0);
});

test("freeBytes() leaves what may be a part of something else", () => {
  for (const bytes of [new Uint8Array(1 << 16), new Uint8Array(1 << 20).subarray(1)]) {
    const { byteLength } = bytes.buffer;
    freeBytes(bytes);
    assert.equal(bytes.buffer.byteLength, byteLength);
  }
  const shared = new Uint8Array(new SharedArrayBuffer(1 << 20));
  freeBytes(shared);
  assert.equal(shared.length, 1 << 20);
});
