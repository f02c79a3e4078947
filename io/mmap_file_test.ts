/** Reading through Bun's memory maps, and the refusal where there are none. */
import assert from "node:assert/strict";
import {
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import {
  createRandomAccessFile,
  openRandomAccessFile,
  openRandomAccessFileSync,
} from "./random_access.ts";
import { CONTENT, randomAccessSuite, range } from "./random_access_suite.ts";

const folder = mkdtempSync(join(tmpdir(), "larder-mmap-"));
after(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;
const skip = !("Bun" in globalThis);
const mapped = { mmap: true };

function makePath(content: Uint8Array): string {
  const path = join(folder, `${files++}.bin`);
  writeFileSync(path, content);
  return path;
}

if (!skip) {
  randomAccessSuite("memory map", {
    make: () => ({ source: makePath(CONTENT) }),
    sync: true,
    writes: "when asked",
    options: mapped,
  });
}

test("mmap is refused where the runtime has none", { skip: !skip }, async () => {
  const path = makePath(CONTENT);
  const refused = { name: "UnsupportedError", path, message: /only Bun maps files/ };
  assert.throws(() => openRandomAccessFileSync(path, mapped), refused);
  await assert.rejects(openRandomAccessFile(path, mapped), refused);
});

test("mmap is refused for what is no path", async () => {
  const refused = { name: "UnsupportedError", message: /mmap is for paths/ };
  for (const source of [new Uint8Array(4), new Blob([]), "http://localhost/x"]) {
    await assert.rejects(openRandomAccessFile(source, mapped), refused);
  }
  assert.throws(() => openRandomAccessFileSync(new Uint8Array(4), mapped), refused);
});

test("a map of a file that was cut is an error and not the end of the program", {
  skip,
}, async () => {
  const path = makePath(new Uint8Array(100_000).fill(7));
  const file = openRandomAccessFileSync(path, mapped);
  truncateSync(path, 5000);
  const expected = { name: "LarderError", path, offset: 5000, message: /5000, 90001 bytes needed/ };
  assert.throws(() => file.readSync([range(90_000, 90_001)]), expected);
  await assert.rejects(file.read([range(0, 1), range(90_000, 90_001)]), expected);
  const rest = range(4998, 5000);
  file.readSync([rest]);
  assert.deepEqual([...rest.into], [7, 7]);
  truncateSync(path, 0);
  assert.throws(() => file.readSync([range(0, 1)]), { name: "LarderError", offset: 0 });
  file.closeSync();
});

test("an empty file has no map and nothing to read", { skip }, async () => {
  const file = await openRandomAccessFile(makePath(new Uint8Array(0)), mapped);
  assert.equal(file.size, 0);
  await file.read([range(0, 0)]);
  await assert.rejects(file.read([range(0, 1)]), { name: "LarderError", offset: 0 });
  await file.close();
});

test("a map sees what others write, and stays with a file that was replaced", { skip }, () => {
  const path = makePath(Uint8Array.of(1, 2, 3));
  const file = openRandomAccessFileSync(path, mapped);
  const other = openRandomAccessFileSync(path, { write: true });
  other.writeSync(1, Uint8Array.of(9));
  other.closeSync();
  renameSync(makePath(Uint8Array.of(5, 5, 5)), path);
  const all = range(0, 3);
  file.readSync([all]);
  assert.deepEqual([...all.into], [1, 9, 3]);
  file.closeSync();
});

test("a map reaches beyond 4 GiB, across its windows", { skip }, async () => {
  const path = join(folder, "large.bin");
  const size = 5 * 2 ** 30;
  const file = await createRandomAccessFile(path, size);
  const edge = 2 ** 32;
  file.writeSync(edge - 2, Uint8Array.of(1, 2, 3, 4));
  file.closeSync();
  const map = openRandomAccessFileSync(path, mapped);
  const parts = [range(edge - 3, edge + 3), range(size - 1, size)];
  map.readSync(parts);
  assert.deepEqual(parts.map(({ into }) => [...into]), [[0, 1, 2, 3, 4, 0], [0]]);
  map.closeSync();
  rmSync(path);
});

test("maps are given back", { skip: skip || !mapsAreListed() }, async () => {
  const path = makePath(CONTENT);
  for (let i = 0; i < 20; i++) {
    const file = openRandomAccessFileSync(path, mapped);
    file.readSync([range(i, i + 1)]);
    file.closeSync();
  }
  const { Bun } = globalThis as unknown as { Bun: { gc(force: boolean): void } };
  for (let i = 0; i < 100 && mapsOf(path) > 2; i++) {
    Bun.gc(true);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert.ok(mapsOf(path) <= 2); // a conservative collector may see some on the stack
});

function mapsOf(path: string): number {
  return readFileSync("/proc/self/maps", "utf8").split(path).length - 1;
}

function mapsAreListed(): boolean {
  try {
    return readFileSync("/proc/self/maps", "utf8").length > 0;
  } catch {
    return false;
  }
}
