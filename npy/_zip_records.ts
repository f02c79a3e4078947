/**
 * The records of a zip archive as Python's zipfile writes them for numpy.savez: the zip64 field is in
 * every local header, in the directory only where a number needs it (which is above 2 GiB for
 * zipfile, not 4), all times are 1980-01-01. See APPNOTE 4.3.
 */
import {
  CENTRAL_HEADER,
  CENTRAL_HEADER_BYTES,
  DATA_DESCRIPTOR,
  END,
  END_BYTES,
  EXTRA_HEADER_BYTES,
  EXTRA_ZIP64,
  FLAG_DESCRIPTOR,
  FLAG_UTF8,
  IN_ZIP64,
  LOCAL_HEADER,
  LOCAL_HEADER_BYTES,
  ZIP64_END,
  ZIP64_END_BYTES,
  ZIP64_LOCATOR,
  ZIP64_LOCATOR_BYTES,
} from "./_zip_format.ts";

/** Id of the extra field that moves data to a multiple of something, as Android's zipalign writes it. */
const EXTRA_ALIGNMENT = 0xd935;
const ZIP64_EXTRA_BYTES = EXTRA_HEADER_BYTES + 16;
const ALIGNMENT_EXTRA_BYTES = EXTRA_HEADER_BYTES + 2;

const VERSION = 45; // the first with zip64
const UNIX = 3;
const DOS_DATE = 0x21; // 1980-01-01
const EXTERNAL_ATTRIBUTES = 0o600 * 2 ** 16; // -rw-------
/** zipfile.ZIP64_LIMIT */
const ZIP64_LIMIT = 2 ** 31 - 1;
/** zipfile.ZIP_FILECOUNT_LIMIT */
const COUNT_LIMIT = 2 ** 16 - 1;

/** What the records tell of a member. */
export interface MemberRecord {
  /** Bytes of the name. */
  readonly name: Uint8Array;
  /** Whether they are UTF-8. */
  readonly utf8: boolean;
  /** 0 stored, 8 deflated. */
  readonly method: number;
  /** Where the local header is. */
  readonly headerOffset: number;
  /** Whether sizes and checksum stand behind the data. */
  readonly descriptor: boolean;
  /** Bytes of the field that moves the data; 0 for none, else at least 6. */
  readonly padding: number;
  /** What the data is moved to a multiple of. */
  readonly align: number;
}

/** Checksum and sizes of a member's data. */
export interface MemberSums {
  /** CRC-32 of the data. */
  readonly crc: number;
  /** Bytes of the data. */
  readonly size: number;
  /** Bytes as they are in the archive. */
  readonly compressedSize: number;
}

/** How long the local header of a member is. */
export function localHeaderLength(nameBytes: number, padding: number): number {
  return LOCAL_HEADER_BYTES + nameBytes + ZIP64_EXTRA_BYTES + padding;
}

/** The length of the field that moves data from `offset` to the next multiple of `align`. */
export function alignmentPadding(offset: number, align: number): number {
  const missing = (align - offset % align) % align;
  if (missing === 0) return 0;
  return missing + align * Math.ceil(Math.max(0, ALIGNMENT_EXTRA_BYTES - missing) / align);
}

/** What stands in front of the data; `sums` is ignored where they stand behind it. */
export function localHeader(member: MemberRecord, sums: MemberSums): Uint8Array {
  const { name, padding } = member;
  const shown = member.descriptor ? { crc: 0, size: 0, compressedSize: 0 } : sums;
  const record = new RecordWriter(localHeaderLength(name.length, padding));
  record.u32(LOCAL_HEADER);
  record.u16(VERSION);
  record.u16(flagsOf(member));
  record.u16(member.method);
  record.u16(0); // time
  record.u16(DOS_DATE);
  record.u32(shown.crc);
  record.u32(IN_ZIP64);
  record.u32(IN_ZIP64);
  record.u16(name.length);
  record.u16(ZIP64_EXTRA_BYTES + padding);
  record.bytes(name);
  record.u16(EXTRA_ZIP64);
  record.u16(ZIP64_EXTRA_BYTES - EXTRA_HEADER_BYTES);
  record.u64(shown.size);
  record.u64(shown.compressedSize);
  if (padding > 0) {
    record.u16(EXTRA_ALIGNMENT);
    record.u16(padding - EXTRA_HEADER_BYTES);
    record.u16(member.align);
  }
  return record.finished;
}

/** What stands behind the data where the header could not tell. */
export function dataDescriptor({ crc, size, compressedSize }: MemberSums): Uint8Array {
  const record = new RecordWriter(24);
  record.u32(DATA_DESCRIPTOR);
  record.u32(crc);
  record.u64(compressedSize);
  record.u64(size);
  return record.finished;
}

/** A member's entry in the directory. */
export function centralHeader(member: MemberRecord, sums: MemberSums): Uint8Array {
  const { name, headerOffset } = member;
  const largeSize = sums.size > ZIP64_LIMIT || sums.compressedSize > ZIP64_LIMIT;
  const farOffset = headerOffset > ZIP64_LIMIT;
  const numbers = [
    ...(largeSize ? [sums.size, sums.compressedSize] : []),
    ...(farOffset ? [headerOffset] : []),
  ];
  const extraBytes = numbers.length === 0 ? 0 : EXTRA_HEADER_BYTES + 8 * numbers.length;
  const record = new RecordWriter(CENTRAL_HEADER_BYTES + name.length + extraBytes);
  record.u32(CENTRAL_HEADER);
  record.u16(UNIX << 8 | VERSION);
  record.u16(VERSION);
  record.u16(flagsOf(member));
  record.u16(member.method);
  record.u16(0); // time
  record.u16(DOS_DATE);
  record.u32(sums.crc);
  record.u32(largeSize ? IN_ZIP64 : sums.compressedSize);
  record.u32(largeSize ? IN_ZIP64 : sums.size);
  record.u16(name.length);
  record.u16(extraBytes);
  record.u16(0); // comment
  record.u16(0); // disk
  record.u16(0); // internal attributes
  record.u32(EXTERNAL_ATTRIBUTES);
  record.u32(farOffset ? IN_ZIP64 : headerOffset);
  record.bytes(name);
  if (extraBytes > 0) {
    record.u16(EXTRA_ZIP64);
    record.u16(extraBytes - EXTRA_HEADER_BYTES);
    for (const number of numbers) record.u64(number);
  }
  return record.finished;
}

/** What stands behind the directory. */
export function endRecords(
  directory: { count: number; start: number; size: number },
): Uint8Array {
  const { count, start, size } = directory;
  const large = count > COUNT_LIMIT || start > ZIP64_LIMIT || size > ZIP64_LIMIT;
  const record = new RecordWriter(
    (large ? ZIP64_END_BYTES + ZIP64_LOCATOR_BYTES : 0) + END_BYTES,
  );
  if (large) {
    record.u32(ZIP64_END);
    record.u64(ZIP64_END_BYTES - 12); // bytes that follow
    record.u16(VERSION);
    record.u16(VERSION);
    record.u32(0); // this disk
    record.u32(0); // disk of the directory
    record.u64(count);
    record.u64(count);
    record.u64(size);
    record.u64(start);
    record.u32(ZIP64_LOCATOR);
    record.u32(0); // disk of the zip64 end record
    record.u64(start + size);
    record.u32(1); // disks
  }
  record.u32(END);
  record.u16(0); // this disk
  record.u16(0); // disk of the directory
  record.u16(Math.min(count, COUNT_LIMIT));
  record.u16(Math.min(count, COUNT_LIMIT));
  record.u32(Math.min(size, IN_ZIP64));
  record.u32(Math.min(start, IN_ZIP64));
  record.u16(0); // comment
  return record.finished;
}

function flagsOf({ descriptor, utf8 }: MemberRecord): number {
  return (descriptor ? FLAG_DESCRIPTOR : 0) | (utf8 ? FLAG_UTF8 : 0);
}

/** Little-endian numbers one after the other. */
class RecordWriter {
  readonly finished: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(length: number) {
    this.finished = new Uint8Array(length);
    this.#view = new DataView(this.finished.buffer);
  }

  u16(value: number): void {
    this.#view.setUint16(this.#at, value, true);
    this.#at += 2;
  }

  u32(value: number): void {
    this.#view.setUint32(this.#at, value, true);
    this.#at += 4;
  }

  u64(value: number): void {
    this.#view.setBigUint64(this.#at, BigInt(value), true);
    this.#at += 8;
  }

  bytes(bytes: Uint8Array): void {
    this.finished.set(bytes, this.#at);
    this.#at += bytes.length;
  }
}
