/**
 * Every plain pickle of the corpus is read as Python reads it, and written back byte for byte where
 * Python's own load and dump gives the same bytes.
 */
import assert from "node:assert/strict";
import { UnpicklingError } from "../../errors.ts";
import {
  byFolder,
  compare,
  corpusTest,
  entries,
  type Entry,
  exactly,
  read,
  Tally,
} from "./corpus.ts";
import { describe } from "./describe.ts";
import { difference } from "./describe_text.ts";
import { dumpPickle, loadPickle } from "./loaders.ts";

const pickles = entries.filter((entry) => entry.kind === "pickle" && entry.must === undefined);

for (const [folder, group] of byFolder(pickles)) {
  corpusTest(`loads() reads ${folder} as Python does`, () => {
    const tally = new Tally();
    for (const entry of group) {
      const bytes = read(entry);
      if (entry.expect?.t === "error") tally.note(entry.path, notAscii(entry, bytes));
      else tally.note(entry.path, compare(entry.expect!, () => loadPickle(bytes, exactly())));
      for (const encoding of ["latin1", "bytes"] as const) {
        const expected = entry.expect_encoding?.[encoding];
        // Python's classes refuse bytes as arguments (Decimal, UUID); Larder calls none of them
        if (expected === undefined || expected.t === "error") continue;
        const problem = compare(expected, () => loadPickle(bytes, exactly(encoding)));
        tally.note(`${entry.path} (${encoding})`, problem);
      }
    }
    tally.check();
  });

  const identical = group.filter((entry) => entry.python_redump_identical);
  if (identical.length === 0) continue;
  corpusTest(`dumps() writes ${folder} byte for byte`, () => {
    const tally = new Tally();
    for (const entry of identical) tally.note(entry.path, redump(entry));
    tally.check();
  });
}

/**
 * Python 2's text that is not ASCII is refused with a hint. Where it can only be bytes (an array's, a
 * datetime's state) Larder may read what Python reads with encoding latin1.
 */
function notAscii(entry: Entry, bytes: Uint8Array): string | undefined {
  let value: unknown;
  try {
    value = loadPickle(bytes, exactly());
  } catch (error) {
    assert.ok(error instanceof UnpicklingError, String(error));
    return error.message.includes('encoding: "latin1"') ? undefined : `raised ${error}`;
  }
  return difference(entry.expect_encoding!.latin1!, describe(value));
}

/** Load and dump; Python's own sharing of equal strings is not in the values, so either reading of it counts. */
function redump(entry: Entry): string | undefined {
  const bytes = read(entry);
  let problem = "";
  for (const strings of ["value", "distinct"] as const) {
    try {
      const value = loadPickle(bytes, exactly());
      const written = dumpPickle(value, { protocol: entry.protocol!, strings });
      const at = firstDifference(bytes, written);
      if (at === undefined) return undefined;
      problem += `${strings} differs at byte ${at}, ${written.length} of ${bytes.length} bytes; `;
    } catch (error) {
      problem += `${strings} raised ${error}; `;
    }
  }
  return problem;
}

function firstDifference(expected: Uint8Array, found: Uint8Array): number | undefined {
  const length = Math.max(expected.length, found.length);
  for (let i = 0; i < length; i++) if (expected[i] !== found[i]) return i;
  return undefined;
}
