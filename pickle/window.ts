/**
 * The part of the stream that the pickle machine may look at.
 */

/** The bytes that the machine may look at: `[position, end)` of `bytes`, which start at `base` of the stream. */
export class Window {
  #bytes: Uint8Array;
  #view: DataView;
  /** The next byte. */
  position = 0;
  /** Behind the last valid byte. */
  end: number;
  /** Stream offset of `bytes[0]`. */
  base = 0;

  /** Look at all of `bytes`. */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.end = bytes.length;
  }

  /** The buffer. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** The same memory, for numbers. */
  get view(): DataView {
    return this.#view;
  }

  /** Go on in a larger buffer that begins with the same bytes. */
  replace(bytes: Uint8Array): void {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
}
