/**
 * The corpus: files written by the real Python libraries, and what a reader must find in each. It lies
 * beside the repository; where it is missing the tests skip with a notice, or fail under LARDER_REQUIRE=1.
 */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Description } from "./describe_text.ts";

/** What a broken or hostile file must come to. */
export interface Must {
  outcome: string;
  kind: string;
  maxMemoryMB?: number;
  maxSeconds?: number;
  canary?: string;
}

/** An array that joblib maps, and where it lies. */
export interface MappedPlace {
  offset: number;
  nbytes: number;
  dtype: unknown;
  shape: readonly number[];
  order: string;
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
  joblib_hash?: { md5: string; sha1: string } | null;
  must?: Must;
  may_refuse?: boolean;
  mmap?: readonly MappedPlace[];
  python?: { raises?: string; note?: string; expect?: Description; expect_sha256?: string };
}

const ROOT = new URL("../../../shared/fixtures/", import.meta.url);
const MANIFEST = new URL("manifest.json", ROOT);
const SHOWN = Number(process.env.LARDER_CORPUS_SHOWN ?? 20);

/** All files; none where the corpus is missing. */
export const entries: readonly Entry[] = existsSync(MANIFEST)
  ? (JSON.parse(readFileSync(MANIFEST, "utf8")) as { files: Entry[] }).files
  : [];

/** What one test saw, told at its end. */
export class Tally {
  readonly #title: string;
  readonly #failures: string[] = [];
  readonly #skipped = new Map<string, number>();
  #passed = 0;

  /** Count under this title. */
  constructor(title: string) {
    this.#title = title;
  }

  /** Count a pass, or keep the problem of this file. */
  note(path: string, problem: string | undefined): void {
    if (problem === undefined) this.#passed++;
    else this.#failures.push(`${path}: ${problem}`);
  }

  /** Count a file that was not tried, and why. */
  skip(reason: string): void {
    this.#skipped.set(reason, (this.#skipped.get(reason) ?? 0) + 1);
  }

  /** Tell the counts; fail with the first problems, if there are any. */
  check(): void {
    const { length } = this.#failures;
    const skips = Array.from(this.#skipped, ([reason, count]) => `, ${count} skipped: ${reason}`);
    console.log(`  ${this.#title}: ${this.#passed} of ${this.#passed + length}${skips.join("")}`);
    if (length > 0) assert.fail(`${length} failed\n${this.#failures.slice(0, SHOWN).join("\n")}`);
  }
}

/** Entries by their folder, of which the first `depth` names count. */
export function byFolder(chosen: readonly Entry[], depth: number = Infinity): Map<string, Entry[]> {
  const folders = new Map<string, Entry[]>();
  for (const entry of chosen) {
    const folder = entry.path.split("/").slice(0, -1).slice(0, depth).join("/");
    const group = folders.get(folder);
    if (group === undefined) folders.set(folder, [entry]);
    else group.push(entry);
  }
  return folders;
}

/** A test that needs the corpus. */
export function corpusTest(name: string, run: () => void | Promise<void>): void {
  test(name, run);
}

if (entries.length === 0) {
  const required = process.env.LARDER_REQUIRE === "1";
  test(
    "the corpus is there",
    { skip: required ? false : "it is not beside the repository" },
    () => {
      assert.fail("LARDER_REQUIRE=1, but there is no corpus beside the repository");
    },
  );
}

/** The bytes of a file. */
export function read(entry: Entry): Uint8Array<ArrayBuffer> {
  return new Uint8Array(readFileSync(pathOf(entry)));
}

/** Whether this copy of the corpus holds the file. */
export function exists(entry: Entry): boolean {
  return existsSync(pathOf(entry));
}

/** The path of a file. */
export function pathOf(entry: Entry): string {
  return fileURLToPath(ROOT) + entry.path;
}

const MAGIC: readonly (readonly [method: string, magic: string])[] = [
  ["zlib", "78"],
  ["gzip", "1f8b"],
  ["bz2", "425a"],
  ["xz", "fd377a58"],
  ["lzma", "5d00"],
  ["lz4", "04224d18"],
];

/** The compressor of a file, by its first bytes; undefined for none. */
export function methodOf(bytes: Uint8Array): string | undefined {
  const start = Array.from(bytes.subarray(0, 4), (byte) => byte.toString(16).padStart(2, "0"));
  return MAGIC.find(([, magic]) => start.join("").startsWith(magic))?.[0];
}
