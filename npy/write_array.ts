/**
 * One array as the bytes of a `.npy` file: the header, then the data from the array's own memory. An
 * array that is packed in neither order is packed piece by piece; arrays of objects are pickled whole by
 * protocol 4, as numpy.save does. Of a masked array only the data is written, unless it is pickled.
 */
import { PicklingError } from "../errors.ts";
import { MaskedArray } from "../numpy/masked.ts";
import { Memmap } from "../numpy/memmap.ts";
import { MemmapPieces, partsOf, PIECE_BYTES } from "../numpy/memmap_pieces.ts";
import type { NDArray } from "../numpy/ndarray.ts";
import { arrayOfTyped } from "../numpy/pickle.ts";
import type { LarderWarning } from "../pickle/context.ts";
import type { PickleOptions } from "../pickle/options.ts";
import { Pickler } from "../pickle/pickler.ts";
import { hasMetadata } from "./_descr.ts";
import { type NpyVersion, readVersion, writeHeader } from "./header.ts";

/** What writing one array can be told. */
export interface WriteNpyOptions {
  /** Whether arrays of objects are written. @default true */
  allowPickle?: boolean;
  /** Version of the format. @default the lowest that can hold the header */
  version?: NpyVersion;
  /** Classes for this call only, by `module.Name`. */
  classes?: PickleOptions["classes"];
  /** Takes notices that are not errors. @default none is told */
  onWarning?: (warning: LarderWarning) => void;
}

/** What has a `.npy` file: an array in memory or in a file; of a masked one the data. */
export type NpyArray = NDArray | MaskedArray | Memmap;

/**
 * The bytes of a `.npy` file, piece by piece: views of the array where it is packed. Each is valid until
 * the next is asked for.
 *
 * @throws PicklingError for objects where `allowPickle` is false, before the first piece;
 *   UnsupportedError for a map whose source must be awaited.
 */
export function* npyPieces(array: NpyArray, options: WriteNpyOptions = {}): Generator<Uint8Array> {
  const data = dataOf(array);
  yield npyHeader(data, options);
  if (isPickled(data)) yield* pickledPieces(array, options);
  else if (data instanceof Memmap) {
    yield* new MemmapPieces(data);
  } else if (data.order === "strided") {
    for (const part of partsOf(data)) yield part.tobytes("C");
  } else yield* pieces(data.tobytes(data.order));
}

/** The same; what is in a file is waited for. */
export async function* npyPiecesAsync(
  array: NpyArray,
  options: WriteNpyOptions = {},
): AsyncGenerator<Uint8Array> {
  if (!(array instanceof Memmap)) yield* npyPieces(array, options);
  else {
    yield npyHeader(array, options);
    yield* new MemmapPieces(array);
  }
}

/** How many bytes {@link npyPieces} gives; undefined for arrays of objects. */
export function npyByteLength(
  array: NpyArray,
  options: Pick<WriteNpyOptions, "version"> = {},
): number | undefined {
  const data = dataOf(array);
  if (isPickled(data)) return undefined;
  return headerOf(data, options.version).length + data.nbytes;
}

/** Refuse what can't be written, before a file is made for it. */
export function checkPickled(array: NpyArray, options: WriteNpyOptions): void {
  if (options.allowPickle !== false || !isPickled(array)) return;
  throw new PicklingError(
    `Cannot save an array of ${array.dtype}: it holds objects, which allowPickle false refuses`,
  );
}

function npyHeader(array: NDArray | Memmap, options: WriteNpyOptions): Uint8Array {
  checkPickled(array, options);
  const header = headerOf(array, options.version);
  const { onWarning } = options;
  if (onWarning === undefined) return header;
  const { version } = readVersion(header);
  if (options.version === undefined && version > 1) {
    const numpy = version === 2 ? "1.9" : "1.17";
    onWarning({
      code: "npy-version",
      message: `The array was stored in .npy format ${version}.0: numpy reads it from ${numpy} on`,
    });
  }
  if (hasMetadata(array.dtype)) {
    onWarning({
      code: "npy-metadata",
      message: "The metadata of a dtype is not stored in a .npy file",
    });
  }
  if (array.dtype.kind === "T") {
    onWarning({
      code: "npy-pickled",
      message:
        "An array of StringDType is stored as a pickle: numpy reads it with allow_pickle=True",
    });
  }
  return header;
}

function headerOf(array: NDArray | Memmap, version: NpyVersion | undefined): Uint8Array {
  const { dtype, shape } = array;
  const fortranOrder = array.order === "F";
  return writeHeader({ dtype, shape, fortranOrder }, version === undefined ? {} : { version });
}

function isPickled(array: NpyArray): boolean {
  return array.dtype.hasObject || array.dtype.kind === "T";
}

function* pickledPieces(
  array: NpyArray,
  options: WriteNpyOptions,
): Generator<Uint8Array> {
  const { classes } = options;
  const pickler = new Pickler(
    array,
    { protocol: 4, ...(classes === undefined ? {} : { classes }) },
    { convert: arrayOfTyped },
  );
  for (let piece = pickler.next(); piece !== undefined; piece = pickler.next()) yield piece;
}

function dataOf(array: NpyArray): NDArray | Memmap {
  return array instanceof MaskedArray ? array.data : array;
}

function* pieces(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) yield bytes.subarray(at, at + PIECE_BYTES);
}
