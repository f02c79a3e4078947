/**
 * Why a call is a hit or a miss, found out without running, changing or counting anything.
 */
import { UnsupportedError } from "../errors.ts";
import type { Course } from "./_course.ts";
import type { Invocation } from "./_subject.ts";
import type { Entry } from "./stores/entry.ts";
import { listItems } from "./stores/items.ts";
import type { Metadata } from "./stores/metadata.ts";
import { verifyEntries } from "./stores/verify.ts";

/** Results of one version of a function. */
export interface ExplainedVersion {
  /** Its fingerprint; "" where versions are not told apart, as by Python. */
  readonly version: string;
  /** Whether it is the one that runs. */
  readonly current: boolean;
  /** Number of its results. */
  readonly items: number;
  /** Whether it has a result for these arguments. */
  readonly hasResult: boolean;
}

/** Why a call is a hit or a miss. */
export interface Explanation {
  /** Whether the function would not run. */
  readonly hit: boolean;
  /** Why, as a sentence. */
  readonly reason: string;
  /** The folder of the result, in the function's. */
  readonly id: string;
  /** The folder of the result in the store. */
  readonly key: string;
  /** The store's folder or URL. */
  readonly location: string;
  /** The arguments that make the id, by name. */
  readonly args: Readonly<Record<string, unknown>>;
  /** The versions of the function that have results. */
  readonly versions: readonly ExplainedVersion[];
  /** Seconds since the result was computed; `undefined` where there is none. */
  readonly age: number | undefined;
  /** Size of the result in bytes. */
  readonly bytes: number | undefined;
  /** What is known about the result. */
  readonly metadata: Metadata | undefined;
  /** What cacheValidationCallback answered; `undefined` where it was not asked. */
  readonly valid: boolean | undefined;
  /** Whether the result is damaged. */
  readonly damaged: boolean;
}

/** What is known before the reason is. */
interface Findings {
  readonly entry: Entry | undefined;
  readonly valid: boolean | undefined;
  readonly damaged: boolean;
  readonly versions: readonly ExplainedVersion[];
}

/**
 * Why a call is a hit or a miss.
 *
 * @param entry Its entry, where there is one.
 * @param valid What the callback says about it.
 */
export async function explainCall(
  course: Course,
  call: Invocation,
  entry: Entry | undefined,
  valid: boolean | undefined,
): Promise<Explanation> {
  const { results: { store } } = course;
  const damaged = entry !== undefined && await isDamaged(course, call.key);
  const versions = await versionsOf(course, call);
  const findings: Findings = { entry, valid, damaged, versions };
  const time = entry?.metadata.time;
  return {
    hit: entry !== undefined && !damaged && valid !== false,
    reason: reasonOf(call, findings),
    id: call.id,
    key: call.key,
    location: store.location,
    args: call.filtered,
    versions,
    age: typeof time === "number" ? Date.now() / 1000 - time : undefined,
    bytes: entry?.bytes,
    metadata: entry?.metadata,
    valid,
    damaged,
  };
}

async function isDamaged(
  { results: { entries }, opening: { own } }: Course,
  key: string,
): Promise<boolean> {
  const state = (await entries.fetch(key))?.meta.state;
  if (own && (state === "unreadable" || state === "foreign")) return true;
  try {
    for await (const verified of verifyEntries(entries, key)) {
      if (verified.key === key) return verified.state === "damaged";
    }
  } catch (error) {
    if (!(error instanceof UnsupportedError)) throw error; // a web server that lists nothing
  }
  return false;
}

function reasonOf(call: Invocation, { entry, valid, damaged, versions }: Findings): string {
  const { path } = call.place;
  if (damaged) return `the result of ${path}() for these arguments is damaged`;
  if (valid === false) return "cacheValidationCallback refuses the result";
  if (entry !== undefined) return `${path}() has a result for these arguments`;
  const other = versions.find((version) => version.hasResult);
  if (other !== undefined) {
    return `only version ${other.version} of ${path}() has a result for these arguments: ` +
      `its code has changed`;
  }
  const items = versions.find(({ current }) => current)?.items ?? 0;
  if (items === 1) return `${path}() has a result for other arguments only`;
  if (items > 1) return `${path}() has ${items} results, none of them for these arguments`;
  if (versions.length > 0) return `only other versions of ${path}() have results`;
  return `${path}() has no results`;
}

async function versionsOf(
  { results: { store } }: Course,
  { id, place: { folder, versions: parent } }: Invocation,
): Promise<ExplainedVersion[]> {
  const found = new Map<string, { items: number; hasResult: boolean }>();
  for (const { key, complete } of await listItems(store, parent).catch(() => [])) {
    const cut = key.lastIndexOf("/");
    if (!complete) continue;
    const name = key.slice(0, cut);
    // Folders below this one that are no versions belong to functions inside of it.
    if (name !== folder && !/^v-[^/]+$/.test(name.slice(parent.length + 1))) continue;
    const version = found.get(name) ?? { items: 0, hasResult: false };
    version.items++;
    version.hasResult ||= key.slice(cut + 1) === id;
    found.set(name, version);
  }
  return [...found].map(([name, version]) => ({
    version: name === parent ? "" : name.slice(parent.length + 3),
    current: name === folder,
    ...version,
  }));
}
