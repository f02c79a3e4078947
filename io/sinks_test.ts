/**
 * One suite for sinks: what arrives, where the cursor stands, and that a path is seen whole or not
 * at all. Synchronous and asynchronous sinks run the same tests through one asynchronous face.
 */
import assert from "node:assert/strict";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";
import { join as joinBytes } from "../bytes/join.ts";
import { openSink, openSinkSync } from "./sink.ts";
import type { AsyncSink, Durability, SyncTarget, Target } from "./sink.ts";
import type { DenoFile } from "./source.ts";

const root = mkdtempSync(join(tmpdir(), "larder-sinks-"));
after(() => rmSync(root, { recursive: true, force: true }));
let folders = 0;

const ONE = new TextEncoder().encode("first, ");
const TWO = Uint8Array.from({ length: 300_000 }, (_, i) => i & 0xff);
const BOTH = joinBytes([ONE, TWO]);

interface DenoGlobals {
  Deno?: { openSync(path: string, options: object): DenoFile & { close(): void } };
}
const { Deno } = globalThis as unknown as DenoGlobals;

type Open = (target: SyncTarget, durability?: Durability) => Promise<AsyncSink>;
const ways: Record<string, Open> = {
  "openSinkSync()": (target, durability = "none") => {
    return new Promise((resolve) => {
      const sink = openSinkSync(target, { durability });
      resolve({
        start: sink.start,
        write: (bytes) => Promise.resolve().then(() => sink.write(bytes)),
        close: () => Promise.resolve().then(() => sink.close()),
        abort: () => Promise.resolve().then(() => sink.abort()),
        ...(sink.patch && {
          patch: (position, bytes) => Promise.resolve().then(() => sink.patch!(position, bytes)),
        }),
      });
    });
  },
  "openSink()": (target, durability = "none") => openSink(target, { durability }),
};

for (const [name, open_] of Object.entries(ways)) {
  test(`${name} writes a new file, whole at close`, async () => {
    const path = freshPath();
    const sink = await open_(path);
    assert.equal(sink.start, 0);
    await sink.write(ONE);
    await sink.write(TWO);
    assert.equal(existsSync(path), false);
    await sink.close();
    assert.deepEqual(new Uint8Array(readFileSync(path)), BOTH);
    assertAlone(path);
  });

  test(`${name} takes a file: URL and an empty file`, async () => {
    const path = freshPath();
    await (await open_(pathToFileURL(path))).close();
    assert.equal(statSync(path).size, 0);
  });

  for (const durability of ["file", "full"] as const) {
    test(`${name} writes with durability "${durability}"`, async () => {
      const path = freshPath();
      await writeBoth(await open_(path, durability));
      assert.deepEqual(new Uint8Array(readFileSync(path)), BOTH);
    });
  }

  test(`${name} replaces a file and keeps its permissions`, async () => {
    const path = freshPath();
    writeFileSync(path, "old");
    chmodSync(path, 0o640);
    await writeBoth(await open_(path));
    assert.deepEqual(new Uint8Array(readFileSync(path)), BOTH);
    assert.equal(statSync(path).mode & 0o7777, 0o640);
    assertAlone(path);
  });

  test(`${name} follows symbolic links, also to a file that is not there yet`, async () => {
    const path = freshPath();
    const folder = join(path, "..");
    mkdirSync(join(folder, "far"));
    symlinkSync(join("far", "file"), path);
    for (const expected of [BOTH, TWO]) {
      const sink = await open_(path);
      await sink.write(expected);
      await sink.close();
      assert.equal(lstatSync(path).isSymbolicLink(), true);
      assert.deepEqual(new Uint8Array(readFileSync(join(folder, "far", "file"))), expected);
    }
    assert.deepEqual(readdirSync(join(folder, "far")), ["file"]);
  });

  test(`${name} writes over what it wrote before, and goes on at the end`, async () => {
    const path = freshPath();
    const sink = await open_(path);
    await sink.write(TWO);
    await sink.patch!(2, ONE);
    await sink.write(ONE);
    await sink.close();
    const expected = joinBytes([TWO, ONE]);
    expected.set(ONE, 2);
    assert.deepEqual(new Uint8Array(readFileSync(path)), expected);
  });

  test(`${name} knows no earlier places of a FileHandle`, async () => {
    const handle = await open(freshPath(), "w");
    assert.equal((await open_(handle)).patch, undefined);
    await handle.close();
  });

  test(`${name} leaves the old file and no temporary one when aborted`, async () => {
    const path = freshPath();
    writeFileSync(path, "old");
    const sink = await open_(path);
    await sink.write(TWO);
    await sink.abort();
    await sink.abort();
    assert.equal(readFileSync(path, "utf8"), "old");
    assertAlone(path);
    await assert.rejects(sink.write(ONE), /closed already/);
  });

  test(`${name} leaves the old file and no temporary one when a write fails`, async () => {
    const path = freshPath();
    writeFileSync(path, "old");
    const sink = await open_(path);
    await sink.write(ONE);
    await assert.rejects(sink.write({ length: 5 } as unknown as Uint8Array));
    assert.equal(readFileSync(path, "utf8"), "old");
    assertAlone(path);
    await sink.abort();
  });

  test(`${name} leaves no temporary file when renaming fails`, async () => {
    const path = freshPath();
    const sink = await open_(path);
    await sink.write(ONE);
    mkdirSync(join(path, "in the way"), { recursive: true });
    await assert.rejects(sink.close());
    assertAlone(path);
  });

  test(`${name} tells a missing folder by ENOENT and a folder by EISDIR`, async () => {
    const path = freshPath();
    await assert.rejects(open_(join(path, "x", "y")), (error: NodeJS.ErrnoException) => {
      return error.code === "ENOENT" && !error.message.includes("larder-tmp");
    });
    await assert.rejects(open_(join(path, "..")), { code: "EISDIR" });
  });

  test(`${name} tells a folder that takes no files by the path that was given`, {
    skip: process.platform === "linux" && !("Deno" in globalThis)
      ? false
      : "/proc is Linux's, and Deno wants all rights for it",
  }, async () => {
    const path = "/proc/value.joblib";
    await assert.rejects(open_(path), (error: NodeJS.ErrnoException) => {
      return error.path === path && error.message.includes(`'${path}'`);
    });
  });

  test(`${name} lets concurrent writers of one path leave one whole file`, async () => {
    const path = freshPath();
    const contents = [1, 2, 3, 4].map((value) => new Uint8Array(200_000).fill(value));
    await Promise.all(contents.map(async (content) => {
      const sink = await open_(path);
      for (let i = 0; i < content.length; i += 50_000) {
        await sink.write(content.subarray(i, i + 50_000));
      }
      await sink.close();
    }));
    const written = new Uint8Array(readFileSync(path));
    assert.deepEqual(written, contents[written[0] - 1]);
    assertAlone(path);
  });

  test(`${name} writes names as long as the file system takes`, async () => {
    const path = join(freshPath(), "..", "n".repeat(255));
    await writeBoth(await open_(path));
    assertAlone(path);
  });

  test(`${name} writes a FileHandle at its cursor, leaves it open and knows the position`, async () => {
    const path = freshPath();
    const handle = await open(path, "w+");
    const first = await open_(handle, "file");
    assert.equal(first.start, 0);
    await writeBoth(first);
    const second = await open_(handle);
    assert.equal(second.start, BOTH.length);
    await second.write(ONE);
    await second.close();
    await handle.close();
    assert.deepEqual(new Uint8Array(readFileSync(path)), joinBytes([BOTH, ONE]));
  });

  test(
    `${name} writes a Deno.FsFile at its cursor and leaves it open`,
    { skip: !Deno },
    async () => {
      const path = freshPath();
      const file = Deno!.openSync(path, { write: true, create: true });
      file.writeSync(ONE);
      const sink = await open_(file, "file");
      assert.equal(sink.start, ONE.length);
      await sink.write(TWO);
      await sink.close();
      assert.equal(file.seekSync(0, 1), BOTH.length);
      file.close();
      assert.deepEqual(new Uint8Array(readFileSync(path)), BOTH);
    },
  );

  test(`${name} writes at an earlier place of a Deno.FsFile`, { skip: !Deno }, async () => {
    const path = freshPath();
    const file = Deno!.openSync(path, { write: true, create: true });
    file.writeSync(ONE);
    const sink = await open_(file);
    await sink.write(TWO);
    await sink.patch!(sink.start + 1, ONE);
    await sink.write(ONE);
    await sink.close();
    file.close();
    const expected = joinBytes([ONE, TWO, ONE]);
    expected.set(ONE, ONE.length + 1);
    assert.deepEqual(new Uint8Array(readFileSync(path)), expected);
  });

  test(`${name} tells a Deno.FsFile that only appends`, { skip: !Deno }, async () => {
    const file = Deno!.openSync(freshPath(), { append: true, create: true });
    const sink = await open_(file);
    await sink.write(TWO);
    await assert.rejects(sink.patch!(0, ONE), /opened for appending/);
    file.close();
  });

  test(`${name} refuses what is no target`, async () => {
    for (const value of [null, 5, {}, new Uint8Array(1), "http://localhost/x", new Blob([])]) {
      await assert.rejects(open_(value as unknown as SyncTarget), TypeError);
    }
  });
}

test("openSinkSync() refuses a WritableStream and names the way out", () => {
  const target = new WritableStream() as unknown as SyncTarget;
  assert.throws(() => openSinkSync(target, { durability: "none" }), /asynchronous call/);
});

test("openSink() writes a WritableStream, waits for it, and gives the lock back", async () => {
  const chunks: Uint8Array[] = [];
  let closed = false;
  const stream = new WritableStream<Uint8Array>({
    async write(chunk): Promise<void> {
      await new Promise((resolve) => setTimeout(resolve, 1));
      chunks.push(chunk);
    },
    close(): void {
      closed = true;
    },
  });
  const bytes = TWO.slice();
  const sink = await openSink(stream as Target, { durability: "none" });
  await sink.write(bytes);
  assert.equal(chunks.length, 1);
  bytes.fill(0);
  await sink.close();
  assert.deepEqual(chunks, [TWO]);
  assert.equal(stream.locked, false);
  assert.equal(closed, false);
});

test("openSink() passes a WritableStream's error on", async () => {
  const stream = new WritableStream<Uint8Array>({
    write: () => Promise.reject(new Error("disk full")),
  });
  const sink = await openSink(stream, { durability: "none" });
  await assert.rejects(sink.write(ONE), { message: "disk full" });
  await sink.abort();
  assert.equal(stream.locked, false);
});

function freshPath(): string {
  const folder = join(root, String(folders++));
  mkdirSync(folder);
  return join(folder, "value.joblib");
}

function assertAlone(path: string): void {
  const names = readdirSync(join(path, ".."));
  assert.deepEqual(names.filter((name) => name.includes("larder-tmp")), []);
}

async function writeBoth(sink: AsyncSink): Promise<void> {
  await sink.write(ONE);
  await sink.write(TWO);
  await sink.close();
}
