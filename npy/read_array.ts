/**
 * One array of a `.npy` stream: the header, then raw data that goes straight into the array's own memory
 * or, for arrays of objects, a pickle.
 */
import { LimitError, NpyFormatError } from "../errors.ts";
import { type AsyncReader, openReaderSync, type SyncReader } from "../io/source.ts";
import { DType, type DTypeLike } from "../numpy/dtype.ts";
import { MaskedArray } from "../numpy/masked.ts";
import { NDArray } from "../numpy/ndarray.ts";
import { numpyGlobals } from "../numpy/pickle.ts";
import { elementCount } from "../numpy/strides.ts";
import { BUILTIN_GLOBALS } from "../pickle/builtins.ts";
import type { GlobalTable } from "../pickle/context.ts";
import { type Progress, runAsync, runSync } from "../pickle/driver.ts";
import type { MachineOptions } from "../pickle/options.ts";
import { PyObject } from "../pickle/values.ts";
import {
  checkTextLength,
  headerLength,
  malformed,
  MAX_HEADER_SIZE,
  type NpyHeader,
  type NpyHeaderOptions,
  parseHeader,
  readVersion,
  shortHeader,
} from "./header.ts";
import { Input, type Task } from "./_input.ts";

/** What reading one array can be told: the options of pickles, which concern arrays of objects, and these. */
export interface ReadNpyOptions extends MachineOptions {
  /** Whether arrays of objects are read; nothing in them is executed. @default true */
  allowPickle?: boolean;
  /** Characters that a header may have. @default `limits.maxHeaderSize`, else 10000; none with an explicit `allowPickle: true` */
  maxHeaderSize?: number;
  /** What the bytes are where the file says void, as for ml_dtypes: `float8_e4m3fn`, `int4`, … */
  dtype?: DTypeLike;
  /** Called as the array is read. */
  onProgress?: (progress: Progress) => void;
  /** Rejects the read with its reason when it fires. */
  signal?: AbortSignal;
}

/** What pickles inside of `.npy` files may name: the standard library's and numpy's. */
export const NPY_GLOBALS: GlobalTable = new Map([...BUILTIN_GLOBALS, ...numpyGlobals]);

/** Bytes of magic, version and the longer form of the header's length. */
const PREFIX_LENGTH = 12;

/**
 * Read the next array of a reader, which is left right behind it.
 *
 * @param reader Bytes that begin with a header; a ReadableStream may have been read ahead.
 * @returns The array. An array of objects of a class that is not numpy.ndarray comes out as that class.
 * @throws NpyFormatError for a header that is wrong or data that is short; LimitError.
 */
export async function readNpy(
  reader: AsyncReader,
  options: ReadNpyOptions = {},
): Promise<NDArray> {
  const input = new Input(reader, options.onProgress);
  const array = await runAsync(readTask(input, options), reader, undefined, options.signal);
  if (input.ahead > 0) await reader.unread(input.ahead);
  return array;
}

/** Like {@link readNpy}, without waiting. */
export function readNpySync(reader: SyncReader, options: ReadNpyOptions = {}): NDArray {
  options.signal?.throwIfAborted();
  const input = new Input(reader, options.onProgress);
  const array = runSync(readTask(input, options), reader);
  if (input.ahead > 0) reader.unread(input.ahead);
  return array;
}

/**
 * The array in `bytes`. Its data is a copy, so it starts on whole elements.
 *
 * @throws NpyFormatError for a header that is wrong or data that is short.
 */
export function readNpyArray(bytes: Uint8Array, options: ReadNpyOptions = {}): NDArray {
  return readNpySync(openReaderSync(bytes), options);
}

/** Header and array. */
export function* readTask(input: Input, options: ReadNpyOptions): Task<NDArray> {
  const header = yield* headerTask(input, headerOptions(options));
  return yield* arrayTask(input, header, options);
}

/** The header alone, of which exactly its bytes are read. */
export function* headerTask(input: Input, options: NpyHeaderOptions): Task<NpyHeader> {
  const prefix = new Uint8Array(PREFIX_LENGTH);
  const start = input.position;
  // the shorter form first: bytes behind it may not be the header's
  let have = yield* input.fill(prefix.subarray(0, PREFIX_LENGTH - 2));
  const { version, start: textStart } = readVersion(prefix.subarray(0, have));
  if (version > 1) have += yield* input.fill(prefix.subarray(have));
  if (have < textStart) throw malformed("it ends inside the header's length", start + have);
  const length = headerLength(prefix, version);
  checkTextLength(length, version, options.maxHeaderSize);
  const { remaining } = input;
  if (remaining !== undefined && remaining < length) {
    throw shortHeader(length, remaining, start + textStart);
  }
  const text = yield* input.take(length);
  if (text.length < length) throw shortHeader(length, text.length, start + textStart);
  return parseHeader(text, version, options);
}

/** What the header's reader is told. */
export function headerOptions(options: ReadNpyOptions): Required<NpyHeaderOptions> {
  const { allowPickle, limits = {}, maxHeaderSize = limits.maxHeaderSize } = options;
  // who allows pickles in so many words trusts the file, as in numpy
  const usual = allowPickle === true ? Infinity : MAX_HEADER_SIZE;
  return { maxHeaderSize: maxHeaderSize ?? usual, maxNdim: limits.maxNdim ?? 64 };
}

/** The array behind a header that was read. */
function* arrayTask(input: Input, header: NpyHeader, options: ReadNpyOptions): Task<NDArray> {
  if (header.dtype.hasObject) return yield* objectsTask(input, options);
  const { shape, fortranOrder } = header;
  const dtype = wantedDType(header.dtype, options.dtype);
  const nbytes = elementCount(shape) * dtype.itemsize;
  const at = input.position;
  const { remaining } = input;
  if (!Number.isSafeInteger(nbytes) || (remaining !== undefined && nbytes > remaining)) {
    throw shortData(nbytes, remaining, at);
  }
  checkMaxBytes(at + nbytes, at, options);
  if (remaining !== undefined) input.total = at + nbytes;
  const into = options.into?.({ dtype: dtype.str, shape, byteLength: nbytes });
  if (into !== undefined && into.byteLength < nbytes) {
    throw new RangeError(`Cannot read array into ${into.byteLength} bytes: ${nbytes} are needed`);
  }
  const bytes = yield* input.take(nbytes, into && new Uint8Array(into, 0, nbytes));
  if (bytes.length < nbytes) throw shortData(nbytes, bytes.length, at);
  input.report();
  return NDArray.fromBytes(bytes, { dtype, shape, order: fortranOrder ? "F" : "C" });
}

function* objectsTask(input: Input, options: ReadNpyOptions): Task<NDArray> {
  const offset = input.position;
  if (options.allowPickle === false) {
    throw new NpyFormatError(
      `Cannot read .npy file: it holds objects, which allowPickle false refuses (at byte ${offset})`,
      { offset },
    );
  }
  const value = yield* input.unpickle({ ...options, globals: options.globals ?? NPY_GLOBALS });
  const known = value instanceof NDArray || value instanceof MaskedArray ||
    value instanceof PyObject;
  if (known) return value as NDArray; // numpy too gives what the pickle holds
  throw new NpyFormatError(
    `Cannot read .npy file: its pickle holds no array (at byte ${offset})`,
    { offset },
  );
}

/** The file's type, or what the caller says that void bytes are. @throws RangeError */
export function wantedDType(stored: DType, wanted: DTypeLike | undefined): DType {
  if (wanted === undefined) return stored;
  const dtype = DType.from(wanted);
  if (dtype.equals(stored)) return dtype;
  const opaque = stored.kind === "V" && stored.names === null && stored.ml === null;
  if (opaque && stored.itemsize === dtype.itemsize && !dtype.hasObject) return dtype;
  throw new RangeError(
    `Cannot read an array of ${stored} as ${dtype}: dtype only says what void bytes of its size are`,
  );
}

function checkMaxBytes(end: number, offset: number, options: ReadNpyOptions): void {
  const maxBytes = options.limits?.maxBytes;
  if (maxBytes === undefined || end <= maxBytes) return;
  throw new LimitError(
    `Cannot load: ${end} bytes are more than limits.maxBytes ${maxBytes}`,
    { offset, ...(options.path === undefined ? {} : { path: options.path }) },
  );
}

function shortData(needed: number, there: number | undefined, offset: number): NpyFormatError {
  const found = there === undefined ? "fewer" : there;
  return malformed(`its data needs ${needed} bytes, ${found} are there`, offset);
}
