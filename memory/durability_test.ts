/** What `durability` has flushed to the disk, and disks that take little or nothing. */
import assert from "node:assert/strict";
import * as fs from "node:fs";
import { dirname, join, relative } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { CacheError } from "../errors.ts";
import { entriesIn, IDENTITY, onlyEntry, withMemory } from "./memory_suite.ts";

type Change = Partial<
  Record<"openSync" | "fsyncSync" | "fsync" | "writeSync" | "write" | "mkdirSync", unknown>
>;

/** Calls of `node:fs` go through `changed` while `use` runs. */
async function changing(changed: Change, use: () => Promise<void>): Promise<void> {
  const builtin = process.getBuiltinModule("node:fs") as unknown as Record<string, unknown>;
  const before = Object.fromEntries(Object.keys(changed).map((name) => [name, builtin[name]]));
  Object.assign(builtin, changed);
  try {
    await use();
  } finally {
    Object.assign(builtin, before);
  }
}

/** The files and folders, by their last two names, that are flushed while `use` runs. */
async function flushed(use: () => Promise<void>): Promise<string[]> {
  const { openSync, fsyncSync, fsync } = fs;
  const paths = new Map<number, string>();
  const found: string[] = [];
  await changing({
    openSync: (...args: Parameters<typeof openSync>) => {
      const fd = openSync(...args);
      paths.set(fd, String(args[0]));
      return fd;
    },
    fsyncSync: (fd: number) => {
      found.push(paths.get(fd)!);
      fsyncSync(fd);
    },
    fsync: (fd: number, callback: fs.NoParamCallback) => {
      found.push(paths.get(fd)!);
      fsync(fd, callback);
    },
  }, use);
  return found;
}

for (const durability of ["none", "file", "full"] as const) {
  for (const face of ["cache", "cacheSync"] as const) {
    test(`durability "${durability}" of ${face}() flushes what it says`, async () => {
      await withMemory({ durability }, async ({ memory, folder }) => {
        const one = () => 1;
        const options = { ...IDENTITY, name: "one" };
        const f = face === "cache" ? memory.cache(one, options) : memory.cacheSync(one, options);
        const paths = await flushed(async () => {
          assert.equal(await f(), 1);
          assert.equal(await f(), 1); // a hit flushes nothing
        });
        const files = ["output.pkl", "metadata.json"];
        const contents = paths.filter((path) => files.some((name) => path.endsWith(name)));
        assert.deepEqual(
          contents.map((path) => path.replace(/^.*[\\/]/, "")),
          durability === "none" ? [] : files,
        );
        const folders = paths.filter((path) => !contents.includes(path));
        const wanted: string[] = [];
        if (durability === "full" && process.platform !== "win32") {
          const cache = join(folder, "joblib");
          for (let path = dirname(onlyEntry(folder)); path !== cache; path = dirname(path)) {
            wanted.push(path);
          }
          wanted.push(cache);
        }
        const names = (all: string[]) => all.map((path) => relative(folder, path));
        assert.deepEqual(names(folders), names(wanted));
      });
    });
  }
}

test("a result is whole where each write takes a few bytes only", async () => {
  const { writeSync, write } = fs;
  type Write = (fd: number, bytes: Uint8Array, from?: number, length?: number) => number;
  const few = (bytes: Uint8Array, from: number, length: number) =>
    bytes.subarray(from, from + Math.min(length, 1000));
  await withMemory({}, async ({ memory, folder, warnings }) => {
    const f = memory.cache((text: string) => text, { ...IDENTITY, name: "f", args: ["text"] });
    const texts = ["a".repeat(5000), "b".repeat(100_000)];
    await changing({
      writeSync: ((fd, bytes, from = 0, length = bytes.length - from) =>
        writeSync(fd, few(bytes, from, length))) satisfies Write,
      write: (
        fd: number,
        bytes: Uint8Array,
        from: number,
        length: number,
        _position: null,
        callback: (error: Error | null, written: number) => void,
      ) =>
        write(fd, few(bytes, from, length), callback),
    }, async () => {
      for (const text of texts) assert.equal(await f(text), text);
    });
    assert.equal(entriesIn(folder).length, 2);
    for (const text of texts) {
      assert.equal(await f(text), text);
      assert.equal(f.lastCall?.hit, true);
    }
    assert.deepEqual(warnings, []);
  });
});

test("a full disk is told with its cause, and the value is returned", async () => {
  const full = () => {
    throw Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
  };
  await withMemory({}, async ({ memory, folder, warnings }) => {
    const options = { ...IDENTITY, name: "f", args: ["x"] };
    const f = memory.cache((x: number) => x * 2, options);
    const g = memory.cacheSync((x: number) => x * 3, { ...options, name: "g" });
    await changing({ writeSync: full, write: full }, async () => {
      assert.deepEqual([await f(1), g(1)], [2, 3]);
      const shelved = await f.callAndShelve(2);
      assert.equal(await shelved.get(), 4);
    });
    // Where files are written through these calls, the marks of the folder are told too.
    const told = warnings.filter(({ code }) => code !== "cache-mark");
    assert.deepEqual(told.map(({ code }) => code), ["not-stored", "not-stored", "not-stored"]);
    for (const { cause, path } of told) {
      assert.ok(cause instanceof CacheError);
      assert.equal((cause.cause as { code?: string }).code, "ENOSPC");
      assert.match(String(path), /tests[\\/][fg][\\/]v-/);
    }
    assert.deepEqual(entriesIn(folder), []);
    assert.deepEqual([await f(1), g(1)], [2, 3]);
    assert.equal(entriesIn(folder).length, 2);
  });
});

test("a disk that is read only is told as such, where the system's first error tells less", async () => {
  const refuse = (code: string) => Object.assign(new Error(`${code}: refused`), { code });
  const mkdirSync = (_path: string, options?: { recursive?: boolean }) => {
    throw refuse(options?.recursive ? "ENOENT" : "EROFS"); // as Node does
  };
  await withMemory({}, async ({ memory, warnings }) => {
    const f = memory.cache((x: number) => x, { ...IDENTITY, name: "f" });
    await changing({ mkdirSync }, async () => {
      for (let i = 0; i < 3; i++) assert.equal(await f(1), 1);
    });
    const told = warnings.filter(({ code }) => code === "not-stored");
    assert.equal(told.length, 1);
    const [{ message, cause }] = told;
    assert.match(message, /EROFS: refused$/);
    assert.equal(((cause as Error).cause as { code?: string }).code, "EROFS");
  });
});
