/**
 * Header of a `.npy` file: magic, version, and a Python dict literal padded to 64 bytes.
 * Versions 1.0, 2.0 and 3.0 are read, whatever their spacing; the lowest that fits is written, byte for
 * byte as numpy ≥ 1.24 does. See numpy.lib.format.
 */
import { decodeLatin1, decodeUtf8, TextError } from "../bytes/text.ts";
import { LimitError, NpyFormatError } from "../errors.ts";
import { DType, type DTypeLike } from "../numpy/dtype.ts";
import { shapeText } from "../numpy/dtype_text.ts";
import { checkOptions } from "../pickle/options.ts";
import { PyTuple } from "../pickle/values.ts";
import { toUtf8 } from "../io/text.ts";
import { descrText, dtypeOfDescr, isLength } from "./_descr.ts";
import { type Literal, LiteralError, parseLiteral } from "./literal.ts";
import { plainHeader } from "./_plain_header.ts";

/** `\x93NUMPY` */
export const MAGIC: readonly number[] = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
/** Magic and the two bytes of the version. */
const MAGIC_LEN = 8;
/** The header ends at a multiple of this. */
const ARRAY_ALIGN = 64;
/** Digits that the first axis may grow to without moving the data. */
const GROWTH_AXIS_MAX_DIGITS = 21;
/** numpy's default for `max_header_size`. */
export const MAX_HEADER_SIZE = 10_000;
/** Elements beyond this are more than numpy counts. */
const MAX_REACH = 2 ** 63;
/** Dimensions of an array, numpy's own bound. */
const MAX_NDIM = 64;

/** Version of the format: major number, the minor one is always 0. */
export type NpyVersion = 1 | 2 | 3;

/** Shape, order and type of the array that follows the header. */
export interface NpyHeader {
  /** Type of the elements. */
  readonly dtype: DType;
  /** Whether the data is in Fortran order. */
  readonly fortranOrder: boolean;
  /** Lengths of the axes. */
  readonly shape: readonly number[];
  /** Version of the format. */
  readonly version: NpyVersion;
  /** Where the data starts. */
  readonly dataOffset: number;
}

/** Options of {@link readHeader}. */
export interface NpyHeaderOptions {
  /** Characters that a header may have. @default 10000 */
  maxHeaderSize?: number;
  /** Dimensions that the array may have. @default 64 */
  maxNdim?: number;
}

/** What {@link writeHeader} describes. */
export interface NpyHeaderFields {
  /** Type of the elements. */
  dtype: DTypeLike;
  /** Lengths of the axes. */
  shape: readonly number[];
  /** Whether the data is in Fortran order. @default false */
  fortranOrder?: boolean;
}

/** Options of {@link writeHeader}. */
export interface WriteHeaderOptions {
  /** Version of the format. @default the lowest that can hold the header */
  version?: NpyVersion;
}

/** Whether `bytes` begin as a `.npy` file does. */
export function isNpy(bytes: Uint8Array): boolean {
  return bytes.length >= MAGIC.length && MAGIC.every((byte, i) => bytes[i] === byte);
}

/**
 * Read the header at the start of `bytes`.
 *
 * @param bytes The file's beginning, or all of it.
 * @returns Type, shape and order, and where the data starts.
 * @throws NpyFormatError for anything that numpy.lib.format would refuse, with the offset.
 * @throws LimitError for a header that is longer than `maxHeaderSize`, or too many dimensions.
 *
 * @example A header that was written
 * ```ts
 * import assert from "node:assert/strict";
 * import { readHeader, writeHeader } from "@larder/joblib/npy";
 *
 * const bytes = writeHeader({ dtype: "<f4", shape: [3] });
 * const { dtype, shape, dataOffset } = readHeader(bytes);
 * assert.equal(dtype.name, "float32");
 * assert.deepEqual([...shape, dataOffset], [3, 128]);
 * ```
 */
export function readHeader(bytes: Uint8Array, options: NpyHeaderOptions = {}): NpyHeader {
  checkOptions(options, ["maxHeaderSize", "maxNdim"], "readHeader()");
  const { version, start } = readVersion(bytes);
  if (bytes.length < start) throw malformed("it ends inside the header's length", bytes.length);
  const length = headerLength(bytes, version);
  const dataOffset = start + length;
  checkTextLength(length, version, options.maxHeaderSize);
  if (dataOffset > bytes.length) throw shortHeader(length, bytes.length - start, start);
  return parseHeader(bytes.subarray(start, dataOffset), version, options);
}

/** The version that `bytes`, at least its first eight, name, and where the header's text starts. */
export function readVersion(bytes: Uint8Array): { version: NpyVersion; start: number } {
  if (!isNpy(bytes)) throw malformed("it does not begin with \\x93NUMPY", 0);
  if (bytes.length < MAGIC_LEN) throw malformed("it ends inside the magic string", bytes.length);
  const [major, minor] = [bytes[6], bytes[7]];
  if (major < 1 || major > 3 || minor !== 0) throw malformed(`its version is ${major}.${minor}`, 6);
  return { version: major as NpyVersion, start: MAGIC_LEN + (major === 1 ? 2 : 4) };
}

/** Bytes of the header's text. */
export function headerLength(bytes: Uint8Array, version: NpyVersion): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return version === 1 ? view.getUint16(MAGIC_LEN, true) : view.getUint32(MAGIC_LEN, true);
}

/** Refuse a text of so many bytes before it is read; UTF-8 has up to four bytes a character. */
export function checkTextLength(length: number, version: NpyVersion, most?: number): void {
  const limit = most ?? MAX_HEADER_SIZE;
  if (length > (version === 3 ? 4 * limit : limit)) throw tooLong(length, "bytes", limit, version);
}

/** The header's text, all of it. */
export function parseHeader(
  bytes: Uint8Array,
  version: NpyVersion,
  options: NpyHeaderOptions,
): NpyHeader {
  const start = MAGIC_LEN + (version === 1 ? 2 : 4);
  const text = headerText(bytes, start, version);
  const limit = options.maxHeaderSize ?? MAX_HEADER_SIZE;
  // numpy counts code points
  const length = text.length <= limit ? text.length : [...text].length;
  if (length > limit) throw tooLong(length, "characters", limit, version);
  const fields = headerFields(text, start, version);
  const maxNdim = options.maxNdim ?? MAX_NDIM;
  if (fields.shape.length > maxNdim) {
    throw new LimitError(
      `Cannot read .npy file: ${fields.shape.length} dimensions are more than ${maxNdim}`,
      { offset: start },
    );
  }
  return { ...fields, version, dataOffset: start + bytes.length };
}

function headerText(bytes: Uint8Array, start: number, version: NpyVersion): string {
  try {
    return version === 3
      ? decodeUtf8(bytes, 0, bytes.length)
      : decodeLatin1(bytes, 0, bytes.length);
  } catch (error) {
    if (!(error instanceof TextError)) throw error;
    throw malformed("its header is not UTF-8", start + error.index, error);
  }
}

function headerFields(
  text: string,
  start: number,
  version: NpyVersion,
): Pick<NpyHeader, "dtype" | "fortranOrder" | "shape"> {
  const { descr, fortranOrder, shape } = plainHeader(text) ?? anyHeader(text, start, version);
  // numpy bounds the bytes also where another axis is empty
  const reach = shape.reduce((size, length) => size * Math.max(length, 1), 1);
  if (reach >= MAX_REACH) throw malformed("shape is beyond all memory", start);
  try {
    const dtype = dtypeOfDescr(descr);
    if (dtype.base !== dtype) throw new TypeError("a sub-array type stands outside of a struct");
    return { dtype, fortranOrder, shape };
  } catch (error) {
    if (!(error instanceof TypeError) && !(error instanceof RangeError)) throw error;
    throw malformed(`descr is not a valid dtype: ${error.message}`, start, error);
  }
}

/** What a header says, however it is spelled. */
function anyHeader(
  text: string,
  start: number,
  version: NpyVersion,
): { descr: Literal; fortranOrder: boolean; shape: number[] } {
  const header = parse(text, start, version);
  if (!(header instanceof Map)) throw malformed("its header is not a dict", start);
  const keys = [...header.keys()].map(String).sort().join();
  if (keys !== "descr,fortran_order,shape") {
    throw malformed(
      `its header has the keys ${keys} instead of descr, fortran_order, shape`,
      start,
    );
  }
  const fortranOrder = header.get("fortran_order");
  if (typeof fortranOrder !== "boolean") {
    throw malformed("fortran_order is not True or False", start);
  }
  const shape = header.get("shape");
  if (!(shape instanceof PyTuple) || !shape.every(isLength)) {
    throw malformed("shape is not a tuple of lengths", start);
  }
  return { descr: header.get("descr")!, fortranOrder, shape: [...shape] as number[] };
}

function parse(text: string, start: number, version: NpyVersion): Literal {
  try {
    return parseLiteral(text, { longs: version < 3 });
  } catch (error) {
    if (!(error instanceof LiteralError)) throw error;
    throw malformed(
      `its header is no Python literal: ${error.message}`,
      start + error.index,
      error,
    );
  }
}

/**
 * Write a header.
 *
 * @param header Type, shape and order of the data that will follow.
 * @param options The version, where it is not the lowest that fits.
 * @returns Everything up to the data: its length is a multiple of 64.
 * @throws TypeError for a struct whose fields overlap or are out of order, as numpy does.
 * @throws RangeError when the version asked for can't hold the header.
 *
 * @example The beginning of a file
 * ```ts
 * import assert from "node:assert/strict";
 * import { writeHeader } from "@larder/joblib/npy";
 *
 * const bytes = writeHeader({ dtype: "float64", shape: [2, 3], fortranOrder: true });
 * const text = new TextDecoder("latin1").decode(bytes.subarray(10));
 * assert.equal(text.trimEnd(), "{'descr': '<f8', 'fortran_order': True, 'shape': (2, 3), }");
 * ```
 */
export function writeHeader(
  header: NpyHeaderFields,
  options: WriteHeaderOptions = {},
): Uint8Array<ArrayBuffer> {
  checkOptions(header, ["dtype", "shape", "fortranOrder"], "writeHeader()");
  checkOptions(options, ["version"], "writeHeader()");
  const { shape, fortranOrder = false } = header;
  for (const length of shape) {
    if (!isLength(length)) {
      throw new RangeError(`Cannot write a .npy header: ${length} is no length of an axis`);
    }
  }
  const text = `{'descr': ${descrText(DType.from(header.dtype))}, ` +
    `'fortran_order': ${fortranOrder ? "True" : "False"}, 'shape': ${shapeText(shape)}, }`;
  const growing = shape.at(fortranOrder ? -1 : 0);
  const room = growing === undefined ? 0 : GROWTH_AXIS_MAX_DIGITS - String(growing).length;
  return wrapText(text + " ".repeat(Math.max(0, room)), options.version);
}

/** The text with magic, version and padding. */
function wrapText(text: string, asked: NpyVersion | undefined): Uint8Array<ArrayBuffer> {
  if (asked !== undefined && asked !== 1 && asked !== 2 && asked !== 3) {
    throw new RangeError(`Cannot write .npy version ${asked}: known are 1, 2 and 3`);
  }
  // deno-lint-ignore no-control-regex -- latin-1 is the code points up to 255
  const latin1 = /^[\x00-\xff]*$/.test(text);
  const body = latin1 && asked !== 3
    ? Uint8Array.from(text, (char) => char.charCodeAt(0))
    : toUtf8(text);
  const fits = (version: NpyVersion) =>
    (latin1 || version === 3) && (version > 1 || paddedLength(body.length, 1) <= 0xffff);
  const version = asked ?? (fits(1) ? 1 : latin1 ? 2 : 3);
  if (!fits(version)) {
    throw new RangeError(
      `Cannot write .npy version ${version}: its header can't hold ` +
        (latin1 ? `${body.length} characters` : "names beyond latin-1"),
    );
  }
  const start = MAGIC_LEN + (version === 1 ? 2 : 4);
  const length = paddedLength(body.length, version);
  const bytes = new Uint8Array(start + length).fill(0x20);
  bytes.set([...MAGIC, version, 0]);
  const view = new DataView(bytes.buffer);
  if (version === 1) view.setUint16(MAGIC_LEN, length, true);
  else view.setUint32(MAGIC_LEN, length, true);
  bytes.set(body, start);
  bytes[bytes.length - 1] = 0x0a;
  return bytes;
}

/** HEADER_LEN: text, 1 to 64 spaces, and the line feed. */
function paddedLength(textLength: number, version: NpyVersion): number {
  const start = MAGIC_LEN + (version === 1 ? 2 : 4);
  return textLength + 1 + ARRAY_ALIGN - (start + textLength + 1) % ARRAY_ALIGN;
}

/** The error for a file that breaks the format. */
export function malformed(problem: string, offset: number, cause?: unknown): NpyFormatError {
  return new NpyFormatError(`Cannot read .npy file: ${problem} (at byte ${offset})`, {
    offset,
    ...(cause === undefined ? {} : { cause }),
  });
}

/** The error for a header whose length lies. */
export function shortHeader(needed: number, there: number, start: number): NpyFormatError {
  return malformed(`its header needs ${needed} bytes, ${there} are there`, start);
}

function tooLong(length: number, what: string, limit: number, version: NpyVersion): LimitError {
  return new LimitError(
    `Cannot read .npy header: ${length} ${what} are more than maxHeaderSize ${limit}`,
    { offset: MAGIC_LEN + (version === 1 ? 2 : 4) },
  );
}
