/**
 * The options of npy.load and npy.save, and their checks.
 */
import type { Durability } from "../io/sink.ts";
import type { DTypeLike } from "../numpy/dtype.ts";
import type { ClassEntry } from "../pickle/classes.ts";
import type { LarderWarning } from "../pickle/context.ts";
import type { Progress } from "../pickle/driver.ts";
import {
  checkChoice,
  checkOptions,
  checkUnpickleOptions,
  type UnpickleOptions,
} from "../pickle/options.ts";
import { UNPICKLE_OPTIONS } from "../pickle/pickle.ts";
import type { NpyVersion } from "./header.ts";

/** What {@link load} can be told: numpy's options, and those of pickles, for arrays of objects and bare pickles. */
export interface NpyLoadOptions extends UnpickleOptions {
  /** Leave the array in the file and read it on demand; ignored for archives and pickles. @default null */
  mmapMode?: null | "r" | "r+" | "c";
  /**
   * With an mmapMode: read a path through a memory map of the operating system, where the bytes are that
   * are read often. Bun alone has one; elsewhere, and for what is no path, it is an UnsupportedError. A file
   * that was cut is an error as without it, except in the very moment of a read: then the program ends, as
   * numpy's does. @default false: positional reads
   */
  nativeMmap?: boolean;
  /** Whether arrays of objects and bare pickles are read; nothing in them is executed. @default true */
  allowPickle?: boolean;
  /**
   * Characters that a header may have. @default `limits.maxHeaderSize`, else 10000; none with an explicit
   * `allowPickle: true`, as in numpy
   */
  maxHeaderSize?: number;
  /** What the bytes are where the file says void, as it does for ml_dtypes: `float8_e4m3fn`, `int4`, … */
  dtype?: DTypeLike;
  /** Called as the file is read. */
  onProgress?: (progress: Progress) => void;
  /** Rejects the load with its reason when it fires. */
  signal?: AbortSignal;
}

/** What {@link save} can be told. */
export interface NpySaveOptions {
  /** Whether arrays of objects are saved, as pickles; refused before anything is created. @default true */
  allowPickle?: boolean;
  /** Version of the format. @default the lowest that can hold the header */
  version?: NpyVersion;
  /** Type of the elements, where the value does not say it. @default as NDArray.from */
  dtype?: DTypeLike;
  /** Classes for this call only, by `module.Name`. */
  classes?: Record<string, ClassEntry>;
  /** What is flushed to the disk before the file appears: nothing, the file, or the folder too. @default "none" */
  durability?: Durability;
  /** Takes notices that are not errors. @default console.warn, once for each text and path */
  onWarning?: (warning: LarderWarning) => void;
  /** Called as the file is written. */
  onProgress?: (progress: Progress) => void;
  /** Rejects the save with its reason when it fires; the target stays as it was. */
  signal?: AbortSignal;
}

/** Names of {@link NpyLoadOptions}. */
export const LOAD_OPTIONS: readonly string[] = [
  ...UNPICKLE_OPTIONS,
  "mmapMode",
  "nativeMmap",
  "allowPickle",
  "maxHeaderSize",
  "dtype",
  "onProgress",
  "signal",
];

/** Names of {@link NpySaveOptions}. */
export const SAVE_OPTIONS: readonly string[] = [
  "allowPickle",
  "version",
  "dtype",
  "classes",
  "durability",
  "onWarning",
  "onProgress",
  "signal",
];

/** Check what load or loadSync was given, before anything is opened. */
export function checkNpyLoadOptions(
  options: NpyLoadOptions,
  call: string,
  known: readonly string[] = LOAD_OPTIONS,
): void {
  checkOptions(options, known, call);
  checkUnpickleOptions(options);
  const { mmapMode, maxHeaderSize } = options;
  if (mmapMode as unknown === "w+") {
    throw new RangeError(
      `Cannot load with mmapMode "w+": it would empty the file; make a new file by openMemmap(path, { mode: "w+", … }), ` +
        `write to this one with "r+"`,
    );
  }
  checkChoice("mmapMode", mmapMode, [null, "r", "r+", "c"]);
  checkBoolean("allowPickle", options.allowPickle);
  checkChoice("nativeMmap", options.nativeMmap, [true, false]);
  if (options.nativeMmap === true && (mmapMode === undefined || mmapMode === null)) {
    throw new TypeError("Cannot use nativeMmap without an mmapMode: it says how arrays are mapped");
  }
  if (maxHeaderSize !== undefined && !(maxHeaderSize >= 0)) {
    throw new RangeError(`Cannot use maxHeaderSize ${maxHeaderSize}: it is a number of characters`);
  }
}

/** Check what save or saveSync was given, before anything is created. */
export function checkNpySaveOptions(options: NpySaveOptions, call: string): void {
  checkOptions(options, SAVE_OPTIONS, call);
  checkChoice("durability", options.durability, ["none", "file", "full"]);
  checkChoice("version", options.version, [1, 2, 3]);
  checkBoolean("allowPickle", options.allowPickle);
}

function checkBoolean(name: string, value: unknown): void {
  if (value === undefined || typeof value === "boolean") return;
  throw new TypeError(`Cannot use ${name} ${String(value)}: it is true or false`);
}
