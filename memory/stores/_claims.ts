/**
 * Which process computes which key: a file for each key under `.larder/locks/`, which is a hard link to
 * the session that has it. Making a link is atomic and costs one system call and no descriptor, so
 * thousands of keys can be computed at once; a claim is void when its session's lock is free.
 *
 * A claim is removed by its session, or by whoever holds the lock of that session's file, which only
 * happens when it is dead. Which file that is stays certain because it is opened by a link of one's
 * own: nobody can put another file in its place.
 */
import { builtin } from "../../io/builtin.ts";
import { errorCode, type Fs, inodeOf, isMissing, sleep, sleepSync } from "./_files.ts";
import { FileLock, type Session } from "./_session.ts";
import type { Claimant } from "./lease.ts";

/** Milliseconds between looks at a key that somebody has: from, to, growing by. */
const FIRST_WAIT = 1;
const LONGEST_WAIT = 50;
const WAIT_GROWTH = 1.5;

/** What claims need of the cache folder. */
export interface ClaimsHost {
  /** `node:fs`. */
  readonly fs: Fs;
  /** The folder `.larder`. */
  readonly larder: string;
  /** This thread's session, opened when first needed. */
  session(): Session;
  /** Another session, because the present one is gone or has as many links as a file may have. */
  renewSession(): Session;
  /** A path in the session's drafts that nobody else uses. */
  draftPath(): string;
  /** Told when keys can't be claimed here, and why. */
  onUnclaimable(reason: unknown): void;
}

/** The claims of one thread. */
export class FileClaims implements Claimant {
  readonly #host: ClaimsHost;
  readonly #held = new Map<string, bigint>();

  /** Claims in a cache folder. */
  constructor(host: ClaimsHost) {
    this.#host = host;
  }

  /** Take the key if nobody has it. Where nothing can be written or linked, other processes don't count. */
  claim(key: string): boolean {
    const { fs } = this.#host;
    const path = this.#path(key);
    for (let tries = 0;; tries++) {
      let session: Session;
      try {
        session = tries === 0 ? this.#host.session() : this.#host.renewSession();
      } catch {
        return true; // nothing can be written here, which whoever stores something will tell
      }
      if (session.file === undefined) return true;
      try {
        fs.linkSync(session.file, path);
        this.#held.set(key, session.inode as bigint);
        return true;
      } catch (error) {
        const code = errorCode(error);
        if (code === "EEXIST") return false;
        if (tries < 2 && (code === "ENOENT" || code === "EMLINK")) continue;
        this.#host.onUnclaimable(error);
        return true;
      }
    }
  }

  /** Wait for the key and take it. */
  async waitFor(key: string, signal: AbortSignal | undefined): Promise<void> {
    const waiting = new Waiting(this.#host, this.#path(key));
    try {
      while (!this.claim(key)) {
        const ms = waiting.look();
        if (ms > 0) await sleep(ms, signal);
        signal?.throwIfAborted();
      }
    } finally {
      waiting.close();
    }
  }

  /** Wait for the key and take it, blocking the thread. */
  waitForSync(key: string): void {
    const waiting = new Waiting(this.#host, this.#path(key));
    try {
      while (!this.claim(key)) {
        const ms = waiting.look();
        if (ms > 0) sleepSync(ms);
      }
    } finally {
      waiting.close();
    }
  }

  /** Give the key back. */
  release(key: string): void {
    const inode = this.#held.get(key);
    if (inode === undefined) return;
    this.#held.delete(key);
    const path = this.#path(key);
    // Whoever emptied the folder by force let others claim the key meanwhile.
    if (inodeOf(this.#host.fs, path) === inode) this.#host.fs.rmSync(path, { force: true });
  }

  /** Give all keys back. */
  releaseAll(): void {
    for (const key of [...this.#held.keys()]) this.release(key);
  }

  #path(key: string): string {
    const digest = builtin("crypto")!.createHash("sha256").update(key).digest("hex");
    return `${this.#host.larder}/locks/${digest.slice(0, 40)}`;
  }
}

/** One call's look at a key that somebody has. */
class Waiting {
  readonly #host: ClaimsHost;
  readonly #path: string;
  #owner: Owner | undefined;
  #wait = FIRST_WAIT;

  constructor(host: ClaimsHost, path: string) {
    this.#host = host;
    this.#path = path;
  }

  /** Free the key if its owner is dead; tells how many milliseconds to wait, 0 where it may be free. */
  look(): number {
    const { fs } = this.#host;
    if (this.#owner !== undefined && inodeOf(fs, this.#path) !== this.#owner.inode) this.close();
    this.#owner ??= ownerOf(this.#host, this.#path);
    if (this.#owner === undefined) return 0;
    if (this.#owner.lock.tryLock()) {
      if (inodeOf(fs, this.#path) === this.#owner.inode) fs.rmSync(this.#path, { force: true });
      this.close();
      return 0;
    }
    const wait = this.#wait;
    this.#wait = Math.min(LONGEST_WAIT, wait * WAIT_GROWTH);
    return wait;
  }

  close(): void {
    const owner = this.#owner;
    this.#owner = undefined;
    owner?.lock.close();
    if (owner !== undefined) this.#host.fs.rmSync(owner.link, { force: true });
  }
}

/** The session that has a key, by a link of our own to its file. */
interface Owner {
  readonly link: string;
  readonly inode: bigint | undefined;
  readonly lock: FileLock;
}

function ownerOf(host: ClaimsHost, path: string): Owner | undefined {
  const { fs } = host;
  const link = host.draftPath();
  try {
    fs.linkSync(path, link);
  } catch (error) {
    if (!isMissing(error)) throw error;
    if (inodeOf(fs, path) !== undefined) host.renewSession(); // it's the drafts that are gone
    return undefined;
  }
  // Only a session that has a lock finds a key taken, so there is SQLite.
  return { link, inode: inodeOf(fs, link), lock: FileLock.open(link) as FileLock };
}
