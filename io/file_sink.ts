/**
 * Writing a file by its path, so that it is seen whole or not at all: bytes go to a temporary file
 * beside it, which gets its name when it is complete. A symbolic link is followed and an existing
 * file keeps its permissions; other hard links to it keep the old content.
 */
import { LarderError } from "../errors.ts";
import { builtin, processId } from "./builtin.ts";
import type { Builtins } from "./builtin.ts";
import { isDirectoryError, requireFs } from "./file_source.ts";
import { called, writeAll, writeAllSync } from "./fs_calls.ts";
import type { AsyncSink, SinkOptions, SyncSink } from "./sink.ts";

type Fs = Builtins["fs"];
type Path = Builtins["path"];

/** Bits of a file's mode that say who may do what. */
const PERMISSIONS = 0o7777;
const MAX_LINKS = 40; // as Linux
/** Longest part of the file's name in the temporary one, in UTF-16 units: names end at 255 bytes. */
const MAX_STEM_LENGTH = 60;

let counter = 0;

/** Write a file by its path. */
export function openFileSinkSync(path: string, options: SinkOptions): SyncSink {
  const file = new Draft(path, options);
  return {
    start: 0,
    write(bytes: Uint8Array): void {
      file.run(() => file.put(bytes, null));
    },
    ...(file.hasPositions && {
      patch: (position: number, bytes: Uint8Array): void => {
        file.run(() => file.put(bytes, position));
      },
    }),
    close(): void {
      file.run(() => {
        if (file.syncs) file.fs.fsyncSync(file.fd);
        file.publish();
      });
    },
    abort(): void {
      file.drop();
    },
  };
}

/** Write a file by its path. Only the writing and flushing wait; names and modes are set at once. */
export function openFileSink(path: string, options: SinkOptions): AsyncSink {
  const file = new Draft(path, options);
  return {
    start: 0,
    async write(bytes: Uint8Array): Promise<void> {
      await file.runAsync(() => file.putAsync(bytes, null));
    },
    ...(file.hasPositions && {
      patch: async (position: number, bytes: Uint8Array): Promise<void> => {
        await file.runAsync(() => file.putAsync(bytes, position));
      },
    }),
    async close(): Promise<void> {
      await file.runAsync(async () => {
        if (file.syncs) await called((callback) => file.fs.fsync(file.fd, callback));
        file.publish();
      });
    },
    async abort(): Promise<void> {
      await file.drop();
    },
  };
}

/** A file that is being written under another name; any failure removes it. */
class Draft {
  readonly fs: Fs;
  readonly fd: number;
  readonly syncs: boolean;
  readonly #path: string;
  readonly #temporary: string | undefined;
  readonly #syncsFolder: boolean;
  #open = true;

  constructor(path: string, options: SinkOptions) {
    this.fs = requireFs(path);
    this.syncs = options.durability !== "none";
    this.#syncsFolder = options.durability === "full";
    this.#path = followLinks(this.fs, path);
    const existing = this.fs.statSync(this.#path, { throwIfNoEntry: false });
    if (existing?.isDirectory()) throw isDirectoryError(path);
    if (existing !== undefined && !existing.isFile()) {
      this.fd = this.fs.openSync(this.#path, "w"); // a device or pipe must not be replaced
      return;
    }
    // Renaming needs no right to write the old file; a read-only file shall stay one. Opening asks
    // the same as fs.accessSync, which in Deno wants --allow-sys.
    if (existing !== undefined) this.fs.closeSync(this.fs.openSync(this.#path, "r+"));
    this.#temporary = temporaryName(this.#path);
    this.fd = create(this.fs, this.#path, this.#temporary);
    if (existing !== undefined) {
      this.run(() => this.fs.fchmodSync(this.fd, existing.mode & PERMISSIONS));
    }
  }

  /** Whether it can be written anywhere: a device or pipe can't. */
  get hasPositions(): boolean {
    return this.#temporary !== undefined;
  }

  /** Write all of `bytes`, at the cursor where `position` is null. */
  put(bytes: Uint8Array, position: number | null): void {
    writeAllSync(this.fs, this.fd, bytes, position);
  }

  /** Write all of `bytes`, at the cursor where `position` is null. */
  async putAsync(bytes: Uint8Array, position: number | null): Promise<void> {
    await writeAll(this.fs, this.fd, bytes, position);
  }

  /** Do a part of the work; a failure drops the draft. */
  run(work: () => void): void {
    this.#check();
    try {
      work();
    } catch (error) {
      this.drop();
      throw error;
    }
  }

  /** Do a part of the work; a failure drops the draft. */
  async runAsync(work: () => Promise<void>): Promise<void> {
    this.#check();
    try {
      await work();
    } catch (error) {
      this.drop();
      throw error;
    }
  }

  /** Give the draft its name. */
  publish(): void {
    const { fs } = this;
    this.#open = false;
    try {
      fs.closeSync(this.fd);
      if (this.#temporary !== undefined) fs.renameSync(this.#temporary, this.#path);
    } catch (error) {
      if (this.#temporary !== undefined) fs.rmSync(this.#temporary, { force: true });
      throw error;
    }
    if (this.#syncsFolder) flushFolder(fs, requirePath().dirname(this.#path));
  }

  /** Remove the draft; the file of that name, if any, stays as it was. */
  drop(): void {
    if (!this.#open) return;
    this.#open = false;
    try {
      this.fs.closeSync(this.fd);
    } finally {
      if (this.#temporary !== undefined) this.fs.rmSync(this.#temporary, { force: true });
    }
  }

  #check(): void {
    if (this.#open) return;
    throw new LarderError(`Cannot write "${this.#path}": it is closed already`, {
      path: this.#path,
    });
  }
}

/** The path of the file itself, also where the last link points to nothing yet. */
function followLinks(fs: Fs, path: string): string {
  const { dirname, resolve } = requirePath();
  let file = path;
  for (let links = 0; links < MAX_LINKS; links++) {
    const stat = fs.lstatSync(file, { throwIfNoEntry: false });
    if (stat === undefined || !stat.isSymbolicLink()) return file;
    if (fs.existsSync(file)) return fs.realpathSync(file);
    file = resolve(fs.realpathSync(dirname(file)), fs.readlinkSync(file));
  }
  fs.statSync(path); // throws ELOOP
  return path;
}

function create(fs: Fs, path: string, temporary: string): number {
  try {
    return fs.openSync(temporary, "wx", 0o666);
  } catch (error) {
    // Name the missing folder or the target, not a file that the caller never heard of.
    if ((error as { code?: unknown }).code === "ENOENT") fs.statSync(requirePath().dirname(path));
    throw renamed(error as Error, temporary, path);
  }
}

/** The error told of the path that the caller gave. */
function renamed(error: Error, temporary: string, path: string): Error {
  error.message = error.message.replaceAll(temporary, path);
  return "path" in error ? Object.assign(error, { path }) : error;
}

function temporaryName(path: string): string {
  const { basename, dirname, join } = requirePath();
  const random = Math.floor(Math.random() * 2 ** 48).toString(36);
  const stem = basename(path).slice(0, MAX_STEM_LENGTH);
  return join(dirname(path), `.${stem}.${processId()}-${counter++}-${random}.larder-tmp`);
}

function flushFolder(fs: Fs, folder: string): void {
  // Windows opens no folders and keeps names durable by itself.
  if (requirePath().sep === "\\") return;
  const fd = fs.openSync(folder, "r");
  try {
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}

function requirePath(): Path {
  return builtin("path") as Path; // wherever there is node:fs
}
