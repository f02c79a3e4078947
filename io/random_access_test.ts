/** All kinds of random-access files, by one suite. What is special to each stands beside it. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";
import {
  createRandomAccessFile,
  hasRandomAccess,
  openRandomAccessFile,
  openRandomAccessFileSync,
} from "./random_access.ts";
import { CONTENT, randomAccessSuite, range } from "./random_access_suite.ts";
import { serveContent } from "./http_server_suite.ts";
import { shareFile } from "./shared_file.ts";
import type { DenoFile, Source, SyncSource } from "./source.ts";

const folder = mkdtempSync(join(tmpdir(), "larder-random-"));
after(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;

interface DenoGlobals {
  Deno?: { openSync(path: string, options: object): DenoFile & { close(): void } };
}
const { Deno } = globalThis as unknown as DenoGlobals;

function makePath(): string {
  const path = join(folder, `${files++}.bin`);
  writeFileSync(path, CONTENT);
  return path;
}

function makeBlob(): Blob {
  return new Blob([CONTENT.subarray(0, 400_000), CONTENT.subarray(400_000)]);
}

const path = { make: () => ({ source: makePath() }), sync: true, writes: "when asked" } as const;
const blob = { make: () => ({ source: makeBlob() }), sync: false, writes: "never" } as const;
const later = {
  make: () => ({
    source: {
      size: CONTENT.length,
      read: (start: number, end: number) => Promise.resolve(CONTENT.slice(start, end)),
    },
  }),
  sync: false,
  writes: "never",
} as const;

randomAccessSuite("path", path);
randomAccessSuite("file: URL", { ...path, make: () => ({ source: pathToFileURL(makePath()) }) });
randomAccessSuite("Uint8Array", {
  make: () => ({ source: new Uint8Array([0, ...CONTENT, 0]).subarray(1, -1) }),
  sync: true,
  writes: "when asked",
});
randomAccessSuite("ArrayBuffer", {
  make: () => ({ source: CONTENT.slice().buffer }),
  sync: true,
  writes: "when asked",
});
randomAccessSuite("FileHandle", {
  make: async () => {
    const source = await open(makePath(), "r+");
    return { source, finish: () => source.close() };
  },
  sync: true,
  writes: "when asked",
});
if (Deno !== undefined) {
  randomAccessSuite("Deno.FsFile", {
    make: () => {
      const source = Deno.openSync(makePath(), { read: true, write: true });
      return { source, finish: () => source.close() };
    },
    sync: true,
    writes: "when asked",
  });
}
randomAccessSuite("Blob", blob);
randomAccessSuite("random access", {
  make: () => ({
    source: {
      size: CONTENT.length,
      read: (start: number, end: number) => CONTENT.subarray(start, end),
    },
  }),
  sync: true,
  writes: "never",
});
randomAccessSuite("asynchronous random access", later);
randomAccessSuite("http", {
  make: async () => {
    const server = await serveContent();
    return { source: server.url, finish: () => server.close() };
  },
  sync: false,
  writes: "never",
});
randomAccessSuite("a share of a path", { ...path, wrap: shareFile });
randomAccessSuite("a share of a Blob", { ...blob, wrap: shareFile });

test("openRandomAccessFileSync() refuses what can only be awaited", () => {
  const sources: unknown[] = [new Blob([]), "http://localhost/x", new URL("https://localhost/x")];
  for (const source of sources) {
    assert.throws(
      () => openRandomAccessFileSync(source as SyncSource),
      /TypeError.*asynchronous call/,
    );
  }
});

test("what is no source is a TypeError that lists the sources", async () => {
  for (const value of [null, undefined, 5, {}, [], true, () => 1]) {
    const source = value as unknown as SyncSource;
    assert.throws(() => openRandomAccessFileSync(source), /TypeError: Cannot read .*a Blob/);
    await assert.rejects(openRandomAccessFile(source), /TypeError: Cannot read .*a Blob/);
  }
});

test("a stream has no random access, all others have", async () => {
  const stream = new ReadableStream<Uint8Array>();
  assert.equal(hasRandomAccess(stream), false);
  await assert.rejects(openRandomAccessFile(stream), { name: "UnsupportedError" });
  const sources: unknown[] = [
    makePath(),
    join(folder, "missing"),
    "http://localhost/x",
    new Uint8Array(1),
    makeBlob(),
    later.make().source,
  ];
  assert.deepEqual(sources.map(hasRandomAccess), sources.map(() => true));
  for (const value of [null, undefined, 5, {}]) assert.equal(hasRandomAccess(value), false);
});

test("a random-access source that answers too short is an error with the offset", async () => {
  for (
    const short of [(n: number) => new Uint8Array(n - 1), (n: number) => new Uint8Array(n + 1)]
  ) {
    const source = { size: 100, read: (start: number, end: number) => short(end - start) };
    const expected = { name: "LarderError", offset: 40, message: /read\(40, 50\) gave/ };
    assert.throws(() => openRandomAccessFileSync(source).readSync([range(40, 50)]), expected);
    const file = await openRandomAccessFile(source);
    await assert.rejects(file.read([range(40, 50)]), expected);
  }
});

test("a random-access source that answers something else than bytes is a TypeError", async () => {
  for (const answer of [undefined, null, "text", [1]]) {
    const source = { size: 100, read: () => answer } as unknown as SyncSource;
    const expected = /TypeError: Cannot read source: read\(40, 41\) gave .*, not a Uint8Array/;
    assert.throws(() => openRandomAccessFileSync(source).readSync([range(40, 41)]), expected);
    await assert.rejects((await openRandomAccessFile(source)).read([range(40, 41)]), expected);
  }
});

test("a random-access source without a size is a TypeError", async () => {
  for (const size of [-1, 0.5, NaN]) {
    const source = { size, read: () => new Uint8Array(0) };
    assert.throws(() => openRandomAccessFileSync(source), TypeError);
    await assert.rejects(openRandomAccessFile(source), TypeError);
  }
});

test("the rejection of a promise that a synchronous call can't use is handled", () => {
  const source = { size: 4, read: () => Promise.reject(new Error("lost")) };
  const file = openRandomAccessFileSync(source as unknown as SyncSource);
  assert.throws(() => file.readSync([range(0, 1)]), { name: "UnsupportedError" });
  assert.equal(file.sync, false);
});

test("close ranges of a caller's source are one read, far ones are not", async () => {
  for (const [gap, joined] of [[8192, true], [8193, false]] as const) {
    const { source, reads } = counted(false);
    const file = openRandomAccessFileSync(source);
    const ranges = [range(100 + 10 + gap, 100 + 20 + gap), range(100, 110)];
    file.readSync(ranges);
    await file.read(ranges);
    const once = joined ? [[100, 120 + gap]] : [[100, 110], [110 + gap, 120 + gap]];
    assert.deepEqual(reads, [...once, ...once]);
  }
});

test("a source of promises is asked for more at a time", async () => {
  for (const [gap, joined] of [[65_536, true], [65_537, false]] as const) {
    const { source, reads } = counted(true);
    const file = await openRandomAccessFile(source as Source);
    await file.read([range(0, 1)]);
    reads.length = 0;
    await file.read([range(100, 110), range(110 + gap, 120 + gap)]);
    const once = joined ? [[100, 120 + gap]] : [[100, 110], [110 + gap, 120 + gap]];
    assert.deepEqual(reads, once);
  }
});

test("at most six reads of a source of promises are under way, and all are waited for", async () => {
  let running = 0;
  let most = 0;
  let finished = 0;
  const source = {
    size: 100 << 20,
    async read(start: number, end: number): Promise<Uint8Array> {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 1 + start % 5));
      running--;
      finished++;
      if (start === 3 << 20) throw new Error("lost");
      return new Uint8Array(end - start);
    },
  };
  const file = await openRandomAccessFile(source);
  await file.read([range(0, 1)]);
  const ranges = Array.from({ length: 40 }, (_, i) => range((2 * i) << 20, ((2 * i) << 20) + 10));
  await file.read(ranges);
  assert.equal(most, 6);
  assert.equal(finished, 41);
  await assert.rejects(file.read([...ranges, range(3 << 20, (3 << 20) + 10)]), /lost/);
  assert.equal(running, 0);
  assert.ok(finished < 80, "no read begins after an error");
});

test("a share is its owner's; the last one closes the file", async () => {
  const file = await openRandomAccessFile(makePath());
  const first = shareFile(file);
  const second = first.share();
  await first.close();
  await first.close();
  assert.throws(() => first.readSync([range(0, 1)]), /it is closed/);
  assert.throws(() => first.share(), /it is closed/);
  const third = second.share();
  second.closeSync();
  const one = range(5, 9);
  third.readSync([one]);
  assert.deepEqual(one.into, CONTENT.slice(5, 9));
  third.closeSync();
  await assert.rejects(file.read([range(0, 1)]), /it is closed/);
});

test("a Deno.FsFile is not moved by a synchronous call while another is under way", {
  skip: !Deno,
}, async () => {
  const handle = Deno!.openSync(makePath(), { read: true });
  const file = openRandomAccessFileSync(handle);
  const other = openRandomAccessFileSync(handle);
  const late = range(1000, 1010);
  const reading = file.read([late]);
  assert.throws(() => other.readSync([range(0, 1)]), /asynchronous call on it is under way/);
  await reading;
  assert.deepEqual(late.into, CONTENT.slice(1000, 1010));
  other.readSync([range(0, 1)]);
  handle.close();
});

test("a Deno.FsFile that was cut is an error that tells where it ends", {
  skip: !Deno,
}, async () => {
  const path = makePath();
  const handle = Deno!.openSync(path, { read: true, write: true });
  const file = openRandomAccessFileSync(handle, { write: true });
  truncateSync(path, 6000);
  const expected = { name: "LarderError", offset: 6000 };
  assert.throws(() => file.readSync([range(5000, 7000)]), expected);
  await assert.rejects(file.read([range(9000, 9010)]), expected);
  assert.throws(() => file.writeSync(9000, new Uint8Array(10)), expected);
  await assert.rejects(file.write(5990, new Uint8Array(11)), expected);
  assert.equal(statSync(path).size, 6000);
  handle.close();
});

test("createRandomAccessFile() wants a path and a size", async () => {
  const anywhere = join(folder, "refused");
  for (const size of [-1, 0.5, NaN, 2 ** 60]) {
    await assert.rejects(createRandomAccessFile(anywhere, size), RangeError);
  }
  for (const path of ["https://localhost/x", 5, null]) {
    await assert.rejects(createRandomAccessFile(path as string, 5), /TypeError: Cannot create/);
  }
});

function counted(
  promises: boolean,
): { source: SyncSource; reads: [start: number, end: number][] } {
  const reads: [number, number][] = [];
  const read = (start: number, end: number) => {
    reads.push([start, end]);
    const bytes = CONTENT.slice(start, end);
    return promises ? Promise.resolve(bytes) : bytes;
  };
  return { source: { size: CONTENT.length, read } as SyncSource, reads };
}
