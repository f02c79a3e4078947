/**
 * By which names the members of an archive are found: with and without `.npy`, as in numpy's NpzFile.
 */
import { TextError } from "../bytes/text.ts";
import type { ZipEntry } from "./_zip_directory.ts";
import { decodeName } from "./_zip_names.ts";

const EXTENSION = ".npy";

/** The names of an archive's keys, and the members by each name that finds them. */
export function nameMembers(
  entries: readonly ZipEntry[],
): { files: string[]; members: Map<string, ZipEntry> } {
  const exact = new Map(entries.map((entry) => [entry.name, entry])); // the last of a name
  const members = new Map<string, ZipEntry>();
  const files = new Set<string>();
  for (const [name, entry] of exact) {
    const short = name.endsWith(EXTENSION) ? name.slice(0, -EXTENSION.length) : name;
    const key = short !== name && exact.has(short) ? name : short;
    members.set(key, entry);
    files.add(key);
  }
  for (const [name, entry] of exact) members.set(name, entry);
  return { files: [...files], members };
}

/** A comment as text: UTF-8, else code page 437. */
export function commentText(bytes: Uint8Array): string {
  try {
    return decodeName(bytes, true);
  } catch (error) {
    if (!(error instanceof TextError)) throw error;
    return decodeName(bytes, false);
  }
}
