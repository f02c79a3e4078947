import assert from "node:assert/strict";
import { test } from "node:test";
import { Pickler } from "./pickler.ts";

test("a segment keeps its bytes until the next one is asked for", () => {
  const value = Array.from({ length: 700_000 }, (_, i) => i + 70_000);
  const pickler = new Pickler(value, {}, {});
  let segments = 0;
  for (let piece = pickler.next(); piece !== undefined; piece = pickler.next()) {
    if (segments++ === 0) assert.deepEqual([...piece.subarray(0, 3)], [0x80, 4, 0x95]);
    else assert.equal(piece[0], 0x95); // segments end with a frame, so the next begins with one
  }
  assert.ok(segments > 2);
});
