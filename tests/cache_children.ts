/** The processes of the cache's tests: started in several runtimes, listened to, and waited for. */
import { spawn } from "node:child_process";
import type { ChildProcessByStdio } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import process from "node:process";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";

const CHILD = fileURLToPath(new URL("./cache_child.ts", import.meta.url));
/** Where a Deno that may not look finds no name of the project, which is part of its folders. */
const ROOT = fileURLToPath(new URL("..", import.meta.url));
const BIN = fileURLToPath(new URL("../tools/node_modules/.bin/", import.meta.url));

/** A process of a test. */
export type CacheChild = ChildProcessByStdio<null, Readable, Readable>;

/** The runtimes at hand: those that are pinned, or the one that runs this. */
export const RUNTIMES: readonly string[] = ["deno", "bun", "node"].map((name) => BIN + name)
    .every(existsSync)
  ? ["deno", "bun", "node"].map((name) => BIN + name)
  : [process.execPath];

/** Start a process of this runtime or another; in Deno it may change its own folder only. */
export function startChild(
  args: [mode: string, root: string, ...others: string[]],
  runtime: string = process.execPath,
): CacheChild {
  const folder = dirname(args[1]);
  const isDeno = /deno(\.exe)?$/.test(runtime);
  const rights = ["run", "--no-check", `--allow-read=${folder},${ROOT}`, `--allow-write=${folder}`];
  return spawn(runtime, [...(isDeno ? rights : []), CHILD, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
}

/** Resolves with what a process wrote to stderr, how it ended, and its output. */
export function ended(
  child: CacheChild,
): Promise<{ code: number | null; signal: string | null; errors: string; output: string }> {
  let errors = "";
  let output = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => errors += text);
  child.stdout.setEncoding("utf8").on("data", (text: string) => output += text);
  return new Promise((resolve) => {
    child.on("close", (code, signal) => resolve({ code, signal, errors, output }));
  });
}

/** Resolves when a process says something. */
export function says(child: CacheChild, text: string): Promise<void> {
  let output = "";
  return new Promise((resolve, reject) => {
    child.stdout.on("data", (data) => {
      output += data;
      if (output.includes(text)) resolve();
    });
    child.on("close", () => reject(new Error(`ended before it said "${text}": ${output}`)));
  });
}
