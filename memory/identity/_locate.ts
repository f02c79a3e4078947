/**
 * From a function to its text: in the file that it is looked for in, or where that imports it from.
 */
import { CacheError } from "../../errors.ts";
import { findExport, findFunction, type Found, type Wanted } from "./_find.ts";
import { isLocal, resolveLocal } from "./_graph.ts";
import type { Parsed, Range } from "./_parsed.ts";
import { readSource } from "./_source_file.ts";

/** A function's text. */
export interface Located {
  /** The file. */
  readonly path: string;
  /** Its source. */
  readonly parsed: Parsed;
  /** The function in it. */
  readonly range: Range;
}

/** A chain of modules that export from one another ends somewhere. */
const MAX_HOPS = 20;

/**
 * Find a function's text.
 *
 * @returns undefined where the file has no such function.
 * @throws {CacheError} The source can't be read, or has several of that name.
 */
export function locate(path: string, wanted: Wanted): Located | undefined {
  const name = wanted.given ?? wanted.name;
  let file = path;
  let parsed = sourceOf(path, name);
  let found = findFunction(parsed, wanted);
  for (let hops = 0; found?.how === "import" && hops < MAX_HOPS; hops++) {
    const { specifier, name: exported }: Found & { how: "import" } = found;
    const next = isLocal(specifier) ? resolveLocal(file, specifier) : undefined;
    if (next === undefined) return undefined;
    file = next;
    parsed = sourceOf(file, name);
    found = findExport(parsed, exported);
  }
  if (found === undefined || found.how === "import") return undefined;
  if (found.how === "text") return { path: file, parsed, range: found.range };
  throw new CacheError(
    `Cannot tell which "${name}" is meant, ${file} has ${found.count}: ` +
      `give each a name, use code: "module", or give a version`,
    { path: file },
  );
}

/** The source at a path. @throws {CacheError} It can't be read */
export function sourceOf(path: string, name: string): Parsed {
  const parsed = readSource(path);
  if (parsed !== undefined) return parsed;
  throw new CacheError(
    `Cannot read the source of "${name}", ${path}: allow to read it, or give a version or code: "off"`,
    { path },
  );
}
