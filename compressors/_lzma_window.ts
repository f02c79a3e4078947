/**
 * What an LZMA decoder wrote: the history that matches copy from, and the output that was not
 * taken yet. It grows with what comes out, never by the dictionary size that a header claims.
 */

/** A symbol may write so many bytes past the end that was asked for (MATCH_LEN_MAX). */
const SLACK_BYTES = 273;
/** Positions move by multiples of the largest alignment that LZMA knows (2 ** pb). */
const ALIGNMENT = 16;
const MIN_BYTES = 64 << 10;
const MIN_SPARE_BYTES = 2 << 20;

/** History and output. */
export class LzmaWindow {
  /** The bytes; `bytes[position - 1]` is the last one. */
  bytes: Uint8Array = new Uint8Array(MIN_BYTES);
  /** Where the next byte goes. */
  position = 1;
  /** The oldest byte that matches may copy; the one before it counts as the previous byte. */
  base = 1;
  /** What added to a position gives the count of bytes since the last reset, modulo 16. */
  bias: number = ALIGNMENT - 1;
  /** Largest distance of a match. */
  readonly dictionaryBytes: number;
  #taken = 1;

  constructor(dictionaryBytes: number) {
    this.dictionaryBytes = Math.max(dictionaryBytes, 4096);
  }

  /** Forget the history; what was written must have been taken. */
  reset(): void {
    this.bytes[this.position++] = 0;
    this.base = this.#taken = this.position;
    this.bias = -this.position & (ALIGNMENT - 1);
  }

  /** What was written since the last call. */
  take(): Uint8Array {
    const output = this.bytes.slice(this.#taken, this.position);
    this.#taken = this.position;
    return output;
  }

  /** Make room for `length` bytes; what was written must have been taken. */
  reserve(length: number): void {
    const needed = length + SLACK_BYTES;
    if (this.bytes.length - this.position >= needed) return;
    const kept = Math.min(this.position - this.base, this.dictionaryBytes) + 1;
    const most = this.dictionaryBytes + Math.max(this.dictionaryBytes >> 2, MIN_SPARE_BYTES);
    const shift = this.position - kept;
    const wanted = Math.min(2 * this.bytes.length, most);
    if (wanted > this.bytes.length || this.bytes.length - kept < needed) {
      const longer = new Uint8Array(Math.max(wanted, kept + needed));
      longer.set(this.bytes.subarray(shift, this.position));
      this.bytes = longer;
    } else {
      this.bytes.copyWithin(0, shift, this.position);
    }
    this.position = this.#taken = kept;
    this.base = 1;
    this.bias = (this.bias + shift) & (ALIGNMENT - 1);
  }

  /** Write bytes that were not compressed. */
  append(bytes: Uint8Array): void {
    this.bytes.set(bytes, this.position);
    this.position += bytes.length;
  }
}
