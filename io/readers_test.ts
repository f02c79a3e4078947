/**
 * One suite for every kind of reader, and what is special to each. A reader is made anew for each
 * test by its opener; `cursor` tells where the caller's own file stands afterwards.
 */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readSync, rmSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";
import { builtin, requireFrom, runtime } from "./builtin.ts";
import { yieldToEventLoop } from "./event_loop.ts";
import { openReader, openReaderSync, sourcePath } from "./source.ts";
import type { AsyncReader, DenoFile, Source, SyncReader, SyncSource } from "./source.ts";

const folder = mkdtempSync(join(tmpdir(), "larder-readers-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const CONTENT = Uint8Array.from({ length: 3_000_000 }, (_, i) => (i * 7 + (i >> 8)) & 0xff);
const path = join(folder, "content.bin");
writeFileSync(path, CONTENT);

interface Opened<S> {
  source: S;
  finish?: () => Promise<void> | void;
}

const syncKinds: Record<string, () => Opened<SyncSource> | Promise<Opened<SyncSource>>> = {
  "path": () => ({ source: path }),
  "file: URL": () => ({ source: pathToFileURL(path) }),
  "file: URL string": () => ({ source: pathToFileURL(path).href }),
  "Uint8Array": () => ({ source: CONTENT }),
  "ArrayBuffer": () => ({ source: CONTENT.slice().buffer }),
  "random access": () => ({
    source: {
      size: CONTENT.length,
      read: (start: number, end: number) => CONTENT.subarray(start, end),
    },
  }),
  "FileHandle": async () => {
    const source = await open(path);
    return { source, finish: () => source.close() };
  },
};
const asyncKinds: Record<string, () => Opened<Source>> = {
  "Blob": () => ({ source: new Blob([CONTENT]) }),
  "ReadableStream": () => ({ source: streamOf(CONTENT, 70_001) }),
  "asynchronous random access": () => ({
    source: {
      size: CONTENT.length,
      read: (start: number, end: number) => Promise.resolve(CONTENT.slice(start, end)),
    },
  }),
};

interface DenoGlobals {
  Deno?: { openSync(path: string): DenoFile & { close(): void } };
}
const { Deno } = globalThis as unknown as DenoGlobals;
if (Deno !== undefined) {
  syncKinds["Deno.FsFile"] = () => {
    const source = Deno.openSync(path);
    return { source, finish: () => source.close() };
  };
}

for (const [kind, make] of Object.entries(syncKinds)) {
  test(`openReaderSync() reads the whole of a source: ${kind}`, async () => {
    const { source, finish } = await make();
    const reader = openReaderSync(source);
    assert.equal(reader.remaining, CONTENT.length);
    assert.deepEqual(drainSync(reader, 100_003), CONTENT);
    assert.equal(reader.read(new Uint8Array(1)), 0);
    reader.close();
    await finish?.();
  });

  test(`openReaderSync() gives back what was read ahead: ${kind}`, async () => {
    const { source, finish } = await make();
    const reader = openReaderSync(source);
    if (!reader.exact) {
      fillSync(reader, new Uint8Array(1000));
      reader.unread(990);
      assert.equal(reader.remaining, CONTENT.length - 10);
      const next = new Uint8Array(5);
      fillSync(reader, next);
      assert.deepEqual(next, CONTENT.slice(10, 15));
    }
    reader.close();
    reader.close();
    await finish?.();
  });
}

for (const [kind, make] of Object.entries({ ...syncKinds, ...asyncKinds })) {
  test(`openReader() reads the whole of a source: ${kind}`, async () => {
    const { source, finish } = await make();
    const reader = await openReader(source);
    assert.deepEqual(await drain(reader, 100_003), CONTENT);
    assert.equal(await reader.read(new Uint8Array(1)), 0);
    await reader.close();
    await finish?.();
  });

  test(`openReader() reads small pieces in order: ${kind}`, async () => {
    const { source, finish } = await make();
    const reader = await openReader(source);
    const pieces = new Uint8Array(64);
    for (let i = 0; i < 8; i++) await fill(reader, pieces.subarray(8 * i, 8 * i + 8));
    assert.deepEqual(pieces, CONTENT.slice(0, 64));
    assert.equal(await reader.read(new Uint8Array(0)), 0);
    await reader.close();
    await reader.close();
    await finish?.();
  });
}

test("a FileHandle's reader is exact and leaves the cursor behind what was read", async () => {
  const handle = await open(path);
  const reader = await openReader(handle);
  assert.equal(reader.exact, true);
  await fill(reader, new Uint8Array(10));
  await reader.close();
  const next = new Uint8Array(4);
  await handle.read(next, 0, 4, null);
  assert.deepEqual(next, CONTENT.slice(10, 14));
  await handle.close();
});

test("a Deno.FsFile's reader starts at the cursor and seeks back", { skip: !Deno }, () => {
  const file = Deno!.openSync(path);
  file.seekSync(100, 0);
  const reader = openReaderSync(file);
  assert.equal(reader.remaining, CONTENT.length - 100);
  fillSync(reader, new Uint8Array(50));
  reader.unread(20);
  reader.close();
  assert.equal(file.seekSync(0, 1), 130);
  file.close();
});

test("bytes in memory are offered as a view of the rest", () => {
  const reader = openReaderSync(CONTENT);
  reader.read(new Uint8Array(3));
  assert.equal(reader.bytes?.length, CONTENT.length - 3);
  assert.equal(reader.bytes?.buffer, CONTENT.buffer);
});

test("a missing file is ENOENT", async () => {
  const missing = join(folder, "missing");
  assert.throws(() => openReaderSync(missing), { code: "ENOENT" });
  await assert.rejects(openReader(missing), { code: "ENOENT" });
});

test("a folder is EISDIR", async () => {
  const directory = join(folder, "directory");
  mkdirSync(directory);
  assert.throws(() => openReaderSync(directory), { code: "EISDIR" });
  await assert.rejects(openReader(directory), { code: "EISDIR" });
});

test("an empty file ends at once", async () => {
  const empty = join(folder, "empty");
  writeFileSync(empty, "");
  const reader = openReaderSync(empty);
  assert.equal(reader.read(new Uint8Array(8)), 0);
  reader.close();
  const later = await openReader(empty);
  assert.equal(await later.read(new Uint8Array(8)), 0);
  await later.close();
});

test("a stream's unread rest is cancelled and its lock given back", async () => {
  let cancelled = false;
  const stream = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new Uint8Array(10)),
    cancel: () => {
      cancelled = true;
    },
  });
  const reader = await openReader(stream);
  await fill(reader, new Uint8Array(5));
  await reader.close();
  assert.equal(cancelled, true);
  assert.equal(stream.locked, false);
});

test("a stream's error comes out of read", async () => {
  const stream = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.error(new Error("lost")),
  });
  const reader = await openReader(stream);
  await assert.rejects(reader.read(new Uint8Array(5)), { message: "lost" });
  await reader.close();
});

test("a stream of something else than bytes is a TypeError", async () => {
  const stream = new ReadableStream({ start: (controller) => controller.enqueue("text") });
  const reader = await openReader(stream);
  await assert.rejects(reader.read(new Uint8Array(5)), TypeError);
});

test("a random-access source that answers too short is an error with the offset", async () => {
  const source = { size: 10, read: (start: number) => new Uint8Array(start < 4 ? 4 : 1) };
  const reader = openReaderSync(source);
  reader.read(new Uint8Array(4));
  assert.throws(() => reader.read(new Uint8Array(4)), { name: "LarderError", offset: 4 });
  const later = await openReader(source);
  await later.read(new Uint8Array(4));
  await assert.rejects(later.read(new Uint8Array(4)), { name: "LarderError", offset: 4 });
});

test("what is no source is a TypeError that lists the sources", async () => {
  for (const value of [null, undefined, 5, {}, [], true, () => 1]) {
    const source = value as unknown as SyncSource;
    assert.throws(() => openReaderSync(source), /TypeError: Cannot read .*a Blob/);
    await assert.rejects(openReader(source), /TypeError: Cannot read .*a Blob/);
  }
});

test("a synchronous call refuses what can only be awaited, and names the way out", () => {
  const sources: unknown[] = [
    new Blob([]),
    new ReadableStream(),
    "http://localhost/x",
    new URL("https://localhost/x"),
  ];
  for (const source of sources) {
    assert.throws(() => openReaderSync(source as SyncSource), /TypeError.*asynchronous call/);
  }
  const later = { size: 4, read: () => Promise.resolve(new Uint8Array(4)) };
  const reader = openReaderSync(later as unknown as SyncSource);
  assert.throws(() => reader.read(new Uint8Array(4)), /TypeError.*asynchronous call/);
});

test("http URLs are read by fetch; another status than 2xx is an error that tells it", async () => {
  const server = createServer((request, response) => {
    if (request.url === "/missing") response.writeHead(404).end("no");
    else response.writeHead(200, { "content-length": CONTENT.length }).end(CONTENT);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    const reader = await openReader(`${base}/content`);
    assert.equal(reader.remaining, CONTENT.length);
    assert.deepEqual(await drain(reader, 100_003), CONTENT);
    await reader.close();
    const missing = openReader(new URL(`${base}/missing`));
    await assert.rejects(missing, { name: "LarderError", message: /404/, path: `${base}/missing` });
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

test("sourcePath() knows paths and file: URLs only", () => {
  assert.equal(sourcePath("a/b.joblib"), "a/b.joblib");
  assert.equal(sourcePath(pathToFileURL(path)), path);
  assert.equal(sourcePath(pathToFileURL(path).href), path);
  assert.equal(sourcePath("https://example.org/a"), undefined);
  assert.equal(sourcePath(new Uint8Array(1)), undefined);
});

test("yieldToEventLoop() lets timers run", async () => {
  let ran = false;
  setTimeout(() => ran = true, 0);
  const deadline = performance.now() + 1000;
  while (!ran && performance.now() < deadline) await yieldToEventLoop();
  assert.equal(ran, true);
});

test("builtin() gives node's modules and requireFrom() resolves packages", () => {
  assert.equal(builtin("fs")?.readSync, readSync);
  assert.notEqual(runtime(), "other");
  assert.equal(typeof requireFrom(import.meta.url), "function");
  assert.equal(requireFrom("https://example.org/mod.ts"), undefined);
});

function streamOf(bytes: Uint8Array, size: number): ReadableStream<Uint8Array> {
  let offset = 0;
  return new ReadableStream({
    pull(controller): void {
      if (offset >= bytes.length) return controller.close();
      controller.enqueue(bytes.slice(offset, offset += size));
    },
  });
}

function drainSync(reader: SyncReader, size: number): Uint8Array {
  const whole = new Uint8Array(CONTENT.length);
  const piece = new Uint8Array(size);
  for (let length = 0;;) {
    const count = reader.read(piece);
    if (count === 0) return whole.subarray(0, length);
    whole.set(piece.subarray(0, count), length);
    length += count;
  }
}

async function drain(reader: AsyncReader, size: number): Promise<Uint8Array> {
  const whole = new Uint8Array(CONTENT.length);
  const piece = new Uint8Array(size);
  for (let length = 0;;) {
    const count = await reader.read(piece);
    if (count === 0) return whole.subarray(0, length);
    whole.set(piece.subarray(0, count), length);
    length += count;
  }
}

function fillSync(reader: SyncReader, into: Uint8Array): void {
  for (let done = 0; done < into.length;) {
    const count = reader.read(into.subarray(done));
    assert.notEqual(count, 0);
    done += count;
  }
}

async function fill(reader: AsyncReader, into: Uint8Array): Promise<void> {
  for (let done = 0; done < into.length;) {
    const count = await reader.read(into.subarray(done));
    assert.notEqual(count, 0);
    done += count;
  }
}
