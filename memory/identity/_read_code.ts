/**
 * Reads as much of a function's source as its fingerprint shall cover.
 */
import { CacheError } from "../../errors.ts";
import { isBundle } from "./_bundle.ts";
import { cover, type Coverage } from "./_cover.ts";
import { graphTexts } from "./_graph.ts";
import { locate, type Located, sourceOf } from "./_locate.ts";
import { normalText } from "./_normal_text.ts";
import type { ModulePlace } from "./_place.ts";
import type { FunctionSource } from "./identify.ts";
import type { Wanted } from "./_find.ts";
import { lineAt } from "./_tokens.ts";

/** What was read. */
export interface Reading {
  /** What the fingerprint is made of. */
  readonly parts: readonly unknown[];
  /** The function's text, if it was found. */
  readonly located: Located | undefined;
  /** What that text covers. */
  readonly coverage: Coverage | undefined;
}

/** What is asked for. */
export interface ReadRequest {
  /** How to find the function. */
  readonly wanted: Wanted;
  /** Its name in messages. */
  readonly name: string;
  /** How much to read. */
  readonly code: "function" | "module" | "graph";
}

/**
 * Read the source.
 *
 * @throws {TypeError} The source is a bundle, or the name a minifier's.
 * @throws {CacheError} The source can't be read, or does not have the function.
 */
export function readCode(request: ReadRequest, place: ModulePlace): Reading {
  const { name, code } = request;
  const { path } = place;
  if (path === undefined) {
    throw new CacheError(
      `Cannot read the source of "${name}", ${place.module} is no local file: ` +
        `give a version or code: "off"`,
    );
  }
  const { list } = sourceOf(path, name);
  if (!place.isNamed && isBundle(list.text)) {
    throw new TypeError(
      `Cannot tell the module of "${name}": ${path} looks like a bundle; give a name for the module`,
    );
  }
  if (code === "function") {
    const located = locate(path, request.wanted) ?? notFound(request, path);
    const coverage = cover(located.parsed, located.range);
    const texts = coverage.ranges.map((range) => normalText(located.parsed.list, range));
    return { parts: ["function", ...texts], located, coverage };
  }
  const located = tryLocate(path, request.wanted);
  const file = located?.path ?? path;
  const coverage = located && cover(located.parsed, located.range);
  const texts = code === "module"
    ? [normalText(sourceOf(file, name).list)]
    : graphTexts(file, (missing, importer) => {
      throw new CacheError(
        `Cannot read ${missing}, which ${importer} imports and "${name}" depends on: ` +
          `allow to read it, or give a version or code: "function"`,
        { path: missing },
      );
    });
  return { parts: [code, ...texts], located, coverage };
}

/** The function's text where it can be found: for what only warns. */
export function tryLocate(...place: Parameters<typeof locate>): Located | undefined {
  try {
    return locate(...place);
  } catch (error) {
    if (error instanceof CacheError) return undefined;
    throw error;
  }
}

/** The text of a function, for people. */
export function sourceText({ path, parsed, range }: Located): FunctionSource {
  const { list } = parsed;
  const { start } = list.tokens[range.start];
  const last = list.tokens[range.end - 1];
  const text = list.text.slice(start, last.start + last.text.length);
  return { path, line: lineAt(list, start), text };
}

function notFound({ wanted, name }: ReadRequest, path: string): never {
  if (wanted.given === undefined && name.length <= 2) {
    throw new TypeError(
      `Cannot cache "${name}", a name that ${path} does not declare: ` +
        `a minifier's is no name for results that stay; give a name`,
    );
  }
  throw new CacheError(
    `Cannot find the source of "${name}" in ${path}: ` +
      `give module: import.meta of the file that declares it, or a version`,
    { path },
  );
}
