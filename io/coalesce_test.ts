/** Which ranges become one read: against a plan made naively, and by example. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { test } from "node:test";
import { planReads, scatter } from "./coalesce.ts";
import type { Joining } from "./coalesce.ts";

const JOINING: Joining = { gapBytes: 10, blockBytes: 100, aloneBytes: 40, inFlight: 1 };

function plan(places: [start: number, end: number][], joining: Joining = JOINING): number[][] {
  const ranges = places.map(([start, end]) => ({ start, into: new Uint8Array(end - start) }));
  return planReads(ranges, joining).map(({ start, end, ranges }) => [start, end, ranges.length]);
}

test("ranges within the gap are one read", () => {
  assert.deepEqual(plan([[0, 5], [15, 20], [31, 35]]), [[0, 20, 2], [31, 35, 1]]);
});

test("ranges come in any order, overlap and repeat; empty ones need no read", () => {
  assert.deepEqual(plan([[30, 40], [0, 30], [5, 8], [0, 30], [99, 99]]), [[0, 40, 4]]);
});

test("a read grows to the longest block and no further", () => {
  const places = Array.from({ length: 12 }, (_, i) => [i * 10, i * 10 + 10] as [number, number]);
  assert.deepEqual(plan(places), [[0, 100, 10], [100, 120, 2]]);
});

test("a long range is read alone, and short ones around it are still one read", () => {
  assert.deepEqual(plan([[0, 5], [3, 43], [8, 12]]), [[0, 12, 2], [3, 43, 1]]);
});

test("nothing is joined where it doesn't pay", () => {
  const never = { ...JOINING, gapBytes: -1, aloneBytes: Infinity };
  assert.deepEqual(plan([[0, 5], [5, 9], [0, 5]], never), [[0, 5, 1], [0, 5, 1], [5, 9, 1]]);
});

test("whatever the ranges are, all are filled, by blocks that keep to the limits", () => {
  const place = fc.tuple(fc.nat(2000), fc.nat(60));
  fc.assert(fc.property(fc.array(place, { maxLength: 60 }), (places) => {
    const file = Uint8Array.from({ length: 2100 }, (_, i) => (i * 13) & 0xff);
    const ranges = places.map(([start, length]) => ({ start, into: new Uint8Array(length) }));
    const blocks = planReads(ranges, JOINING);
    for (const block of blocks) {
      assert.ok(block.end - block.start <= 100);
      scatter(block, file.subarray(block.start, block.end));
    }
    for (const { start, into } of ranges) {
      assert.deepEqual(into, file.slice(start, start + into.length));
    }
    assert.ok(blocks.length <= ranges.length);
  }));
});
