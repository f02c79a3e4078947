/** What a failure looks like to a person: what failed, and what to do where that is known. */
import { printable } from "./terminal.ts";

/** The text of an error, without its stack. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return printable(String(error));
  const text = error.message.split("\n").map(printable).join("\n");
  if (isMissingPermission(error) || isMissingPermission(error.cause)) {
    return `${text}\nDeno needs --allow-read and --allow-write for the cache's folder; ` +
      `looking needs --allow-read only`;
  }
  return text;
}

function isMissingPermission(error: unknown): boolean {
  return error instanceof Error && error.name === "NotCapable";
}
