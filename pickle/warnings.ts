/**
 * Where notices go that are not errors: to the caller's function, or to the console once for each text
 * and path.
 */
import type { LarderWarning } from "./context.ts";

const MAX_REMEMBERED = 1000;
const told = new Set<string>();

/** The function that takes warnings: the caller's, or the console. */
export function warningSink(
  onWarning: ((warning: LarderWarning) => void) | undefined,
): (warning: LarderWarning) => void {
  return onWarning ?? warnOnConsole;
}

/** One load or dump says each thing once. */
export function onceEach(
  tell: (warning: LarderWarning) => void,
): (warning: LarderWarning) => void {
  const said = new Set<string>();
  return (warning) => {
    if (said.has(warning.message)) return;
    if (said.size >= MAX_REMEMBERED) said.clear(); // a Memory may live for years
    said.add(warning.message);
    tell(warning);
  };
}

function warnOnConsole(warning: LarderWarning): void {
  const text = warning.path === undefined
    ? warning.message
    : `${warning.message} (${warning.path})`;
  if (told.has(text)) return;
  if (told.size >= MAX_REMEMBERED) told.clear();
  told.add(text);
  console.warn(`larder: ${text}`);
}
