/**
 * XXH32, the checksum of LZ4 frames (seed 0), over bytes that come in pieces. See the xxHash
 * specification, "XXH32 algorithm description".
 */

const PRIME_1 = 0x9e3779b1 | 0;
const PRIME_2 = 0x85ebca77 | 0;
const PRIME_3 = 0xc2b2ae3d | 0;
const PRIME_4 = 0x27d4eb2f | 0;
const PRIME_5 = 0x165667b1 | 0;
const STRIPE_BYTES = 16;

/** XXH32 of the whole of `bytes`. */
export function xxh32(bytes: Uint8Array): number {
  const sum = new Xxh32();
  sum.update(bytes);
  return sum.digest();
}

/** XXH32 of everything that was added. */
export class Xxh32 {
  #a = PRIME_1 + PRIME_2 | 0;
  #b = PRIME_2;
  #c = 0;
  #d = -PRIME_1 | 0;
  #length = 0;
  /** What is left of the last stripe that isn't whole. */
  readonly #rest = new Uint8Array(STRIPE_BYTES);

  /** Add `bytes`. */
  update(bytes: Uint8Array): void {
    const kept = this.#length % STRIPE_BYTES;
    this.#length += bytes.length;
    let start = 0;
    if (kept > 0) {
      start = Math.min(STRIPE_BYTES - kept, bytes.length);
      this.#rest.set(bytes.subarray(0, start), kept);
      if (kept + start < STRIPE_BYTES) return;
      this.#stripes(this.#rest, 0, STRIPE_BYTES);
    }
    const end = start + (bytes.length - start & ~(STRIPE_BYTES - 1));
    this.#stripes(bytes, start, end);
    this.#rest.set(bytes.subarray(end));
  }

  /** The checksum of what was added so far. */
  digest(): number {
    const length = this.#length;
    let sum = length < STRIPE_BYTES
      ? PRIME_5
      : rotate(this.#a, 1) + rotate(this.#b, 7) + rotate(this.#c, 12) + rotate(this.#d, 18) | 0;
    sum = sum + length | 0;
    const rest = this.#rest;
    const restLength = length % STRIPE_BYTES;
    let at = 0;
    for (; at + 4 <= restLength; at += 4) {
      const word = rest[at] | rest[at + 1] << 8 | rest[at + 2] << 16 | rest[at + 3] << 24;
      sum = Math.imul(rotate(sum + Math.imul(word, PRIME_3) | 0, 17), PRIME_4);
    }
    for (; at < restLength; at++) {
      sum = Math.imul(rotate(sum + Math.imul(rest[at], PRIME_5) | 0, 11), PRIME_1);
    }
    sum = Math.imul(sum ^ sum >>> 15, PRIME_2);
    sum = Math.imul(sum ^ sum >>> 13, PRIME_3);
    return (sum ^ sum >>> 16) >>> 0;
  }

  #stripes(bytes: Uint8Array, start: number, end: number): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    let a = this.#a;
    let b = this.#b;
    let c = this.#c;
    let d = this.#d;
    for (let at = start; at < end; at += STRIPE_BYTES) {
      a = a + Math.imul(view.getInt32(at, true), PRIME_2) | 0;
      a = Math.imul(a << 13 | a >>> 19, PRIME_1);
      b = b + Math.imul(view.getInt32(at + 4, true), PRIME_2) | 0;
      b = Math.imul(b << 13 | b >>> 19, PRIME_1);
      c = c + Math.imul(view.getInt32(at + 8, true), PRIME_2) | 0;
      c = Math.imul(c << 13 | c >>> 19, PRIME_1);
      d = d + Math.imul(view.getInt32(at + 12, true), PRIME_2) | 0;
      d = Math.imul(d << 13 | d >>> 19, PRIME_1);
    }
    this.#a = a;
    this.#b = b;
    this.#c = c;
    this.#d = d;
  }
}

function rotate(value: number, bits: number): number {
  return value << bits | value >>> (32 - bits);
}
