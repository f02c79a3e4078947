/**
 * The cursor of an open file that is read at any place: where what the caller wants begins, and where
 * he finds it when it was read. Only a Deno.FsFile tells its own; others count as standing at the front.
 */
import { isDenoFile } from "./_kinds.ts";

/** Deno.SeekMode */
const SEEK_START = 0;
const SEEK_CURRENT = 1;

/** Where a source's cursor stands: 0 for what has none. */
export function cursorOf(source: unknown): number {
  return isDenoFile(source) ? source.seekSync(0, SEEK_CURRENT) : 0;
}

/** Move a source's cursor, where it has one. */
export function moveCursor(source: unknown, position: number): void {
  if (isDenoFile(source)) source.seekSync(position, SEEK_START);
}
