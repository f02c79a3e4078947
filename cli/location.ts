/**
 * Where the cache is: told by --location or LARDER_CACHE, else the nearest one below the working
 * directory. A folder counts as a cache when joblib or Larder marked it, so that a folder which is
 * merely called joblib, such as joblib's own sources, is left alone.
 */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { FileStore } from "../memory/stores/file.ts";
import { openStore } from "../memory/stores/registry.ts";
import type { StoreBackend } from "../memory/stores/store.ts";
import type { Arguments, Option } from "./arguments.ts";
import { printable, type Terminal } from "./terminal.ts";

/** A command could not do what it was asked for: exit code 1. */
export class CommandError extends Error {
  /** Name of the class, as in `Error.name`. */
  override name = "CommandError";
}

/** Names the cache. */
export const LOCATION: Option = {
  type: "string",
  short: "l",
  value: "DIR",
  help: "Location of the cache; default: LARDER_CACHE, or the nearest from here down",
};

/** Folders that are looked through for a cache, and how deep. */
const DEPTH = 4;
const MOST_FOLDERS = 5000;
const PASSED_OVER: ReadonlySet<string> = new Set([".git", "node_modules", "__pycache__", ".venv"]);

/**
 * Open the cache that a command is about.
 *
 * @throws {CommandError} There is none.
 */
export function openCache(args: Arguments, terminal: Terminal): StoreBackend {
  const warn = ({ message }: { message: string }) => {
    terminal.stderr.write(`larder: ${printable(message)}\n`);
  };
  const location = args.value("location") || terminal.env("LARDER_CACHE");
  if (location !== undefined && /^https?:/i.test(location)) return openStore(location);
  return new FileStore(cacheRoot(location), { onWarning: warn });
}

/**
 * The folder that holds the entries: for a joblib location its part `joblib`.
 *
 * @param location What the user said, if anything.
 * @throws {CommandError} There is no cache.
 */
export function cacheRoot(location: string | undefined): string {
  if (location === undefined) return nearestRoot();
  const folder = expanded(location);
  const below = join(folder, "joblib");
  if (isFolder(below)) return below;
  // joblib.Memory(pathlib.Path(…)) has no folder joblib; and who copies the root's name means that.
  if (basename(folder) === "joblib" && isFolder(folder) || isMarked(folder)) return folder;
  const reason = existsSync(folder)
    ? "it holds no folder joblib, and nothing marks it as a cache"
    : "there is no such folder";
  throw new CommandError(`No cache at ${location}: ${reason}`);
}

function nearestRoot(): string {
  let level = ["."];
  let looked = 0;
  for (let depth = 0; depth <= DEPTH && level.length > 0; depth++) {
    const found = level.filter(isCache);
    if (found.length === 1) return cacheRoot(found[0]);
    if (found.length > 1) {
      throw new CommandError(
        `There are several caches here, name one by --location:\n  ${found.sort().join("\n  ")}`,
      );
    }
    looked += level.length;
    if (looked > MOST_FOLDERS) break;
    level = level.flatMap(foldersIn);
  }
  throw new CommandError("No cache in this folder or below it: name one by --location DIR");
}

/** Whether this is what somebody gave to Memory. */
function isCache(folder: string): boolean {
  if (isFolder(join(folder, "joblib", ".larder"))) return true;
  if (basename(folder) === "joblib") return false; // the folder above it is the cache
  return isMarked(folder);
}

/** Whether joblib or Larder put its marks into a folder. */
function isMarked(folder: string): boolean {
  return isFolder(join(folder, ".larder")) ||
    startOf(join(folder, "CACHEDIR.TAG")).includes("cached results, which can be computed") ||
    startOf(join(folder, ".gitignore")).startsWith("# Created by joblib automatically");
}

function startOf(path: string): string {
  try {
    return readFileSync(path, "utf8").slice(0, 1000);
  } catch {
    return "";
  }
}

function foldersIn(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((child) => child.isDirectory() && !PASSED_OVER.has(child.name))
      .map(({ name }) => join(folder, name));
  } catch {
    return []; // somebody else's
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** As Python's os.path.expanduser; Deno asks a permission for it. */
function expanded(location: string): string {
  if (/^~(?=$|[/\\])/.test(location)) return homedir() + location.slice(1);
  if (/^file:/i.test(location)) return fileURLToPath(location);
  return location.length > 1 ? location.replace(/[/\\]+$/, "") : location;
}
