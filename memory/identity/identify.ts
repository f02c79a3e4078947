/**
 * Who a function is, for a cache that outlives the program and moves between machines: its name, its
 * module from the root of the project on, and a fingerprint of its source. The source is the file,
 * never `Function.prototype.toString()`, which differs between runtimes and behind bundlers.
 */
import { UnsupportedError } from "../../errors.ts";

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
  /** What the results depend on besides: values, functions, `./paths` and URLs of files. */
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

/** How much source a fingerprint covers. */
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
  throw new UnsupportedError(
    `Cannot identify ${options.name ?? fn.name}: the reader of sources is not there yet`,
  );
}
