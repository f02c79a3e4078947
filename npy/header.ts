/**
 * Header of a `.npy` file: magic, version, and a Python dict literal padded to 64 bytes.
 * Versions 1.0, 2.0 and 3.0 are read. See numpy.lib.format.
 */
import { decodeLatin1, decodeUtf8, TextError } from "../bytes/text.ts";
import { LimitError, NpyFormatError } from "../errors.ts";
import { DType, type FieldSpec } from "../numpy/dtype.ts";
import { type Literal, LiteralError, parseLiteral } from "./literal.ts";

/** `\x93NUMPY` */
const MAGIC: readonly number[] = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
/** Magic and the two bytes of the version. */
const PREFIX_LENGTH = 8;
/** numpy's default for `max_header_size`. */
const MAX_HEADER_SIZE = 10_000;

/** Shape, order and type of the array that follows the header. */
export interface NpyHeader {
  /** Type of the elements. */
  readonly dtype: DType;
  /** Whether the data is in Fortran order. */
  readonly fortranOrder: boolean;
  /** Lengths of the axes. */
  readonly shape: readonly number[];
  /** Where the data starts. */
  readonly dataOffset: number;
}

/** Options of {@link readNpyHeader}. */
export interface NpyHeaderOptions {
  /** Characters that a header may have. @default 10000 */
  maxHeaderSize?: number;
}

/** Whether `bytes` begin as a `.npy` file does. */
export function isNpy(bytes: Uint8Array): boolean {
  return bytes.length >= MAGIC.length && MAGIC.every((byte, i) => bytes[i] === byte);
}

/**
 * Read the header at the start of `bytes`.
 *
 * @throws NpyFormatError for anything that numpy.lib.format would refuse, with the offset.
 * @throws LimitError for a header that is longer than `maxHeaderSize`.
 */
export function readNpyHeader(bytes: Uint8Array, options: NpyHeaderOptions = {}): NpyHeader {
  if (!isNpy(bytes)) throw malformed("it does not begin with \\x93NUMPY", 0);
  if (bytes.length < PREFIX_LENGTH) {
    throw malformed("it ends inside the magic string", bytes.length);
  }
  const [major, minor] = [bytes[6], bytes[7]];
  if (major < 1 || major > 3 || minor !== 0) throw malformed(`its version is ${major}.${minor}`, 6);
  const start = PREFIX_LENGTH + (major === 1 ? 2 : 4);
  if (bytes.length < start) throw malformed("it ends inside the header's length", bytes.length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = major === 1
    ? view.getUint16(PREFIX_LENGTH, true)
    : view.getUint32(PREFIX_LENGTH, true);
  const dataOffset = start + length;
  if (dataOffset > bytes.length) {
    throw malformed(`its header needs ${length} bytes, ${bytes.length - start} are there`, start);
  }
  const maxHeaderSize = options.maxHeaderSize ?? MAX_HEADER_SIZE;
  const text = headerText(bytes, start, dataOffset, major);
  if (text.length > maxHeaderSize) {
    throw new LimitError(
      `Cannot read .npy header: ${text.length} characters are more than maxHeaderSize ${maxHeaderSize}`,
      { offset: start },
    );
  }
  return { ...headerFields(text, start), dataOffset };
}

function headerText(bytes: Uint8Array, start: number, end: number, major: number): string {
  try {
    return major === 3 ? decodeUtf8(bytes, start, end) : decodeLatin1(bytes, start, end);
  } catch (error) {
    if (!(error instanceof TextError)) throw error;
    throw malformed("its header is not UTF-8", start + error.index, error);
  }
}

function headerFields(text: string, start: number): Omit<NpyHeader, "dataOffset"> {
  const header = parse(text, start);
  if (!(header instanceof Map)) throw malformed("its header is not a dict", start);
  const keys = [...header.keys()].sort().join();
  if (keys !== "descr,fortran_order,shape") {
    throw malformed(
      `its header has the keys ${keys} instead of descr, fortran_order, shape`,
      start,
    );
  }
  const fortranOrder = header.get("fortran_order");
  const shape = header.get("shape");
  if (typeof fortranOrder !== "boolean") {
    throw malformed("fortran_order is not True or False", start);
  }
  if (!Array.isArray(shape) || !shape.every(isLength)) {
    throw malformed("shape is not a tuple of lengths", start);
  }
  try {
    const dtype = DType.from(toDescr(header.get("descr") as Literal));
    return { dtype, fortranOrder, shape: shape as number[] };
  } catch (error) {
    if (!(error instanceof TypeError) && !(error instanceof RangeError)) throw error;
    throw malformed(`descr is not a valid dtype: ${error.message}`, start, error);
  }
}

function parse(text: string, start: number): Literal {
  try {
    return parseLiteral(text);
  } catch (error) {
    if (!(error instanceof LiteralError)) throw error;
    throw malformed(
      `its header is no Python literal: ${error.message}`,
      start + error.index,
      error,
    );
  }
}

/** The descr literal as DType.from takes it. */
function toDescr(descr: Literal): string | FieldSpec[] {
  if (typeof descr === "string") return descr;
  if (!Array.isArray(descr)) throw new TypeError("descr is neither a string nor a list");
  return descr.map((field) => {
    if (!Array.isArray(field) || field.length < 2 || field.length > 3) {
      throw new TypeError("a field of descr is not a tuple of name and type");
    }
    const [name, type, shape] = field;
    return [name, toDescr(type), ...(shape === undefined ? [] : [shape])] as unknown as FieldSpec;
  });
}

function isLength(value: Literal): boolean {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function malformed(problem: string, offset: number, cause?: unknown): NpyFormatError {
  return new NpyFormatError(`Cannot read .npy file: ${problem} (at byte ${offset})`, {
    offset,
    ...(cause === undefined ? {} : { cause }),
  });
}
