/** The bits of bzip2, highest first, and what can be wrong with them. */

/** What is wrong with a block. */
export class Bz2Problem extends Error {}

/** The bits of the block go on behind the end of the bytes. */
export class Bz2Short extends Error {}

/** Bits, highest first. */
export class BitReader {
  /** The bytes. */
  readonly bytes: Uint8Array;
  /** Where the bytes end. */
  readonly end: number;
  readonly #start: number;
  /** Next byte. */
  next: number;
  /** Bits that were taken out of the bytes and not used. */
  held = 0;
  /** How many. */
  heldBits = 0;

  /** Read from the bit `bit` of the byte `start` on. */
  constructor(bytes: Uint8Array, options: { start: number; end: number; bit: number }) {
    this.bytes = bytes;
    this.#start = this.next = options.start;
    this.end = options.end;
    this.read(options.bit);
  }

  /** How many bits lie between the start and here. */
  get used(): number {
    return (this.next - this.#start) * 8 - this.heldBits;
  }

  /** The next `count` bits, at most 24. */
  read(count: number): number {
    while (this.heldBits < count) {
      if (this.next >= this.end) throw new Bz2Short();
      this.held = (this.held << 8) | this.bytes[this.next++];
      this.heldBits += 8;
    }
    this.heldBits -= count;
    return (this.held >>> this.heldBits) & ((1 << count) - 1);
  }

  /** The next 32 bits. */
  read32(): number {
    const high = this.read(16);
    return (high * 0x10000) + this.read(16);
  }
}

/** What stands in front of a block, and at the end of a stream. */
export interface Bz2Mark {
  /** Which of both it is. */
  readonly magic: number;
  /** Sum of the block, or of all sums. */
  readonly crc: number;
}

/** Read a mark. */
export function readBz2Mark(bits: BitReader): Bz2Mark {
  const high = bits.read(24);
  return { magic: high * 2 ** 24 + bits.read(24), crc: bits.read32() };
}
