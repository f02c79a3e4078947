/**
 * A file on its way into the store: written in the session's drafts, alone or in a folder with the small
 * files that go with it, and out of the store's sight until it is published.
 */
import type { Durability } from "../../io/sink.ts";
import { called, writeAll, writeAllSync } from "../../io/fs_calls.ts";
import { errorCode, type Fs, guarded, guardedAsync } from "./_files.ts";

/** Writing so little at once takes less time than another thread would. */
const WRITTEN_AT_ONCE = 1 << 16;

/** What a draft needs of the cache folder. */
export interface DraftHost {
  /** `node:fs`. */
  readonly fs: Fs;
  /** A path in the session's drafts that nobody else uses. */
  draftPath(): string;
  /** Another session, because the drafts of the present one are gone. */
  renewSession(): unknown;
}

/** How a draft is made. */
export interface DraftOptions {
  /** Path of the file to be, for messages. */
  readonly target: string;
  /** The file's name, where it gets a folder of its own. */
  readonly name: string | undefined;
  /** What is flushed to the disk. */
  readonly durability: Durability;
}

/** A file that nobody sees yet. */
export class Draft {
  /** The file, or the folder of its own that it is in. */
  readonly path: string;
  /** The file. */
  readonly file: string;
  /** Files of the same folder. */
  beside: ReadonlyMap<string, Uint8Array> = new Map();
  readonly #fs: Fs;
  readonly #target: string;
  readonly #flushes: boolean;
  #fd: number | undefined;

  constructor(host: DraftHost, { target, name, durability }: DraftOptions) {
    this.#fs = host.fs;
    this.#target = target;
    this.#flushes = durability !== "none";
    [this.path, this.file, this.#fd] = this.#guard(() => {
      try {
        return create(host, name);
      } catch (error) {
        if (errorCode(error) !== "ENOENT") throw error;
        host.renewSession(); // somebody emptied the cache folder by force
        return create(host, name);
      }
    });
  }

  /** Take all of `bytes`. */
  write(bytes: Uint8Array): void {
    this.#guard(() => writeAllSync(this.#fs, this.#open(), bytes, null));
  }

  /** Take all of `bytes`, in another thread where that is worth it. */
  writeLater(bytes: Uint8Array): Promise<void> | void {
    if (bytes.length <= WRITTEN_AT_ONCE) return this.write(bytes);
    return guardedAsync("store", this.#target, async () => {
      await writeAll(this.#fs, this.#open(), bytes, null);
    });
  }

  /** The content is complete. */
  finish(): void {
    this.#guard(() => {
      if (this.#flushes) this.#fs.fsyncSync(this.#open());
      this.#close();
    });
  }

  /** The content is complete. */
  async finishLater(): Promise<void> {
    if (this.#flushes) {
      await guardedAsync(
        "store",
        this.#target,
        () => called((callback) => this.#fs.fsync(this.#open(), callback)),
      );
    }
    this.#guard(() => this.#close());
  }

  /** Write the files that go with it. */
  writeBeside(files: ReadonlyMap<string, Uint8Array>): void {
    this.beside = files;
    for (const name of files.keys()) this.writeBesideAgain(name);
  }

  /** Write one of the files that go with it; tells its path. */
  writeBesideAgain(name: string): string {
    const path = `${this.path}/${name}`;
    this.#guard(() => {
      const fd = this.#fs.openSync(path, "w");
      try {
        writeAllSync(this.#fs, fd, this.beside.get(name) as Uint8Array, null);
        if (this.#flushes) this.#fs.fsyncSync(fd);
      } finally {
        this.#fs.closeSync(fd);
      }
    });
    return path;
  }

  /** Remove what is left of it. */
  drop(): void {
    try {
      this.#close();
      this.#fs.rmSync(this.path, { recursive: true, force: true });
    } catch {
      // the session's end removes it, or whoever collects leftovers
    }
  }

  #open(): number {
    if (this.#fd === undefined) throw new Error("the file is closed already");
    return this.#fd;
  }

  #close(): void {
    const fd = this.#fd;
    this.#fd = undefined;
    if (fd !== undefined) this.#fs.closeSync(fd);
  }

  #guard<T>(work: () => T): T {
    return guarded("store", this.#target, work);
  }
}

function create(host: DraftHost, name: string | undefined): [string, string, number] {
  const path = host.draftPath();
  if (name !== undefined) host.fs.mkdirSync(path);
  const file = name === undefined ? path : `${path}/${name}`;
  return [path, file, host.fs.openSync(file, "wx")];
}
