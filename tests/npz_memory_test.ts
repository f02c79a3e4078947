/**
 * Archives are written and read in bounded memory, whatever their length. Measured under Deno on
 * Linux, each way in a process of its own.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { freshPath } from "./temporary.ts";

const run = promisify(execFile);
const CHILD = fileURLToPath(new URL("npz_memory_child.ts", import.meta.url));
/** An archive has 288 MiB of arrays; the workers that compress take most of this. */
const GRANTED_MIB = 200;
const WAYS = [
  "savez",
  "savezSync",
  "savez to a stream",
  "savezCompressed",
  "savezCompressedSync",
  "savezCompressed to a stream",
  "get",
  "getSync",
];

const measured = "Deno" in globalThis && process.platform === "linux";

for (const way of WAYS) {
  const skip = measured ? false : "memory is measured under Deno on Linux";
  test(`${way} takes no more memory for a longer archive`, { skip }, async () => {
    const path = freshPath("large.npz");
    const args = ["run", "--no-check", "--allow-all", CHILD, way, path];
    const { stdout } = await run(process.execPath, args);
    const grown = Number(stdout);
    assert(grown < GRANTED_MIB, `grew by ${grown.toFixed(0)} MiB of ${GRANTED_MIB}`);
  });
}
