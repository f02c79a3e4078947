/** Which files of the clone are tests, and which are the library. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { ROOT } from "./process.mjs";

const NOT_OURS = new Set(["node_modules", "dist", "coverage"]);
const NOT_LIBRARY = /^(tests|tools|bench|examples|docs)\/|_(test|suite)\.ts$/;

/** Paths of all TypeScript files of the clone, relative to its root, sorted. */
export async function sourceFiles() {
  const found = [];
  const walk = async (folder) => {
    for (const entry of await readdir(join(ROOT, folder), { withFileTypes: true })) {
      if (entry.name.startsWith(".") || NOT_OURS.has(entry.name)) continue;
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) await walk(path);
      else if (entry.name.endsWith(".ts")) found.push(path);
    }
  };
  await walk("");
  return found.sort();
}

/** The tests that run on every runtime, and those that talk to Python. */
export async function testFiles() {
  const tests = (await sourceFiles()).filter((path) => path.endsWith("_test.ts"));
  const isInterop = (path) => path.startsWith("tests/interop/");
  return {
    portable: tests.filter((path) => !isInterop(path)),
    interop: tests.filter(isInterop),
  };
}

/** The library's own sources. */
export async function libraryFiles() {
  return (await sourceFiles()).filter((path) => !NOT_LIBRARY.test(path));
}

/** The entry points that deno.json publishes. */
export async function entryPoints() {
  const { exports } = JSON.parse(await readFile(join(ROOT, "deno.json"), "utf8"));
  return Object.values(exports).map((path) => path.replace("./", ""));
}
