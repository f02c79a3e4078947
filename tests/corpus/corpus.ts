/**
 * The corpus: files written by the real Python libraries, and what a reader must find in each. It lies
 * beside the repository; where it is missing the tests skip with a notice, or fail under LARDER_REQUIRE=1.
 */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { UnpickleOptions } from "../../pickle/mod.ts";
import { describe } from "./describe.ts";
import { type Description, difference } from "./describe_text.ts";

/** What a broken or hostile file must come to. */
export interface Must {
  outcome: string;
  kind: string;
  maxMemoryMB?: number;
  maxSeconds?: number;
  canary?: string;
}

/** One file of the corpus. */
export interface Entry {
  path: string;
  kind: "pickle" | "joblib" | "npy" | "npz" | "text";
  size: number;
  protocol?: number;
  compress?: unknown;
  ext?: string;
  expect?: Description;
  expect_encoding?: Partial<Record<"latin1" | "bytes", Description>>;
  python_redump_identical?: boolean;
  must?: Must;
  may_refuse?: boolean;
  python?: { raises?: string; expect?: Description; expect_sha256?: string };
}

/** Everything that a test saw, to be told at its end. */
export class Tally {
  passed = 0;
  readonly failures: string[] = [];

  /** Count a pass, or note a failure of this file. */
  note(path: string, problem: string | undefined): void {
    if (problem === undefined) this.passed++;
    else this.failures.push(`${path}: ${problem}`);
  }

  /** Fail with the first failures, if there are any. */
  check(): void {
    const { length } = this.failures;
    if (length === 0) return;
    const shown = this.failures.slice(0, SHOWN).join("\n");
    assert.fail(`${length} of ${length + this.passed} failed\n${shown}`);
  }
}

const ROOT = new URL("../../../shared/fixtures/", import.meta.url);
const SHOWN = Number(process.env.LARDER_CORPUS_SHOWN ?? 20);

const manifest = new URL("manifest.json", ROOT);

/** All files; none where the corpus is missing. */
export const entries: readonly Entry[] = existsSync(manifest)
  ? (JSON.parse(readFileSync(manifest, "utf8")) as { files: Entry[] }).files
  : [];

/** Entries by their folder. */
export function byFolder(chosen: readonly Entry[]): Map<string, Entry[]> {
  const folders = new Map<string, Entry[]>();
  for (const entry of chosen) {
    const folder = entry.path.slice(0, entry.path.lastIndexOf("/"));
    const group = folders.get(folder);
    if (group === undefined) folders.set(folder, [entry]);
    else group.push(entry);
  }
  return folders;
}

/** A test that needs the corpus. */
export function corpusTest(name: string, run: () => void | Promise<void>): void {
  const missing = entries.length === 0;
  const required = process.env.LARDER_REQUIRE === "1";
  if (missing && !required) {
    test(name, { skip: "the corpus is not there" }, () => {});
    return;
  }
  test(name, async () => {
    if (missing) assert.fail("LARDER_REQUIRE=1, but the corpus is not there");
    await run();
  });
}

/** The bytes of a file. */
export function read(entry: Entry): Uint8Array {
  return new Uint8Array(readFileSync(pathOf(entry)));
}

/** The path of a file. */
export function pathOf(entry: Entry): string {
  return fileURLToPath(new URL(entry.path.replaceAll("%", "%25").replaceAll("#", "%23"), ROOT));
}

/** Load, describe, compare: the first difference, or undefined. */
export function compare(expected: Description, load: () => unknown): string | undefined {
  let value: unknown;
  try {
    value = load();
  } catch (error) {
    return `raised ${String(error)}`;
  }
  return difference(expected, describe(value));
}

/** An exact load in this encoding. */
export function exactly(encoding?: UnpickleOptions["encoding"]): UnpickleOptions {
  return { exact: true, dangerous: "inert", onWarning: () => {}, ...(encoding && { encoding }) };
}
