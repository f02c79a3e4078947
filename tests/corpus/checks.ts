/**
 * What is asked of a good file of the corpus: that it reads as Python reads it, and that it comes out
 * byte for byte where Python's own load and dump gives the same bytes.
 */
import { UnpicklingError } from "../../errors.ts";
import type { UnpickleOptions } from "../../pickle/mod.ts";
import type { Entry } from "./corpus.ts";
import { describe } from "./describe.ts";
import { type Description, difference } from "./describe_text.ts";

/** One way to load a file. */
export type Load = (options: UnpickleOptions) => unknown;

/** One way to dump a value. */
export type Dump = (
  value: unknown,
  options: { protocol: number },
) => Uint8Array;

/** An exact load; what a file names is shown, not refused. */
export function exactly(encoding?: UnpickleOptions["encoding"]): UnpickleOptions {
  return { exact: true, dangerous: "inert", onWarning: () => {}, ...(encoding && { encoding }) };
}

/** Read a file by default and in each encoding that Python's answer differs in: the first problem of each. */
export async function readingProblems(entry: Entry, load: Load): Promise<(string | undefined)[]> {
  const problems = [
    entry.expect!.t === "error" ? await notAscii(entry, load) : await compare(entry.expect!, load),
  ];
  for (const encoding of ["latin1", "bytes"] as const) {
    const expected = entry.expect_encoding?.[encoding];
    // Python's classes refuse bytes as arguments (Decimal, UUID); Larder calls none of them
    if (expected === undefined || expected.t === "error") continue;
    const problem = await compare(expected, load, encoding);
    problems.push(problem === undefined ? undefined : `(${encoding}) ${problem}`);
  }
  return problems;
}

/** Load and dump: the bytes must be Python's own. */
export function redumpProblem(
  entry: Entry,
  bytes: Uint8Array,
  load: Load,
  dump: Dump,
): string | undefined {
  try {
    const written = dump(load(exactly()), { protocol: entry.protocol! });
    const at = firstDifference(bytes, written);
    if (at === undefined) return undefined;
    return `byte ${at} differs, ${written.length} of ${bytes.length} bytes written`;
  } catch (error) {
    return `raised ${error}`;
  }
}

async function compare(
  expected: Description,
  load: Load,
  encoding?: UnpickleOptions["encoding"],
): Promise<string | undefined> {
  try {
    return difference(expected, describe(await load(exactly(encoding))));
  } catch (error) {
    return `raised ${error}`;
  }
}

/**
 * Python 2's text that is not ASCII is refused with a hint. Where it can only be bytes (an array's, a
 * datetime's state) Larder may read what Python reads with encoding latin1.
 */
async function notAscii(entry: Entry, load: Load): Promise<string | undefined> {
  let value: unknown;
  try {
    value = await load(exactly());
  } catch (error) {
    const hint = error instanceof UnpicklingError && error.message.includes('encoding: "latin1"');
    return hint ? undefined : `raised ${error}`;
  }
  return difference(entry.expect_encoding!.latin1!, describe(value));
}

function firstDifference(expected: Uint8Array, found: Uint8Array): number | undefined {
  const length = Math.max(expected.length, found.length);
  for (let i = 0; i < length; i++) if (expected[i] !== found[i]) return i;
  return undefined;
}
