/** What `metadata.json` tells of an entry: who wrote it may have been anybody, so each field is looked at. */
import { decodeMetadata } from "../memory/stores/metadata.ts";
import type { StoreBackend } from "../memory/stores/store.ts";
import { yieldToEventLoop } from "../io/event_loop.ts";
import type { CachedEntry } from "./functions.ts";
import { startProgress } from "./progress.ts";
import type { Terminal } from "./terminal.ts";

/** What is known about an entry. */
export interface Details {
  /** The arguments by name, each as its writer spelled it; `undefined` where nobody wrote them down. */
  readonly args: ReadonlyMap<string, string> | undefined;
  /** Seconds that computing and storing took. */
  readonly duration: number | undefined;
  /** When the result was stored, in milliseconds since 1970. */
  readonly stored: number;
  /** "python": without our checksum; "larder": with it; the others have no metadata that can be read. */
  readonly metadata: "python" | "larder" | "damaged" | "missing";
  /** Length that the content had when it was stored. */
  readonly storedBytes: number | undefined;
}

const STATES = {
  checked: "larder",
  foreign: "python",
  broken: "damaged",
  unreadable: "damaged",
  missing: "missing",
} as const;

/** What is known about an entry. */
export async function readDetails(store: StoreBackend, entry: CachedEntry): Promise<Details> {
  const file = await store.get(`${entry.key}/metadata.json`);
  const { metadata, output, state } = decodeMetadata(file?.bytes);
  const time = secondsOf(metadata.time);
  return {
    args: argsOf(metadata.input_args),
    duration: secondsOf(metadata.duration),
    stored: time === undefined ? entry.stored : time * 1000,
    metadata: STATES[state],
    storedBytes: output?.bytes,
  };
}

/** What is known about several entries, with progress on a terminal. */
export async function readAllDetails(
  store: StoreBackend,
  entries: readonly CachedEntry[],
  terminal: Terminal,
): Promise<Map<string, Details>> {
  const progress = startProgress(terminal, "Reading", entries.length);
  const details = new Map<string, Details>();
  try {
    for (const entry of entries) {
      details.set(entry.key, await readDetails(store, entry));
      progress.step();
      if (details.size % 256 === 0) await yieldToEventLoop();
    }
  } finally {
    progress.end();
  }
  return details;
}

/** Seconds that hits of these entries saved: each would have taken what computing it took. */
export function timeSaved(
  entries: readonly CachedEntry[],
  details: ReadonlyMap<string, Details>,
): number {
  let seconds = 0;
  for (const { key, hits } of entries) seconds += hits * (details.get(key)?.duration ?? 0);
  return seconds;
}

/** Arguments as in a call: `x=1, y=2`. What is empty of a function's further arguments is left out. */
export function argsText(args: ReadonlyMap<string, string> | undefined): string {
  if (args === undefined) return "?";
  const parts: string[] = [];
  for (const [name, text] of args) {
    if (name === "*" && text === "[]" || name === "**" && text === "{}") continue;
    // A function whose parameters nobody named has all its arguments there.
    if (name === "*") parts.push(args.size <= 2 ? text.replace(/^\[(.*)\]$/s, "$1") : `*${text}`);
    else parts.push(name === "**" ? `**${text}` : `${name}=${text}`);
  }
  return parts.join(", ");
}

function secondsOf(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : undefined;
}

function argsOf(value: unknown): ReadonlyMap<string, string> | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  return new Map(
    Object.entries(value).map((
      [name, text],
    ) => [name, typeof text === "string" ? text : JSON.stringify(text) ?? String(text)]),
  );
}
