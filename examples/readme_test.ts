/**
 * Every `ts` block of README.md runs, in an empty folder that holds examples/data, under the runtime
 * of the test.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

// A project of one's own finds the packages that Larder imports by itself; a lone file needs to be told.
const CONFIG = fileURLToPath(new URL("../deno.json", import.meta.url));
const DENO = ["run", "--no-check", "--allow-read", "--allow-write", "--config", CONFIG];
const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const { exports } = JSON.parse(readFileSync(new URL("../deno.json", import.meta.url), "utf8"));
const blocks = [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code);

for (const [index, code] of blocks.entries()) {
  test(`README.md, block ${index + 1} runs`, () => {
    const folder = mkdtempSync(`${tmpdir()}/larder-readme-`);
    try {
      writeFileSync(`${folder}/block.mts`, code.replace(/"@larder\/joblib(\/\w+)?"/g, entryPoint));
      const data = fileURLToPath(new URL("data", import.meta.url));
      cpSync(data, `${folder}/examples/data`, { recursive: true });
      const args = typeof Deno === "undefined" ? ["block.mts"] : [...DENO, "block.mts"];
      const options = { cwd: folder, encoding: "utf8" } as const;
      const { status, stderr } = spawnSync(process.execPath, args, options);
      assert.equal(status, 0, `${code}\n${stderr}`);
      assert.doesNotMatch(stderr, /Refused/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}

/** Where a name of the package leads in the sources. */
function entryPoint(_name: string, subpath = ""): string {
  const source: string = exports[`.${subpath}`];
  return JSON.stringify(new URL(`../${source}`, import.meta.url).href);
}
