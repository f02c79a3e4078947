/**
 * Looking must not count as use: joblib evicts by the access time of a result, which reading changes.
 */
import { statSync, utimesSync } from "node:fs";
import type { StoreBackend } from "../memory/stores/store.ts";
import { mayWrite } from "./deno.ts";

/** Remembers when an entry was read last; what is returned sets that time again. */
export function keepAccessTime(store: StoreBackend, entry: string): () => void {
  const path = store.path?.(`${entry}/output.pkl`);
  const before = path === undefined ? undefined : statSync(path, { throwIfNoEntry: false });
  if (path === undefined || before === undefined || !mayWrite(path)) return () => {};
  return () => {
    try {
      const now = statSync(path);
      if (now.atimeMs === before.atimeMs || now.mtimeMs !== before.mtimeMs) return;
      utimesSync(path, before.atimeMs / 1000, before.mtimeMs / 1000);
    } catch {
      // It is gone, or not ours to change: then a look counts as a use there.
    }
  };
}
