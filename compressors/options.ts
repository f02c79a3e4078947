/**
 * What `compress` and the target's name together ask for, by the rules of joblib.dump: a name or
 * a pair decides alone; otherwise the file's extension picks the method, even for `false`.
 */
import { compressorByExtension, compressorNames } from "./registry.ts";

/** A compressor's name: joblib's six, zstd, or one that was registered. */
export type CompressorName =
  | "zlib"
  | "gzip"
  | "bz2"
  | "lzma"
  | "xz"
  | "lz4"
  | "zstd"
  | (string & Record<never, never>);

/** What `compress` can be. */
export type CompressOption =
  | boolean
  | number
  | CompressorName
  | readonly [name: CompressorName, level: number | undefined];

/** The compressor to write with. */
export interface ResolvedCompress {
  /** Its name. */
  name: string;
  /** The level, `undefined` for the method's own default. */
  level: number | undefined;
}

const DEFAULT_METHOD = "zlib";

/**
 * The compressor for `compress` and a target's path, `null` for none.
 *
 * @param path The target's path, `undefined` for an open file or stream.
 * @throws {TypeError} `compress` is of no type that it can have.
 * @throws {RangeError} No such method, no such level, no such pair.
 *
 * @example The extension decides where no method is named
 * ```ts
 * import { resolveCompress } from "@larder/joblib/compressors";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(resolveCompress(6, "model.pkl"), { name: "zlib", level: 6 });
 * assert.deepEqual(resolveCompress(6, "model.gz"), { name: "gzip", level: 6 });
 * assert.deepEqual(resolveCompress("gzip", "model.bz2"), { name: "gzip", level: undefined });
 * assert.equal(resolveCompress(["gzip", 0], "model.gz"), null);
 * ```
 */
export function resolveCompress(
  compress: CompressOption | undefined,
  path: string | undefined,
): ResolvedCompress | null {
  if (typeof compress === "string") return { name: checkName(compress), level: undefined };
  if (Array.isArray(compress)) return resolvePair(compress);
  const level = levelOf(compress);
  const byExtension = path === undefined ? undefined : compressorByExtension(path);
  // As in joblib, level 0 with a telling extension is that method's default level.
  if (byExtension !== undefined) return { name: byExtension, level: level || undefined };
  return level === 0 ? null : { name: DEFAULT_METHOD, level };
}

function resolvePair(pair: readonly unknown[]): ResolvedCompress | null {
  if (pair.length !== 2) {
    throw new RangeError(
      `Cannot compress with a list of ${pair.length}: a pair is [name, level], such as ["gzip", 3]`,
    );
  }
  const [name, level] = pair;
  if (typeof name !== "string") {
    throw new TypeError(
      `Cannot compress with a pair whose name is ${show(name)}: a pair is [name, level]`,
    );
  }
  checkName(name);
  if (level === undefined) return { name, level }; // Python's None: the method's default
  const checked = level === true ? 1 : levelOf(level); // Python's True is the number 1
  return checked === 0 ? null : { name, level: checked };
}

/** 0 for none, `undefined` for the method's default. */
function levelOf(compress: unknown): number | undefined {
  if (compress === true) return undefined;
  if (compress === false || compress === undefined) return 0;
  if (typeof compress !== "number") {
    throw new TypeError(
      `Cannot compress with ${show(compress)}: compress is a boolean, a level from 0 to 9, ` +
        `a method's name or a pair [name, level]`,
    );
  }
  if (Number.isInteger(compress) && compress >= 0 && compress <= 9) return compress + 0;
  throw new RangeError(`Cannot compress at level ${compress}: levels are the integers from 0 to 9`);
}

function checkName(name: string): string {
  const names = compressorNames();
  if (names.includes(name)) return name;
  throw new RangeError(
    `Cannot compress with method "${name}": the known ones are ${names.join(", ")}`,
  );
}

function show(value: unknown): string {
  if (typeof value === "object" && value !== null) return "an object";
  return typeof value === "function" ? "a function" : String(value);
}
