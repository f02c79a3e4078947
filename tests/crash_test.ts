/** A program that is killed in the middle of dump leaves the old file whole. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { freshPath, neighbours } from "./temporary.ts";
import { dumps, load } from "../persistence/mod.ts";

const CHILD = fileURLToPath(new URL("./crash_child.ts", import.meta.url));
const OLD = dumps({ old: new Float64Array(1000).fill(7) });

for (const compress of ["none", "gzip"]) {
  test(`a process killed while it dumps (${compress}) leaves the old file whole`, async () => {
    const path = freshPath();
    writeFileSync(path, OLD);
    const child = startChild(path, compress);
    let errors = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => errors += text);
    child.stdout.once("data", () => child.kill("SIGKILL")); // written: some, but not all
    const signal = await new Promise((resolve) =>
      child.on("close", (_, signal) => resolve(signal))
    );
    assert.equal(signal, "SIGKILL", errors);
    assert.deepEqual(new Uint8Array(readFileSync(path)), OLD);
    const drafts = neighbours(path).filter((name) => name !== "value.joblib");
    assert.equal(drafts.length, 1); // the kill came in the middle
    assert.match(drafts[0], /\.larder-tmp$/);
  });
}

test("processes that dump to one path at once leave one whole file and nothing else", async () => {
  const path = freshPath();
  const codes = await Promise.all([1, 2, 3].map(() => {
    const child = startChild(path, "quick");
    child.stdout.resume();
    child.stderr.resume();
    return new Promise((resolve) => child.on("close", resolve));
  }));
  assert.deepEqual(codes, [0, 0, 0]);
  const { data } = await load<{ data: Float64Array }>(path);
  assert.ok(data.every((value) => value === data[0]));
  assert.equal(statSync(path).size, dumps(new Float64Array(500_000)).length);
  assert.deepEqual(neighbours(path), ["value.joblib"]);
});

function startChild(path: string, mode: string) {
  const args = "Deno" in globalThis
    ? ["run", "--no-check", "--allow-read", "--allow-write", "--allow-env", "--allow-sys"]
    : [];
  return spawn(process.execPath, [...args, CHILD, path, mode], {
    stdio: ["ignore", "pipe", "pipe"],
  });
}
