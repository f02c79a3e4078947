/**
 * Random access to files on disk by their descriptor, with `node:fs` positional reads and writes:
 * no cursor is moved, and it is the same code on Deno, Bun and Node. A descriptor that was opened
 * here is closed when everything that could use it is gone, should its owners forget to.
 */
import { UnsupportedError } from "../errors.ts";
import { endsError, growsError, LOCAL } from "./_backend.ts";
import type { Backend } from "./_backend.ts";
import { BackedFile } from "./_backed_file.ts";
import type { Builtins } from "./builtin.ts";
import type { Joining } from "./coalesce.ts";
import { isDirectoryError, MAX_IO_BYTES, requireFs } from "./file_source.ts";
import type { RandomAccessFile, RandomAccessOptions } from "./random_access.ts";
import type { NodeFileHandle } from "./source.ts";

type Fs = Builtins["fs"];

const PROBE = new Uint8Array(1);

/** Open a path for reading, or for reading and writing. */
export async function openLocalFile(
  path: string,
  options: RandomAccessOptions,
): Promise<RandomAccessFile> {
  const { write = false, signal } = options;
  const fs = requireFs(path);
  signal?.throwIfAborted();
  refuseSpecial(fs, path);
  const fd = await open(fs, path, write ? "r+" : "r");
  return ownedFile(fs, fd, path, { write, signal });
}

/** Open a path for reading, or for reading and writing. */
export function openLocalFileSync(path: string, options: RandomAccessOptions): RandomAccessFile {
  const { write = false } = options;
  const fs = requireFs(path);
  refuseSpecial(fs, path);
  return ownedFile(fs, fs.openSync(path, write ? "r+" : "r"), path, options);
}

/** Access a handle that the caller opened; it is never closed, and its cursor stays. */
export function openHandleFile(
  handle: NodeFileHandle,
  options: RandomAccessOptions,
): RandomAccessFile {
  const fs = requireFs(`file descriptor ${handle.fd}`);
  const size = regularSize(fs, handle.fd, undefined);
  const { write = false, signal } = options;
  const backend = new DescriptorBackend(fs, handle, { size, name: undefined, writable: write });
  return new BackedFile(backend, signal);
}

/**
 * Make a file of `size` zero bytes, open for reading and writing. What a file of that name held is
 * gone; it stays the same file for its links and for those who have it open, as numpy's "w+".
 */
export async function createLocalFile(path: string, size: number): Promise<RandomAccessFile> {
  const fs = requireFs(path);
  refuseSpecial(fs, path);
  const fd = await open(fs, path, "w+");
  return sizedFile(fs, fd, path, size);
}

/** Make a file of `size` zero bytes, as {@linkcode createLocalFile}. */
export function createLocalFileSync(path: string, size: number): RandomAccessFile {
  const fs = requireFs(path);
  refuseSpecial(fs, path);
  return sizedFile(fs, fs.openSync(path, "w+"), path, size);
}

/** Whether a path may be read at any place: pipes and devices may not, and opening one may wait. */
export function isRegular(path: string): boolean {
  const fs = requireFs(path);
  const stat = fs.statSync(path, { throwIfNoEntry: false });
  return stat === undefined || stat.isFile() || stat.isDirectory(); // opening tells what is wrong
}

class DescriptorBackend implements Backend {
  readonly size: number;
  readonly name: string | undefined;
  readonly sync: boolean = true;
  readonly writable: boolean;
  readonly joining: Joining = LOCAL;
  readonly #fs: Fs;
  readonly #holder: { readonly fd: number };
  #owned = false;
  #release: () => void = () => {};

  constructor(
    fs: Fs,
    holder: { readonly fd: number },
    facts: { size: number; name: string | undefined; writable: boolean },
  ) {
    this.#fs = fs;
    this.#holder = holder;
    this.size = facts.size;
    this.name = facts.name;
    this.writable = facts.writable;
  }

  /** Close the descriptor with this backend. */
  own(): void {
    this.#owned = true;
    const held = { fs: this.#fs, fd: this.#holder.fd };
    forgotten?.register(this, held, this);
    this.#release = () => {
      forgotten?.unregister(this);
      held.fs.closeSync(held.fd);
    };
  }

  async fill(start: number, into: Uint8Array): Promise<void> {
    for (let done = 0; done < into.length;) {
      const count = await readSome(this.#fs, this.#holder.fd, into, done, start + done);
      if (count === 0) throw this.#ends(start + done, start + into.length);
      done += count;
    }
  }

  fillSync(start: number, into: Uint8Array): void {
    const { length } = into;
    for (let done = 0; done < length;) {
      const some = Math.min(length - done, MAX_IO_BYTES);
      const count = this.#fs.readSync(this.#holder.fd, into, done, some, start + done);
      if (count === 0) throw this.#ends(start + done, start + length);
      done += count;
    }
  }

  async store(start: number, bytes: Uint8Array): Promise<void> {
    this.#checkGrowth(start + bytes.length);
    for (let done = 0; done < bytes.length;) {
      done += await writeSome(this.#fs, this.#holder.fd, bytes, done, start + done);
    }
  }

  storeSync(start: number, bytes: Uint8Array): void {
    this.#checkGrowth(start + bytes.length);
    for (let done = 0; done < bytes.length;) {
      const length = Math.min(bytes.length - done, MAX_IO_BYTES);
      done += this.#fs.writeSync(this.#holder.fd, bytes, done, length, start + done);
    }
  }

  flush(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#fs.fsync(this.#holder.fd, (error) => error ? reject(error) : resolve());
    });
  }

  flushSync(): void {
    this.#fs.fsyncSync(this.#holder.fd);
  }

  release(): void {
    this.#release();
  }

  #ends(position: number, needed: number): Error {
    const { size } = this.#fs.fstatSync(this.#holder.fd);
    return endsError(this.name, Math.min(size, position), needed);
  }

  // A file may have been cut since it was opened; a write behind its end would make it grow again.
  // Deno takes 8 µs to ask for the size, and 1 µs to read the last byte concerned.
  #checkGrowth(needed: number): void {
    const { fd } = this.#holder;
    if (needed === 0 || this.#owned && this.#fs.readSync(fd, PROBE, 0, 1, needed - 1) === 1) return;
    const { size } = this.#fs.fstatSync(fd);
    if (needed > size) throw growsError(this.name, size, needed);
  }
}

const forgotten = typeof FinalizationRegistry === "undefined" // some edge runtimes
  ? undefined
  : new FinalizationRegistry<{ fs: Fs; fd: number }>(({ fs, fd }) => fs.closeSync(fd));

function ownedFile(
  fs: Fs,
  fd: number,
  path: string,
  { write = false, signal }: RandomAccessOptions,
): RandomAccessFile {
  try {
    signal?.throwIfAborted();
    const size = regularSize(fs, fd, path);
    const backend = new DescriptorBackend(fs, { fd }, { size, name: path, writable: write });
    backend.own();
    return new BackedFile(backend, signal);
  } catch (error) {
    fs.closeSync(fd);
    throw error;
  }
}

function sizedFile(fs: Fs, fd: number, path: string, size: number): RandomAccessFile {
  try {
    fs.ftruncateSync(fd, size);
  } catch (error) {
    fs.closeSync(fd);
    throw error;
  }
  return ownedFile(fs, fd, path, { write: true });
}

function refuseSpecial(fs: Fs, path: string): void {
  const stat = fs.statSync(path, { throwIfNoEntry: false });
  if (stat !== undefined && !stat.isFile() && !stat.isDirectory()) throw specialError(path);
}

function regularSize(fs: Fs, fd: number, path: string | undefined): number {
  const stat = fs.fstatSync(fd);
  if (stat.isDirectory()) throw isDirectoryError(path ?? `file descriptor ${fd}`);
  if (!stat.isFile()) throw specialError(path ?? `file descriptor ${fd}`);
  return stat.size;
}

function specialError(path: string): UnsupportedError {
  return new UnsupportedError(
    `Cannot access "${path}" at any place: it is a pipe or a device, not a file`,
    { path },
  );
}

function open(fs: Fs, path: string, flags: string): Promise<number> {
  return new Promise((resolve, reject) => {
    fs.open(path, flags, (error, fd) => error ? reject(error) : resolve(fd));
  });
}

function readSome(
  fs: Fs,
  fd: number,
  into: Uint8Array,
  offset: number,
  position: number,
): Promise<number> {
  const length = Math.min(into.length - offset, MAX_IO_BYTES);
  return new Promise((resolve, reject) => {
    fs.read(fd, into, offset, length, position, (error, count) => {
      if (error) reject(error);
      else resolve(count);
    });
  });
}

function writeSome(
  fs: Fs,
  fd: number,
  bytes: Uint8Array,
  offset: number,
  position: number,
): Promise<number> {
  const length = Math.min(bytes.length - offset, MAX_IO_BYTES);
  return new Promise((resolve, reject) => {
    fs.write(fd, bytes, offset, length, position, (error, count) => {
      if (error) reject(error);
      else resolve(count);
    });
  });
}
