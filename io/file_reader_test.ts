/** Reading a random-access file from front to back, with skips; the reads are counted. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { fileReader, fileReaderSync } from "./file_reader.ts";
import { openRandomAccessFile, openRandomAccessFileSync } from "./random_access.ts";
import { CONTENT } from "./random_access_suite.ts";

const KIB = 1024;

for (const promises of [false, true]) {
  test(`fileReader() reads a part to its end: ${promises ? "promises" : "at once"}`, async () => {
    const { source } = counted(promises);
    const file = await openRandomAccessFile(source);
    const reader = fileReader(file, { start: 1000, end: 900_001 });
    assert.equal(reader.remaining, 899_001);
    const whole = new Uint8Array(899_001);
    for (let done = 0; done < whole.length;) {
      const count = await reader.read(whole.subarray(done, done + 33_333));
      assert.ok(count > 0);
      done += count;
      assert.equal(reader.position, 1000 + done);
    }
    assert.equal(Buffer.compare(whole, CONTENT.subarray(1000, 900_001)), 0);
    assert.equal(await reader.read(new Uint8Array(1)), 0);
    assert.equal(reader.remaining, 0);
    await reader.close();
  });
}

test("fileReaderSync() reads a part to its end", () => {
  const reader = fileReaderSync(openRandomAccessFileSync(CONTENT), { start: 7, end: 100_000 });
  const whole = new Uint8Array(99_993);
  for (let done = 0; done < whole.length;) done += reader.read(whole.subarray(done));
  assert.equal(Buffer.compare(whole, CONTENT.subarray(7, 100_000)), 0);
  assert.equal(reader.read(new Uint8Array(1)), 0);
  reader.close();
});

test("fileReaderSync() begins with short pieces, and again after a skip", () => {
  const { source, reads } = counted(false);
  const reader = fileReaderSync(openRandomAccessFileSync(source));
  const into = new Uint8Array(1_000_000);
  assert.equal(reader.read(into), 16 * KIB);
  assert.equal(reader.read(into), 32 * KIB);
  assert.equal(reader.skip(900_000), 900_000);
  assert.equal(reader.read(into), 16 * KIB);
  reader.unread(5);
  assert.equal(reader.position, 64 * KIB + 900_000 - 5);
  assert.equal(reader.read(into.subarray(0, 3)), 3);
  assert.deepEqual(into.slice(0, 3), CONTENT.slice(reader.position - 3, reader.position));
  assert.deepEqual(reads.map(([start, end]) => end - start), [16 * KIB, 32 * KIB, 16 * KIB, 3]);
});

test("fileReader() reads ahead where reading is dear, and skips within it for nothing", async () => {
  const { source, reads } = counted(true);
  const file = await openRandomAccessFile(source);
  await file.read([{ start: 0, into: new Uint8Array(1) }]);
  reads.length = 0;
  const reader = fileReader(file);
  const small = new Uint8Array(10);
  for (let i = 0; i < 100; i++) {
    assert.equal(await reader.read(small), 10);
    assert.deepEqual(small, CONTENT.slice(reader.position - 10, reader.position));
    assert.equal(reader.skip(90), 90);
  }
  assert.deepEqual(reads, [[0, 64 * KIB]]);
  reader.skip(500_000);
  assert.equal(await reader.read(small), 10);
  await reader.unread(10);
  assert.equal(await reader.read(small), 10);
  assert.deepEqual(small, CONTENT.slice(510_000, 510_010));
  assert.deepEqual(reads.slice(1), [[510_000, 510_000 + 64 * KIB]]);
});

test("a read of nothing asks for nothing", async () => {
  const { source, reads } = counted(true);
  const reader = fileReader(await openRandomAccessFile(source));
  assert.equal(await reader.read(new Uint8Array(0)), 0);
  assert.equal(fileReaderSync(openRandomAccessFileSync(source)).read(new Uint8Array(0)), 0);
  assert.deepEqual(reads, []);
});

test("fileReader() ends where the file ends, and refuses what is no part of it", async () => {
  const file = openRandomAccessFileSync(CONTENT);
  const reader = fileReader(file, { start: CONTENT.length - 4, end: CONTENT.length + 100 });
  assert.equal(reader.remaining, 4);
  assert.equal(reader.skip(10), 4);
  assert.equal(reader.skip(10), 0);
  assert.equal(await reader.read(new Uint8Array(3)), 0);
  assert.equal(fileReaderSync(file, { start: CONTENT.length + 5 }).remaining, 0);
  for (const [start, end] of [[-1, 5], [5, 4], [0.5, 4], [0, NaN]]) {
    assert.throws(() => fileReader(file, { start, end }), RangeError);
    assert.throws(() => fileReaderSync(file, { start, end }), RangeError);
  }
});

function counted(promises: boolean) {
  const reads: [number, number][] = [];
  const read = (start: number, end: number) => {
    reads.push([start, end]);
    const bytes = CONTENT.slice(start, end);
    return promises ? Promise.resolve(bytes) : bytes;
  };
  const source = { size: CONTENT.length, read: read as (a: number, b: number) => Uint8Array };
  return { source, reads };
}
