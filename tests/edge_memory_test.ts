/** A cache behind a URL, read where there are no files and no built-in modules. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Memory } from "../memory/mod.ts";
import { writeIndex } from "../memory/stores/http.ts";
import { served } from "./serve_folder.ts";
import { freshPath } from "./temporary.ts";

const CHILD = fileURLToPath(new URL("./edge_memory_child.ts", import.meta.url));

test("memory.results() reads over http at the edge", async () => {
  const folder = freshPath("cache");
  const memory = new Memory(folder, { onWarning() {} });
  const inner = (x: number, y = 2) => x + y;
  await memory.cache(inner, { python: "pm.inner", args: ["x", "y=2"] })(1);
  await writeIndex(memory.store!);
  await memory.close();
  await served(folder, async (url) => {
    const rights = ["run", "--no-check", "--allow-read", "--allow-env", "--allow-net"];
    const args = "Deno" in globalThis ? [...rights, CHILD, url] : [CHILD, url];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    assert.deepEqual(JSON.parse(stdout), {
      got: 3,
      has: [true, false],
      listed: [[{ x: "1", y: "2" }, 3]],
      called: [3, true, -1],
      warnings: ["not-stored"],
    });
  });
});
