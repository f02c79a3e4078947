/**
 * The options of dump and load, and their checks.
 */
import type { CompressOption } from "../compressors/options.ts";
import type { Durability } from "../io/sink.ts";
import type { LarderWarning } from "../pickle/context.ts";
import type { Progress } from "../pickle/driver.ts";
import {
  checkChoice,
  checkOptions,
  checkUnpickleOptions,
  type PickleOptions,
  type UnpickleOptions,
} from "../pickle/options.ts";
import { PICKLE_OPTIONS, UNPICKLE_OPTIONS } from "../pickle/pickle.ts";

/** What {@link load} can be told. */
export interface LoadOptions extends UnpickleOptions {
  /**
   * Leave arrays in the file and read them on demand, as {@link Memmap}: "r" read-only, "r+" and "w+" with writes that
   * reach the file, "c" with writes that stay in memory. A Deno.FsFile is mapped from its cursor, a FileHandle from
   * its start. Compressed files and streams are read as usual, with a warning; arrays of objects without one.
   * @default null
   */
  mmapMode?: null | "r" | "r+" | "w+" | "c";
  /**
   * With an mmapMode: read a path through a memory map of the operating system, which Bun alone has; elsewhere, and
   * for what is no path, it is an UnsupportedError. A file that was cut is an error as without it, except in the very
   * moment of a read: then the program ends, as joblib's does. @default false: positional reads
   */
  nativeMmap?: boolean;
  /** Whether arrays of foreign byte order are swapped; "auto": true without an mmapMode. @default "auto" */
  ensureNativeByteOrder?: boolean | "auto";
  /** Called as the file is read. */
  onProgress?: (progress: Progress) => void;
  /** Rejects the load with its reason when it fires. */
  signal?: AbortSignal;
}

/** What {@link dump} can be told. */
export interface DumpOptions extends PickleOptions {
  /** Method and level, as joblib takes them; the path's extension decides when this is a boolean or a number. @default false */
  compress?: CompressOption;
  /** Threads for compressing, where the method and the runtime have a use for them; what is written is the same for
   * any number. More than 16 or the machine's cores are not started, nor more than there are pieces.
   * Synchronous calls compress in the one thread they have. @default 1 up to 4 MiB, then one a core */
  threads?: number;
  /** What is flushed to the disk before the file appears: nothing, the file, or the folder too. @default "none" */
  durability?: Durability;
  /** Takes notices that are not errors. @default console.warn, once for each text and path */
  onWarning?: (warning: LarderWarning) => void;
  /** Called as the file is written. */
  onProgress?: (progress: Progress) => void;
  /** Rejects the dump with its reason when it fires; the target stays as it was. */
  signal?: AbortSignal;
}

const LOAD_OPTIONS: readonly string[] = [
  ...UNPICKLE_OPTIONS,
  "mmapMode",
  "nativeMmap",
  "ensureNativeByteOrder",
  "onProgress",
  "signal",
];

const DUMP_OPTIONS: readonly string[] = [
  ...PICKLE_OPTIONS,
  "compress",
  "threads",
  "durability",
  "onWarning",
  "onProgress",
  "signal",
];

/** Check what load, loadSync, loads or loadAll was given. */
export function checkLoadOptions(options: LoadOptions, call: string): void {
  checkOptions(options, LOAD_OPTIONS, call);
  checkUnpickleOptions(options);
  const { mmapMode, ensureNativeByteOrder } = options;
  checkChoice("mmapMode", mmapMode, [null, "r", "r+", "w+", "c"]);
  checkChoice("nativeMmap", options.nativeMmap, [true, false]);
  if (options.nativeMmap === true && (mmapMode === undefined || mmapMode === null)) {
    throw new TypeError("Cannot use nativeMmap without an mmapMode: it says how arrays are mapped");
  }
  if (
    ensureNativeByteOrder !== undefined && ensureNativeByteOrder !== "auto" &&
    typeof ensureNativeByteOrder !== "boolean"
  ) {
    throw new TypeError(
      `Cannot use ensureNativeByteOrder ${
        JSON.stringify(ensureNativeByteOrder)
      }: it is true, false or "auto"`,
    );
  }
  if (mmapMode === undefined || mmapMode === null) return;
  if (ensureNativeByteOrder === true) {
    throw new TypeError(
      `Cannot load with ensureNativeByteOrder true and mmapMode "${mmapMode}": mapped data stays as it is stored`,
    );
  }
}

/** Whether arrays come out in native byte order. */
export function wantsNative(options: LoadOptions): boolean {
  return options.ensureNativeByteOrder !== false;
}

/** Check what dump, dumpSync or dumps was given. */
export function checkDumpOptions(options: DumpOptions, call: string): void {
  checkOptions(options, DUMP_OPTIONS, call);
  checkChoice("durability", options.durability, ["none", "file", "full"]);
  checkChoice("strings", options.strings, ["value", "distinct"]);
  const { threads } = options;
  if (threads === undefined || Number.isInteger(threads) && threads >= 1) return;
  throw new RangeError(`Cannot use threads ${threads}: it is a positive integer`);
}
