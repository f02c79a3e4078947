/** Facts, one a line: what it is, then its value. */
import { cutText } from "./table.ts";
import { type Output, printable, styled } from "./terminal.ts";

/** Print facts below each other; on a terminal each keeps to its line. */
export function printFacts(
  facts: readonly (readonly [name: string, value: string])[],
  { output, colored }: { output: Output; colored: boolean },
): void {
  const width = Math.max(...facts.map(([name]) => name.length));
  const room = output.isTTY ? Math.max(20, (output.columns ?? 80) - width - 2) : Infinity;
  for (const [name, value] of facts) {
    const label = styled(name.padEnd(width), "bold", colored);
    output.write(`${label}  ${cutText(printable(value), room)}`.trimEnd() + "\n");
  }
}
