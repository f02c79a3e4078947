/**
 * Giving a draft its place in the store, by renaming. A new entry comes as a whole folder, in one step.
 * Where its folder exists (Python made it, or a damaged file was taken out), the small files go
 * first and the content last; one that is replaced is taken away before, so that nobody pairs the
 * old content with new metadata. Folders that others remove meanwhile are made again.
 */
import type { Durability } from "../../io/sink.ts";
import type { Draft } from "./_draft.ts";
import { errorCode, type Fs, isMissing, isWindows, sleepSync } from "./_files.ts";

/** Where a draft goes, and how. */
export interface PublishOptions {
  /** Path of the file to be. */
  readonly target: string;
  /** Whether a file that is there stays. */
  readonly ifAbsent: boolean;
  /** What is flushed to the disk. */
  readonly durability: Durability;
}

/** How often folders may vanish under our hands. */
const TRIES = 20;
/** As joblib: Windows refuses to touch what a scanner or reader has open, for a moment. */
const WINDOWS_TRIES = 100;
const WINDOWS_WAIT = 10;

/**
 * Publish a draft that is finished.
 *
 * @returns Whether it is in its place: false where a file was there already.
 */
export function publish(fs: Fs, draft: Draft, options: PublishOptions): boolean {
  const folder = parentOf(options.target);
  const made: string[] = [];
  const published = draft.path === draft.file
    ? publishFile(fs, draft.file, options, made)
    : publishFolder(fs, draft, options, made);
  if (published && options.durability === "full") {
    for (const path of new Set([folder, parentOf(folder), ...made])) flushFolder(fs, path);
  }
  return published;
}

function publishFolder(fs: Fs, draft: Draft, options: PublishOptions, made: string[]): boolean {
  const folder = parentOf(options.target);
  return persist(fs, parentOf(folder), made, () => {
    try {
      move(fs, draft.path, folder);
      return true;
    } catch (error) {
      if (isMissing(error)) throw error;
      if (!fs.existsSync(folder)) throw error;
      return publishInto(fs, draft, options, made); // ENOTEMPTY, or EPERM on Windows
    }
  });
}

/** Put the files of a draft into a folder that exists. */
function publishInto(fs: Fs, draft: Draft, options: PublishOptions, made: string[]): boolean {
  const { target, ifAbsent } = options;
  const folder = parentOf(target);
  if (ifAbsent && fs.existsSync(target)) return false;
  return persist(fs, folder, made, () => {
    if (!ifAbsent) fs.rmSync(target, { force: true });
    for (const name of draft.beside.keys()) {
      const file = `${draft.path}/${name}`;
      // A try before this one may have moved it into a folder that is gone.
      if (!fs.existsSync(file)) draft.writeBesideAgain(name);
      move(fs, file, `${folder}/${name}`);
    }
    return place(fs, draft.file, target, ifAbsent);
  });
}

function publishFile(fs: Fs, file: string, options: PublishOptions, made: string[]): boolean {
  const { target, ifAbsent } = options;
  return persist(fs, parentOf(target), made, () => place(fs, file, target, ifAbsent));
}

function place(fs: Fs, file: string, target: string, ifAbsent: boolean): boolean {
  if (!ifAbsent) {
    move(fs, file, target);
    return true;
  }
  try {
    fs.linkSync(file, target); // unlike a rename this replaces nothing
    return true;
  } catch (error) {
    if (errorCode(error) === "EEXIST") return false;
    if (isMissing(error)) throw error;
    if (fs.existsSync(target)) return false; // a file system without links
    move(fs, file, target);
    return true;
  }
}

/** Do what needs a folder, making it as often as somebody removes it. */
function persist(fs: Fs, folder: string, made: string[], act: () => boolean): boolean {
  for (let tries = 0;; tries++) {
    try {
      return act();
    } catch (error) {
      if (!isMissing(error) || tries === TRIES) throw error;
      const first = fs.mkdirSync(folder, { recursive: true });
      if (first === undefined) continue;
      for (let path = folder; path.length >= first.length; path = parentOf(path)) {
        made.push(parentOf(path));
      }
    }
  }
}

function move(fs: Fs, from: string, to: string): void {
  for (let tries = isWindows() ? WINDOWS_TRIES : 0;; tries--) {
    try {
      return fs.renameSync(from, to);
    } catch (error) {
      const held = ["EPERM", "EACCES", "EBUSY"].includes(errorCode(error) as string);
      // A folder never takes the place of another there.
      if (tries === 0 || !held || fs.statSync(from).isDirectory()) throw error;
      sleepSync(WINDOWS_WAIT);
    }
  }
}

function flushFolder(fs: Fs, path: string): void {
  if (isWindows()) return; // opens no folders, and keeps names durable by itself
  const fd = fs.openSync(path, "r");
  try {
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}
