/**
 * What a zip archive has besides its members' data, in the order in which it is written: a header in
 * front of each, perhaps a descriptor behind, and the directory at the end. No I/O, so that callers
 * that wait and callers that don't share it.
 */
import { join } from "../bytes/join.ts";
import { encodeName } from "./_zip_names.ts";
import {
  alignmentPadding,
  centralHeader,
  dataDescriptor,
  endRecords,
  localHeader,
  localHeaderLength,
  type MemberRecord,
  type MemberSums,
} from "./_zip_records.ts";

/** The directory is handed out in pieces of about this size. */
const PIECE_BYTES = 64 << 10;
const NO_SUMS: MemberSums = { crc: 0, size: 0, compressedSize: 0 };

/** What an archive is like. */
export interface ZipWriterOptions {
  /** Position of the first byte in the target. */
  readonly start: number;
  /** Whether headers can be written over when the checksum is known; else descriptors tell it. */
  readonly canPatch: boolean;
  /** 0 stored, 8 deflated. */
  readonly method: number;
  /** Stored arrays start at a multiple of it. @default 1 */
  readonly align?: number | undefined;
}

/** Bytes for a place. */
export interface Patch {
  /** Position of the first byte. */
  readonly position: number;
  /** What stands there from now on. */
  readonly bytes: Uint8Array;
}

/** The records of one archive. */
export class ZipWriter {
  readonly #options: ZipWriterOptions;
  readonly #names = new Set<string>();
  readonly #members: { record: MemberRecord; sums: MemberSums }[] = [];
  #position: number;
  #open: MemberRecord | undefined;

  constructor(options: ZipWriterOptions) {
    this.#options = options;
    this.#position = options.start;
  }

  /**
   * Start a member; returns what stands in front of its data.
   *
   * @param lead Bytes of the data that stand in front of what is to be aligned.
   * @throws {RangeError} The name can't be stored, or was used before.
   */
  start(name: string, lead: number): Uint8Array {
    if (this.#names.has(name)) {
      throw new RangeError(`Cannot write archive: ${JSON.stringify(name)} is there twice`);
    }
    this.#names.add(name);
    const { canPatch, method, align = 1 } = this.#options;
    const { bytes, utf8 } = encodeName(name);
    const headerOffset = this.#position;
    const arrayOffset = headerOffset + localHeaderLength(bytes.length, 0) + lead;
    this.#open = {
      name: bytes,
      utf8,
      method,
      headerOffset,
      descriptor: !canPatch,
      padding: alignmentPadding(arrayOffset, align),
      align,
    };
    const header = localHeader(this.#open, NO_SUMS);
    this.#position += header.length;
    return header;
  }

  /** The data of the member is written: what is to be written over its header, or behind it. */
  end({ crc, size, compressedSize }: MemberSums): Patch {
    const record = this.#open!;
    const sums = { crc, size, compressedSize };
    this.#members.push({ record, sums });
    this.#position += sums.compressedSize;
    if (!record.descriptor) {
      return { position: record.headerOffset, bytes: localHeader(record, sums) };
    }
    const bytes = dataDescriptor(sums);
    const position = this.#position;
    this.#position += bytes.length;
    return { position, bytes };
  }

  /** What stands behind the last member. */
  *directory(): Generator<Uint8Array> {
    const start = this.#position;
    let size = 0;
    let piece: Uint8Array[] = [];
    let length = 0;
    for (const { record, sums } of this.#members) {
      const entry = centralHeader(record, sums);
      piece.push(entry);
      length += entry.length;
      if (length < PIECE_BYTES) continue;
      yield join(piece);
      size += length;
      piece = [];
      length = 0;
    }
    size += length;
    const end = endRecords({ count: this.#members.length, start, size });
    yield join([...piece, end]);
  }
}
