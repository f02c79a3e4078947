/**
 * Holds what comes out of a member of a zip archive against what the directory says: as many bytes,
 * with that checksum. The error is thrown by the read that takes the last byte, before a caller
 * could use the whole.
 */
import { CompressionError } from "../errors.ts";
import { crc32 } from "../compressors/crc32.ts";
import type { RandomAccessFile } from "../io/random_access.ts";
import type { AsyncReader, SyncReader } from "../io/source.ts";
import { type ZipEntry, zipError } from "./_zip_directory.ts";

/** A member whose data is read. */
export interface CheckedMember {
  /** The archive. */
  readonly file: RandomAccessFile;
  /** What the directory says. */
  readonly entry: ZipEntry;
  /** Where the data starts in the archive. */
  readonly dataOffset: number;
  /** Whether the size was held against the file; a size that was not is told to nobody. */
  readonly sizeIsSure: boolean;
}

/** A reader that ends where the member does, if that is sound. */
export function checkedReader(reader: AsyncReader, member: CheckedMember): AsyncReader {
  const check = new Check(member);
  return {
    exact: false,
    get remaining(): number | undefined {
      return check.remaining;
    },
    async read(into: Uint8Array): Promise<number> {
      const wanted = into.subarray(0, check.left);
      if (wanted.length === 0 && check.done) return 0;
      try {
        const count = wanted.length === 0 ? 0 : await reader.read(wanted);
        check.add(wanted, count);
        if (check.left === 0) check.finish(await reader.read(new Uint8Array(1)));
        return count;
      } catch (error) {
        throw check.explain(error);
      }
    },
    unread: (): Promise<void> => Promise.resolve(),
    close: (): Promise<void> => reader.close(),
  };
}

/** A reader that ends where the member does, if that is sound. */
export function checkedReaderSync(reader: SyncReader, member: CheckedMember): SyncReader {
  const check = new Check(member);
  return {
    exact: false,
    get remaining(): number | undefined {
      return check.remaining;
    },
    read(into: Uint8Array): number {
      const wanted = into.subarray(0, check.left);
      if (wanted.length === 0 && check.done) return 0;
      try {
        const count = wanted.length === 0 ? 0 : reader.read(wanted);
        check.add(wanted, count);
        if (check.left === 0) check.finish(reader.read(new Uint8Array(1)));
        return count;
      } catch (error) {
        throw check.explain(error);
      }
    },
    unread(): void {},
    close: (): void => reader.close(),
  };
}

class Check {
  /** Bytes still to come. */
  left: number;
  /** All of them came and were right. */
  done = false;
  readonly #member: CheckedMember;
  #crc = 0;

  constructor(member: CheckedMember) {
    this.#member = member;
    this.left = member.entry.size;
  }

  get remaining(): number | undefined {
    return this.#member.sizeIsSure ? this.left : undefined;
  }

  add(bytes: Uint8Array, count: number): void {
    const { size } = this.#member.entry;
    if (count === 0 && this.left > 0) {
      throw this.#error(`has ${size - this.left} bytes of ${size}`);
    }
    this.#crc = crc32(bytes.subarray(0, count), this.#crc);
    this.left -= count;
  }

  finish(excess: number): void {
    const { crc, size } = this.#member.entry;
    if (excess > 0) throw this.#error(`has more bytes than the ${size} of the directory`);
    if (this.#crc !== crc) throw checksumError(this.#member);
    this.done = true;
  }

  /** What an error under the data says of the archive. */
  explain(error: unknown): unknown {
    if (!(error instanceof CompressionError)) return error;
    const { file, entry, dataOffset } = this.#member;
    // Only deflate counts its bytes from the start of the file.
    const offset = Math.max(dataOffset, error.offset ?? 0);
    return zipError(file, `member ${entry.name} is damaged: ${error.message}`, {
      offset,
      cause: error,
    });
  }

  #error(problem: string): Error {
    return memberError(this.#member, problem);
  }
}

/** The error for data whose CRC-32 is not that of the directory. */
export function checksumError(member: CheckedMember): Error {
  return memberError(member, "is damaged: its checksum is another one");
}

function memberError({ file, entry, dataOffset }: CheckedMember, problem: string): Error {
  return zipError(file, `member ${entry.name} ${problem}`, { offset: dataOffset });
}
