/**
 * What all file stores of one folder share in a thread: the session, the leases, the counts. Two
 * Memories of one location must know of each other's unfinished calls, so the folders in use are
 * kept here; each leaves the table with its last store.
 */
import { atExit, atUncaught, builtin } from "../../io/builtin.ts";
import { FileClaims } from "./_claims.ts";
import { errorCode, fileSystem, type Fs, namesIn, refusalOf } from "./_files.ts";
import { FileUsage } from "./_file_usage.ts";
import { larderFolder, makeFolders, markAsCache } from "./_layout.ts";
import { reap } from "./_reaper.ts";
import { openSession, type Session } from "./_session.ts";
import { LeaseTable } from "./lease.ts";

/** Sessions of others that a new one looks at. */
const GLANCE = 16;

/** Who may fold counts; no entry has such a key. */
const FOLDING = "\0fold";

/** A notice of a folder that doesn't work as it should. */
export type Tell = (code: string, message: string, path: string) => void;

const roots = new Map<string, CacheRoot>();
let listening = false;

/** The shared state of a folder; give it back with {@linkcode CacheRoot.leave}. */
export function enterRoot(path: string, tell: Tell): CacheRoot {
  const fs = fileSystem(path);
  const name = realName(fs, path);
  let root = roots.get(name);
  if (root === undefined) {
    root = new CacheRoot(fs, path, name, tell);
    roots.set(name, root);
    listen();
  }
  root.users++;
  return root;
}

/** One folder's shared state in this thread. */
export class CacheRoot {
  readonly fs: Fs;
  readonly path: string;
  readonly larder: string;
  readonly leases: LeaseTable;
  readonly usage: FileUsage;
  users = 0;
  readonly #name: string;
  readonly #claims: FileClaims;
  readonly #tell: Tell;
  readonly #sessions: Session[] = [];
  #drafts = 0;

  constructor(fs: Fs, path: string, name: string, tell: Tell) {
    this.fs = fs;
    this.path = path;
    this.larder = larderFolder(path);
    this.#name = name;
    this.#tell = tell;
    this.#claims = new FileClaims(this);
    this.leases = new LeaseTable(this.#claims);
    this.usage = new FileUsage(this);
  }

  /** This thread's session, opened when first needed. */
  session(): Session {
    return this.#sessions.at(-1) ?? this.renewSession();
  }

  /** Another session; the keys that the one before has stay its own. */
  renewSession(): Session {
    const session = this.#openSession();
    this.#sessions.push(session);
    if (session.file === undefined && builtin("sqlite") !== undefined) {
      this.onUnclaimable(new Error("files can't be locked there"));
    }
    try {
      this.collect(GLANCE);
    } catch (error) {
      this.#tellLeftovers(error);
    }
    return session;
  }

  #openSession(): Session {
    const { fs, path, larder } = this;
    try {
      makeFolders(fs, path);
      for (const { path: file, error } of markAsCache(fs, path)) {
        this.#tell("cache-mark", `Cannot write ${file}: ${(error as Error).message}`, file);
      }
      return openSession(fs, larder);
    } catch (error) {
      const vague = ["ENOENT", "ERR_SQLITE_ERROR"].includes(errorCode(error) ?? "");
      throw (vague ? refusalOf(fs, `${larder}/tmp`) : undefined) ?? error;
    }
  }

  /** A path in the session's drafts that nobody else uses. */
  draftPath(): string {
    return `${this.session().drafts}/${this.#drafts++}`;
  }

  /** Where a damaged file is kept. */
  damagedPath(name: string): string {
    return `${this.larder}/damaged/${this.session().name}-${this.#drafts++}-${name.slice(-100)}`;
  }

  /** Forget all counts, and what was set aside. */
  forget(): void {
    this.usage.clear();
    for (const name of namesIn(this.fs, `${this.larder}/damaged`)) {
      this.fs.rmSync(`${this.larder}/damaged/${name}`, { force: true });
    }
  }

  /** The file that joblib looks at for an entry's last access. */
  outputPath(key: string): string {
    return `${this.path}/${key}/output.pkl`;
  }

  /** Collect what dead sessions left behind; tells how many things were removed. */
  collect(limit: number, keep?: (key: string) => boolean): number {
    const own = (name: string) => this.#sessions.some((session) => session.name === name);
    const removed = reap(this.fs, this.larder, own, limit);
    if (this.#claims.claim(FOLDING)) {
      try {
        this.usage.fold(keep);
      } finally {
        this.#claims.release(FOLDING);
      }
    }
    return removed;
  }

  /** Tell that other processes are not waited for here. */
  onUnclaimable(reason: unknown): void {
    this.#tell(
      "no-locks",
      `Processes that need one result at the same time will each compute it: ` +
        (reason as Error).message,
      this.path,
    );
  }

  /** One store less; the last one ends the session. */
  leave(): void {
    if (--this.users > 0) return;
    if (this.leases.size > 0) this.users = 0; // an unfinished call still needs the session
    else this.end();
  }

  /** Write the counts down, give all keys back, end the session. */
  end(): void {
    roots.delete(this.#name);
    this.usage.flush();
    try {
      this.#claims.releaseAll();
      for (const session of this.#sessions.splice(0)) session.close();
    } catch (error) {
      this.#tellLeftovers(error);
    }
  }

  #tellLeftovers(error: unknown): void {
    this.#tell("leftovers", `Cannot tidy up: ${(error as Error).message}`, this.larder);
  }
}

/** When the program ends, so do its sessions; by an error as well its counts are written down. */
function listen(): void {
  if (listening) return;
  listening = true;
  atExit(() => {
    for (const root of [...roots.values()]) root.end();
  });
  atUncaught(() => {
    for (const root of roots.values()) root.usage.flush();
  });
}

/** One name for one folder, as far as that can be told: it may be yet to come, or out of reach. */
function realName(fs: Fs, path: string): string {
  try {
    const { resolve } = builtin("path")!;
    const absolute = resolve(path);
    try {
      return fs.realpathSync(absolute);
    } catch {
      return absolute;
    }
  } catch {
    return path; // Deno without a right to know the working directory
  }
}
