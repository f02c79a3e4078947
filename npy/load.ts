/**
 * numpy.load: one array, an archive or a bare pickle, told apart by the first bytes and never by the
 * name. Unlike numpy, whose default is the other way round, pickles are read: nothing in them is executed.
 */
import { NpyFormatError, UnpicklingError } from "../errors.ts";
import { hasRandomAccess } from "../io/random_access.ts";
import {
  type AsyncReader,
  openReader,
  openReaderSync,
  type Source,
  sourcePath,
  type SyncSource,
} from "../io/source.ts";
import type { NDArray } from "../numpy/ndarray.ts";
import { runAsync, runSync } from "../pickle/driver.ts";
import { onceEach, warningSink } from "../pickle/warnings.ts";
import { isNpy } from "./header.ts";
import { Input, type Task } from "./_input.ts";
import { located } from "./_located.ts";
import { type NpzFile, openNpz, openNpzSync } from "./npz.ts";
import { openMapped, openMappedSync } from "./map_array.ts";
import { checkNpyLoadOptions, type NpyLoadOptions } from "./options.ts";
import { NPY_GLOBALS, type ReadNpyOptions, readTask } from "./read_array.ts";

/** Bytes that tell the kinds apart. */
const HEAD_LENGTH = 6;
/** How an archive begins: with a member, or with its end where it is empty. */
const ZIP_MAGIC: readonly (readonly number[])[] = [[0x50, 0x4b, 3, 4], [0x50, 0x4b, 5, 6]];

/** An archive, which other code opens: nothing was read of it. */
const ARCHIVE: unique symbol = Symbol("archive");
/** An array that is to stay in its file. */
const MAPPED: unique symbol = Symbol("mapped");

/**
 * Load what numpy.save, numpy.savez or pickle stored. Nothing in the file is executed.
 *
 * @param source A path, URL, bytes, Blob, stream, Deno.FsFile, FileHandle or random-access source. An open
 *   file is read from its cursor and left right behind the array.
 * @param options numpy's options, exactness, limits, progress.
 * @returns An {@link NDArray} of a `.npy` file, an {@link NpzFile} of an archive, the value of a pickle.
 * @throws NpyFormatError, UnpicklingError, UnsafeGlobalError or LimitError, each with the offset.
 *
 * @example From bytes
 * ```ts
 * import assert from "node:assert/strict";
 * import { type NDArray } from "@larder/joblib";
 * import * as npy from "@larder/joblib/npy";
 *
 * const bytes = Uint8Array.of(...npy.writeHeader({ dtype: "<i2", shape: [2] }), 1, 0, 2, 0);
 * const array = await npy.load<NDArray>(bytes);
 * assert.deepEqual(array.data, Int16Array.of(1, 2));
 * ```
 */
export async function load<T = NDArray | NpzFile>(
  source: Source,
  options: NpyLoadOptions = {},
): Promise<T> {
  checkNpyLoadOptions(options, "load()");
  return await loadChecked(source, options) as T;
}

/**
 * Load without waiting: from a path, `file:` URL, bytes, an open file or a synchronous random-access source.
 *
 * @example From bytes
 * ```ts
 * import assert from "node:assert/strict";
 * import { type NDArray } from "@larder/joblib";
 * import * as npy from "@larder/joblib/npy";
 *
 * const bytes = Uint8Array.of(...npy.writeHeader({ dtype: "|u1", shape: [] }), 7);
 * assert.equal(npy.loadSync<NDArray>(bytes).get(), 7);
 * ```
 */
export function loadSync<T = NDArray | NpzFile>(
  source: SyncSource,
  options: NpyLoadOptions = {},
): T {
  checkNpyLoadOptions(options, "loadSync()");
  return loadCheckedSync(source, options) as T;
}

/** {@link load} with options that were checked. */
export async function loadChecked(source: Source, options: NpyLoadOptions): Promise<unknown> {
  const { signal } = options;
  signal?.throwIfAborted();
  const reader = await openReader(source, signal === undefined ? {} : { signal });
  try {
    const input = new Input(reader, options.onProgress);
    const settings = readOptions(source, options);
    const value = await runAsync(contentTask(input, settings), reader, undefined, signal);
    if (value === ARCHIVE && isForwardOnly(source)) {
      return await openNpz(await rest(input, reader, settings), options);
    }
    if (input.ahead > 0) await reader.unread(input.ahead);
    if (value !== ARCHIVE && value !== MAPPED) return value;
    await reader.close();
    return value === ARCHIVE
      ? await openNpz(source, options)
      : await openMapped(source, options.mmapMode!, settings);
  } catch (error) {
    signal?.throwIfAborted(); // a stream that was cancelled looks cut to those who read it
    throw located(error, sourcePath(source));
  } finally {
    await reader.close();
  }
}

/** {@link loadSync} with options that were checked. */
export function loadCheckedSync(source: SyncSource, options: NpyLoadOptions): unknown {
  options.signal?.throwIfAborted();
  const reader = openReaderSync(source);
  try {
    const input = new Input(reader, options.onProgress);
    const settings = readOptions(source, options);
    const value = runSync(contentTask(input, settings), reader);
    if (input.ahead > 0) reader.unread(input.ahead);
    if (value !== ARCHIVE && value !== MAPPED) return value;
    reader.close();
    return value === ARCHIVE
      ? openNpzSync(source, options)
      : openMappedSync(source, options.mmapMode!, settings);
  } catch (error) {
    throw located(error, sourcePath(source));
  } finally {
    reader.close();
  }
}

/** What the first bytes announce: the array or the pickled value, or that others read on. */
function* contentTask(
  input: Input,
  options: ReadNpyOptions & { mmapMode?: NpyLoadOptions["mmapMode"] },
): Task<unknown> {
  const head = yield* input.peek(HEAD_LENGTH, mayBeKnown);
  if (head.length === 0) {
    throw new NpyFormatError("Cannot load: no data left in file", place(options));
  }
  if (isZip(head)) return ARCHIVE;
  if (isNpy(head)) {
    if (options.mmapMode !== undefined && options.mmapMode !== null) return MAPPED;
    return yield* readTask(input, options);
  }
  if (options.allowPickle === false) {
    throw new NpyFormatError(
      "Cannot load: the file is neither .npy nor .npz, and allowPickle false refuses pickles",
      place(options),
    );
  }
  return yield* bareTask(input, options);
}

/** A pickle that is the whole file. */
function* bareTask(input: Input, options: ReadNpyOptions): Task<unknown> {
  try {
    return yield* input.unpickle({ ...options, globals: NPY_GLOBALS });
  } catch (error) {
    if (!(error instanceof UnpicklingError)) throw error;
    const { offset, opcode, className } = error;
    throw new UnpicklingError(
      `Cannot load: the file is neither .npy nor .npz, and read as a pickle: ${error.message}`,
      {
        ...place(options),
        ...(offset !== undefined && { offset }),
        ...(opcode !== undefined && { opcode }),
        ...(className !== undefined && { className }),
        cause: error,
      },
    );
  }
}

/** What is left of a source that can't be read twice, with what was read already. */
async function rest(
  input: Input,
  reader: AsyncReader,
  options: ReadNpyOptions,
): Promise<Uint8Array> {
  const most = options.limits?.maxBytes ?? Infinity;
  return await runAsync(input.takeRest(most, options.path), reader, undefined, options.signal);
}

function readOptions(source: unknown, options: NpyLoadOptions): ReadNpyOptions & NpyLoadOptions {
  const path = sourcePath(source);
  const onWarning = onceEach(warningSink(options.onWarning));
  const settings = { ...options, ...(path === undefined ? {} : { path }), onWarning };
  const { mmapMode } = options;
  if (mmapMode === undefined || mmapMode === null || hasRandomAccess(source)) return settings;
  const message = `mmapMode "${mmapMode}" is ignored: the source only runs forwards`;
  onWarning({ code: "mmap-ignored", message, ...(path === undefined ? {} : { path }) });
  return { ...settings, mmapMode: null };
}

function isForwardOnly(source: unknown): boolean {
  return typeof (source as { getReader?: unknown }).getReader === "function";
}

function isZip(head: Uint8Array): boolean {
  return ZIP_MAGIC.some((magic) => magic.every((byte, i) => head[i] === byte));
}

/** Whether more bytes can tell more: they may become an array's or an archive's first ones. */
function mayBeKnown(head: Uint8Array): boolean {
  return head.length === 0 || isStartOf(head, [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]) ||
    ZIP_MAGIC.some((magic) => head.length < magic.length && isStartOf(head, magic));
}

function isStartOf(head: Uint8Array, magic: readonly number[]): boolean {
  return head.every((byte, i) => byte === magic[i]);
}

function place(options: ReadNpyOptions): { offset: number; path?: string } {
  return { offset: 0, ...(options.path === undefined ? {} : { path: options.path }) };
}
