/** Memory in a Deno that may read and write its cache folder and nothing else. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { freshPath } from "./temporary.ts";

const CHILD = fileURLToPath(new URL("./memory_permission_child.ts", import.meta.url));
const skip = typeof Deno === "undefined" && "only Deno asks for permissions";

function run(folder: string, way: string, rights: readonly string[]): [string, string] {
  const args = ["run", "--no-check", "--no-prompt", ...rights, CHILD, folder, way];
  const { stdout, stderr } = spawnSync(process.execPath, args, {
    encoding: "utf8",
    env: { ...process.env, NO_COLOR: "1" },
  });
  return [stdout, stderr];
}

for (const way of ["version", "off"]) {
  test(`Memory needs rights on its folder only, with ${way}`, { skip }, () => {
    const folder = freshPath("cache");
    const rights = [`--allow-read=${folder}`, `--allow-write=${folder}`];
    const expected = "1 Float64Array(1) [ 1 ] 2 true true\n1\n";
    const [output, errors] = run(folder, way, rights);
    assert.equal(errors, "");
    // Where the module is a file it has its whole path, which is told.
    assert.ok(output.endsWith(expected), output);
    assert.ok(way === "off" || output === expected, output);
  });
}

test("Memory names the right that it needs to read sources", { skip }, () => {
  const folder = freshPath("cache");
  const [, errors] = run(folder, "source", [`--allow-read=${folder}`, `--allow-write=${folder}`]);
  assert.match(errors, /CacheError/);
  assert.match(errors, /version/);
});

test(
  "Memory without the right to its folder is a CacheError that names the right",
  { skip },
  () => {
    const folder = freshPath("cache");
    const [output, errors] = run(folder, "version", ["--allow-env=NOTHING"]);
    assert.equal(output, "");
    assert.match(errors, /CacheError: Cannot read .*Requires read access/);
  },
);
