/**
 * Source files, taken apart once and kept until they change.
 */
import { builtin } from "../../io/builtin.ts";
import { mayRead } from "../../io/permission.ts";
import { parse } from "./_parse.ts";
import type { Parsed } from "./_parsed.ts";

interface Kept {
  readonly stamp: string;
  readonly parsed: Parsed;
}

const kept = new Map<string, Kept>();

/** The source at a path, or undefined where it can't be read without asking. */
export function readSource(path: string): Parsed | undefined {
  const stamp = stampOf(path);
  if (stamp === undefined) return undefined;
  const known = kept.get(path);
  if (known?.stamp === stamp) return known.parsed;
  const text = readText(path);
  if (text === undefined) return undefined;
  const parsed = parse(text, path);
  kept.set(path, { stamp, parsed });
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

function stampOf(path: string): string | undefined {
  const fs = builtin("fs");
  if (fs === undefined || !mayRead(path)) return undefined;
  try {
    const stat = fs.statSync(path, { throwIfNoEntry: false });
    return stat?.isFile() === true ? `${stat.mtimeMs} ${stat.size}` : undefined;
  } catch {
    return undefined;
  }
}
