/** Workers that compress lz4: they write the same, and are asked only where they gain something. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openWorkers, runningWorkers } from "../io/workers.ts";
import { Random } from "../tests/random.ts";
import { assertSame, collector } from "./deflate_suite.ts";
import { encodeLz4Segment, LZ4_SEGMENT_BYTES, LZ4_SEGMENT_TASK } from "./_lz4_segment.ts";
import { lz4 } from "./lz4.ts";

const RANDOM = new Random(4);
const NOISE = Uint8Array.from({ length: 5 << 20 }, () => RANDOM.below(256));
/** Half of it is noise. */
const HALF = NOISE.map((byte, i) => i % 64 < 32 ? byte : 7);

async function compress(bytes: Uint8Array, level: number): Promise<{
  written: Uint8Array;
  warnings: string[];
  workers: number;
}> {
  const out = collector();
  const warnings: string[] = [];
  const onWarning = ({ message }: { message: string }) => void warnings.push(message);
  const sink = lz4.openSink!(out.later, level, { threads: 2, onWarning });
  let workers = 0;
  for (let at = 0; at < bytes.length; at += 300_000) {
    await sink.write(bytes.subarray(at, at + 300_000));
    workers = Math.max(workers, runningWorkers());
  }
  await sink.close();
  return { written: out.bytes(), warnings, workers };
}

test("lz4: workers write the blocks of one thread", async () => {
  for (const level of [0, 3]) {
    const whole = await lz4.compress(HALF, level);
    // those that run already are at hand after the first segments
    const held = await openWorkers(LZ4_SEGMENT_TASK, 2);
    try {
      assert.deepEqual(await compress(HALF, level), { written: whole, warnings: [], workers: 2 });
    } finally {
      held.release();
    }
    assertSame(await lz4.decompress(whole), HALF);
  }
});

test("lz4: workers put what they write into the memory of the segment", async () => {
  const workers = await openWorkers(LZ4_SEGMENT_TASK, 1);
  try {
    const buffer = new ArrayBuffer(3 * LZ4_SEGMENT_BYTES);
    const segment = new Uint8Array(buffer, 0, 700_000);
    segment.set(HALF.subarray(0, 700_000));
    const expected = encodeLz4Segment(segment, 1).slice();
    new Uint8Array(buffer, LZ4_SEGMENT_BYTES).fill(0);
    const output = await workers.run([segment, 1], [buffer]);
    assertSame(output, expected);
    assert.equal(output.buffer.byteLength, 3 * LZ4_SEGMENT_BYTES);
  } finally {
    workers.release();
  }
});

test("lz4: what the fast levels store is handed to no worker, what others do is", async () => {
  const stored = await compress(NOISE, 0);
  assert.deepEqual([stored.workers, stored.warnings], [0, []]);
  assert.ok(stored.written.length > NOISE.length);
  const { workers } = await compress(HALF, 0);
  assert.equal(workers, 2);
  assert.equal((await compress(NOISE.subarray(0, 2_100_000), 9)).workers, 2);
  assert.equal(runningWorkers(), 0);
});
