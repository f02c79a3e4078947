/**
 * A file and all local files that it imports, and those that they import.
 */
import { localPath } from "./_frames.ts";
import { normalText } from "./_normal_text.ts";
import { folderOf } from "./_project.ts";
import { isFile, readBytes, readSource } from "./_source_file.ts";

const SCRIPT = /\.[cm]?[jt]sx?$/i;

/** What a specifier may leave out, as bundlers have it, and TypeScript files behind `.js`. */
const ENDINGS: readonly string[] = [
  "",
  ".ts",
  ".tsx",
  ".mts",
  ".js",
  ".jsx",
  ".mjs",
  ".cjs",
  ".json",
  "/index.ts",
  "/index.tsx",
  "/index.js",
];

/** Called where a file that is imported can't be read. */
export type Missing = (path: string, importer: string) => never;

/** The normal texts of a file and of what it imports, in the order in which they are met. */
export function graphTexts(path: string, missing: Missing): (string | Uint8Array)[] {
  const paths = [path];
  const texts: (string | Uint8Array)[] = [];
  for (let at = 0; at < paths.length; at++) {
    texts.push(fileContent(paths[at]) ?? missing(paths[at], path));
    if (!isScript(paths[at])) continue;
    for (const specifier of readSource(paths[at])?.imports ?? []) {
      if (!isLocal(specifier)) continue;
      const next = resolveLocal(paths[at], specifier) ?? missing(specifier, paths[at]);
      if (!paths.includes(next)) paths.push(next);
    }
  }
  return texts;
}

/** What a file holds: of a script its tokens, of others the bytes; undefined where none can be read. */
export function fileContent(path: string): string | Uint8Array | undefined {
  if (!isScript(path)) return readBytes(path);
  const parsed = readSource(path);
  return parsed && normalText(parsed.list);
}

/** Whether a file is JavaScript or TypeScript, by its name. */
export function isScript(path: string): boolean {
  return SCRIPT.test(path);
}

/** Whether a specifier names a file, not a package. */
export function isLocal(specifier: string): boolean {
  return /^(?:\.\.?\/|\/|file:)/.test(specifier);
}

/** The file that a specifier in the file at `from` names. */
export function resolveLocal(from: string, specifier: string): string | undefined {
  const bare = specifier.replace(/[?#].*$/, "");
  const path = localPath(bare) ?? joinPath(folderOf(from), bare);
  const asTypeScript = path.replace(/\.([cm]?)js(x?)$/, ".$1ts$2");
  return [...ENDINGS.map((ending) => path + ending), asTypeScript].find(isFile);
}

/** A relative path from a folder on. */
export function joinPath(folder: string, relative: string): string {
  const parts = folder.split("/");
  for (const part of relative.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "." && part !== "") parts.push(part);
  }
  return parts.join("/");
}
