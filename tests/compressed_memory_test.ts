/**
 * Large arrays are compressed and decompressed in bounded memory, and bombs are stopped before they
 * take any. Measured on Linux, each way in a process of its own; the bombs under Deno only.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { closeSync, openSync, writeSync } from "node:fs";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { compressorByName } from "../compressors/mod.ts";
import { freshPath } from "./temporary.ts";

const run = promisify(execFile);
const CHILD = fileURLToPath(new URL("compressed_memory_child.ts", import.meta.url));
const MEGABYTES = 256;
const ARRAY_MIB = MEGABYTES * 1e6 / 2 ** 20;
/** What a dump or load may take beside the array. */
const GRANTED_MIB = 64;
/** What a load may take that is stopped at the first of its 512 MiB. */
const GRANTED_BOMB_MIB = 48;
const BOMB_STREAMS = 32;
const PROTO = Uint8Array.of(0x80, 4);
const [NONE, POP, STOP] = [0x4e, 0x30, 0x2e];

const isDeno = "Deno" in globalThis;
const skip = process.platform === "linux" ? false : "memory is measured on Linux";
const skipBomb = isDeno ? skip : "bombs are measured under Deno";

for (const method of ["zlib", "gzip", "lz4", "zstd"]) {
  test(
    `${method}: dump and load of a large array take its memory and little more`,
    { skip },
    async () => {
      const path = freshPath();
      for (const way of ["dump()", "dumpSync()", "load()", "loadSync()"]) {
        const grown = await grownBy(way, method, path);
        const granted = GRANTED_MIB + (way.startsWith("load") ? ARRAY_MIB : 0);
        assert.ok(
          grown <= granted,
          `${way} grew by ${grown.toFixed(0)} MiB of ${granted.toFixed(0)}`,
        );
      }
    },
  );
}

for (const method of ["zlib", "gzip", "bz2", "lzma", "xz", "lz4", "zstd"]) {
  test(`${method}: a bomb is stopped before it takes memory`, { skip: skipBomb }, async () => {
    const path = freshPath();
    await writeBomb(method, path);
    for (const way of ["load() of a bomb", "loadSync() of a bomb"]) {
      const grown = await grownBy(way, method, path);
      assert.ok(grown <= GRANTED_BOMB_MIB, `${way} grew by ${grown.toFixed(0)} MiB`);
    }
  });
}

async function grownBy(way: string, method: string, path: string): Promise<number> {
  // lz4's workers strip the types of a source tree on Node, which takes as much again
  const threads = method === "lz4" ? ["1"] : [];
  const runs = isDeno ? ["run", "--no-check", "--allow-all"] : [];
  const args = [...runs, CHILD, way, method, path, String(MEGABYTES), ...threads];
  const { stdout } = await run(process.execPath, args);
  return Number(stdout);
}

/** A pickle that puts None on the stack and takes it away, again and again, in as many streams. */
async function writeBomb(method: string, path: string): Promise<void> {
  const { compress } = compressorByName(method);
  const part = new Uint8Array(16 << 20);
  for (let i = 0; i < part.length; i += 2) part.set([NONE, POP], i);
  const file = openSync(path, "w");
  try {
    if (method === "zlib") { // of which one stream is read
      part.set(PROTO);
      part.set([NONE, STOP], part.length - 2);
      return void writeSync(file, await compress(part, 9));
    }
    const stream = await compress(part, 1);
    writeSync(file, await compress(PROTO, 1));
    for (let i = 0; i < BOMB_STREAMS; i++) writeSync(file, stream);
    writeSync(file, await compress(Uint8Array.of(NONE, STOP), 1));
  } finally {
    closeSync(file);
  }
}
