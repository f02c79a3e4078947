/**
 * Loading with an `mmapMode`: the pickle is read, the bytes of its arrays are passed over, and each
 * array becomes a Memmap with a share of the one open file. See joblib.numpy_pickle's read_mmap.
 */
import { detectCompressor, maxPrefixLength } from "../compressors/mod.ts";
import { UnpicklingError, UnsupportedError } from "../errors.ts";
import { copyOnWrite } from "../io/copy_on_write.ts";
import { cursorOf, moveCursor } from "../io/cursor.ts";
import {
  type FileReader,
  fileReader,
  fileReaderSync,
  type SyncFileReader,
} from "../io/file_reader.ts";
import {
  hasRandomAccess,
  openRandomAccessFile,
  openRandomAccessFileSync,
  type RandomAccessFile,
  type RandomAccessOptions,
} from "../io/random_access.ts";
import { type SharedFile, shareFile } from "../io/shared_file.ts";
import { type Source, sourcePath, type SyncSource } from "../io/source.ts";
import { mapNpySync } from "../npy/map_array.ts";
import type { Limits } from "../pickle/context.ts";
import { type MapMode, Memmap, type MemmapParts } from "../numpy/mod.ts";
import { refuseOtherFormats } from "./_other_formats.ts";
import { beside } from "./input.ts";
import { isZfFile } from "./legacy.ts";
import type { LoadOptions } from "./options.ts";
import { warningSink } from "../pickle/warnings.ts";

/** How an array lies in the file. */
export type MappedLayout = Pick<MemmapParts, "dtype" | "shape" | "order" | "byteOffset">;

/** A source whose arrays are mapped. */
export class Mapping {
  /** The source's first byte that is read: an open file's cursor. */
  readonly start: number;
  readonly #file: SharedFile;
  readonly #mode: MapMode;
  readonly #source: unknown;

  /** Map the arrays of a source that was opened. */
  constructor(source: unknown, file: RandomAccessFile, mode: MapMode, start: number) {
    this.#file = shareFile(mode === "c" ? copyOnWrite(file) : file);
    this.#mode = mode;
    this.start = start;
    this.#source = source;
  }

  /** Read the pickle. */
  reader(): FileReader {
    return fileReader(this.#file, { start: this.start });
  }

  /** Read the pickle without waiting. */
  readerSync(): SyncFileReader {
    return fileReaderSync(this.#file, { start: this.start });
  }

  /** An array of the file, which it keeps open until it is closed. */
  map(layout: MappedLayout): Memmap {
    const file = this.#file.share();
    return new Memmap({ ...layout, file, mode: this.#mode });
  }

  /** An array of the `.npy` file `name` beside this one; undefined where it can't be mapped. */
  mapCompanion(name: string, limits: Limits): Memmap | undefined {
    const path = this.#file.name;
    if (path === undefined || !this.#file.sync) return undefined;
    const write = this.#mode === "r+";
    const opened = openRandomAccessFileSync(beside(path, name), { write });
    const file = this.#mode === "c" ? copyOnWrite(opened) : opened;
    try {
      return mapNpySync(file, this.#mode, { limits });
    } catch (error) {
      file.closeSync();
      if (error instanceof UnsupportedError) return undefined; // objects, which are read
      throw error;
    }
  }

  /** The load has ended behind byte `end`: the arrays alone hold the file from now on. */
  async leave(end: number): Promise<void> {
    await this.#file.close();
    moveCursor(this.#source, end);
  }

  /** Likewise, without waiting. */
  leaveSync(end: number): void {
    this.#file.closeSync();
    moveCursor(this.#source, end);
  }
}

/** Open a source so that its arrays can be mapped; undefined, with a warning, where it must be read. */
export async function openMapping(
  source: Source,
  options: LoadOptions,
): Promise<Mapping | undefined> {
  const mode = mapMode(options);
  if (mode === undefined || !mayMap(source, options)) return undefined;
  const { signal } = options;
  const file = await openRandomAccessFile(source, {
    ...fileOptions(mode, options),
    ...(signal === undefined ? {} : { signal }),
  });
  const start = cursorOf(source);
  try {
    const head = headBuffer(file, start);
    await file.read([{ start, into: head }]);
    if (!isCompressed(head)) return new Mapping(source, file, mode, start);
  } catch (error) {
    await file.close();
    throw error;
  }
  await file.close();
  moveCursor(source, start);
  warnIgnored("the file is compressed", source, options);
  return undefined;
}

/** Likewise, without waiting. */
export function openMappingSync(source: SyncSource, options: LoadOptions): Mapping | undefined {
  const mode = mapMode(options);
  if (mode === undefined || !mayMap(source, options)) return undefined;
  const file = openRandomAccessFileSync(source, fileOptions(mode, options));
  const start = cursorOf(source);
  try {
    const head = headBuffer(file, start);
    file.readSync([{ start, into: head }]);
    if (!isCompressed(head)) return new Mapping(source, file, mode, start);
  } catch (error) {
    file.closeSync();
    throw error;
  }
  file.closeSync();
  moveCursor(source, start);
  warnIgnored("the file is compressed", source, options);
  return undefined;
}

/** The mode of the maps; joblib takes "w+" for "r+", since it would empty the file. */
export function mapMode({ mmapMode }: LoadOptions): MapMode | undefined {
  return mmapMode === "w+" ? "r+" : mmapMode ?? undefined;
}

function mayMap(source: unknown, options: LoadOptions): boolean {
  if (hasRandomAccess(source)) return true;
  warnIgnored("the source only runs forwards", source, options);
  return false;
}

function fileOptions(mode: MapMode, options: LoadOptions): RandomAccessOptions {
  const { nativeMmap: mmap } = options;
  return { write: mode === "r+", mmap, onWarning: warningSink(options.onWarning) };
}

function headBuffer(file: RandomAccessFile, start: number): Uint8Array {
  const length = Math.min(Math.max(2, maxPrefixLength()), file.size - start);
  if (length > 0) return new Uint8Array(length);
  const path = file.name === undefined ? {} : { path: file.name };
  throw new UnpicklingError("Cannot read pickle at byte 0: the file is empty", {
    offset: start,
    ...path,
  });
}

/** Whether it can't be mapped; refuses what is no pickle. */
function isCompressed(head: Uint8Array): boolean {
  refuseOtherFormats(head);
  return isZfFile(head) || detectCompressor(head) !== undefined;
}

function warnIgnored(reason: string, source: unknown, options: LoadOptions): void {
  const path = sourcePath(source);
  warningSink(options.onWarning)({
    code: "mmap-ignored",
    message: `mmapMode "${options.mmapMode}" is ignored: ${reason}`,
    ...(path === undefined ? {} : { path }),
  });
}
