/**
 * What is in a cache, function by function. Where an entry lies tells all of it: joblib's folders are
 * `<module…>/<function>/<id>`, those of JavaScript functions
 * `js-<project>/<module…>/<function>/v-<fingerprint>/<id>`.
 */
import type { StoreItem } from "../memory/stores/items.ts";
import { CommandError } from "./location.ts";
import { isGlob, nameFilter } from "./filter.ts";

/** A function whose results are cached. */
export interface CachedFunction {
  /** Its folder in the store: what tells it from all others. */
  readonly id: string;
  /** How it is called: `pkg.mod.func` for Python's, the folder for ours. */
  readonly name: string;
  /** Whose it is. */
  readonly language: "python" | "js";
  /** Its entries; of all versions. */
  readonly entries: CachedEntry[];
}

/** A result that is cached. */
export interface CachedEntry extends StoreItem {
  /** The hash of its arguments: 32 hexadecimal digits. */
  readonly id: string;
  /** The version of the code, for our functions. */
  readonly version: string | undefined;
}

/** What a command was pointed to. */
export interface Target {
  /** The function. */
  readonly function: CachedFunction;
  /** Those of its entries that are meant. */
  readonly entries: readonly CachedEntry[];
  /** "function": all of it; "version": one version of its code; "entry": one result. */
  readonly kind: "function" | "version" | "entry";
}

const VERSION = /^v-[0-9a-f]{12}$/;

/** The functions of a cache, by name. */
export function groupByFunction(items: readonly StoreItem[]): CachedFunction[] {
  const functions = new Map<string, CachedFunction>();
  for (const item of items) {
    const parts = item.key.split("/");
    const id = parts.pop()!;
    const version = parts[0]?.startsWith("js-") && VERSION.test(parts.at(-1)!)
      ? parts.pop()
      : undefined;
    const folder = parts.join("/");
    let found = functions.get(folder);
    if (found === undefined) {
      found = { id: folder, name: functionName(folder), language: languageOf(folder), entries: [] };
      functions.set(folder, found);
    }
    found.entries.push({ ...item, id, version });
  }
  return [...functions.values()].sort((a, b) => a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
}

/** Versions of the code that a function has results of; the one that was used last comes first. */
export function versionsOf(entries: readonly CachedEntry[]): string[] {
  const used = new Map<string, number>();
  for (const { version, lastAccess, stored } of entries) {
    if (version === undefined) continue;
    used.set(version, Math.max(used.get(version) ?? 0, lastAccess, stored));
  }
  return [...used].sort((a, b) => b[1] - a[1]).map(([version]) => version);
}

/**
 * The functions that a name or pattern means.
 *
 * @throws {CommandError} None.
 */
export function matchFunctions(
  functions: readonly CachedFunction[],
  name: string,
): CachedFunction[] {
  const plain = plainName(name);
  const same = functions.filter((one) => plainName(one.id) === plain);
  if (same.length > 0 && !isGlob(name)) return same;
  const matches = nameFilter(name);
  const found = isGlob(name)
    ? functions.filter((one) => matches(one.name) || matches(one.id))
    // A name without its module, as people call it.
    : functions.filter((one) => plainName(one.id).endsWith(`.${plain}`));
  if (found.length > 0) return found;
  const near = isGlob(name) ? [] : functions.filter((one) => matches(one.name)).slice(0, 5);
  const hint = near.length === 0 ? "" : `; there is ${near.map((one) => one.name).join(", ")}`;
  throw new CommandError(`No function ${name} in this cache${hint}`);
}

/**
 * The one function that a name means.
 *
 * @throws {CommandError} None, or several.
 */
export function oneFunction(functions: readonly CachedFunction[], name: string): CachedFunction {
  const found = matchFunctions(functions, name);
  if (found.length === 1) return found[0];
  const names = found.map((one) => `\n  ${one.name}`).join("");
  throw new CommandError(`${name} may be one of ${found.length} functions:${names}`);
}

/**
 * What text points to: a function, `function/v-<fingerprint>`, `function/<id>`, an id, or the
 * beginning of an id that no other id has.
 *
 * @throws {CommandError} Nothing, or an id of several functions.
 */
export function findTargets(functions: readonly CachedFunction[], text: string): Target[] {
  const plain = plainName(text);
  if (!functions.some((one) => plainName(one.id) === plain)) {
    const entries = entriesById(functions, text);
    if (entries.length > 0) return entries;
    const cut = text.lastIndexOf("/");
    if (cut > 0 && VERSION.test(text.slice(cut + 1))) {
      return versionTargets(functions, text.slice(0, cut), text.slice(cut + 1));
    }
  }
  return matchFunctions(functions, text).map((one): Target => ({
    function: one,
    entries: one.entries,
    kind: "function",
  }));
}

function versionTargets(
  functions: readonly CachedFunction[],
  name: string,
  version: string,
): Target[] {
  const targets = matchFunctions(functions, name).map((one): Target => ({
    function: one,
    entries: one.entries.filter((entry) => entry.version === version),
    kind: "version",
  })).filter(({ entries }) => entries.length > 0);
  if (targets.length > 0) return targets;
  throw new CommandError(`No results of ${name} by its version ${version}`);
}

function entriesById(functions: readonly CachedFunction[], text: string): Target[] {
  const [, folder, start] = /^(?:(.+)\/)?([0-9a-f]{4,}[^/]*)$/.exec(text) ?? [];
  if (start === undefined) return [];
  const found: Target[] = [];
  for (const one of functions) {
    for (const entry of one.entries) {
      if (!entry.id.startsWith(start)) continue;
      if (folder !== undefined && !isFolderOf(entry, one, folder)) continue;
      found.push({ function: one, entries: [entry], kind: "entry" });
    }
  }
  const [first] = found;
  // The results of one call by several versions of one function are meant together.
  const same = found.every((target) =>
    target.function === first.function && target.entries[0].id === first.entries[0].id
  );
  if (same) return found;
  const keys = found.slice(0, 10).map(({ entries: [{ key }] }) => `\n  ${key}`).join("");
  throw new CommandError(`${text} means ${found.length} entries:${keys}`);
}

function isFolderOf(entry: CachedEntry, one: CachedFunction, folder: string): boolean {
  const wanted = plainName(folder);
  const own = plainName(entry.key.slice(0, entry.key.lastIndexOf("/")));
  return wanted === own || wanted === plainName(one.id) || own.endsWith(`.${wanted}`);
}

/** One spelling for `pkg.mod.func` and `pkg/mod/func`. */
function plainName(name: string): string {
  return name.replaceAll("/", ".");
}

function functionName(folder: string): string {
  return languageOf(folder) === "js" ? folder : folder.replaceAll("/", ".");
}

function languageOf(folder: string): "python" | "js" {
  return folder.startsWith("js-") ? "js" : "python";
}
