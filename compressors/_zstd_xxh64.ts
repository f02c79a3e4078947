/**
 * XXH64 (seed 0), the checksum of zstd frames, over bytes that come in pieces. See the xxHash
 * specification, "XXH64 algorithm description". Numbers of 64 bits are pairs of 32-bit halves:
 * bigints take ten times as long.
 */

const STRIPE_BYTES = 32;
const LANES = 4;
const PRIME_1_HIGH = 0x9e3779b1 | 0;
const PRIME_1_LOW = 0x85ebca87 | 0;
const PRIME_2_HIGH = 0xc2b2ae3d | 0;
const PRIME_2_LOW = 0x27d4eb4f | 0;
const PRIME_3_HIGH = 0x165667b1 | 0;
const PRIME_3_LOW = 0x9e3779f9 | 0;
const PRIME_4_HIGH = 0x85ebca77 | 0;
const PRIME_4_LOW = 0xc2b2ae63 | 0;
const PRIME_5_HIGH = 0x27d4eb2f | 0;
const PRIME_5_LOW = 0x165667c5 | 0;

/** High half of the last result; functions return the low half. */
let high = 0;

/** XXH64 of everything that was added. */
export class Xxh64 {
  /** The four lanes, high and low half of each. */
  readonly #lanes = new Int32Array(2 * LANES);
  #length = 0;
  /** What is left of the last stripe that isn't whole. */
  readonly #rest = new Uint8Array(STRIPE_BYTES);

  constructor() {
    const lanes = this.#lanes;
    lanes[1] = add(PRIME_1_HIGH, PRIME_1_LOW, PRIME_2_HIGH, PRIME_2_LOW);
    lanes[0] = high;
    lanes[2] = PRIME_2_HIGH;
    lanes[3] = PRIME_2_LOW;
    lanes[7] = add(~PRIME_1_HIGH, ~PRIME_1_LOW, 0, 1);
    lanes[6] = high;
  }

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
    const end = start + (bytes.length - start) - (bytes.length - start) % STRIPE_BYTES;
    this.#stripes(bytes, start, end);
    this.#rest.set(bytes.subarray(end));
  }

  /** The low 32 bits of the checksum of what was added so far. */
  low(): number {
    const rest = new DataView(this.#rest.buffer, 0, this.#length % STRIPE_BYTES);
    let low = this.#length < STRIPE_BYTES ? PRIME_5_LOW : this.#merged();
    if (this.#length < STRIPE_BYTES) high = PRIME_5_HIGH;
    low = add(high, low, Math.floor(this.#length / 2 ** 32), this.#length);
    let at = 0;
    for (; at + 8 <= rest.byteLength; at += 8) {
      const [h, l] = [high, low];
      const word = round(0, 0, rest.getInt32(at + 4, true), rest.getInt32(at, true));
      low = rotate(high ^ h, word ^ l, 27);
      low = multiply(high, low, PRIME_1_HIGH, PRIME_1_LOW);
      low = add(high, low, PRIME_4_HIGH, PRIME_4_LOW);
    }
    for (; at + 4 <= rest.byteLength; at += 4) {
      const [h, l] = [high, low];
      const word = multiply(0, rest.getInt32(at, true), PRIME_1_HIGH, PRIME_1_LOW);
      low = rotate(high ^ h, word ^ l, 23);
      low = multiply(high, low, PRIME_2_HIGH, PRIME_2_LOW);
      low = add(high, low, PRIME_3_HIGH, PRIME_3_LOW);
    }
    for (; at < rest.byteLength; at++) {
      const [h, l] = [high, low];
      const word = multiply(0, rest.getUint8(at), PRIME_5_HIGH, PRIME_5_LOW);
      low = rotate(high ^ h, word ^ l, 11);
      low = multiply(high, low, PRIME_1_HIGH, PRIME_1_LOW);
    }
    low ^= high >>> 1; // >> 33
    low = multiply(high, low, PRIME_2_HIGH, PRIME_2_LOW);
    low ^= high << 3 | low >>> 29;
    high ^= high >>> 29;
    low = multiply(high, low, PRIME_3_HIGH, PRIME_3_LOW);
    return (low ^ high) >>> 0;
  }

  /** The four lanes as one number. */
  #merged(): number {
    const lanes = this.#lanes;
    let h = 0;
    let l = 0;
    for (const [lane, bits] of [1, 7, 12, 18].entries()) {
      const low = rotate(lanes[2 * lane], lanes[2 * lane + 1], bits);
      l = add(h, l, high, low);
      h = high;
    }
    for (let lane = 0; lane < LANES; lane++) {
      const low = round(0, 0, lanes[2 * lane], lanes[2 * lane + 1]);
      l = multiply(h ^ high, l ^ low, PRIME_1_HIGH, PRIME_1_LOW);
      l = add(high, l, PRIME_4_HIGH, PRIME_4_LOW);
      h = high;
    }
    return l;
  }

  #stripes(bytes: Uint8Array, start: number, end: number): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const lanes = this.#lanes;
    for (let lane = 0; lane < LANES; lane++) {
      let h = lanes[2 * lane];
      let l = lanes[2 * lane + 1];
      for (let at = start + 8 * lane; at < end; at += STRIPE_BYTES) {
        l = round(h, l, view.getInt32(at + 4, true), view.getInt32(at, true));
        h = high;
      }
      lanes[2 * lane] = h;
      lanes[2 * lane + 1] = l;
    }
  }
}

/** A lane with eight more bytes. */
function round(h: number, l: number, inputHigh: number, inputLow: number): number {
  let low = multiply(inputHigh, inputLow, PRIME_2_HIGH, PRIME_2_LOW);
  low = add(high, low, h, l);
  low = rotate(high, low, 31);
  return multiply(high, low, PRIME_1_HIGH, PRIME_1_LOW);
}

function add(aHigh: number, aLow: number, bHigh: number, bLow: number): number {
  const low = (aLow >>> 0) + (bLow >>> 0);
  high = aHigh + bHigh + (low > 0xffffffff ? 1 : 0) | 0;
  return low | 0;
}

/** The low 64 bits of the product. */
function multiply(aHigh: number, aLow: number, bHigh: number, bLow: number): number {
  const a0 = aLow & 0xffff;
  const a1 = aLow >>> 16;
  const b0 = bLow & 0xffff;
  const b1 = bLow >>> 16;
  const middle = Math.imul(a1, b0) + (Math.imul(a0, b0) >>> 16) >>> 0;
  const other = Math.imul(a0, b1) + (middle & 0xffff) >>> 0;
  high = Math.imul(a1, b1) + (middle >>> 16) + (other >>> 16) + Math.imul(aHigh, bLow) +
      Math.imul(aLow, bHigh) | 0;
  return Math.imul(aLow, bLow);
}

/** Rotate to the left, by 1 to 31 bits. */
function rotate(h: number, l: number, bits: number): number {
  high = h << bits | l >>> 32 - bits;
  return l << bits | h >>> 32 - bits;
}
