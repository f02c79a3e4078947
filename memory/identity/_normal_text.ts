/**
 * Source text as a fingerprint takes it: without comments and white space, except for the line ends
 * that change what a program means.
 */
import type { Range } from "./_parsed.ts";
import type { TokenList } from "./_tokens.ts";

const ENDED_BY_LINE: ReadonlySet<string> = new Set(
  ["return", "throw", "break", "continue", "yield", "async"],
);

/** The tokens of a range, a line each. */
export function normalText({ tokens }: TokenList, range?: Range): string {
  const { start, end } = range ?? { start: 0, end: tokens.length };
  const lines: string[] = [];
  for (let index = start; index < end; index++) {
    const { text, newLine } = tokens[index];
    const before = index > start ? tokens[index - 1].text : "";
    if (newLine && (ENDED_BY_LINE.has(before) || text === "++" || text === "--")) lines.push("");
    lines.push(text);
  }
  return lines.join("\n");
}
