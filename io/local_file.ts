/**
 * Random access to files on disk: opening and making them. What is no regular file is refused
 * before it is opened, because opening a pipe waits for its other end.
 */
import { UnsupportedError } from "../errors.ts";
import { BackedFile } from "./_backed_file.ts";
import { DescriptorBackend } from "./_descriptor.ts";
import { builtin } from "./builtin.ts";
import type { Builtins } from "./builtin.ts";
import { isDirectoryError, requireFs } from "./file_source.ts";
import { mapBackend, requireMmap } from "./mmap_file.ts";
import type { RandomAccessFile, RandomAccessOptions } from "./random_access.ts";
import type { NodeFileHandle } from "./source.ts";

type Fs = Builtins["fs"];

/** Open a path for reading, or for reading and writing. */
export async function openLocalFile(
  path: string,
  options: RandomAccessOptions,
): Promise<RandomAccessFile> {
  const { write = false, mmap = false } = options;
  const fs = requireFs(path);
  if (mmap) requireMmap(path);
  refuseSpecial(fs, path);
  return ownedFile(fs, await open(fs, path, write ? "r+" : "r"), path, options);
}

/** Open a path for reading, or for reading and writing. */
export function openLocalFileSync(path: string, options: RandomAccessOptions): RandomAccessFile {
  const { write = false, mmap = false } = options;
  const fs = requireFs(path);
  if (mmap) requireMmap(path);
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
  const fs = builtin("fs");
  if (fs === undefined) return true;
  try {
    const stat = fs.statSync(path, { throwIfNoEntry: false });
    return stat === undefined || stat.isFile() || stat.isDirectory();
  } catch {
    return true; // opening tells what is wrong
  }
}

function ownedFile(
  fs: Fs,
  fd: number,
  path: string,
  { write = false, mmap = false, signal }: RandomAccessOptions,
): RandomAccessFile {
  try {
    signal?.throwIfAborted();
    const size = regularSize(fs, fd, path);
    const backend = new DescriptorBackend(fs, { fd }, { size, name: path, writable: write });
    const served = mmap ? mapBackend(backend, path) : backend;
    backend.own(); // last: until here an error closes the descriptor
    return new BackedFile(served, signal);
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
