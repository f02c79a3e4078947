/**
 * Compressed bytes from a reader, with as many at hand as a header needs. What is behind the end
 * of a stream goes back to the reader.
 */
import type { AsyncReader } from "../io/source.ts";

const READ_BYTES = 256 << 10;

/** A window on the compressed bytes. */
export class Input {
  /** Position of the window's first byte. */
  offset = 0;
  /** The window: bytes that were read and not used yet. */
  window: Uint8Array = new Uint8Array(0);
  readonly #reader: AsyncReader;
  #buffer: Uint8Array | undefined;

  constructor(reader: AsyncReader) {
    this.#reader = reader;
  }

  /** Upper bound of the bytes that are left, where it is known. */
  get remaining(): number | undefined {
    const { remaining } = this.#reader;
    return remaining === undefined ? undefined : remaining + READ_BYTES + this.window.length;
  }

  /** Make the window longer; `false` at the end of the data. */
  async more(): Promise<boolean> {
    const kept = this.window;
    // The buffer can only be used again when nothing in it is needed any more.
    const buffer = kept.length === 0
      ? this.#buffer ??= new Uint8Array(READ_BYTES)
      : new Uint8Array(kept.length + READ_BYTES);
    buffer.set(kept);
    const count = await this.#reader.read(buffer.subarray(kept.length));
    if (count > 0) this.window = buffer.subarray(0, kept.length + count);
    return count > 0;
  }

  /** Make the window at least `length` bytes long; `false` where the data ends before. */
  async need(length: number): Promise<boolean> {
    while (this.window.length < length) {
      if (!await this.more()) return false;
    }
    return true;
  }

  /** Take the first `count` bytes out of the window. */
  skip(count: number): void {
    this.window = this.window.subarray(count);
    this.offset += count;
  }

  /** Give what is in the window back to the reader. */
  async release(): Promise<void> {
    if (this.window.length > 0) await this.#reader.unread(this.window.length);
    this.window = this.window.subarray(0, 0);
  }
}
