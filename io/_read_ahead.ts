/**
 * Reading a file while what was read is worked on. An awaited read takes some 50 to 100 µs besides the
 * copying of its bytes, a third of the time in which they are decompressed: so small reads are served
 * from pieces, the next of which is on its way. Large ones go straight to where they are wanted.
 */
import { freeBuffer } from "../bytes/free.ts";

/** First piece: all of a small file, and little more than the head of one that is mapped or skipped. */
const MIN_PIECE_BYTES = 64 << 10;
/** The longest piece. */
const MAX_PIECE_BYTES = 1 << 20;
const EMPTY: Uint8Array = new Uint8Array(0);

/** Fills `into` with what stands at `position`; resolves to how many bytes, 0 only at the end. */
export type ReadAt = (into: Uint8Array, position: number) => Promise<number>;

/** A file of known size, read from front to back by one call at a time. */
export class ReadAhead {
  /** Place of the next byte. */
  position = 0;
  readonly #readAt: ReadAt;
  readonly #size: number;
  /** What was read and not handed out, from `position` on. */
  #piece: Uint8Array = EMPTY;
  /** The piece behind it. */
  #next: Promise<Uint8Array> | undefined;
  /** Length of the next piece. */
  #length = MIN_PIECE_BYTES;
  /** Memory for it. */
  #spare: Uint8Array = EMPTY;

  constructor(readAt: ReadAt, size: number) {
    this.#readAt = readAt;
    this.#size = size;
  }

  /** Upper bound of the bytes that are left. */
  get remaining(): number {
    return Math.max(0, this.#size - this.position);
  }

  /** Fill `into` from the front; resolves to how many bytes, 0 only at the end. */
  async read(into: Uint8Array): Promise<number> {
    const next = this.#next;
    if (this.#piece.length === 0 && next === undefined) {
      if (into.length > MAX_PIECE_BYTES || into.length >= this.remaining) {
        const count = await this.#readAt(into, this.position);
        this.position += count;
        return count;
      }
      const isFirst = this.#length === MIN_PIECE_BYTES;
      this.#piece = await this.#fetch(this.position);
      if (!isFirst) this.#fetchNext();
    } else if (this.#piece.length === 0) {
      this.#next = undefined;
      this.#piece = await next!;
      if (into.length <= MAX_PIECE_BYTES) this.#fetchNext();
    }
    const part = this.#piece.subarray(0, into.length);
    into.set(part);
    this.position += part.length;
    if (part.length === this.#piece.length) this.#spare = new Uint8Array(part.buffer);
    this.#piece = this.#piece.subarray(part.length);
    return part.length;
  }

  /** Go on from another place, `count` bytes further. */
  async move(count: number): Promise<void> {
    await this.#next?.catch(() => {});
    this.#next = undefined;
    this.#piece = EMPTY;
    this.position += count;
  }

  /** Wait for what is on its way, and free all memory. */
  async close(): Promise<void> {
    const next = await this.#next?.catch(() => EMPTY);
    this.#next = undefined;
    const buffers = [this.#spare, this.#piece, next ?? EMPTY].map(({ buffer }) => buffer);
    for (const buffer of new Set(buffers)) if (buffer.byteLength > 0) freeBuffer(buffer);
    this.#spare = this.#piece = EMPTY;
  }

  #fetchNext(): void {
    const start = this.position + this.#piece.length;
    if (start >= this.#size || this.#piece.length === 0) return;
    this.#next = this.#fetch(start);
    this.#next.catch(() => {}); // told by the read that wants it
  }

  async #fetch(position: number): Promise<Uint8Array> {
    const length = Math.min(this.#length, this.#size - position);
    this.#length = Math.min(2 * this.#length, MAX_PIECE_BYTES);
    const memory = this.#spare.length >= length ? this.#spare : new Uint8Array(length);
    this.#spare = EMPTY;
    return memory.subarray(0, await this.#readAt(memory.subarray(0, length), position));
  }
}
