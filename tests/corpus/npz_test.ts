/**
 * Archives of the corpus: good ones hold what numpy finds in them, broken and hostile ones come to a
 * typed error. Each is read with and without waiting, from its path and from memory.
 */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import {
  LarderError,
  LimitError,
  NpyFormatError,
  UnsafeGlobalError,
  UnsupportedError,
} from "../../errors.ts";
import { type NpzFile, openNpz, openNpzSync } from "../../npy/npz.ts";
import type { NpyLoadOptions } from "../../npy/options.ts";
import { byFolder, corpusTest, entries, type Entry, pathOf, read, Tally } from "./corpus.ts";
import { describe } from "./describe.ts";
import { type Description, difference } from "./describe_text.ts";

const BOMB_LIMITS = { maxBytes: 64 * 2 ** 20 };

/** What an archive holds: its members by their names in the zip. */
interface NpzDescription extends Description {
  members: { member: string; key: string; value: Description }[];
}

/** A way to read all of an archive. */
type Way = (entry: Entry, options: NpyLoadOptions) => Promise<Contents>;

/** What a way found. */
interface Contents {
  values: Map<string, unknown>;
  files: readonly string[];
  comment: string;
}

const WAYS: Readonly<Record<string, Way>> = {
  "async": async (entry, options) => {
    const npz = await openNpz(pathOf(entry), options);
    try {
      const values = new Map<string, unknown>();
      for (const name of membersOf(entry) ?? npz.files) values.set(name, await npz.get(name));
      return contents(npz, values);
    } finally {
      await npz.close();
    }
  },
  // deno-lint-ignore require-await -- a way answers later, and throws likewise
  "sync": async (entry, options) => {
    const npz = openNpzSync(read(entry), options);
    const values = new Map<string, unknown>();
    for (const name of membersOf(entry) ?? npz.files) values.set(name, npz.getSync(name));
    return contents(npz, values);
  },
};

const archives = entries.filter(({ kind }) => kind === "npz");
const good = archives.filter(({ must }) => must === undefined);
const bad = archives.filter(({ must }) => must !== undefined);

for (const [folder, group] of byFolder(good)) {
  corpusTest(`openNpz() reads ${folder}`, async () => {
    const tally = new Tally(`${folder}: read as numpy reads them`);
    for (const entry of group) {
      for (const [name, way] of Object.entries(WAYS)) {
        tally.note(`${entry.path} (${name})`, await readingProblem(entry, way));
      }
    }
    tally.check();
  });
}

for (const [folder, group] of byFolder(bad)) {
  corpusTest(`openNpz() refuses or contains ${folder}`, async () => {
    const tally = new Tally(`${folder}: refused or contained`);
    for (const entry of group) {
      for (const [name, way] of Object.entries(WAYS)) {
        const started = performance.now();
        const problem = await refusalProblem(entry, way);
        const seconds = (performance.now() - started) / 1000;
        const slow = seconds > (entry.must!.maxSeconds ?? 5) ? `took ${seconds} s` : undefined;
        const { canary } = entry.must!;
        const ran = canary !== undefined && existsSync(canary) ? "something ran" : undefined;
        tally.note(`${entry.path} (${name})`, problem ?? slow ?? ran);
      }
    }
    tally.check();
  });
}

async function readingProblem(entry: Entry, way: Way): Promise<string | undefined> {
  try {
    const found = await way(entry, { exact: true, onWarning: () => {} });
    return contentsProblem(entry.expect as NpzDescription, found);
  } catch (error) {
    return `raised ${error}`;
  }
}

function contentsProblem(expected: NpzDescription, found: Contents): string | undefined {
  const keys = expected.members.map(({ member }) => member.replace(/\.npy$/, ""));
  assert.deepEqual(found.files, keys);
  const comment = difference(expected.comment ?? describe(""), describe(found.comment));
  if (comment !== undefined) return `comment: ${comment}`;
  for (const { member, value } of expected.members) {
    const problem = difference(value, describe(found.values.get(member)));
    if (problem !== undefined) return `${member}: ${problem}`;
  }
  return undefined;
}

async function refusalProblem(entry: Entry, way: Way): Promise<string | undefined> {
  const { outcome, kind } = entry.must!;
  const limits = kind === "bomb" ? { limits: BOMB_LIMITS } : {};
  let found: Contents;
  try {
    found = await way(entry, { exact: true, onWarning: () => {}, ...limits });
  } catch (error) {
    if (outcome === "as-python") return `raised ${error}`;
    return errorProblem(kind, error, entry.size);
  }
  switch (outcome) {
    case "as-python":
    case "error-or-python-value":
      return contentsProblem(entry.python!.expect as NpzDescription, found);
    case "error-or-sensible-value":
      for (const value of found.values.values()) describe(value);
      return found.files.length > 0 ? undefined : "read as empty";
    case "limit-or-bounded": {
      const sizes = [...found.values.values()].map((value) => (value as { nbytes: number }).nbytes);
      return Math.max(...sizes) <= BOMB_LIMITS.maxBytes ? undefined : "is larger than the limit";
    }
    default:
      return `${outcome}, but it was read`;
  }
}

function errorProblem(kind: string, error: unknown, size: number): string | undefined {
  if (!(error instanceof LarderError)) return `raised a foreign ${error}`;
  switch (kind) {
    case "bad-zip": {
      if (error instanceof UnsupportedError) return undefined; // encrypted, or another method
      if (!(error instanceof NpyFormatError)) return `raised ${error.name} ${error}`;
      const { offset } = error;
      return offset !== undefined && offset >= 0 && offset <= size ? undefined : `offset ${offset}`;
    }
    case "python-refuses":
      return error instanceof NpyFormatError ? undefined : `raised ${error.name} ${error}`;
    case "unsafe":
      return error instanceof UnsafeGlobalError ? undefined : `raised ${error.name} ${error}`;
    case "bomb":
      return error instanceof LimitError ? undefined : `raised ${error.name} ${error}`;
    default:
      return `${kind}: raised ${error}`;
  }
}

function contents(npz: NpzFile, values: Map<string, unknown>): Contents {
  return { values, files: npz.files, comment: npz.comment };
}

/** The members that the manifest knows, by their whole names. */
function membersOf({ expect, python }: Entry): string[] | undefined {
  const described = (expect ?? python?.expect) as NpzDescription | undefined;
  return described?.members?.map(({ member }) => member);
}
