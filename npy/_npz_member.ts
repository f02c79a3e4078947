/**
 * One array as the data of an archive's member: its pieces, summed up as they are handed out.
 */
import { crc32 } from "../compressors/crc32.ts";
import { arrayToSave, type Savable } from "./_savable.ts";
import { npyPieces, npyPiecesAsync, type WriteNpyOptions } from "./write_array.ts";
import type { MemberSums } from "./_zip_records.ts";

/** An array that is being written, and the sums over what was handed out. */
export class NpzMember implements MemberSums {
  /** CRC-32 so far. */
  crc = 0;
  /** Bytes so far. */
  size = 0;
  /** Bytes in the archive; who writes them counts them. */
  compressedSize = 0;
  /** Length of the header of the `.npy` file. */
  readonly headerLength: number;
  readonly #next: () => Promise<Uint8Array | undefined>;
  readonly #ahead: Ahead;

  private constructor(header: Uint8Array, next: () => Promise<Uint8Array | undefined>) {
    this.headerLength = header.length;
    this.#next = next;
    this.#ahead = new Ahead(header);
  }

  /** Start with the header. @throws PicklingError, RangeError or TypeError for what can't be saved */
  static async open(value: Savable, options: WriteNpyOptions): Promise<NpzMember> {
    const pieces = npyPiecesAsync(toArray(value, options), options);
    const next = async () => (await pieces.next()).value ?? undefined;
    return new NpzMember((await next())!, next);
  }

  /** All of it, where it is no more than `most` bytes; else nothing is handed out. */
  async whole(most: number): Promise<Uint8Array | undefined> {
    while (this.#ahead.length <= most) {
      const piece = await this.#next();
      if (piece === undefined) return sum(this, this.#ahead.join());
      this.#ahead.add(piece, most);
    }
    return undefined;
  }

  /** Piece by piece, none longer than `most`; each is valid until the next is asked for. */
  async *pieces(most: number): AsyncGenerator<Uint8Array> {
    for (const piece of this.#ahead.pieces) yield* parts(this, piece, most);
    for (let piece = await this.#next(); piece !== undefined; piece = await this.#next()) {
      yield* parts(this, piece, most);
    }
  }
}

/** The same without waiting. */
export class NpzMemberSync implements MemberSums {
  /** CRC-32 so far. */
  crc = 0;
  /** Bytes so far. */
  size = 0;
  /** Bytes in the archive; who writes them counts them. */
  compressedSize = 0;
  /** Length of the header of the `.npy` file. */
  readonly headerLength: number;
  readonly #rest: Generator<Uint8Array>;
  readonly #ahead: Ahead;

  /** Start with the header. @throws PicklingError, RangeError or TypeError for what can't be saved */
  constructor(value: Savable, options: WriteNpyOptions) {
    this.#rest = npyPieces(toArray(value, options), options);
    const header: Uint8Array = this.#rest.next().value;
    this.headerLength = header.length;
    this.#ahead = new Ahead(header);
  }

  /** All of it, where it is no more than `most` bytes; else nothing is handed out. */
  whole(most: number): Uint8Array | undefined {
    while (this.#ahead.length <= most) {
      const { value: piece, done } = this.#rest.next();
      if (done) return sum(this, this.#ahead.join());
      this.#ahead.add(piece, most);
    }
    return undefined;
  }

  /** Piece by piece, none longer than `most`; each is valid until the next is asked for. */
  *pieces(most: number): Generator<Uint8Array> {
    for (const piece of this.#ahead.pieces) yield* parts(this, piece, most);
    for (const piece of this.#rest) yield* parts(this, piece, most);
  }
}

/** Pieces that were looked at before they were handed out. */
class Ahead {
  readonly pieces: Uint8Array[];
  length: number;

  constructor(header: Uint8Array) {
    this.pieces = [header];
    this.length = header.length;
  }

  /** A piece lasts until the next is asked for, which is not done once there are more than `most` bytes. */
  add(piece: Uint8Array, most: number): void {
    this.length += piece.length;
    this.pieces.push(this.length > most ? piece : piece.slice());
  }

  join(): Uint8Array {
    const all = new Uint8Array(this.length);
    let at = 0;
    for (const piece of this.pieces) {
      all.set(piece, at);
      at += piece.length;
    }
    return all;
  }
}

function toArray(value: Savable, { onWarning }: WriteNpyOptions): ReturnType<typeof arrayToSave> {
  return arrayToSave(value, onWarning === undefined ? {} : { onWarning });
}

function* parts(
  member: { crc: number; size: number },
  piece: Uint8Array,
  most: number,
): Generator<Uint8Array> {
  for (let at = 0; at < piece.length; at += most) {
    yield sum(member, piece.subarray(at, at + most));
  }
}

function sum(member: { crc: number; size: number }, bytes: Uint8Array): Uint8Array {
  member.crc = crc32(bytes, member.crc);
  member.size += bytes.length;
  return bytes;
}
