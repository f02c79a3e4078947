/**
 * What `deps` add to a fingerprint: the content of values, the text of functions, the content of files.
 */
import { CacheError } from "../../errors.ts";
import { hash } from "../../hash/mod.ts";
import { cover } from "./_cover.ts";
import { localPath } from "./_frames.ts";
import { fileContent, isScript, joinPath } from "./_graph.ts";
import { locate } from "./_locate.ts";
import { normalText } from "./_normal_text.ts";
import { folderOf } from "./_project.ts";

/**
 * The digest of a dependency.
 *
 * @param from The file that relative paths and functions are looked for in, if there is one.
 * @throws {CacheError} It has no digest: no pickle, no source, no file.
 */
export function hashDependency(dependency: unknown, index: number, from?: string): string {
  try {
    if (typeof dependency === "function") {
      return hash(["function", ...functionTexts(dependency, from)]);
    }
    const path = filePath(dependency, from);
    if (path === undefined) return hash(["value", dependency]);
    const content = fileContent(path);
    if (content === undefined) throw new CacheError(`Cannot read ${path}`, { path });
    return hash(["file", content]);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CacheError(`Cannot take deps[${index}] into account: ${reason}`, { cause });
  }
}

function functionTexts(fn: { readonly name: string }, from: string | undefined): string[] {
  const found = from === undefined || fn.name === "" ? undefined : locate(from, { name: fn.name });
  if (found === undefined) {
    throw new CacheError(
      `the source of function "${fn.name}" is not found in ${from ?? "any file"}: ` +
        `give the URL of its file instead`,
    );
  }
  const { parsed, range } = found;
  return cover(parsed, range).ranges.map((part) => normalText(parsed.list, part));
}

/** URLs, and texts that are spelled like the path of a module, name files; others are values. */
function filePath(dependency: unknown, from: string | undefined): string | undefined {
  if (dependency instanceof URL) return localPath(dependency.href) ?? unreachable(dependency.href);
  if (typeof dependency !== "string") return undefined;
  if (dependency.startsWith("file:")) return localPath(dependency) ?? unreachable(dependency);
  if (/^\.\.?\//.test(dependency)) {
    return from === undefined ? unreachable(dependency) : joinPath(folderOf(from), dependency);
  }
  return isScript(dependency) ? localPath(dependency) : undefined;
}

function unreachable(place: string): never {
  throw new CacheError(`${place} names no local file from here`);
}
