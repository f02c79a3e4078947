/**
 * The directory of a zip archive, found from the end of the file as Python's zipfile does: bytes in
 * front of the archive, a comment and zip64 records are allowed for. What the headers in front of
 * the members say is not looked at before a member is read.
 */
import { TextError } from "../bytes/text.ts";
import { LimitError, NpyFormatError } from "../errors.ts";
import type { RandomAccessFile } from "../io/random_access.ts";
import type { Limits } from "../pickle/context.ts";
import type { FileSteps } from "./_file_steps.ts";
import {
  CENTRAL_HEADER,
  CENTRAL_HEADER_BYTES,
  END,
  END_BYTES,
  EXTRA_HEADER_BYTES,
  EXTRA_ZIP64,
  FLAG_UTF8,
  IN_ZIP64,
  ZIP64_END,
  ZIP64_END_BYTES,
  ZIP64_LOCATOR,
  ZIP64_LOCATOR_BYTES,
} from "./_zip_format.ts";
import { decodeName } from "./_zip_names.ts";

const MAX_COMMENT_BYTES = 0xffff;
/** The end of a file holds all end records, and the whole directory of up to about 1000 members. */
const TAIL_BYTES = MAX_COMMENT_BYTES + END_BYTES + ZIP64_LOCATOR_BYTES + ZIP64_END_BYTES;

/** What the directory tells of a member. */
export interface ZipEntry {
  /** Its name in the archive. */
  readonly name: string;
  /** The name as it is stored. */
  readonly nameBytes: Uint8Array;
  /** How it is compressed. */
  readonly method: number;
  /** General purpose flags. */
  readonly flags: number;
  /** CRC-32 of its data. */
  readonly crc: number;
  /** Bytes of its data. */
  readonly size: number;
  /** Bytes of the data as it is in the archive. */
  readonly compressedSize: number;
  /** Where its entry in the directory starts in the file. */
  readonly entryOffset: number;
  /** Where its local header starts in the file, or would if the file were longer. */
  readonly headerOffset: number;
  /** Where what follows it starts: its data ends there at most. */
  readonly end: number;
}

/** The directory of an archive. */
export interface ZipDirectory {
  /** The members in the order of the directory. */
  readonly entries: readonly ZipEntry[];
  /** The archive's comment. */
  readonly comment: Uint8Array;
}

/** The error of an archive that breaks its format. */
export function zipError(
  file: RandomAccessFile,
  problem: string,
  { offset, cause }: { offset: number; cause?: unknown },
): NpyFormatError {
  return new NpyFormatError(`Cannot read .npz file: ${problem} (at byte ${offset})`, {
    offset,
    ...(file.name === undefined ? {} : { path: file.name }),
    ...(cause === undefined ? {} : { cause }),
  });
}

/** Read the directory of an archive: one read, one more where the directory is long. */
export function* readDirectory(file: RandomAccessFile, limits: Limits): FileSteps<ZipDirectory> {
  const tailStart = Math.max(0, file.size - TAIL_BYTES);
  const tail = new Uint8Array(file.size - tailStart);
  yield { start: tailStart, into: tail };
  const at = findEnd(tail);
  if (at < 0) {
    throw zipError(file, "it has no end record of a zip archive, so it is cut or none", {
      offset: file.size,
    });
  }
  const end = new DataView(tail.buffer, at);
  const commentBytes = end.getUint16(20, true);
  const comment = tail.slice(at + END_BYTES, at + END_BYTES + commentBytes);
  const place = readPlace(file, tail, { at, tailStart });
  const start = place.end - place.size;
  if (start < 0) {
    throw zipError(file, `a directory of ${place.size} bytes has no room in it`, {
      offset: place.end,
    });
  }
  checkLimits(file, place, limits);
  let bytes = tail.subarray(Math.max(0, start - tailStart), place.end - tailStart);
  if (start < tailStart) {
    bytes = new Uint8Array(place.size);
    yield { start, into: bytes };
  }
  // Offsets count from where the archive started before something was put in front of it.
  const shift = start - place.start;
  const entries = readEntries(file, bytes, { start, shift });
  return { entries: withEnds(entries, start), comment };
}

/** Where the directory is. */
interface Place {
  /** Its length. */
  readonly size: number;
  /** Where it is said to start. */
  readonly start: number;
  /** Where it ends in the file, which is where the next record starts. */
  readonly end: number;
}

/** Where in the tail the end record starts, or -1. */
function findEnd(tail: Uint8Array): number {
  const view = new DataView(tail.buffer, tail.byteOffset, tail.length);
  let last = -1;
  for (let at = tail.length - END_BYTES; at >= 0; at--) {
    if (tail[at] !== 0x50 || view.getUint32(at, true) !== END) continue;
    // A comment may hold what looks like the record; only the real one ends with the file.
    if (at + END_BYTES + view.getUint16(at + 20, true) === tail.length) return at;
    if (last < 0) last = at;
  }
  return last; // something was put behind the archive
}

function readPlace(
  file: RandomAccessFile,
  tail: Uint8Array,
  { at, tailStart }: { at: number; tailStart: number },
): Place {
  const view = new DataView(tail.buffer, tail.byteOffset, tail.length);
  const locator = at - ZIP64_LOCATOR_BYTES;
  if (locator < 0 || view.getUint32(locator, true) !== ZIP64_LOCATOR) {
    checkDisks(file, view.getUint16(at + 4, true), tailStart + at);
    return {
      size: view.getUint32(at + 12, true),
      start: view.getUint32(at + 16, true),
      end: tailStart + at,
    };
  }
  const record = locator - ZIP64_END_BYTES;
  const offset = tailStart + locator;
  if (record < 0 || view.getUint32(record, true) !== ZIP64_END) {
    throw zipError(file, "there is no zip64 end record before the one that tells of it", {
      offset,
    });
  }
  checkDisks(file, view.getUint32(record + 16, true), tailStart + record);
  return {
    size: readUint64(view, record + 40),
    start: readUint64(view, record + 48),
    end: tailStart + record,
  };
}

function checkDisks(file: RandomAccessFile, disk: number, offset: number): void {
  if (disk === 0) return;
  throw zipError(file, "it is one part of an archive on several disks", { offset });
}

function checkLimits(file: RandomAccessFile, { size, end }: Place, limits: Limits): void {
  const { maxBytes = Infinity } = limits;
  if (size <= maxBytes) return;
  throw new LimitError(
    `Cannot read .npz file: its directory has ${size} bytes, more than ${maxBytes} (limits.maxBytes)`,
    { offset: end, ...(file.name === undefined ? {} : { path: file.name }) },
  );
}

type UnendedEntry = Omit<ZipEntry, "end">;

function readEntries(
  file: RandomAccessFile,
  bytes: Uint8Array,
  { start, shift }: { start: number; shift: number },
): UnendedEntry[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const entries: UnendedEntry[] = [];
  for (let at = 0; at < bytes.length;) {
    const offset = start + at;
    if (bytes.length - at < CENTRAL_HEADER_BYTES) {
      throw zipError(file, "its directory is cut", { offset });
    }
    if (view.getUint32(at, true) !== CENTRAL_HEADER) {
      throw zipError(file, "there is no member where its directory should have one", { offset });
    }
    const nameEnd = at + CENTRAL_HEADER_BYTES + view.getUint16(at + 28, true);
    const extraEnd = nameEnd + view.getUint16(at + 30, true);
    const next = extraEnd + view.getUint16(at + 32, true);
    if (next > bytes.length) throw zipError(file, "its directory is cut", { offset });
    const flags = view.getUint16(at + 8, true);
    const nameBytes = bytes.slice(at + CENTRAL_HEADER_BYTES, nameEnd);
    const name = readName(file, nameBytes, { flags, offset: offset + CENTRAL_HEADER_BYTES });
    const extra = zip64Extra(file, view, { at: nameEnd, end: extraEnd, start });
    const numbers = extra[Symbol.iterator]();
    // The field has only those numbers that do not fit into the entry itself, in this order.
    const number = (short: number): number => {
      if (short !== IN_ZIP64) return short;
      const { value, done } = numbers.next();
      if (done) {
        throw zipError(file, `the zip64 field of ${name} lacks a number`, { offset });
      }
      return value;
    };
    const size = number(view.getUint32(at + 24, true));
    const compressedSize = number(view.getUint32(at + 20, true));
    const headerOffset = number(view.getUint32(at + 42, true)) + shift;
    const method = view.getUint16(at + 10, true);
    const crc = view.getUint32(at + 16, true);
    entries.push({
      name,
      nameBytes,
      method,
      flags,
      crc,
      size,
      compressedSize,
      headerOffset,
      entryOffset: offset,
    });
    at = next;
  }
  return entries;
}

function readName(
  file: RandomAccessFile,
  bytes: Uint8Array,
  { flags, offset }: { flags: number; offset: number },
): string {
  try {
    return decodeName(bytes, (flags & FLAG_UTF8) !== 0);
  } catch (cause) {
    if (!(cause instanceof TextError)) throw cause;
    throw zipError(file, "the name of a member is not UTF-8", {
      offset: offset + cause.index,
      cause,
    });
  }
}

/** The numbers of the zip64 field among the extra fields, none where there is no such field. */
function zip64Extra(
  file: RandomAccessFile,
  view: DataView,
  { at, end, start }: { at: number; end: number; start: number },
): number[] {
  const numbers: number[] = [];
  while (end - at >= EXTRA_HEADER_BYTES) {
    const id = view.getUint16(at, true);
    const fieldEnd = at + EXTRA_HEADER_BYTES + view.getUint16(at + 2, true);
    if (fieldEnd > end) {
      throw zipError(file, "an extra field is longer than its entry", { offset: start + at });
    }
    if (id === EXTRA_ZIP64) {
      for (let i = at + EXTRA_HEADER_BYTES; i + 8 <= fieldEnd; i += 8) {
        numbers.push(readUint64(view, i));
      }
    }
    at = fieldEnd;
  }
  return numbers;
}

/** Each entry with the start of what follows it in the file. */
function withEnds(entries: readonly UnendedEntry[], directory: number): ZipEntry[] {
  const starts = entries.map(({ headerOffset }) => headerOffset).sort((a, b) => a - b);
  const ends = new Map<number, number>();
  for (let i = 0; i < starts.length; i++) ends.set(starts[i], starts[i + 1] ?? directory);
  return entries.map((entry) => ({ ...entry, end: ends.get(entry.headerOffset)! }));
}

/** A number of 64 bits; those beyond 2 ** 53 are larger than any file, whatever they are exactly. */
function readUint64(view: DataView, at: number): number {
  return Number(view.getBigUint64(at, true));
}
