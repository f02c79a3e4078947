/** Files on disk that are missing, special, cut or removed while they are open, or forgotten. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { after, test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import {
  createRandomAccessFile,
  createRandomAccessFileSync,
  hasRandomAccess,
  openRandomAccessFile,
  openRandomAccessFileSync,
} from "./random_access.ts";
import type { RandomAccessFile } from "./random_access.ts";
import { range } from "./random_access_suite.ts";

const folder = mkdtempSync(join(tmpdir(), "larder-local-"));
after(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;

function freshPath(content?: Uint8Array): string {
  const path = join(folder, `${files++}.bin`);
  if (content !== undefined) writeFileSync(path, content);
  return path;
}

test("a missing file is ENOENT, for reading and for writing", async () => {
  const missing = freshPath();
  for (const write of [false, true]) {
    assert.throws(() => openRandomAccessFileSync(missing, { write }), { code: "ENOENT" });
    await assert.rejects(openRandomAccessFile(missing, { write }), { code: "ENOENT" });
  }
  assert.equal(existsSync(missing), false);
});

test("a folder is EISDIR", async () => {
  const directory = freshPath();
  mkdirSync(directory);
  for (const write of [false, true]) {
    assert.throws(() => openRandomAccessFileSync(directory, { write }), { code: "EISDIR" });
    await assert.rejects(openRandomAccessFile(directory, { write }), { code: "EISDIR" });
  }
  await assert.rejects(createRandomAccessFile(directory, 5), { code: "EISDIR" });
});

const posix = process.platform !== "win32";

test("a pipe is refused without waiting for a writer", { skip: !posix }, async () => {
  const pipe = freshPath();
  execFileSync("mkfifo", [pipe]);
  const refused = { name: "UnsupportedError", path: pipe };
  assert.equal(hasRandomAccess(pipe), false);
  assert.throws(() => openRandomAccessFileSync(pipe), refused);
  await assert.rejects(openRandomAccessFile(pipe), refused);
  await assert.rejects(createRandomAccessFile(pipe, 5), refused);
});

test("a file that was cut is an error that tells where it ends now", async () => {
  const path = freshPath(new Uint8Array(10_000).fill(7));
  const file = openRandomAccessFileSync(path, { write: true });
  truncateSync(path, 6000);
  const expected = { name: "LarderError", path, offset: 6000, message: /ends at byte 6000, 9010 / };
  assert.throws(() => file.readSync([range(0, 10), range(9000, 9010)]), expected);
  await assert.rejects(file.read([range(9000, 9010)]), expected);
  assert.throws(() => file.readSync([range(5990, 6010)]), { offset: 6000 });
  assert.throws(() => file.writeSync(9000, new Uint8Array(10)), expected);
  await assert.rejects(file.write(9000, new Uint8Array(10)), expected);
  assert.throws(() => file.writeSync(5995, new Uint8Array(10)), { offset: 6000 });
  assert.equal(statSync(path).size, 6000);
  assert.ok(readFileSync(path).every((byte) => byte === 7));
  file.writeSync(5990, new Uint8Array(10));
  file.closeSync();
});

test("a FileHandle of a file that was cut is not made to grow", async () => {
  const path = freshPath(new Uint8Array(100));
  const handle = await open(path, "r+");
  const file = openRandomAccessFileSync(handle, { write: true });
  truncateSync(path, 50);
  assert.throws(() => file.writeSync(60, Uint8Array.of(1)), { name: "LarderError", offset: 50 });
  await assert.rejects(file.read([range(40, 60)]), { name: "LarderError", offset: 50 });
  file.closeSync();
  await handle.close();
});

test("a file that was removed or replaced is read to its end as it was", { skip: !posix }, () => {
  const path = freshPath(Uint8Array.of(1, 2, 3));
  const file = openRandomAccessFileSync(path);
  rmSync(path);
  writeFileSync(path, Uint8Array.of(4, 5, 6));
  const all = range(0, 3);
  file.readSync([all]);
  assert.deepEqual([...all.into], [1, 2, 3]);
  file.closeSync();
});

test("a FileHandle's cursor stays where it is, and the handle open", async () => {
  const path = freshPath(Uint8Array.of(1, 2, 3, 4));
  const handle = await open(path, "r");
  const file = await openRandomAccessFile(handle);
  await file.read([range(2, 4)]);
  file.readSync([range(3, 4)]);
  await file.close();
  const one = new Uint8Array(1);
  readSync(handle.fd, one, 0, 1, null);
  assert.deepEqual([...one], [1]);
  await handle.close();
});

test("createRandomAccessFile() makes a file of zeros, read and written", async () => {
  for (const create of [createRandomAccessFile, createRandomAccessFileSync]) {
    const path = freshPath();
    const file = await create(path, 5000);
    assert.equal(file.size, 5000);
    file.writeSync(4999, Uint8Array.of(5));
    const end = range(4990, 5000);
    await file.read([end]);
    assert.deepEqual([...end.into], [0, 0, 0, 0, 0, 0, 0, 0, 0, 5]);
    await file.close();
    assert.equal(statSync(path).size, 5000);
  }
});

test("createRandomAccessFile() empties what is there, which stays the same file", async () => {
  const path = freshPath(new Uint8Array(100).fill(9));
  const link = freshPath();
  linkSync(path, link);
  const file = await createRandomAccessFile(path, 40);
  file.writeSync(39, Uint8Array.of(1));
  await file.close();
  const expected = new Uint8Array(40);
  expected[39] = 1;
  assert.deepEqual(new Uint8Array(readFileSync(link)), expected);
});

test(
  "a file of zeros takes no room, and places beyond 4 GiB are reached",
  { skip: !posix },
  async () => {
    const path = freshPath();
    const size = 5 * 2 ** 30;
    const file = await createRandomAccessFile(path, size);
    file.writeSync(size - 3, Uint8Array.of(1, 2, 3));
    await file.write(2 ** 32, Uint8Array.of(4));
    const parts = [range(size - 3, size), range(2 ** 32 - 1, 2 ** 32 + 2)];
    file.readSync(parts);
    assert.deepEqual(parts.map(({ into }) => [...into]), [[1, 2, 3], [0, 4, 0]]);
    await file.read(parts);
    assert.deepEqual(parts.map(({ into }) => [...into]), [[1, 2, 3], [0, 4, 0]]);
    await file.close();
    assert.ok(statSync(path).blocks * 512 < 1 << 20);
    rmSync(path);
  },
);

test("a read-only file can't be opened for writing", {
  skip: !posix || process.getuid?.() === 0,
}, () => {
  const path = freshPath(new Uint8Array(4));
  chmodSync(path, 0o444);
  assert.throws(() => openRandomAccessFileSync(path, { write: true }), { code: "EACCES" });
});

test(
  "a file that fails to open leaves no descriptor behind",
  { skip: !hasDescriptors() },
  async () => {
    const directory = freshPath();
    mkdirSync(directory);
    await assert.rejects(openRandomAccessFile(directory));
    assert.deepEqual(descriptorsOf(directory), []);
    const path = freshPath(new Uint8Array(4));
    const file = await openRandomAccessFile(path);
    assert.equal(descriptorsOf(path).length, 1);
    await file.close();
    assert.deepEqual(descriptorsOf(path), []);
  },
);

test("a file that all its owners forgot is closed", { skip: !hasDescriptors() }, async () => {
  const path = freshPath(new Uint8Array(1000));
  const collect = garbageCollector();
  const forget = (): void => {
    const files: RandomAccessFile[] = [];
    for (let i = 0; i < 10; i++) files.push(openRandomAccessFileSync(path));
    for (const file of files) file.readSync([range(0, 5)]);
    assert.equal(descriptorsOf(path).length, 10);
  };
  forget();
  for (let i = 0; i < 100 && descriptorsOf(path).length > 1; i++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert.ok(descriptorsOf(path).length <= 1); // a conservative collector may see one on the stack
});

function hasDescriptors(): boolean {
  try {
    return existsSync("/proc/self/fd");
  } catch {
    return false; // Deno shows it to programs with all permissions only
  }
}

function descriptorsOf(path: string): string[] {
  return readdirSync("/proc/self/fd").filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === path;
    } catch {
      return false; // the descriptor of the listing itself
    }
  });
}

function garbageCollector(): () => void {
  const { Bun } = globalThis as { Bun?: { gc(force: boolean): void } };
  if (Bun !== undefined) return () => Bun.gc(true);
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as () => void;
}
