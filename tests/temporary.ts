/** Places for the files of a test: one folder for each test file, removed when its tests are done. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after } from "node:test";

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
  return mkdtempSync(join(tmpdir(), "larder-test-"));
}

after(() => {
  if (root !== undefined) rmSync(root, { recursive: true, force: true });
});
