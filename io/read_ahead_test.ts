/** Reading ahead gives the bytes of the file, whatever is asked for, and reads no more than it says. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { equalBytes } from "../bytes/equal.ts";
import { ReadAhead } from "./_read_ahead.ts";

const SIZE = 5_000_003;
const CONTENT = Uint8Array.from({ length: SIZE }, (_, i) => i * 31 + (i >>> 8));

/** A file that notes what is read of it; its reads must not overlap. */
function file(content: Uint8Array = CONTENT): {
  readAt: (into: Uint8Array, position: number) => Promise<number>;
  reads: [position: number, length: number][];
} {
  const reads: [number, number][] = [];
  let busy = false;
  return {
    reads,
    async readAt(into: Uint8Array, position: number): Promise<number> {
      assert.ok(!busy, "two reads at a time");
      busy = true;
      reads.push([position, into.length]);
      await new Promise((resolve) => setTimeout(resolve));
      const part = content.subarray(position, position + into.length);
      into.set(part);
      busy = false;
      return part.length;
    },
  };
}

for (const sizes of [[1], [100_000], [1 << 20], [6, 262_144], [1, 3_000_000, 7], [6_000_000]]) {
  test(`reads of ${sizes} bytes in turn give the whole file`, async () => {
    const { readAt } = file(CONTENT.subarray(0, sizes[0] === 1 ? 500_000 : SIZE));
    const size = sizes[0] === 1 ? 500_000 : SIZE;
    const ahead = new ReadAhead(readAt, size);
    for (let at = 0, i = 0;; i++) {
      const into = new Uint8Array(sizes[i % sizes.length]);
      assert.equal(ahead.remaining, size - at);
      const count = await ahead.read(into);
      if (count === 0) {
        assert.equal(at, size);
        break;
      }
      assert.ok(equalBytes(into.subarray(0, count), CONTENT.subarray(at, at + count)));
      at += count;
      assert.equal(ahead.position, at);
    }
    await ahead.close();
  });
}

test("a small file is read once", async () => {
  const { readAt, reads } = file(CONTENT.subarray(0, 500));
  const ahead = new ReadAhead(readAt, 500);
  assert.equal(await ahead.read(new Uint8Array(6)), 6);
  assert.equal(await ahead.read(new Uint8Array(4000)), 494);
  assert.deepEqual(reads, [[0, 500]]);
  assert.equal(await ahead.read(new Uint8Array(4000)), 0);
});

test("a long read goes to where it is wanted, and nothing is on its way behind it", async () => {
  const { readAt, reads } = file();
  const ahead = new ReadAhead(readAt, SIZE);
  await ahead.read(new Uint8Array(100));
  const into = new Uint8Array(4_000_000);
  let filled = 0;
  while (filled < into.length) filled += await ahead.read(into.subarray(filled));
  assert.deepEqual(reads, [[0, 65_536], [65_536, 3_934_564]]);
  assert.deepEqual(into.subarray(-9), CONTENT.subarray(4_000_091, 4_000_100));
});

test("going back gives the same bytes again", async () => {
  const ahead = new ReadAhead(file().readAt, SIZE);
  const into = new Uint8Array(200_000);
  for (let i = 0; i < 5; i++) await ahead.read(into);
  const { position } = ahead;
  await ahead.move(-150_000);
  assert.equal(ahead.position, position - 150_000);
  const count = await ahead.read(into);
  assert.deepEqual(
    into.subarray(0, count),
    CONTENT.subarray(ahead.position - count, ahead.position),
  );
});

test("a file that was cut ends where it does", async () => {
  const ahead = new ReadAhead(file(CONTENT.subarray(0, 300_000)).readAt, SIZE);
  const into = new Uint8Array(250_000);
  let total = 0;
  for (let count = 1; count > 0; total += count) count = await ahead.read(into);
  assert.equal(total, 300_000);
});

test("what fails ahead is told by the read that wants it", async () => {
  const whole = file();
  const ahead = new ReadAhead(async (into, position) => {
    if (position > 100_000) throw new Error("EIO");
    return await whole.readAt(into, position);
  }, SIZE);
  const into = new Uint8Array(50_000);
  let total = 0;
  await assert.rejects(async () => {
    for (;;) total += await ahead.read(into);
  }, /EIO/);
  assert.equal(total, 65_536 + 131_072);
  await ahead.close();
});
