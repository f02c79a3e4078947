/**
 * The project that a file belongs to: the nearest folder upward with a deno.json, deno.jsonc,
 * package.json or .git. Paths from there on are the same on another machine.
 */
import { mayRead } from "../../io/permission.ts";
import { exists, readText } from "./_source_file.ts";
import { tokenize } from "./_tokens.ts";

/** A project. */
export interface Project {
  /** Its folder, without a slash at the end; "" where nobody may look for it. */
  readonly root: string;
  /** The name that its manifest gives, else that of its folder. */
  readonly name: string;
}

const MANIFESTS: readonly string[] = ["deno.json", "deno.jsonc", "package.json"];

const known = new Map<string, Project>();

/** The project of the file at `path`, which is absolute and has slashes. */
export function projectOf(path: string): Project {
  const folder = folderOf(path);
  let project = known.get(folder);
  if (project === undefined) known.set(folder, project = search(folder));
  return project;
}

/** The folder that a file lies in. */
export function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}

function search(folder: string): Project {
  for (let at = folder;; at = folderOf(at)) {
    // a folder that nobody may look into could be the project
    if (!mayRead(`${at}/deno.json`)) return { root: "", name: "local" };
    const names = [...MANIFESTS, ".git"].filter((name) => exists(`${at}/${name}`));
    if (names.length > 0) return { root: at, name: nameOf(at, names) };
    if (!at.includes("/")) break;
  }
  return { root: folder, name: lastOf(folder) };
}

function nameOf(root: string, names: readonly string[]): string {
  for (const name of names) {
    const text = name === ".git" ? undefined : readText(`${root}/${name}`);
    const found = text && manifestName(text);
    if (found) return found;
  }
  return lastOf(root);
}

/** The `name` of a manifest, which may have comments and commas too many. */
function manifestName(text: string): string | undefined {
  const { tokens } = tokenize(text);
  const json = tokens.map(({ text }, index) =>
    text === "," && /^[}\]]$/.test(tokens[index + 1]?.text ?? "") ? "" : text
  ).join("");
  try {
    const { name } = JSON.parse(json) as { name?: unknown };
    return typeof name === "string" ? name : undefined;
  } catch {
    return undefined; // a broken manifest still marks the folder
  }
}

function lastOf(folder: string): string {
  return folder.slice(folder.lastIndexOf("/") + 1) || "local";
}
