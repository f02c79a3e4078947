/** A Memory in a folder of its own, for the tests: what it warned of and told is kept. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { freshPath } from "../tests/temporary.ts";
import type { LarderWarning } from "../mod.ts";
import { Memory, type MemoryOptions } from "./mod.ts";

/** A Memory and what is known about it. */
export interface TestMemory {
  readonly memory: Memory;
  /** Its location. */
  readonly folder: string;
  readonly warnings: LarderWarning[];
  /** What it told its logger. */
  readonly told: string[];
}

/** Functions of the tests differ by version, not by their sources. */
export const IDENTITY = { module: "tests", version: 1 };

/** Use a Memory and close it. */
export async function withMemory(
  options: MemoryOptions,
  use: (memory: TestMemory) => Promise<void> | void,
): Promise<void> {
  const folder = freshPath("cache");
  const warnings: LarderWarning[] = [];
  const told: string[] = [];
  const memory = new Memory(folder, {
    onWarning: (warning) => warnings.push(warning),
    logger: (text) => told.push(text),
    ...options,
  });
  try {
    await use({ memory, folder, warnings, told });
  } finally {
    await memory.close();
  }
}

/** The entries in a cache folder: their paths below `joblib`, sorted. */
export function entriesIn(folder: string): string[] {
  const found: string[] = [];
  const walk = (path: string): void => {
    for (const child of readdirSync(join(folder, "joblib", path), { withFileTypes: true })) {
      if (!child.isDirectory() || child.name === ".larder") continue;
      const inner = path === "" ? child.name : `${path}/${child.name}`;
      if (/^[0-9a-f]{32}/.test(child.name)) found.push(inner);
      else walk(inner);
    }
  };
  if (existsSync(join(folder, "joblib"))) walk("");
  return found.sort();
}

/** The ids of the entries in a cache folder, sorted. */
export function idsIn(folder: string): string[] {
  return entriesIn(folder).map((path) => path.slice(path.lastIndexOf("/") + 1)).sort();
}

/** The path of a file of the only entry in a cache folder. */
export function onlyEntry(folder: string, name = "output.pkl"): string {
  const entries = entriesIn(folder);
  if (entries.length !== 1) throw new Error(`${entries.length} entries: ${entries.join(", ")}`);
  return join(folder, "joblib", entries[0], name);
}

/** Resolves after `ms` milliseconds. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
