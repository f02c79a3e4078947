/**
 * numpy.savez and numpy.savez_compressed: arrays in a zip archive. Stored archives are numpy's byte
 * for byte; deflated ones hold the same members.
 */
import type { SyncTarget, Target } from "../io/sink.ts";
import { type NamedArray, namedArrays, namedArraysAsync, type NpzArrays } from "./_npz_arrays.ts";
import { writeArchive, writeArchiveSync } from "./_npz_writing.ts";
import {
  checkSavezOptions,
  SAVEZ_COMPRESSED_OPTIONS,
  SAVEZ_OPTIONS,
  type SavezCompressedOptions,
  type SavezOptions,
} from "./savez_options.ts";
import { DEFLATED, STORED } from "./_zip_format.ts";

/**
 * Store several arrays in one file that numpy.load reads, byte for byte as numpy.savez writes it.
 *
 * @param target A path or `file:` URL, to which `.npz` is appended where it does not end so; a
 *   WritableStream, Deno.FsFile or FileHandle. An open file is written at its cursor and stays open; a
 *   path appears whole or not at all.
 * @param arrays Arrays by name: an object, a Map, or pairs that are made as they are written; or a
 *   list, whose arrays are called `arr_0`, `arr_1`, …. An object has names that are numbers first.
 * @param options Whether objects may be pickled, alignment, durability, progress.
 * @throws PicklingError for objects where `allowPickle` is false, or without a counterpart in Python;
 *   RangeError for ragged nesting, and for a name that is there twice. A path stays as it was then.
 *
 * @example To a file and back
 * ```ts
 * import assert from "node:assert/strict";
 * import { mkdtemp, rm } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import * as npy from "@larder/joblib/npy";
 *
 * const folder = await mkdtemp(`${tmpdir()}/larder-`);
 * await npy.savez(`${folder}/data`, { x: Float32Array.of(0.5, 1.5), y: [[1, 2], [3, 4]] });
 * const archive = await npy.load<npy.NpzFile>(`${folder}/data.npz`);
 * assert.deepEqual(archive.files, ["x", "y"]);
 * await archive.close();
 * await rm(folder, { recursive: true });
 * ```
 */
export async function savez(
  target: Target,
  arrays: NpzArrays | AsyncIterable<NamedArray>,
  options: SavezOptions = {},
): Promise<void> {
  checkSavezOptions(options, SAVEZ_OPTIONS, "savez()");
  await writeArchive(target, namedArraysAsync(arrays), { ...options, method: STORED });
}

/**
 * Store several arrays in one file without waiting: a path, `file:` URL or open file.
 *
 * @example By position
 * ```ts
 * import assert from "node:assert/strict";
 * import { mkdtempSync, rmSync } from "node:fs";
 * import { tmpdir } from "node:os";
 * import * as npy from "@larder/joblib/npy";
 *
 * const folder = mkdtempSync(`${tmpdir()}/larder-`);
 * npy.savezSync(`${folder}/data.npz`, [Float32Array.of(0.5), [1, 2, 3]]);
 * const archive = npy.openNpzSync(`${folder}/data.npz`);
 * assert.deepEqual(archive.files, ["arr_0", "arr_1"]);
 * archive.closeSync();
 * rmSync(folder, { recursive: true });
 * ```
 */
export function savezSync(
  target: SyncTarget,
  arrays: NpzArrays,
  options: SavezOptions = {},
): void {
  checkSavezOptions(options, SAVEZ_OPTIONS, "savezSync()");
  writeArchiveSync(target, namedArrays(arrays), { ...options, method: STORED });
}

/**
 * Store several arrays deflated, as numpy.savez_compressed: the same members, whose compressed bytes
 * depend on the runtime's deflate.
 *
 * @param target As for {@link savez}.
 * @param arrays As for {@link savez}.
 * @param options Those of {@link savez} without alignment; level and threads.
 *
 * @example A thousand zeros
 * ```ts
 * import assert from "node:assert/strict";
 * import { mkdtemp, rm, stat } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import * as npy from "@larder/joblib/npy";
 *
 * const folder = await mkdtemp(`${tmpdir()}/larder-`);
 * await npy.savezCompressed(`${folder}/zeros`, [new Float64Array(1000)]);
 * assert((await stat(`${folder}/zeros.npz`)).size < 300);
 * await rm(folder, { recursive: true });
 * ```
 */
export async function savezCompressed(
  target: Target,
  arrays: NpzArrays | AsyncIterable<NamedArray>,
  options: SavezCompressedOptions = {},
): Promise<void> {
  checkSavezOptions(options, SAVEZ_COMPRESSED_OPTIONS, "savezCompressed()");
  await writeArchive(target, namedArraysAsync(arrays), { ...options, method: DEFLATED });
}

/**
 * Store several arrays deflated, without waiting: a path, `file:` URL or open file.
 *
 * @throws UnsupportedError where the runtime has no `node:zlib` and `prepare("zlib")` was not called.
 *
 * @example By name
 * ```ts
 * import assert from "node:assert/strict";
 * import { mkdtempSync, rmSync } from "node:fs";
 * import { tmpdir } from "node:os";
 * import type { NDArray } from "@larder/joblib";
 * import * as npy from "@larder/joblib/npy";
 *
 * const folder = mkdtempSync(`${tmpdir()}/larder-`);
 * npy.savezCompressedSync(`${folder}/data.npz`, new Map([["x", Int16Array.of(1, 2)]]));
 * const archive = npy.openNpzSync(`${folder}/data.npz`);
 * assert.deepEqual(archive.getSync<NDArray>("x").toArray(), [1, 2]);
 * archive.closeSync();
 * rmSync(folder, { recursive: true });
 * ```
 */
export function savezCompressedSync(
  target: SyncTarget,
  arrays: NpzArrays,
  options: SavezCompressedOptions = {},
): void {
  checkSavezOptions(options, SAVEZ_COMPRESSED_OPTIONS, "savezCompressedSync()");
  writeArchiveSync(target, namedArrays(arrays), { ...options, method: DEFLATED });
}
