/**
 * The move-to-front list of bzip2, in 16 rows of 16 as libbz2 keeps it: a byte from far behind moves
 * the last of each row before it, not all that stands between.
 */

const ROWS = 16;
const ROW = 16;
/** Rows wander to the start of their memory before they are set up again at its end. */
const MEMORY = 4096;

/** A list of up to 256 bytes. */
export class MoveToFront {
  readonly #bytes: Uint8Array = new Uint8Array(MEMORY);
  readonly #rows: Int32Array = new Int32Array(ROWS);

  constructor(bytes: Uint8Array) {
    const start = MEMORY - ROWS * ROW;
    this.#bytes.set(bytes, start);
    for (let row = 0; row < ROWS; row++) this.#rows[row] = start + row * ROW;
  }

  /** The first byte. */
  get first(): number {
    return this.#bytes[this.#rows[0]];
  }

  /** Move the byte at `index` to the front; returns it. */
  take(index: number): number {
    const bytes = this.#bytes;
    const rows = this.#rows;
    let row = index >>> 4;
    const start = rows[row];
    let position = start + (index & 15);
    const byte = bytes[position];
    for (; position > start; position--) bytes[position] = bytes[position - 1];
    if (row === 0) {
      bytes[start] = byte;
      return byte;
    }
    rows[row]++;
    for (; row > 0; row--) {
      const first = --rows[row];
      bytes[first] = bytes[rows[row - 1] + ROW - 1];
    }
    const first = --rows[0];
    bytes[first] = byte;
    if (first === 0) this.#rewind();
    return byte;
  }

  #rewind(): void {
    // From the last row on: each goes to a place behind its own.
    for (let row = ROWS - 1; row >= 0; row--) {
      const to = MEMORY - (ROWS - row) * ROW;
      this.#bytes.copyWithin(to, this.#rows[row], this.#rows[row] + ROW);
      this.#rows[row] = to;
    }
  }
}
