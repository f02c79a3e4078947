/**
 * The data of one member of a zip archive. What the directory says of it is held against the file
 * before anything is allocated. Stored and deflated members are numpy's; Python's zipfile reads
 * bzip2 and lzma as well, and so does this.
 */
import { bz2 } from "../compressors/bz2.ts";
import { lzma } from "../compressors/lzma.ts";
import { MAX_DEFLATE_RATIO, openInflate, openInflateSync } from "../compressors/raw_deflate.ts";
import { LimitError, UnsupportedError } from "../errors.ts";
import type { RandomAccessFile } from "../io/random_access.ts";
import type { AsyncReader, SyncReader } from "../io/source.ts";
import type { Limits } from "../pickle/context.ts";
import { type FileSteps, runSteps, runStepsSync } from "./_file_steps.ts";
import { type FileRange, rangeReader, rangeReaderSync } from "./_range_reader.ts";
import { type CheckedMember, checkedReader, checkedReaderSync } from "./_member_check.ts";
import { type ZipEntry, zipError } from "./_zip_directory.ts";
import {
  BZIP2,
  DEFLATED,
  FLAG_ENCRYPTED,
  FLAG_LZMA_MARKER,
  FLAG_PATCH,
  FLAG_STRONG_ENCRYPTION,
  LOCAL_HEADER,
  LOCAL_HEADER_BYTES,
  LZMA,
  STORED,
} from "./_zip_format.ts";

/** A member up to this size is read with its header, by one read; what follows costs a copy. */
const SMALL_BYTES = 64 << 10;
/** The same where a read is waited for: it takes as long as copying some hundred KiB (bench/npy.ts). */
const SMALL_AWAITED_BYTES = 256 << 10;
/** So much of a larger one: its .npy header. */
const HEAD_BYTES = 4 << 10;
/** What a local header may have that the directory does not tell of: a zip64 field and an alignment. */
const EXTRA_BYTES = 128;
/** So much of the data is always read with the header: what tells its kind. */
const LEAD_BYTES = 16;
/** Output up to this size passes whatever its ratio, as in other compressed files. */
const RATIO_FREE_BYTES = 1 << 20;
/** In front of lzma data: version, length of the properties, properties. */
const LZMA_HEAD_BYTES = 9;
const LZMA_PROPERTIES_BYTES = 5;

/** A member whose place is known. */
export interface ZipMember extends CheckedMember {
  /** The first bytes of the data: 16 at least, if it has so many. */
  readonly head: Uint8Array;
}

/** Find a member's data. @throws {NpyFormatError} The file does not hold it as the directory says. */
export async function locateMember(file: RandomAccessFile, entry: ZipEntry): Promise<ZipMember> {
  return await runSteps(file, locate(file, entry, SMALL_AWAITED_BYTES));
}

/** Find a member's data, without waiting. */
export function locateMemberSync(file: RandomAccessFile, entry: ZipEntry): ZipMember {
  return runStepsSync(file, locate(file, entry, SMALL_BYTES));
}

/** Read the data of a member that {@link checkReadable} let pass. */
export function openMember(member: ZipMember): AsyncReader {
  const stored = rangeReader(member.file, rangeOf(member));
  switch (member.entry.method) {
    case STORED:
      return checkedReader(stored, member);
    case DEFLATED:
      return checkedReader(openInflate(stored, { offset: member.dataOffset }), member);
    case BZIP2:
      return checkedReader(bz2.openReader!(stored, {}), member);
    default:
      return checkedReader(lzma.openReader!(stored, {}), member);
  }
}

/** Read the data of a member that {@link checkReadable} let pass, without waiting. */
export function openMemberSync(member: ZipMember): SyncReader {
  const stored = rangeReaderSync(member.file, rangeOf(member));
  switch (member.entry.method) {
    case STORED:
      return checkedReaderSync(stored, member);
    case DEFLATED:
      return checkedReaderSync(openInflateSync(stored, { offset: member.dataOffset }), member);
    case BZIP2:
      return checkedReaderSync(bz2.openReaderSync!(stored, {}), member);
    default:
      return checkedReaderSync(lzma.openReaderSync!(stored, {}), member);
  }
}

function* locate(
  file: RandomAccessFile,
  entry: ZipEntry,
  smallBytes: number,
): FileSteps<ZipMember> {
  const { name, nameBytes, headerOffset, compressedSize, end } = entry;
  const start = headerOffset;
  if (start < 0 || start + LOCAL_HEADER_BYTES + nameBytes.length > end) {
    throw zipError(file, `member ${name} starts at byte ${start}, where nothing can be of it`, {
      offset: entry.entryOffset,
    });
  }
  const ahead = compressedSize <= smallBytes ? compressedSize : HEAD_BYTES;
  const wanted = LOCAL_HEADER_BYTES + nameBytes.length + EXTRA_BYTES + ahead;
  const bytes = new Uint8Array(Math.min(wanted, end - start));
  yield { start, into: bytes };
  const view = new DataView(bytes.buffer);
  if (view.getUint32(0, true) !== LOCAL_HEADER) {
    throw zipError(file, `there is no header where member ${name} should have one`, {
      offset: start,
    });
  }
  const nameEnd = LOCAL_HEADER_BYTES + nameBytes.length;
  const sameName = view.getUint16(26, true) === nameBytes.length &&
    nameBytes.every((byte, i) => byte === bytes[LOCAL_HEADER_BYTES + i]);
  if (!sameName) {
    throw zipError(file, `member ${name} of the directory has another name where it is stored`, {
      offset: start + LOCAL_HEADER_BYTES,
    });
  }
  const headerLength = nameEnd + view.getUint16(28, true);
  const dataOffset = start + headerLength;
  if (!(dataOffset + compressedSize <= end)) {
    throw zipError(
      file,
      `member ${name} has ${compressedSize} bytes from byte ${dataOffset} on, ` +
        `the next thing starts at byte ${end}`,
      { offset: start },
    );
  }
  let head = bytes.subarray(headerLength, headerLength + compressedSize);
  if (head.length < Math.min(LEAD_BYTES, compressedSize)) {
    head = new Uint8Array(Math.min(HEAD_BYTES, compressedSize));
    yield { start: dataOffset, into: head };
  }
  const sizeIsSure = entry.method === STORED || entry.method === DEFLATED;
  return { file, entry, dataOffset, sizeIsSure, head };
}

/** Refuse what can't be read, what lies about its size, and what is too large. */
export function checkReadable({ file, entry, dataOffset }: ZipMember, limits: Limits): void {
  const { name, method, flags, size, compressedSize } = entry;
  if (flags & (FLAG_ENCRYPTED | FLAG_STRONG_ENCRYPTION)) {
    throw unsupported(file, `Cannot read member ${name}: it is encrypted`);
  }
  if (flags & FLAG_PATCH || ![STORED, DEFLATED, BZIP2, LZMA].includes(method)) {
    throw unsupported(file, `Cannot read member ${name}: compression method ${method} is unknown`);
  }
  const possible = method === STORED
    ? size === compressedSize
    : method !== DEFLATED || size <= (compressedSize + 1) * MAX_DEFLATE_RATIO;
  if (!possible) {
    throw zipError(
      file,
      `member ${name} can't be ${size} bytes in ${compressedSize} of the archive`,
      { offset: dataOffset },
    );
  }
  const { maxBytes = Infinity, maxRatio = Infinity } = limits;
  if (size > maxBytes) {
    throw tooLarge(file, `member ${name} has ${size} bytes, more than ${maxBytes}`, "maxBytes");
  }
  if (size > RATIO_FREE_BYTES && size > compressedSize * maxRatio) {
    const times = `more than ${maxRatio} times as many as the ${compressedSize} in the archive`;
    throw tooLarge(file, `member ${name} has ${size} bytes, ${times}`, "maxRatio");
  }
}

/** Where the compressed data is, with the header that the decoder of lzma expects. */
function rangeOf(member: ZipMember): FileRange {
  const { entry, head, dataOffset } = member;
  return {
    head: entry.method === LZMA ? lzmaHead(member) : head,
    start: dataOffset + head.length,
    end: dataOffset + entry.compressedSize,
  };
}

/** The header of a .lzma file in place of zip's own in front of the data. */
function lzmaHead({ file, entry, dataOffset, head }: ZipMember): Uint8Array {
  if (head.length < LZMA_HEAD_BYTES || head[2] !== LZMA_PROPERTIES_BYTES || head[3] !== 0) {
    throw zipError(file, `member ${entry.name} has no lzma properties`, { offset: dataOffset });
  }
  const rest = head.subarray(LZMA_HEAD_BYTES);
  const alone = new Uint8Array(LZMA_PROPERTIES_BYTES + 8 + rest.length);
  alone.set(head.subarray(LZMA_HEAD_BYTES - LZMA_PROPERTIES_BYTES, LZMA_HEAD_BYTES));
  alone.set(rest, LZMA_PROPERTIES_BYTES + 8);
  const view = new DataView(alone.buffer);
  // liblzma's .lzma knows dictionaries of 2 ** n; a larger one than the writer's is as good.
  const dictionary = 2 ** Math.ceil(Math.log2(Math.max(view.getUint32(1, true), 1)));
  view.setUint32(1, Math.min(dictionary, 2 ** 30), true);
  const marked = (entry.flags & FLAG_LZMA_MARKER) !== 0;
  view.setBigInt64(LZMA_PROPERTIES_BYTES, marked ? -1n : BigInt(entry.size), true);
  return alone;
}

function unsupported(file: RandomAccessFile, message: string): UnsupportedError {
  return new UnsupportedError(message, file.name === undefined ? {} : { path: file.name });
}

function tooLarge(file: RandomAccessFile, problem: string, limit: string): LimitError {
  return new LimitError(
    `Cannot read .npz file: ${problem} (limits.${limit})`,
    file.name === undefined ? {} : { path: file.name },
  );
}
