/** bz2 read by several threads: where blocks are guessed, and that nothing differs from one thread. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { openReader } from "../io/source.ts";
import { openWorkers, runningWorkers } from "../io/workers.ts";
import { Bz2Ahead } from "./_bz2_ahead.ts";
import { BZ2_BLOCK_TASK } from "./_bz2_block.ts";
import { bz2Format } from "./_bz2_format.ts";
import { BLOCK_MAGIC, END_MAGIC, findMagics } from "./_bz2_scan.ts";
import { openSteps } from "./_steps.ts";
import { bz2 } from "./bz2.ts";
import { assertSame, concat, inPieces, makePayload } from "./deflate_suite.ts";
import type { DecompressLimits } from "./registry.ts";

const PAYLOAD = makePayload(700_000);
const ONE = await bz2.compress(PAYLOAD, 1);
// Levels, and with them the largest blocks, that change from stream to stream.
const MIXED = concat(
  await bz2.compress(PAYLOAD.subarray(0, 250_000), 2),
  await bz2.compress(PAYLOAD.subarray(250_000, 400_000), 1),
  await bz2.compress(new Uint8Array(0), 9),
  await bz2.compress(PAYLOAD.subarray(400_000), 9),
);

interface Outcome {
  bytes: Uint8Array;
  error: string;
  /** How many blocks workers decoded. */
  taken: number;
  /** What was not read. */
  left: number | undefined;
}

/** A test whose readers share two workers, which would take their time to start for each. */
function testShared(name: string, run: () => Promise<void>): void {
  test(name, async () => {
    const held = await openWorkers(BZ2_BLOCK_TASK, 2);
    try {
      await run();
    } finally {
      held.release();
    }
    assert.equal(runningWorkers(), 0);
  });
}

/** Read to the end or to an error. */
async function read(
  source: Uint8Array | ReadableStream<Uint8Array>,
  threads: number,
  limits: DecompressLimits = {},
): Promise<Outcome> {
  const input = await openReader(source);
  const ahead = new Bz2Ahead(input, { threads, firstBytes: 0, leftBytes: 0 });
  const reader = openSteps(bz2Format(limits, ahead), input, limits);
  const parts: Uint8Array[] = [];
  let error = "";
  try {
    for (;;) {
      const part = new Uint8Array(70_001);
      const count = await reader.read(part);
      if (count === 0) break;
      parts.push(part.subarray(0, count));
    }
  } catch (found) {
    const { name, message, offset } = found as Error & { offset?: number };
    error = `${name}: ${message} (${offset})`;
  } finally {
    await reader.close();
  }
  return { bytes: concat(...parts), error, taken: ahead.taken, left: input.remaining };
}

async function assertSameAsByOne(bytes: Uint8Array, limits?: DecompressLimits): Promise<Outcome> {
  const expected = await read(bytes, 1, limits);
  const found = await read(bytes, 2, limits);
  assert.equal(expected.taken, 0);
  assert.equal(found.error, expected.error);
  assertSame(found.bytes, expected.bytes);
  if (found.error === "") assert.equal(found.left, expected.left);
  return found;
}

test("magic numbers are found at each bit, with as many bytes as there are", () => {
  fc.assert(fc.property(
    fc.uint8Array({ maxLength: 20 }),
    fc.uint8Array({ maxLength: 20 }),
    fc.nat(7),
    fc.boolean(),
    (before, after, bit, isEnd) => {
      const magic = BigInt(isEnd ? END_MAGIC : BLOCK_MAGIC) << BigInt(8 - bit);
      const bytes = Uint8Array.from({ length: 7 }, (_, i) => Number(magic >> BigInt(48 - 8 * i)));
      const all = concat(before, bytes, after);
      const { found, next } = findMagics(all, 0);
      assert.deepEqual(found, [{ bit: 8 * before.length + bit, isEnd }]);
      assert.equal(next, all.length - 6);
      // the same, from pieces
      const first = findMagics(all.subarray(0, before.length + 5), 0);
      const second = findMagics(all, first.next);
      assert.deepEqual([...first.found, ...second.found], found);
    },
  ));
});

testShared(
  "blocks of one stream, and streams of several levels, are decoded by workers",
  async () => {
    assert.ok((await assertSameAsByOne(ONE)).taken >= 6);
    const { bytes, taken } = await assertSameAsByOne(MIXED);
    assertSame(bytes, PAYLOAD);
    assert.ok(taken >= 5);
  },
);

testShared("what is behind the streams goes back, as with one thread", async () => {
  const junk = new TextEncoder().encode("something else");
  for (const several of [false, true]) {
    const { left } = await assertSameAsByOne(concat(ONE, junk), { several });
    assert.equal(left, junk.length);
  }
});

testShared("damage and an early end are told as by one thread", async () => {
  for (let i = 1; i < 8; i++) {
    const at = Math.floor(ONE.length * i / 8);
    const { error } = await assertSameAsByOne(ONE.subarray(0, at));
    assert.match(error, /before the stream does/);
    const damaged = ONE.slice();
    damaged[at] ^= 1 << (i & 7);
    const { taken } = await assertSameAsByOne(damaged);
    assert.ok(i < 3 || taken > 0);
  }
  for (const at of [0, 1, 4, 10, 14, 20, ONE.length - 1, ONE.length - 9]) {
    const damaged = ONE.slice();
    damaged[at] ^= 2;
    await assertSameAsByOne(damaged);
  }
});

testShared("limits stop where they stop one thread", async () => {
  for (const maxBytes of [0, 1, 100_000, 300_000, PAYLOAD.length - 1, PAYLOAD.length]) {
    await assertSameAsByOne(ONE, { maxBytes });
  }
  const zeros = await bz2.compress(new Uint8Array(20 << 20), 1);
  const { error } = await assertSameAsByOne(concat(ONE, zeros), { maxRatio: 10 });
  assert.match(error, /maxRatio/);
});

testShared("blocks of runs that are too long for a worker are decoded without", async () => {
  const zeros = await bz2.compress(new Uint8Array(12 << 20), 9);
  const { bytes, error } = await assertSameAsByOne(concat(zeros, ONE));
  assert.equal(error, "");
  assert.equal(bytes.length, (12 << 20) + PAYLOAD.length);
});

testShared("a magic number that stands among data misleads nobody", async () => {
  for (const magic of [BLOCK_MAGIC, END_MAGIC]) {
    const misleading = withMagicInside(ONE, magic);
    assert.equal(findMagics(misleading, 0).found.length, findMagics(ONE, 0).found.length + 1);
    const { bytes, error, taken } = await assertSameAsByOne(misleading);
    assert.equal(error, "");
    assertSame(bytes, PAYLOAD);
    assert.ok(taken >= 5);
  }
});

testShared("a stream is read by one thread, for nobody knows how much of it there is", async () => {
  const { bytes, taken } = await read(inPieces(ONE, 50_000), 2);
  assertSame(bytes, PAYLOAD);
  assert.equal(taken, 0);
});

test("bz2: a reader that is closed in the middle lets its workers end", async () => {
  const input = await openReader(ONE);
  const ahead = new Bz2Ahead(input, { threads: 2, firstBytes: 0, leftBytes: 0 });
  const reader = openSteps(bz2Format({}, ahead), input, {});
  await reader.read(new Uint8Array(10));
  assert.equal(runningWorkers(), 2);
  await reader.close();
  assert.equal(runningWorkers(), 0);
});

test("bz2: few bytes are worth no workers", async () => {
  const reader = bz2.openReader!(await openReader(ONE), {});
  await reader.read(new Uint8Array(500_000));
  assert.equal(runningWorkers(), 0);
  await reader.close();
});

/**
 * The stream with a magic number in its first block: behind the selectors that are used can stand
 * others, and their code, so many ones and a zero, is one that can spell it.
 */
function withMagicInside(stream: Uint8Array, magic: number): Uint8Array {
  const text = Array.from(stream, (byte) => byte.toString(2).padStart(8, "0")).join("");
  let at = 32 + 48 + 32 + 1 + 24; // header, magic number, sum, randomised, origin
  const ranges = text.slice(at, at += 16);
  for (const range of ranges) if (range === "1") at += 16;
  const codes = parseInt(text.slice(at, at += 3), 2);
  const count = parseInt(text.slice(at, at + 15), 2);
  let end = at + 15;
  for (let selectors = 0; selectors < count; end++) if (text[end] === "0") selectors++;
  const inserted = `${magic.toString(2).padStart(48, "0")}0`;
  assert.ok(!inserted.includes("1".repeat(codes)));
  const more = inserted.replaceAll("1", "").length;
  const counted = (count + more).toString(2).padStart(15, "0");
  const changed = text.slice(0, at) + counted + text.slice(at + 15, end) + inserted +
    text.slice(end);
  const whole = changed.padEnd(8 * Math.ceil(changed.length / 8), "0");
  return Uint8Array.from(whole.match(/.{8}/g)!, (byte) => parseInt(byte, 2));
}
