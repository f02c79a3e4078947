/**
 * numpy's files: `.npy`, `.npz` and pickles of arrays, read as numpy.load reads them and written byte for
 * byte as numpy.save does.
 *
 * @example The header of a file
 * ```ts
 * import assert from "node:assert/strict";
 * import * as npy from "@larder/joblib/npy";
 *
 * const bytes = npy.writeHeader({ dtype: "<f8", shape: [2, 3], fortranOrder: true });
 * assert.equal(bytes.length, 128);
 * assert.deepEqual(npy.readHeader(bytes).shape, [2, 3]);
 * ```
 *
 * @module
 */
export { load, loadSync } from "./load.ts";
export { NpzFile, type NpzParts, openNpz, openNpzSync } from "./npz.ts";
export { openMemmap, type OpenMemmapOptions, openMemmapSync } from "./open_memmap.ts";
export { save, saveSync } from "./save.ts";
export type { ZipDirectory, ZipEntry } from "./_zip_directory.ts";
export type { NamedArray, NpzArrays } from "./_npz_arrays.ts";
export type { NpzSaveOptions, SavezCompressedOptions, SavezOptions } from "./savez_options.ts";
export { savez, savezCompressed, savezCompressedSync, savezSync } from "./savez.ts";
export type { Savable } from "./_savable.ts";
export {
  type NpyHeader,
  type NpyHeaderFields,
  type NpyHeaderOptions,
  type NpyVersion,
  readHeader,
  writeHeader,
  type WriteHeaderOptions,
} from "./header.ts";
export type { NpyLoadOptions, NpySaveOptions } from "./options.ts";
export type { ByteRange, RandomAccessFile } from "../io/random_access.ts";
