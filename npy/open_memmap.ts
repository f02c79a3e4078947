/**
 * `numpy.lib.format.open_memmap`: a `.npy` file as an array that stays in the file, and a new one of a
 * given shape, whose zeros take no room on the disk until they are written.
 */
import {
  createRandomAccessFile,
  createRandomAccessFileSync,
  type RandomAccessFile,
} from "../io/random_access.ts";
import type { Source, SyncSource } from "../io/source.ts";
import { DType, type DTypeLike } from "../numpy/dtype.ts";
import { type MapMode, Memmap } from "../numpy/memmap.ts";
import { elementCount } from "../numpy/strides.ts";
import { checkChoice, checkOptions } from "../pickle/options.ts";
import { type NpyVersion, writeHeader } from "./header.ts";
import { openMapped, openMappedSync } from "./map_array.ts";

/** Options of {@linkcode openMemmap}. */
export interface OpenMemmapOptions {
  /** "r" read-only, "r+" writes reach the file, "c" writes stay in memory, "w+" a new file. @default "r+" */
  mode?: "r" | "r+" | "w+" | "c";
  /** "w+": element type. Otherwise what void bytes are, as for ml_dtypes. @default float64, or as the file says */
  dtype?: DTypeLike;
  /** "w+": lengths of the axes, which must be given. */
  shape?: readonly number[];
  /** "w+": whether the data lies in Fortran order. @default false */
  fortranOrder?: boolean;
  /** "w+": version of the format. @default the lowest that can hold the header */
  version?: NpyVersion;
  /** Characters that a header may have. @default 10000 */
  maxHeaderSize?: number;
  /**
   * A file that is there: read it through a memory map of the operating system, as of {@link load}'s
   * option. Bun alone has one. @default false
   */
  nativeMmap?: boolean;
}

/**
 * Map a `.npy` file, or make one.
 *
 * @param source A path or `file:` URL; for reading also bytes, a Blob, a URL of the web, an open file.
 * @param options The mode; for a new file also its dtype and shape.
 * @returns The array in the file; `close()` it when it is no longer needed.
 * @throws NpyFormatError for a file that is none or ends too early; UnsupportedError for arrays of objects.
 *
 * @example A new file, written row by row
 * ```ts
 * import assert from "node:assert/strict";
 * import { mkdtempSync, rmSync } from "node:fs";
 * import { tmpdir } from "node:os";
 * import { load, openMemmap } from "@larder/joblib/npy";
 * import type { NDArray } from "@larder/joblib";
 *
 * const folder = mkdtempSync(`${tmpdir()}/larder-`);
 * const path = `${folder}/rows.npy`;
 * const rows = await openMemmap(path, { mode: "w+", dtype: "float32", shape: [3, 2] });
 * for (let i = 0; i < 3; i++) rows.set(i, [i, i * i]);
 * rows.close();
 * assert.deepEqual((await load<NDArray>(path)).toArray(), [[0, 0], [1, 1], [2, 4]]);
 * rmSync(folder, { recursive: true });
 * ```
 */
export async function openMemmap(source: Source, options: OpenMemmapOptions = {}): Promise<Memmap> {
  const plan = planOf(options, "openMemmap()");
  if (plan.create !== undefined) {
    const { header, size } = plan.create;
    const file = await createRandomAccessFile(source as string | URL, size);
    try {
      await file.write(0, header);
      return newMap(file, plan.create);
    } catch (error) {
      await file.close();
      throw error;
    }
  }
  return await openMapped(source, plan.mode, plan.reading);
}

/**
 * Map a `.npy` file, or make one, without waiting.
 *
 * @example Reading a part of a file that is in memory
 * ```ts
 * import assert from "node:assert/strict";
 * import { openMemmapSync, writeHeader } from "@larder/joblib/npy";
 *
 * const file = Uint8Array.of(...writeHeader({ dtype: "u1", shape: [4] }), 5, 6, 7, 8);
 * assert.equal(openMemmapSync(file, { mode: "r" }).get(2), 7);
 * ```
 */
export function openMemmapSync(source: SyncSource, options: OpenMemmapOptions = {}): Memmap {
  const plan = planOf(options, "openMemmapSync()");
  if (plan.create !== undefined) {
    const { header, size } = plan.create;
    const file = createRandomAccessFileSync(source as string | URL, size);
    try {
      file.writeSync(0, header);
      return newMap(file, plan.create);
    } catch (error) {
      file.closeSync();
      throw error;
    }
  }
  return openMappedSync(source, plan.mode, plan.reading);
}

/** What a new file is made of. */
interface Creation {
  readonly header: Uint8Array;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly fortranOrder: boolean;
  readonly size: number;
}

interface Plan {
  readonly mode: MapMode;
  readonly create?: Creation;
  readonly reading: { dtype?: DTypeLike; maxHeaderSize?: number; nativeMmap?: boolean };
}

/** The options, checked before any file is touched. */
function planOf(options: OpenMemmapOptions, call: string): Plan {
  checkOptions(
    options,
    ["mode", "dtype", "shape", "fortranOrder", "version", "maxHeaderSize", "nativeMmap"],
    call,
  );
  const { mode = "r+", dtype, maxHeaderSize, nativeMmap } = options;
  checkChoice("mode", mode, ["r", "r+", "w+", "c"]);
  checkChoice("nativeMmap", nativeMmap, [true, false]);
  if (mode === "w+" && nativeMmap === true) {
    throw new TypeError('Cannot use nativeMmap with mode "w+": it is for a file that is there');
  }
  if (mode === "w+") return { mode: "r+", create: creationOf(options), reading: {} };
  for (const name of ["shape", "fortranOrder", "version"] as const) {
    if (options[name] === undefined) continue;
    throw new TypeError(`Cannot use ${name} with mode "${mode}": the file says it; it is for "w+"`);
  }
  const reading = {
    ...(dtype === undefined ? {} : { dtype }),
    ...(maxHeaderSize === undefined ? {} : { maxHeaderSize }),
    ...(nativeMmap === undefined ? {} : { nativeMmap }),
  };
  return { mode, reading };
}

function creationOf(options: OpenMemmapOptions): Creation {
  const { shape, fortranOrder = false, version } = options;
  const dtype = DType.from(options.dtype ?? "float64");
  if (!Array.isArray(shape)) {
    throw new TypeError(
      'Cannot make a .npy file with mode "w+": shape must be an array of lengths',
    );
  }
  if (dtype.hasObject) {
    throw new TypeError(`Cannot map an array of ${dtype}: its elements are Python objects`);
  }
  const header = writeHeader(
    { dtype, shape, fortranOrder },
    version === undefined ? {} : { version },
  );
  const size = header.length + elementCount(shape) * dtype.itemsize;
  if (Number.isSafeInteger(size)) return { header, dtype, shape, fortranOrder, size };
  throw new RangeError(`Cannot make a .npy file: shape (${shape.join(", ")}) is too large`);
}

function newMap(file: RandomAccessFile, made: Creation): Memmap {
  const { header, dtype, shape, fortranOrder } = made;
  const order = fortranOrder ? "F" : "C";
  return new Memmap({ file, mode: "r+", dtype, shape, order, byteOffset: header.length });
}
