/** Reading stored files: small ones with three system calls, through a buffer that is used again. */
import { MAX_IO_BYTES } from "../../io/fs_calls.ts";
import { cacheError, errorCode, type Fs, guarded, isMissing, statOf } from "./_files.ts";
import { MARKS } from "./_layout.ts";
import { LARDER_FOLDER } from "./keys.ts";
import type { Stored, StoredInfo, StoredRange } from "./store.ts";

const scratch = new Uint8Array(1 << 16);

/** A file's bytes, or a stretch of them; `undefined` where there is no such file. */
export function readStored(
  fs: Fs,
  path: string,
  range: StoredRange | undefined,
): Stored | undefined {
  let fd: number;
  try {
    fd = fs.openSync(path, "r");
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw cacheError("read", path, error);
  }
  try {
    return readOpen(fs, fd, range);
  } catch (error) {
    if (errorCode(error) === "EISDIR") return undefined;
    throw cacheError("read", path, error);
  } finally {
    fs.closeSync(fd);
  }
}

/** The folders in a store's, apart from our own. */
export function foldersIn(fs: Fs, root: string): string[] {
  return childrenOf(fs, root)
    .filter((child) => child.isDirectory() && child.name !== LARDER_FOLDER)
    .map((child) => `${root}/${child.name}`);
}

/** Facts about a file; `undefined` where there is none. */
export function storedInfo(fs: Fs, path: string, key: string): StoredInfo | undefined {
  const stat = guarded("read", path, () => statOf(fs, path));
  if (stat === undefined || !stat.isFile()) return undefined;
  const { size, mtimeMs: modified, atimeMs: accessed } = stat;
  // Renaming brings another inode, writing in place another time.
  return { key, size, modified, accessed, version: `${stat.ino}-${size}-${Math.round(modified)}` };
}

/** The files below a folder, apart from our own; linked folders are not entered, as in joblib. */
export function* walk(fs: Fs, root: string, folder: string): Generator<StoredInfo> {
  const path = folder === "" ? root : `${root}/${folder}`;
  for (const child of guarded("list", path, () => childrenOf(fs, path))) {
    const { name } = child;
    if (folder === "" && (name === LARDER_FOLDER || MARKS.has(name))) continue;
    const key = folder === "" ? name : `${folder}/${name}`;
    if (child.isDirectory()) yield* walk(fs, root, key);
    else {
      const info = storedInfo(fs, `${root}/${key}`, key);
      if (info !== undefined) yield info;
    }
  }
}

function readOpen(fs: Fs, fd: number, range: StoredRange | undefined): Stored {
  const start = range?.start ?? 0;
  if (range !== undefined && range.end - start <= scratch.length) {
    const wanted = Math.max(0, range.end - start);
    const count = wanted === 0 ? 0 : fs.readSync(fd, scratch, 0, wanted, start);
    // A file gives less than it was asked for at its end only.
    const atEnd = count < wanted && (count > 0 || start === 0);
    return { bytes: scratch.slice(0, count), size: atEnd ? start + count : fs.fstatSync(fd).size };
  }
  const { size } = fs.fstatSync(fd);
  const end = Math.min(range?.end ?? size, size);
  const bytes = new Uint8Array(Math.max(0, end - start));
  let done = 0;
  while (done < bytes.length) {
    const length = Math.min(bytes.length - done, MAX_IO_BYTES);
    const count = fs.readSync(fd, bytes, done, length, start + done);
    if (count === 0) break; // somebody cut it off
    done += count;
  }
  return { bytes: bytes.subarray(0, done), size };
}

function childrenOf(fs: Fs, path: string): ReturnType<typeof readFolder> {
  try {
    return readFolder(fs, path);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

function readFolder(fs: Fs, path: string) {
  return fs.readdirSync(path, { withFileTypes: true });
}
