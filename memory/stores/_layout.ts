/**
 * The folders of a file store and the files that mark it as a cache: joblib's `.gitignore` and
 * `CACHEDIR.TAG` (bford.info/cachedir), which keeps backups away.
 */
import { builtin } from "../../io/builtin.ts";
import { errorCode, type Fs } from "./_files.ts";
import { LARDER_FOLDER } from "./keys.ts";

/** The parts of `.larder`. */
const PARTS = ["sessions", "locks", "tmp", "usage", "damaged"];

/** Files that are no results. */
export const MARKS: ReadonlyMap<string, string> = new Map([
  [".gitignore", "# Created by joblib automatically.\n*\n"],
  [
    "CACHEDIR.TAG",
    "Signature: 8a477f597d28d172789f06886806bc55\n" +
    "# This folder holds cached results, which can be computed again.\n" +
    "# See https://bford.info/cachedir/\n",
  ],
]);

/** Our own folder in a store's. */
export function larderFolder(root: string): string {
  return `${root}/${LARDER_FOLDER}`;
}

/** Make what is missing of a store's own folders. */
export function makeFolders(fs: Fs, root: string): void {
  for (const part of PARTS) fs.mkdirSync(`${larderFolder(root)}/${part}`, { recursive: true });
}

/**
 * Mark a store's folder as a cache, in its parent where it is called `joblib`, as joblib does. A file
 * that is there is left alone.
 *
 * @returns What went wrong with which file.
 */
export function markAsCache(fs: Fs, root: string): { path: string; error: unknown }[] {
  const { basename, dirname } = builtin("path")!;
  const folder = basename(root) === "joblib" && dirname(root) !== "" ? dirname(root) : root;
  const problems: { path: string; error: unknown }[] = [];
  for (const [name, text] of MARKS) {
    const path = `${folder}/${name}`;
    try {
      if (!fs.existsSync(path)) fs.writeFileSync(path, text, { flag: "wx" });
    } catch (error) {
      if (errorCode(error) !== "EEXIST") problems.push({ path, error });
    }
  }
  return problems;
}
