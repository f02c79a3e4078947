/**
 * A `.npy` file, or a stored member of an archive, as a memory map: only the header is read.
 */
import { NpyFormatError, UnsupportedError } from "../errors.ts";
import { copyOnWrite } from "../io/copy_on_write.ts";
import { cursorOf, moveCursor } from "../io/cursor.ts";
import { fileReader, fileReaderSync } from "../io/file_reader.ts";
import {
  openRandomAccessFile,
  openRandomAccessFileSync,
  type RandomAccessFile,
} from "../io/random_access.ts";
import type { Source, SyncSource } from "../io/source.ts";
import { type MapMode, Memmap } from "../numpy/memmap.ts";
import { elementCount } from "../numpy/strides.ts";
import { runAsync, runSync } from "../pickle/driver.ts";
import type { NpyHeader } from "./header.ts";
import { Input } from "./_input.ts";
import { located } from "./_located.ts";
import { headerOptions, headerTask, type ReadNpyOptions, wantedDType } from "./read_array.ts";

/** Where the array lies in the file. */
export interface MapPlace {
  /** First byte of the header. @default 0 */
  start?: number;
  /** Byte behind the data. @default the file's end */
  end?: number;
}

/** What of a reading's options concerns a map. */
export interface MapNpyOptions extends
  Pick<
    ReadNpyOptions,
    "allowPickle" | "dtype" | "limits" | "maxHeaderSize" | "onWarning" | "signal"
  > {
  /** Read a path through a memory map of the operating system. @default false */
  nativeMmap?: boolean;
}

/** Open a source and map the array that begins at its cursor. */
export async function openMapped(
  source: Source,
  mode: MapMode,
  options: MapNpyOptions = {},
): Promise<Memmap> {
  const start = cursorOf(source);
  const { signal, onWarning, nativeMmap: mmap } = options;
  const write = mode === "r+";
  const opened = await openRandomAccessFile(source, { write, mmap, signal, onWarning });
  const file = mode === "c" ? copyOnWrite(opened) : opened;
  try {
    const map = await mapNpy(file, mode, options, { start });
    moveCursor(source, map.byteOffset + map.nbytes);
    return map;
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Like {@link openMapped}, without waiting. */
export function openMappedSync(
  source: SyncSource,
  mode: MapMode,
  options: MapNpyOptions = {},
): Memmap {
  const start = cursorOf(source);
  const { onWarning, nativeMmap: mmap } = options;
  const opened = openRandomAccessFileSync(source, { write: mode === "r+", mmap, onWarning });
  const file = mode === "c" ? copyOnWrite(opened) : opened;
  try {
    const map = mapNpySync(file, mode, options, { start });
    moveCursor(source, map.byteOffset + map.nbytes);
    return map;
  } catch (error) {
    file.closeSync();
    throw error;
  }
}

/** Map the array whose header stands at a place of a file, which is closed with the map. */
export async function mapNpy(
  file: RandomAccessFile,
  mode: MapMode,
  options: MapNpyOptions = {},
  place: MapPlace = {},
): Promise<Memmap> {
  const reader = fileReader(file, place);
  const task = headerTask(new Input(reader), headerOptions(options));
  try {
    const header = await runAsync(task, reader, undefined, options.signal);
    return mapBehind(header, file, mode, options, place);
  } catch (error) {
    throw located(error, file.name);
  }
}

/** Like {@link mapNpy}, without waiting. */
export function mapNpySync(
  file: RandomAccessFile,
  mode: MapMode,
  options: MapNpyOptions = {},
  place: MapPlace = {},
): Memmap {
  const reader = fileReaderSync(file, place);
  try {
    const header = runSync(headerTask(new Input(reader), headerOptions(options)), reader);
    return mapBehind(header, file, mode, options, place);
  } catch (error) {
    throw located(error, file.name);
  }
}

function mapBehind(
  header: NpyHeader,
  file: RandomAccessFile,
  mode: MapMode,
  options: MapNpyOptions,
  { start = 0, end = file.size }: MapPlace,
): Memmap {
  const path = file.name === undefined ? {} : { path: file.name };
  const dtype = wantedDType(header.dtype, options.dtype);
  if (dtype.hasObject) {
    throw new UnsupportedError(
      `Cannot map an array of ${dtype}: its elements are Python objects; load it without mmapMode`,
      path,
    );
  }
  const { shape, fortranOrder, dataOffset } = header;
  const nbytes = elementCount(shape) * dtype.itemsize;
  const byteOffset = start + dataOffset;
  if (!(byteOffset + nbytes <= end)) {
    throw new NpyFormatError(
      `Cannot map .npy file: its data needs ${nbytes} bytes, ${
        end - byteOffset
      } are there (at byte ${byteOffset})`,
      { offset: byteOffset, ...path },
    );
  }
  return new Memmap({ file, mode, dtype, shape, byteOffset, order: fortranOrder ? "F" : "C" });
}
