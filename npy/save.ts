/**
 * numpy.save: one array in a `.npy` file. A path is written beside and renamed when it is whole; the
 * data go out of the array's own memory, piece by piece.
 */
import { yieldToEventLoop } from "../io/event_loop.ts";
import {
  type AsyncSink,
  openSink,
  openSinkSync,
  type SyncSink,
  type SyncTarget,
  type Target,
} from "../io/sink.ts";
import { sourcePath } from "../io/source.ts";
import { onceEach, warningSink } from "../pickle/warnings.ts";
import { arrayToSave, type Savable, withExtension } from "./_savable.ts";
import { checkNpySaveOptions, type NpySaveOptions } from "./options.ts";
import {
  checkPickled,
  type NpyArray,
  npyByteLength,
  npyPieces,
  npyPiecesAsync,
  type WriteNpyOptions,
} from "./write_array.ts";

/**
 * Store an array in a file that numpy.load reads, byte for byte as numpy.save writes it.
 *
 * @param target A path or `file:` URL, to which `.npy` is appended where it does not end so; a
 *   WritableStream, Deno.FsFile or FileHandle. An open file is written at its cursor and stays open; a
 *   path appears whole or not at all.
 * @param array An NDArray or typed array, whose memory is not copied and must not change until the
 *   promise resolves; a Memmap, which is read piece by piece; numbers nested as deep as the array has axes; or one value.
 * @param options Whether objects may be pickled, the version of the format, durability, progress.
 * @throws PicklingError for objects where `allowPickle` is false, or without a counterpart in Python;
 *   RangeError for ragged nesting. Nothing is created then.
 *
 * @example To a file and back
 * ```ts
 * import assert from "node:assert/strict";
 * import { mkdtemp, rm } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import type { NDArray } from "@larder/joblib";
 * import * as npy from "@larder/joblib/npy";
 *
 * const folder = await mkdtemp(`${tmpdir()}/larder-`);
 * await npy.save(`${folder}/weights`, Float32Array.of(0.5, 1.5));
 * const array = await npy.load<NDArray>(`${folder}/weights.npy`);
 * assert.deepEqual(array.data, Float32Array.of(0.5, 1.5));
 * await rm(folder, { recursive: true });
 * ```
 */
export async function save(
  target: Target,
  array: Savable,
  options: NpySaveOptions = {},
): Promise<void> {
  const { durability = "none", signal } = options;
  const prepared = prepareSave(target, array, options, "save()");
  signal?.throwIfAborted();
  const sink = await openSink(prepared.target, { durability, signal });
  try {
    await writeAll(sink, prepared, options);
    signal?.throwIfAborted(); // the last moment at which an abort leaves the old file
    await sink.close();
  } catch (error) {
    await sink.abort();
    throw error;
  }
}

/**
 * Store an array without waiting: to a path, `file:` URL or open file.
 *
 * @example To a file and back
 * ```ts
 * import assert from "node:assert/strict";
 * import { mkdtempSync, rmSync } from "node:fs";
 * import { tmpdir } from "node:os";
 * import type { NDArray } from "@larder/joblib";
 * import * as npy from "@larder/joblib/npy";
 *
 * const folder = mkdtempSync(`${tmpdir()}/larder-`);
 * npy.saveSync(`${folder}/grid.npy`, [[1, 2], [3, 4]], { dtype: "int16" });
 * assert.deepEqual(npy.loadSync<NDArray>(`${folder}/grid.npy`).toArray(), [[1, 2], [3, 4]]);
 * rmSync(folder, { recursive: true });
 * ```
 */
export function saveSync(target: SyncTarget, array: Savable, options: NpySaveOptions = {}): void {
  const { durability = "none", signal } = options;
  const prepared = prepareSave(target, array, options, "saveSync()");
  signal?.throwIfAborted();
  const sink = openSinkSync(prepared.target, { durability });
  try {
    writeAllSync(sink, prepared, options);
    sink.close();
  } catch (error) {
    sink.abort();
    throw error;
  }
}

interface Prepared<T> {
  readonly target: T;
  readonly array: NpyArray;
  readonly writing: WriteNpyOptions;
}

/** Everything that can be refused before the target is touched. */
function prepareSave<T extends Target>(
  target: T,
  value: Savable,
  options: NpySaveOptions,
  call: string,
): Prepared<T> {
  checkNpySaveOptions(options, call);
  const named = withExtension(target, ".npy");
  const path = sourcePath(named);
  const warn = onceEach(warningSink(options.onWarning));
  const onWarning: WriteNpyOptions["onWarning"] = (warning) =>
    warn({ ...warning, ...(path === undefined ? {} : { path }) });
  const array = arrayToSave(value, { dtype: options.dtype, onWarning });
  const writing: WriteNpyOptions = {
    onWarning,
    ...(options.allowPickle !== undefined && { allowPickle: options.allowPickle }),
    ...(options.version !== undefined && { version: options.version }),
    ...(options.classes !== undefined && { classes: options.classes }),
  };
  checkPickled(array, writing);
  npyByteLength(array, writing); // a header that can't be written is refused here
  return { target: named as T, array, writing };
}

async function writeAll(
  sink: AsyncSink,
  { array, writing }: Prepared<Target>,
  options: NpySaveOptions,
): Promise<void> {
  const { onProgress, signal } = options;
  const total = npyByteLength(array, writing);
  let bytes = 0;
  for await (const piece of npyPiecesAsync(array, writing)) {
    await sink.write(piece);
    bytes += piece.length;
    onProgress?.({ bytes, ...(total === undefined ? {} : { total }) });
    await yieldToEventLoop();
    signal?.throwIfAborted();
  }
}

function writeAllSync(
  sink: SyncSink,
  { array, writing }: Prepared<Target>,
  options: NpySaveOptions,
): void {
  const { onProgress } = options;
  const total = npyByteLength(array, writing);
  let bytes = 0;
  for (const piece of npyPieces(array, writing)) {
    sink.write(piece);
    bytes += piece.length;
    onProgress?.({ bytes, ...(total === undefined ? {} : { total }) });
  }
}
