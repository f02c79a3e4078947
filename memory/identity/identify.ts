/**
 * Who a function is, for a cache that outlives the program and moves between machines: its name, its
 * module from the root of the project on, and a fingerprint of its source. The source is the file,
 * never `Function.prototype.toString()`, which differs between runtimes and behind bundlers.
 */
import { hash } from "../../hash/mod.ts";
import { checkChoice, checkOptions } from "../../pickle/options.ts";
import { cover } from "./_cover.ts";
import { hashDependency } from "./_deps.ts";
import { namedDeps, type Wanted } from "./_find.ts";
import { functionFolder, projectPart } from "./_folder.ts";
import type { Located } from "./_locate.ts";
import { type ModulePlace, placeOf } from "./_place.ts";
import { readCode, type Reading, sourceText, tryLocate } from "./_read_code.ts";
import { register } from "./_registry.ts";
import { readSource } from "./_source_file.ts";
import { warnOfName, warnOfPath, warnOfUnseen } from "./_warnings.ts";

/** What {@link identify} can be told. */
export interface IdentityOptions {
  /** Its name in the cache. @default fn.name */
  name?: string;
  /** Its module: a text that is taken as it is, or `import.meta`. @default the file of the call site */
  module?: string | ModuleUrl;
  /** Stands for the source: another version, other results. */
  version?: string | number;
  /** How much source the fingerprint covers. @default "function" */
  code?: CodeCover;
  /**
   * What the results depend on besides. Of a value the content counts; of a function its own text and
   * what that names in its file; of a URL, and of a text that begins with `./`, `../` or `file:` or is
   * an absolute path of a script, the content of the file, but not what it imports.
   */
  deps?: readonly unknown[];
  /** Where `memory.cache` was called: the text of {@link callSite}. */
  callSite?: string;
  /** Functions that are stored in different places may share an id: name of the place. @default "" */
  scope?: string;
}

/** What is needed of `import.meta`. */
export interface ModuleUrl {
  /** URL of the module. */
  readonly url: string;
}

/**
 * How much source a fingerprint covers. Comments and white space never count, types do.
 *
 * - `"function"`: the text of the function and of the declarations in its file that it names, those
 *   that they name, and so on. Values that no text tells are warned of, and so are imports of files.
 * - `"module"`: its whole file.
 * - `"graph"`: its file and all local files that it imports, however far, by `import`, `export from` or
 *   `import("…")`. Packages and names of an import map are not followed.
 * - `"off"`: nothing.
 *
 * None sees the values of variables, files that are read at run time, or the versions of packages.
 */
export type CodeCover = "function" | "module" | "graph" | "off";

/** Who a function is. */
export interface Identity {
  /** Last part of the folder. */
  readonly name: string;
  /** Path of its module from the root of the project on, as in `src/job.ts`. */
  readonly module: string;
  /** Name of the project, fit for a folder. */
  readonly project: string;
  /** Key of its results in a store: `js-<project>/<module>/<name>/v-<fingerprint>`. */
  readonly folder: string;
  /** 12 hexadecimal digits. */
  readonly fingerprint: string;
  /** The source that the fingerprint begins with; undefined for a version and for "off". */
  readonly source: FunctionSource | undefined;
  /** What the caller should hear once. */
  readonly warnings: readonly IdentityWarning[];
}

/** Where a function stands. */
export interface FunctionSource {
  /** Path of the file. */
  readonly path: string;
  /** Line of its beginning, from 1. */
  readonly line: number;
  /** Its text. */
  readonly text: string;
}

/** Something that {@link identify} can't see or tell apart. */
export interface IdentityWarning {
  /** Kind of warning, as in `closes-over`. */
  readonly code: string;
  /** What to read. */
  readonly message: string;
}

/** Changes whenever the same source gets another fingerprint. */
const SCHEME = "larder 1";

/** The fingerprint of `code: "off"`. */
const OFF = "0".repeat(12);

const OPTIONS = ["name", "module", "version", "code", "deps", "callSite", "scope"];

/**
 * Tell who a function is.
 *
 * @throws {TypeError} It has no name, or its module can't be told.
 * @throws {CacheError} Its source can't be read or found, or another function has its id.
 */
export function identify(
  fn: (...args: never[]) => unknown,
  options: IdentityOptions,
): Identity {
  checkIdentityOptions(options);
  const { version, code = "function", deps = [], callSite = "", scope = "" } = options;
  const name = nameOf(fn, options.name);
  const place = placeOf(name, options.module, callSite);
  const title = `"${name}" of ${place.module}`;
  const wanted = { name: fn.name, given: options.name, site: place.site };
  const reading = version !== undefined || code === "off"
    ? undefined
    : readCode({ wanted, name, code }, place);
  const isListed = listing(deps, place);
  const warnings = warnOfPath(title, place);
  const { coverage } = reading ?? {};
  if (coverage !== undefined) warnings.push(...warnOfUnseen(title, code, coverage, isListed));

  const fingerprint = fingerprintOf(
    version === undefined ? reading?.parts : ["version", String(version)],
    deps.map((dependency, index) => hashDependency(dependency, index, place.path)),
  );
  const folder = functionFolder(place.project, place.module, name);
  const located = reading?.located;
  const entry = {
    fn,
    folder: `${scope}\n${folder}`,
    fingerprint,
    place: located && `${located.path} ${located.range.start}`,
    text: () => textOf(wanted, place.path, located),
    captured: () => capturedNames(wanted, place.path, reading)?.filter((one) => !isListed(one)),
  };
  if (register(entry, title)) warnings.push(warnOfName(title));
  return {
    name,
    module: place.module,
    project: projectPart(place.project),
    folder: `${folder}/v-${fingerprint}`,
    fingerprint,
    source: located && sourceText(located),
    warnings,
  };
}

function checkIdentityOptions(options: IdentityOptions): void {
  checkOptions(options, OPTIONS, "identify()");
  const { name, module, version, code, deps } = options;
  checkChoice("code", code, ["function", "module", "graph", "off"]);
  if (name !== undefined && (typeof name !== "string" || name === "")) {
    throw new TypeError(`Cannot use ${JSON.stringify(name)} as a name: it must be a text`);
  }
  if (module !== undefined && typeof module !== "string" && typeof module?.url !== "string") {
    throw new TypeError("Cannot use that module: it must be import.meta or a text");
  }
  if (version !== undefined && typeof version !== "string" && typeof version !== "number") {
    throw new TypeError(`Cannot use version ${String(version)}: it must be a text or a number`);
  }
  if (deps !== undefined && !Array.isArray(deps)) {
    throw new TypeError("Cannot use these deps: they must be an array");
  }
}

function nameOf(fn: { readonly name: string }, given: string | undefined): string {
  if (given !== undefined) return given;
  const { name } = fn;
  if (name !== "" && name !== "anonymous" && !name.startsWith("bound ")) return name;
  throw new TypeError(
    name.startsWith("bound ")
      ? `Cannot cache ${
        name.slice("bound ".length)
      } bound to other values by its name alone: give a name`
      : "Cannot cache a function without a name: give one",
  );
}

/** Twelve digits for what was read and for the dependencies. */
function fingerprintOf(parts: readonly unknown[] | undefined, deps: readonly string[]): string {
  if (parts === undefined && deps.length === 0) return OFF;
  return hash([SCHEME, parts ?? "off", deps]).slice(0, OFF.length);
}

/** Whether `deps` list a name, by the text of the call; where that does not show them they do. */
function listing(deps: readonly unknown[], { path, site }: ModulePlace): (name: string) => boolean {
  const parsed = path === undefined || deps.length === 0 ? undefined : readSource(path);
  const names = parsed && namedDeps(parsed, site);
  return (name) => names === undefined ? deps.length > 0 : names.has(name);
}

/** The names whose values make copies of a function differ; undefined where the source is unknown. */
function capturedNames(
  wanted: Wanted,
  path: string | undefined,
  reading: Reading | undefined,
): readonly string[] | undefined {
  if (reading?.coverage !== undefined) return reading.coverage.captured;
  const located = path === undefined ? undefined : tryLocate(path, wanted);
  return located && cover(located.parsed, located.range).captured;
}

/** The text of a function, also where it makes no fingerprint. */
function textOf(
  wanted: Wanted,
  path: string | undefined,
  known: Located | undefined,
): string | undefined {
  const located = known ?? (path === undefined ? undefined : tryLocate(path, wanted));
  return located && sourceText(located).text;
}
