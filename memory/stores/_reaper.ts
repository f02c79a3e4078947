/**
 * Collecting what dead sessions left behind: their claims, their drafts, and in time files that were
 * set aside. A session is dead when its lock is free; one that could lock nothing is taken for dead
 * when it has shown no sign of life for a day.
 */
import { type Fs, inodeOf, namesIn, statOf } from "./_files.ts";
import { FileLock, UNLOCKED } from "./_session.ts";

/** A session's file is made before it is locked. */
const YOUNG_MS = 10_000;
const SILENT_MS = 24 * 3600_000;
const SET_ASIDE_MS = 7 * 24 * 3600_000;

/**
 * Collect leftovers.
 *
 * @param larder The folder `.larder`.
 * @param own Whether a session is this thread's.
 * @param limit Most sessions to look at: each costs a fraction of a millisecond.
 * @returns How many things were removed.
 */
export function reap(
  fs: Fs,
  larder: string,
  own: (name: string) => boolean,
  limit: number,
): number {
  let removed = 0;
  const sessions = namesIn(fs, `${larder}/sessions`);
  for (const name of sessions.filter((name) => !own(name)).slice(0, limit)) {
    removed += reapSession(fs, larder, name);
  }
  const now = Date.now();
  const known = new Set(namesIn(fs, `${larder}/sessions`));
  for (const name of namesIn(fs, `${larder}/tmp`)) {
    if (known.has(name) || own(name)) continue;
    const path = `${larder}/tmp/${name}`;
    // Without a session's file there is no telling, except by time.
    if (now - lastChange(fs, path) > SILENT_MS) removed += remove(fs, path);
  }
  for (const name of namesIn(fs, `${larder}/damaged`)) {
    const path = `${larder}/damaged/${name}`;
    if (now - lastChange(fs, path) > SET_ASIDE_MS) removed += remove(fs, path);
  }
  return removed;
}

/** Whether the session that wrote something is known to be gone. */
export function isGone(fs: Fs, larder: string, name: string, lastSign: number): boolean {
  if (name.startsWith(UNLOCKED)) return Date.now() - lastSign > SILENT_MS;
  return !fs.existsSync(`${larder}/sessions/${name}`);
}

function reapSession(fs: Fs, larder: string, name: string): number {
  const path = `${larder}/sessions/${name}`;
  const stat = statOf(fs, path);
  if (stat === undefined || Date.now() - stat.mtimeMs < YOUNG_MS) return 0;
  const lock = FileLock.open(path);
  if (lock === undefined) return 0;
  try {
    if (!lock.tryLock()) return 0;
    const inode = inodeOf(fs, path);
    let removed = 0;
    for (const claim of namesIn(fs, `${larder}/locks`)) {
      const file = `${larder}/locks/${claim}`;
      if (inodeOf(fs, file) === inode) removed += remove(fs, file);
    }
    const drafts = `${larder}/tmp/${name}`;
    removed += namesIn(fs, drafts).length;
    fs.rmSync(drafts, { recursive: true, force: true });
    fs.rmSync(path, { force: true }); // last: by now nothing refers to it
    return removed;
  } finally {
    lock.close();
  }
}

function lastChange(fs: Fs, path: string): number {
  return statOf(fs, path)?.ctimeMs ?? Date.now();
}

function remove(fs: Fs, path: string): number {
  fs.rmSync(path, { recursive: true, force: true });
  return 1;
}
