/**
 * An `.npz` archive, numpy.lib.npyio.NpzFile: a zip of `.npy` files, read like a dictionary. Opening
 * reads the directory; each access reads its member, decodes it anew and compares the checksum.
 */
import { LarderError, UnsupportedError } from "../errors.ts";
import { copyOnWrite } from "../io/copy_on_write.ts";
import {
  openRandomAccessFile,
  openRandomAccessFileSync,
  type RandomAccessFile,
} from "../io/random_access.ts";
import { type SharedFile, shareFile } from "../io/shared_file.ts";
import { openReader, type Source, type SyncSource } from "../io/source.ts";
import type { MapMode } from "../numpy/memmap.ts";
import type { NDArray } from "../numpy/ndarray.ts";
import { runAsync, runSync } from "../pickle/driver.ts";
import { defineInspect } from "../pickle/protocols.ts";
import { onceEach, warningSink } from "../pickle/warnings.ts";
import { runSteps, runStepsSync } from "./_file_steps.ts";
import { isNpy } from "./header.ts";
import { Input, type Task } from "./_input.ts";
import { mapNpy, mapNpySync, type MapPlace } from "./map_array.ts";
import { commentText, nameMembers } from "./_npz_names.ts";
import { checkNpyLoadOptions, type NpyLoadOptions } from "./options.ts";
import { type ReadNpyOptions, readTask } from "./read_array.ts";
import { readDirectory, type ZipDirectory, type ZipEntry } from "./_zip_directory.ts";
import {
  checkReadable,
  locateMember,
  locateMemberSync,
  openMember,
  openMemberSync,
  type ZipMember,
} from "./_zip_member.ts";
import { plainArray, plainArraySync } from "./_plain_member.ts";
import { STORED } from "./_zip_format.ts";

const MAGIC_LENGTH = 6;
const DRAIN_BYTES = 64 << 10;
/** numpy's NpzFile._MAX_REPR_ARRAY_COUNT */
const MAX_SHOWN = 5;
const MAX_NAMES_IN_ERROR = 20;

/**
 * Open an archive. {@link load} does so too, for what begins as one; this also takes archives that
 * have something else in front, such as a program that unpacks them.
 *
 * @param source A path, URL, bytes, Blob, stream, Deno.FsFile, FileHandle or random-access source.
 *   Of a stream the whole is kept in memory, at most `limits.maxBytes`.
 * @param options As for {@link load}; they hold for each member that is read.
 * @throws NpyFormatError for what is no zip archive or a broken one, with the offset.
 *
 * @example From bytes
 * ```ts
 * import assert from "node:assert/strict";
 * import * as npy from "@larder/joblib/npy";
 *
 * const empty = Uint8Array.of(0x50, 0x4b, 5, 6, ...new Uint8Array(18));
 * const archive = await npy.openNpz(empty);
 * assert.deepEqual(archive.files, []);
 * await archive.close();
 * ```
 */
export async function openNpz(source: Source, options: NpyLoadOptions = {}): Promise<NpzFile> {
  checkNpyLoadOptions(options, "openNpz()");
  const { signal, onWarning, nativeMmap: mmap } = options;
  signal?.throwIfAborted();
  const whole = isStream(source) ? await readStream(source, options) : source;
  const file = await openRandomAccessFile(whole, { mmap, signal, onWarning });
  try {
    const directory = await runSteps(file, readDirectory(file, options.limits ?? {}));
    return new NpzFile({ file, directory, options });
  } catch (error) {
    await file.close();
    throw error;
  }
}

/**
 * Open an archive without waiting: a path, `file:` URL, bytes, an open file or a synchronous
 * random-access source.
 *
 * @throws NpyFormatError for what is no zip archive or a broken one, with the offset.
 *
 * @example From bytes
 * ```ts
 * import assert from "node:assert/strict";
 * import * as npy from "@larder/joblib/npy";
 *
 * const empty = Uint8Array.of(0x50, 0x4b, 5, 6, ...new Uint8Array(18));
 * const archive = npy.openNpzSync(empty);
 * assert.equal(archive.size, 0);
 * archive.closeSync();
 * ```
 */
export function openNpzSync(source: SyncSource, options: NpyLoadOptions = {}): NpzFile {
  checkNpyLoadOptions(options, "openNpzSync()");
  const { signal, onWarning, nativeMmap: mmap } = options;
  signal?.throwIfAborted();
  const file = openRandomAccessFileSync(source, { mmap, onWarning });
  try {
    const directory = runStepsSync(file, readDirectory(file, options.limits ?? {}));
    return new NpzFile({ file, directory, options });
  } catch (error) {
    file.closeSync();
    throw error;
  }
}

/** What an archive is made of. */
export interface NpzParts {
  /** The open file, which is closed with the archive. */
  readonly file: RandomAccessFile;
  /** Its directory. */
  readonly directory: ZipDirectory;
  /** How members are read. */
  readonly options: NpyLoadOptions;
}

/**
 * The arrays of an archive by their names, with or without `.npy`. What is no `.npy` file comes out
 * as its bytes.
 *
 * @example Save and read
 * ```ts
 * import assert from "node:assert/strict";
 * import { mkdtemp, rm } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import type { NDArray } from "@larder/joblib";
 * import * as npy from "@larder/joblib/npy";
 *
 * const folder = await mkdtemp(`${tmpdir()}/larder-`);
 * await npy.savez(`${folder}/model`, { weights: Float32Array.of(0.5, 1.5), steps: [1, 2, 3] });
 * {
 *   await using archive = await npy.load<npy.NpzFile>(`${folder}/model.npz`);
 *   assert.deepEqual(archive.files, ["weights", "steps"]);
 *   const weights = await archive.get<NDArray>("weights");
 *   assert.deepEqual(weights.data, Float32Array.of(0.5, 1.5));
 * }
 * await rm(folder, { recursive: true });
 * ```
 */
export class NpzFile {
  /** Names of the members, without `.npy`, in the order of the archive. */
  readonly files: readonly string[];
  /** The archive's comment. */
  readonly comment: string;
  readonly #file: SharedFile;
  readonly #options: ReadNpyOptions & NpyLoadOptions;
  readonly #members: ReadonlyMap<string, ZipEntry>;
  #closed = false;

  static {
    defineInspect(this.prototype, function () {
      return this.#text();
    });
  }

  /** Use {@link openNpz} or {@link load}. */
  constructor({ file, directory, options }: NpzParts) {
    this.#file = shareFile(file);
    this.#options = { ...options, onWarning: onceEach(warningSink(options.onWarning)) };
    const { files, members } = nameMembers(directory.entries);
    this.files = files;
    this.#members = members;
    this.comment = commentText(directory.comment);
  }

  /** How many members there are. */
  get size(): number {
    return this.files.length;
  }

  /** Path or URL, where it is known. */
  get filename(): string | undefined {
    return this.#file.name;
  }

  /** Whether there is a member of that name, with or without `.npy`. */
  has(name: string): boolean {
    return this.#members.has(name);
  }

  /** The names, as {@link files}. */
  keys(): ArrayIterator<string> {
    return this.files.values();
  }

  /** The names, as in Python. */
  [Symbol.iterator](): ArrayIterator<string> {
    return this.keys();
  }

  /**
   * Read a member: an array, or bytes where it is no `.npy` file.
   *
   * @param name With or without `.npy`.
   * @throws RangeError for an unknown name, it lists those that are known; LarderError after
   *   {@link close}; NpyFormatError for a damaged member; LimitError.
   */
  async get<T = NDArray | Uint8Array>(name: string): Promise<T> {
    const { signal } = this.#options;
    signal?.throwIfAborted();
    const entry = this.#entry(name);
    const member = await locateMember(this.#file, entry);
    const mapping = this.#mapping(member);
    if (mapping !== undefined) {
      const { file, mode, place } = mapping;
      const map = mapNpy(file, mode, this.#readOptions(entry), place);
      const mapped = await map.catch((error) => readInstead(error, file));
      if (mapped !== undefined) return mapped as T;
    }
    const options = this.#readOptions(entry);
    checkReadable(member, options.limits ?? {});
    const array = await plainArray(member, options);
    signal?.throwIfAborted();
    if (array !== undefined) return array as T;
    const reader = openMember(member);
    try {
      const input = new Input(reader, options.onProgress);
      const task = memberTask(input, entry, options);
      return await runAsync(task, reader, undefined, signal) as T;
    } finally {
      await reader.close();
    }
  }

  /**
   * Read a member without waiting.
   *
   * @throws UnsupportedError where the archive can only be read by waiting; as {@link get}
   */
  getSync<T = NDArray | Uint8Array>(name: string): T {
    const entry = this.#entry(name);
    const member = locateMemberSync(this.#file, entry);
    const mapping = this.#mapping(member);
    if (mapping !== undefined) {
      const { file, mode, place } = mapping;
      try {
        return mapNpySync(file, mode, this.#readOptions(entry), place) as T;
      } catch (error) {
        readInstead(error, file);
      }
    }
    const options = this.#readOptions(entry);
    checkReadable(member, options.limits ?? {});
    const array = plainArraySync(member, options);
    if (array !== undefined) return array as T;
    const reader = openMemberSync(member);
    try {
      const input = new Input(reader, options.onProgress);
      return runSync(memberTask(input, entry, options), reader) as T;
    } finally {
      reader.close();
    }
  }

  /** The members one after the other. */
  async *values<T = NDArray | Uint8Array>(): AsyncGenerator<T> {
    for (const name of this.files) yield await this.get<T>(name);
  }

  /** The members one after the other, without waiting. */
  *valuesSync<T = NDArray | Uint8Array>(): Generator<T> {
    for (const name of this.files) yield this.getSync<T>(name);
  }

  /** Names and members one after the other. */
  async *entries<T = NDArray | Uint8Array>(): AsyncGenerator<[name: string, value: T]> {
    for (const name of this.files) yield [name, await this.get<T>(name)];
  }

  /** Names and members one after the other, without waiting. */
  *entriesSync<T = NDArray | Uint8Array>(): Generator<[name: string, value: T]> {
    for (const name of this.files) yield [name, this.getSync<T>(name)];
  }

  /** Release the file; a second call does nothing. Arrays that were read stay as they are. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#file.close();
  }

  /** Release the file, without waiting where it needs none. */
  closeSync(): void {
    this.#closed = true;
    if (this.#file.sync) this.#file.closeSync();
    else this.#file.close().catch(() => {});
  }

  /** The same as {@link closeSync}. */
  [Symbol.dispose](): void {
    this.closeSync();
  }

  /** The same as {@link close}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #entry(name: string): ZipEntry {
    const entry = this.#members.get(name);
    if (entry === undefined) throw this.#unknownName(name);
    if (!this.#closed) return entry;
    throw new LarderError(
      `Cannot read ${JSON.stringify(name)} of ${this.#label}: the archive is closed`,
      this.#place,
    );
  }

  /** How a member is mapped that lies in the archive as it is; the others are read, as numpy reads all. */
  #mapping({ entry, dataOffset, head }: ZipMember): MemberMapping | undefined {
    const { mmapMode } = this.#options;
    // a write to the file would spoil the member's checksum, so "r+" maps nothing
    const asItIs = entry.method === STORED && entry.size === entry.compressedSize;
    if ((mmapMode !== "r" && mmapMode !== "c") || !asItIs || !isNpy(head)) return undefined;
    const share = this.#file.share();
    return {
      file: mmapMode === "c" ? copyOnWrite(share) : share,
      mode: mmapMode,
      place: { start: dataOffset, end: dataOffset + entry.size },
    };
  }

  #unknownName(name: string): RangeError {
    const { files } = this;
    const shown = files.slice(0, MAX_NAMES_IN_ERROR).join(", ");
    const more = files.length - MAX_NAMES_IN_ERROR;
    const known = files.length === 0
      ? "it is empty"
      : `it has ${shown}${more > 0 ? ` and ${more} more` : ""}`;
    return new RangeError(`Cannot read ${JSON.stringify(name)} of ${this.#label}: ${known}`);
  }

  #readOptions(entry: ZipEntry): ReadNpyOptions {
    const { name } = this.#file;
    return { ...this.#options, path: name === undefined ? entry.name : `${name}/${entry.name}` };
  }

  get #label(): string {
    return this.#file.name ?? "an .npz file";
  }

  get #place(): { path?: string } {
    return this.#file.name === undefined ? {} : { path: this.#file.name };
  }

  /** numpy's repr. */
  #text(): string {
    const more = this.files.length > MAX_SHOWN ? "..." : "";
    const names = this.files.slice(0, MAX_SHOWN).join(", ") + more;
    return `NpzFile '${this.#file.name ?? "object"}' with keys: ${names}`;
  }
}

/** A member that is mapped. */
interface MemberMapping {
  readonly file: RandomAccessFile;
  readonly mode: MapMode;
  readonly place: MapPlace;
}

/** What can't be mapped, as arrays of objects, is read. */
function readInstead(error: unknown, file: RandomAccessFile): undefined {
  if (file.sync) file.closeSync();
  else file.close().catch(() => {});
  if (!(error instanceof UnsupportedError)) throw error;
}

/** What a member holds; all of it is read, so that its checksum is compared. */
function* memberTask(
  input: Input,
  entry: ZipEntry,
  options: ReadNpyOptions,
): Task<NDArray | Uint8Array> {
  const head = yield* input.peek(MAGIC_LENGTH, () => true);
  if (!isNpy(head)) return yield* input.take(entry.size);
  const array = yield* readTask(input, options);
  if (input.remaining === 0) return array;
  const rest = new Uint8Array(DRAIN_BYTES);
  while ((yield* input.fill(rest)) === rest.length);
  return array;
}

function isStream(source: Source): source is ReadableStream<Uint8Array> {
  return typeof (source as { getReader?: unknown }).getReader === "function";
}

/** All bytes of a stream: a zip archive is read from its end. */
async function readStream(
  stream: ReadableStream<Uint8Array>,
  { limits, signal }: NpyLoadOptions,
): Promise<Uint8Array> {
  const reader = await openReader(stream, { signal });
  try {
    const task = new Input(reader).takeRest(limits?.maxBytes ?? Infinity);
    return await runAsync(task, reader, undefined, signal);
  } catch (error) {
    signal?.throwIfAborted(); // a stream that was cancelled looks cut to those who read it
    throw error;
  } finally {
    await reader.close();
  }
}
