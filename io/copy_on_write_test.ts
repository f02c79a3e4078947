/** A file whose changes stay in memory: over a path, bytes and what can only be awaited. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { copyOnWrite } from "./copy_on_write.ts";
import { openRandomAccessFile, openRandomAccessFileSync } from "./random_access.ts";
import { CONTENT, randomAccessSuite, range } from "./random_access_suite.ts";

const folder = mkdtempSync(join(tmpdir(), "larder-changes-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const path = join(folder, "content.bin");
writeFileSync(path, CONTENT);

randomAccessSuite("changes over a path", {
  make: () => ({
    source: path,
    finish: () => assert.deepEqual(readFileSync(path).equals(CONTENT), true),
  }),
  sync: true,
  writes: "always",
  wrap: copyOnWrite,
});
randomAccessSuite("changes over changes of bytes", {
  make: () => ({ source: CONTENT }),
  sync: true,
  writes: "always",
  wrap: (file) => copyOnWrite(copyOnWrite(file)),
});

test("changes over a Blob are read back", async () => {
  const file = copyOnWrite(await openRandomAccessFile(new Blob([CONTENT])));
  assert.throws(() => file.writeSync(0, Uint8Array.of(1)), { name: "UnsupportedError" });
  await file.write(4095, Uint8Array.of(1, 2, 3));
  const around = range(4094, 4099);
  await file.read([around]);
  assert.deepEqual([...around.into], [CONTENT[4094], 1, 2, 3, CONTENT[4098]]);
  await file.close();
});

test("writes to one page at the same time are all kept", async () => {
  const file = copyOnWrite(await openRandomAccessFile(new Blob([CONTENT])));
  const places = Array.from({ length: 100 }, (_, i) => 8192 + i * 40);
  await Promise.all(places.map((start) => file.write(start, Uint8Array.of(start & 0xff))));
  const page = range(8192, 12288);
  await file.read([page]);
  const expected = CONTENT.slice(8192, 12288);
  for (const start of places) expected[start - 8192] = start & 0xff;
  assert.deepEqual(page.into, expected);
  await file.close();
});

test("a write reads the pages that it changes a part of, and no other", async () => {
  const reads: [number, number][] = [];
  const source = {
    size: CONTENT.length,
    read(start: number, end: number): Uint8Array {
      reads.push([start, end]);
      return CONTENT.subarray(start, end);
    },
  };
  const file = copyOnWrite(openRandomAccessFileSync(source));
  file.writeSync(4096, new Uint8Array(8192));
  file.writeSync(4100, new Uint8Array(50));
  assert.deepEqual(reads, []);
  file.writeSync(40_000, new Uint8Array(100_000));
  assert.deepEqual(reads, [[36_864, 40_960], [139_264, 143_360]]);
  reads.length = 0;
  const last = Math.floor(CONTENT.length / 4096) * 4096;
  file.writeSync(CONTENT.length - 1, Uint8Array.of(9));
  await file.write(last, new Uint8Array(CONTENT.length - last));
  assert.deepEqual(reads, [[last, CONTENT.length]]);
});

test("a read under way when the changes are dropped still sees them", async () => {
  const file = copyOnWrite(await openRandomAccessFile(new Blob([CONTENT])));
  await file.write(10, Uint8Array.of(1, 2));
  const part = range(10, 12);
  const reading = file.read([part]);
  await file.close();
  await reading;
  assert.deepEqual([...part.into], [1, 2]);
  await assert.rejects(file.write(0, Uint8Array.of(1)), /it is closed/);
});
