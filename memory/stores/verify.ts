/** Looking through entries for damage, without loading them. */
import { yieldToEventLoop } from "../../io/event_loop.ts";
import { CheckedSource } from "./_checked.ts";
import { openContent } from "./_content.ts";
import type { Entries } from "./entries.ts";
import { OUTPUT } from "./entry.ts";
import { listItems } from "./items.ts";

/** What a look at one entry found. */
export interface VerifiedEntry {
  /** Its folder in the store. */
  readonly key: string;
  /** Size of its content in bytes. */
  readonly bytes: number;
  /** "unchecked": nobody wrote down what its content should be, as in Python's. */
  readonly state: "whole" | "damaged" | "unchecked";
}

/**
 * Read the contents of all entries in a folder and compare them with what was stored.
 *
 * @param folder Only those in this folder and below. @default ""
 */
export async function* verifyEntries(
  entries: Entries,
  folder = "",
): AsyncGenerator<VerifiedEntry> {
  for (const { key, complete } of await listItems(entries.store, folder)) {
    if (!complete) continue;
    const verified = await verifyEntry(entries, key);
    if (verified !== undefined) yield verified;
    await yieldToEventLoop();
  }
}

/** Look at one entry; `undefined` where it is gone. One that is being replaced is looked at again. */
async function verifyEntry(entries: Entries, key: string): Promise<VerifiedEntry | undefined> {
  let verified: VerifiedEntry | undefined;
  for (let tries = 0; tries < 2 && (tries === 0 || verified?.state === "damaged"); tries++) {
    verified = await look(entries, key);
  }
  return verified;
}

async function look(entries: Entries, key: string): Promise<VerifiedEntry | undefined> {
  const snapshot = await entries.fetch(key);
  if (snapshot === undefined) return undefined;
  const { meta: { state, output: expected } } = snapshot;
  const content = await openContent(entries.store, `${key}/${OUTPUT}`, snapshot.output.size);
  if (content === undefined) return undefined;
  try {
    const { size: bytes } = content;
    if (state === "broken") return { key, bytes, state: "damaged" };
    if (expected === undefined) return { key, bytes, state: bytes > 0 ? "unchecked" : "damaged" };
    const sum = await new CheckedSource(bytes, content).finish();
    const whole = sum.bytes === expected.bytes && sum.crc32 === expected.crc32;
    return { key, bytes, state: whole ? "whole" : "damaged" };
  } finally {
    content.close();
  }
}
