/**
 * The presence of a thread in a cache folder: a file under `.larder/sessions/` that it keeps locked by
 * SQLite for as long as it lives. The operating system frees the lock when the process dies, however
 * it dies, so that others can tell the dead from the living without a permission to look at
 * processes, across containers too.
 */
import type { Builtins } from "../../io/builtin.ts";
import { builtin, processId } from "../../io/builtin.ts";
import { type Fs, inodeOf, randomHex } from "./_files.ts";

type DatabaseSync = InstanceType<Builtins["sqlite"]["DatabaseSync"]>;

/** One thread's presence in one cache folder. */
export interface Session {
  /** Unlike any other session's: random digits and the process's number. */
  readonly name: string;
  /** The file that is locked; `undefined` where nothing can be locked. */
  readonly file: string | undefined;
  /** The number by which the file system knows {@linkcode file}. */
  readonly inode: bigint | undefined;
  /** A folder for this session's drafts. */
  readonly drafts: string;
  /** Free the lock and remove the file and the drafts. */
  close(): void;
}

/** Sessions without a lock have names that start so. */
export const UNLOCKED = "u";

/**
 * Be present in a cache folder.
 *
 * @param larder The folder `.larder`, with its parts.
 */
export function openSession(fs: Fs, larder: string): Session {
  const own = `${randomHex(16)}-${processId()}`;
  const file = `${larder}/sessions/${own}`;
  const lock = FileLock.open(file);
  const locked = lock?.tryLock() === true;
  if (lock !== undefined && !locked) {
    lock.close();
    fs.rmSync(file, { force: true });
  }
  const name = locked ? own : UNLOCKED + own;
  const drafts = `${larder}/tmp/${name}`;
  fs.mkdirSync(drafts, { recursive: true });
  return {
    name,
    file: locked ? file : undefined,
    inode: locked ? inodeOf(fs, file) : undefined,
    drafts,
    close(): void {
      fs.rmSync(drafts, { recursive: true, force: true });
      if (!locked) return;
      fs.rmSync(file, { force: true });
      lock.close();
    },
  };
}

/** A file that can be locked against all other threads and processes. */
export class FileLock {
  readonly #database: DatabaseSync;

  private constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** Open a file to lock, creating it; `undefined` where the runtime has no SQLite. */
  static open(file: string): FileLock | undefined {
    const sqlite = builtin("sqlite");
    if (sqlite === undefined) return undefined;
    const database = new sqlite.DatabaseSync(file);
    return new FileLock(database);
  }

  /** Lock the file, or tell at once that somebody has it. */
  tryLock(): boolean {
    try {
      // Without this there would be an empty journal beside each file.
      this.#database.exec("PRAGMA journal_mode = MEMORY");
      this.#database.exec("BEGIN EXCLUSIVE");
      return true;
    } catch {
      return false; // SQLITE_BUSY, or a file system without locks: nobody may be taken for dead
    }
  }

  /** Free the lock. */
  close(): void {
    this.#database.close();
  }
}
