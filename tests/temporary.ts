/** Places for the files of a test, removed when the runner ends: Bun runs all test files as one program. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";

let root: string | undefined;
let folders = 0;

/** A path in a folder of its own, so that {@link neighbours} sees whatever is left behind. */
export function freshPath(name = "value.joblib"): string {
  const folder = join(root ??= makeRoot(), String(folders++));
  mkdirSync(folder);
  return join(folder, name);
}

/** The names in the folder of `path`. */
export function neighbours(path: string): string[] {
  return readdirSync(dirname(path)).sort();
}

function makeRoot(): string {
  const made = mkdtempSync(join(tmpdir(), "larder-test-"));
  const remove = () => rmSync(made, { recursive: true, force: true });
  process.on("exit", remove);
  // Deno's test runner ends a file without "exit"
  if ("Deno" in globalThis) globalThis.addEventListener("unload", remove);
  return made;
}
