/**
 * Source files, taken apart once and kept until they change.
 */
import { builtin } from "../../io/builtin.ts";
import { mayRead } from "../../io/permission.ts";
import { parse } from "./_parse.ts";
import type { Parsed } from "./_parsed.ts";

/** Within so many milliseconds a file may change twice and bear the same times. */
const CLOCK_TICK = 100;

interface Kept {
  readonly stamp: string;
  readonly parsed: Parsed;
}

const kept = new Map<string, Kept>();

/** The source at a path, or undefined where it can't be read without asking. */
export function readSource(path: string): Parsed | undefined {
  const found = stampOf(path);
  if (found === undefined) return undefined;
  const { stamp, changed } = found;
  const known = kept.get(path);
  if (known?.stamp === stamp) return known.parsed;
  const text = readText(path);
  if (text === undefined) return undefined;
  const parsed = parse(text, path);
  if (Date.now() - changed > CLOCK_TICK) kept.set(path, { stamp, parsed });
  else kept.delete(path);
  return parsed;
}

/** The bytes of a file as text, or undefined where it can't be read without asking. */
export function readText(path: string): string | undefined {
  const fs = builtin("fs");
  if (fs === undefined || !mayRead(path)) return undefined;
  try {
    return fs.readFileSync(path, "utf8");
  } catch {
    return undefined; // the caller says what to do where there is no source
  }
}

/** The bytes of a file, or undefined where it can't be read without asking. */
export function readBytes(path: string): Uint8Array | undefined {
  const fs = builtin("fs");
  if (fs === undefined || !mayRead(path)) return undefined;
  try {
    return fs.readFileSync(path);
  } catch {
    return undefined;
  }
}

/** Whether there is a file or folder, as far as one may look. */
export function exists(path: string): boolean {
  return mayRead(path) && builtin("fs")?.existsSync(path) === true;
}

/** Whether there is a file. */
export function isFile(path: string): boolean {
  if (!mayRead(path)) return false;
  return builtin("fs")?.statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

/** What tells one state of a file from another, and when it changed last. */
function stampOf(path: string): { stamp: string; changed: number } | undefined {
  const fs = builtin("fs");
  if (fs === undefined || !mayRead(path)) return undefined;
  try {
    const stat = fs.statSync(path, { throwIfNoEntry: false });
    if (stat?.isFile() !== true) return undefined;
    const { mtimeMs, ctimeMs, ino, size } = stat;
    return { stamp: `${mtimeMs} ${ctimeMs} ${ino} ${size}`, changed: Math.max(mtimeMs, ctimeMs) };
  } catch {
    return undefined;
  }
}
