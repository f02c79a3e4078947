/**
 * The options of npy.savez and npy.savezCompressed, and their checks.
 */
import type { Durability } from "../io/sink.ts";
import type { ClassEntry } from "../pickle/classes.ts";
import type { LarderWarning } from "../pickle/context.ts";
import type { Progress } from "../pickle/driver.ts";
import { checkChoice, checkOptions } from "../pickle/options.ts";

/** What {@link savez} and {@link savezCompressed} can both be told. */
export interface NpzSaveOptions {
  /** Whether arrays of objects are saved, as pickles. @default true */
  allowPickle?: boolean;
  /** Classes for this call only, by `module.Name`. */
  classes?: Record<string, ClassEntry>;
  /** What is flushed to the disk before the file appears: nothing, the file, or the folder too. @default "none" */
  durability?: Durability;
  /** Takes notices that are not errors. @default console.warn, once for each text and path */
  onWarning?: (warning: LarderWarning) => void;
  /** Called as the file is written, with the bytes of the arrays so far. */
  onProgress?: (progress: Progress) => void;
  /** Rejects the save with its reason when it fires; a path stays as it was. */
  signal?: AbortSignal;
}

/** What {@link savez} can be told. */
export interface SavezOptions extends NpzSaveOptions {
  /**
   * Elements start at a multiple of so many bytes, a power of two up to 4096, so that they can be
   * mapped as they are. numpy reads such a file, but writes none. @default 1, numpy's own bytes
   */
  align?: number;
}

/** What {@link savezCompressed} can be told. */
export interface SavezCompressedOptions extends NpzSaveOptions {
  /** 1 (fast) to 9 (small). @default 6, as in numpy */
  level?: number;
  /** How many parts of a large array are compressed at a time. @default 1 up to 4 MiB, then one a core */
  threads?: number;
}

const COMMON_OPTIONS: readonly string[] = [
  "allowPickle",
  "classes",
  "durability",
  "onWarning",
  "onProgress",
  "signal",
];

/** Names of {@link SavezOptions}. */
export const SAVEZ_OPTIONS: readonly string[] = [...COMMON_OPTIONS, "align"];

/** Names of {@link SavezCompressedOptions}. */
export const SAVEZ_COMPRESSED_OPTIONS: readonly string[] = [...COMMON_OPTIONS, "level", "threads"];

/** Beyond a page nothing is gained. */
const MAX_ALIGN = 4096;

/** Check what savez or savezCompressed was given, before anything is created. */
export function checkSavezOptions(
  options: SavezOptions & SavezCompressedOptions,
  known: readonly string[],
  call: string,
): void {
  checkOptions(options, known, call);
  checkChoice("durability", options.durability, ["none", "file", "full"]);
  const { allowPickle, align, level, threads } = options;
  if (allowPickle !== undefined && typeof allowPickle !== "boolean") {
    throw new TypeError(`Cannot use allowPickle ${String(allowPickle)}: it is true or false`);
  }
  if (align !== undefined && !(align >= 1 && align <= MAX_ALIGN && Math.log2(align) % 1 === 0)) {
    throw new RangeError(`Cannot use align ${align}: it is a power of two up to ${MAX_ALIGN}`);
  }
  if (level !== undefined && !(Number.isInteger(level) && level >= 1 && level <= 9)) {
    throw new RangeError(`Cannot use level ${level}: it is an integer from 1 to 9`);
  }
  if (threads !== undefined && !(Number.isInteger(threads) && threads >= 1)) {
    throw new RangeError(`Cannot use threads ${threads}: it is a positive integer`);
  }
}
