/** The program larder as a process of its own, with the permissions that it tells Deno to ask for. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Entries } from "../memory/stores/entries.ts";
import { FileStore } from "../memory/stores/file.ts";
import { dump, dumpSync } from "../persistence/mod.ts";
import { hash } from "../hash/mod.ts";
import { VERSION } from "../cli/version.ts";
import { freshPath } from "./temporary.ts";

const PROGRAM = fileURLToPath(new URL("../cli/main.ts", import.meta.url));
const KEY = "pkg/mod/f/0123456789abcdef0123456789abcdef";

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Run it by this runtime. Nobody is asked for a permission: what is missing is an error. */
function larder(
  args: readonly string[],
  { permissions = [], cwd, program = PROGRAM }: {
    permissions?: readonly string[];
    cwd?: string;
    program?: string;
  } = {},
): Promise<Ended> {
  const before = "Deno" in globalThis ? ["run", "--no-check", "--no-prompt", ...permissions] : [];
  return new Promise((resolve) => {
    execFile(process.execPath, [...before, program, ...args], { cwd }, (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code), out, err });
    });
  });
}

async function makeCache(): Promise<string> {
  const location = freshPath("cache");
  const store = new FileStore(`${location}/joblib`);
  await new Entries(store).write(KEY, (target) => dump([1, 2], target), {
    metadata: () => ({ duration: 1, time: 1, input_args: { x: "1" } }),
  });
  store.usage.hit(KEY);
  await store.close();
  return location;
}

test("larder starts without a permission", async () => {
  const told = await larder(["--version"]);
  assert.deepEqual(told, { code: 0, out: `larder ${VERSION}\n`, err: "" });
  assert.equal((await larder(["cache", "--help"])).code, 0);
});

test("larder ends with 2 for wrong usage and with 1 for nothing found", async () => {
  const wrong = await larder(["cache", "ls", "--bogus"]);
  assert.deepEqual([wrong.code, wrong.out], [2, ""]);
  assert.match(wrong.err, /Unknown option '--bogus'; options are .*\nUsage: larder cache ls/);
  const location = await makeCache();
  const permissions = [`--allow-read=${location}`];
  const none = await larder(["cache", "show", "nothing", "-l", location], { permissions });
  assert.deepEqual([none.code, none.out], [1, ""]);
  assert.match(none.err, /No function nothing in this cache/);
});

test("looking needs the permission to read the cache only, removing to write it too", async () => {
  const location = await makeCache();
  const read = `--allow-read=${location}`;
  for (
    const args of [["ls"], ["show", "f"], ["show", "0123"], ["stats"], ["verify"], ["explain", "f"]]
  ) {
    const { code, out, err } = await larder(["cache", ...args, "-l", location], {
      permissions: [read],
    });
    assert.deepEqual([code, err], [0, ""], args[0]);
    assert.ok(out.length > 0 && !out.includes("\x1b"), args[0]);
  }
  const permissions = [read, `--allow-write=${location}`];
  const dry = await larder(["cache", "gc", "--items", "0", "-n", "-l", location], { permissions });
  assert.match(dry.out, /Would remove 1 result/);
  const gone = await larder(["cache", "rm", "f", "-l", location], { permissions });
  assert.deepEqual([gone.code, gone.err], [0, ""]);
  assert.equal((await larder(["cache", "ls", "f", "-l", location], { permissions })).code, 1);
});

test("larder finds the cache below the folder that it is started in", async () => {
  const location = await makeCache();
  const cwd = dirname(location);
  const { code, out, err } = await larder(["cache", "ls"], { permissions: ["--allow-read"], cwd });
  assert.deepEqual([code, err], [0, ""]);
  assert.match(out, /^pkg\.mod\.f +1 .* 1 +1\.0 s$/m);
});

test("larder hash computes what joblib.hash does", async () => {
  const path = freshPath();
  dumpSync({ a: [1, 2.5, "x"] }, path);
  const told = await larder(["hash", path], { permissions: [`--allow-read=${path}`] });
  assert.deepEqual(told, { code: 0, out: `${hash({ a: [1, 2.5, "x"] })}\n`, err: "" });
});

// Deno looks for what a module imports beside the link; it is given packages by their names.
if (!("Deno" in globalThis)) {
  test("larder runs by a link to it, as package managers put it there", async () => {
    const link = join(dirname(freshPath()), "larder.ts");
    symlinkSync(PROGRAM, link);
    const told = await larder(["--version"], { program: link });
    assert.deepEqual(told, { code: 0, out: `larder ${VERSION}\n`, err: "" });
  });
}
