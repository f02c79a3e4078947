/**
 * One block of bzip2, as libbz2's decompress.c reads it: Huffman codes of move-to-front positions
 * of a Burrows-Wheeler transform of bytes whose runs were shortened. Blocks end at any bit.
 *
 * Ours, because seek-bzip asks for each byte in a synchronous call, so that nothing can be awaited;
 * needs Node's Buffer; says no place; and is no faster.
 */

import { MoveToFront } from "./_bz2_front.ts";

/** What is wrong with a block. */
export class Bz2Problem extends Error {}

/** The bits of the block go on behind the end of the bytes. */
export class Bz2Short extends Error {}

const MAX_SYMBOLS = 258;
const MAX_CODE_BITS = 20;
const GROUP_SYMBOLS = 50;
const RUN_A = 0;
const RUN_B = 1;
/** Codes up to this length are found in one step. */
const FAST_BITS = 10;

/** Bits, highest first. */
export class BitReader {
  /** The bytes. */
  bytes: Uint8Array;
  /** Next byte. */
  next: number;
  /** Bits that were taken out of the bytes and not used. */
  held = 0;
  /** How many. */
  heldBits = 0;
  /** Where the bytes end. */
  readonly end: number;

  constructor(bytes: Uint8Array, start: number, end: number) {
    this.bytes = bytes;
    this.next = start;
    this.end = end;
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

  /** How many bits lie between `start` and here. */
  bitsFrom(start: number): number {
    return (this.next - start) * 8 - this.heldBits;
  }
}

/** A Huffman code. */
interface Code {
  /** By the next FAST_BITS bits: `symbol << 5 | length`, 0 for a longer code. */
  fast: Uint16Array;
  /** Symbols in order of their codes. */
  symbols: Uint16Array;
  /** By length: the first code that is too large for it, -1 for none shorter. */
  limit: Int32Array;
  /** By length: what subtracted from a code gives the index of its symbol. */
  base: Int32Array;
  maxBits: number;
}

/** Decodes blocks, one after the other, in the same memory. */
export class Bz2BlockDecoder {
  /** Largest block, before runs are made long again. */
  readonly blockBytes: number;
  readonly #links: Uint32Array;
  #count = 0;
  #at = 0;
  #previous = -1;
  #run = 0;
  #repeat = 0;
  #crc = -1;

  constructor(blockBytes: number) {
    this.blockBytes = blockBytes;
    this.#links = new Uint32Array(blockBytes);
  }

  /** CRC of the output of this block, once all of it was written. */
  get crc(): number {
    return ~this.#crc >>> 0;
  }

  /**
   * Read a block behind its CRC.
   *
   * @throws {Bz2Problem} The block is damaged.
   * @throws {Bz2Short} The bytes end before the block does.
   */
  readBlock(bits: BitReader): void {
    if (bits.read(1) === 1) throw new Bz2Problem("a randomised block of bzip2 before 0.9.5");
    const origin = bits.read(24);
    const alphabet = readAlphabet(bits);
    const symbolCount = alphabet.length + 2;
    const codeCount = bits.read(3);
    if (codeCount < 2 || codeCount > 6) throw new Bz2Problem("a wrong count of codes");
    const selectors = readSelectors(bits, codeCount);
    const codes: Code[] = [];
    for (let i = 0; i < codeCount; i++) codes.push(readCode(bits, symbolCount));
    const counts = this.#readSymbols(bits, { alphabet, selectors, codes });
    if (origin >= this.#count) throw new Bz2Problem("a wrong origin");
    this.#link(counts);
    this.#at = this.#links[origin] >>> 8;
    this.#previous = -1;
    this.#run = 0;
    this.#repeat = 0;
    this.#crc = -1;
  }

  /** Undo the transform and the runs into `output`; returns how many bytes, 0 at the end. */
  write(output: Uint8Array): number {
    const links = this.#links;
    const table = crcTable();
    let count = this.#count;
    let at = this.#at;
    let previous = this.#previous;
    let run = this.#run;
    let repeat = this.#repeat;
    let crc = this.#crc;
    const end = output.length;
    let position = 0;
    for (;;) {
      while (repeat > 0 && position < end) {
        output[position++] = previous;
        crc = (crc << 8) ^ table[(crc >>> 24) ^ previous];
        repeat--;
      }
      if (position === end || count === 0) break;
      const entry = links[at];
      at = entry >>> 8;
      const byte = entry & 0xff;
      count--;
      if (run === 4) {
        // Behind four equal bytes stands how many more there are.
        repeat = byte;
        run = 0;
        continue;
      }
      run = byte === previous ? run + 1 : 1;
      previous = byte;
      output[position++] = byte;
      crc = (crc << 8) ^ table[(crc >>> 24) ^ byte];
    }
    this.#count = count;
    this.#at = at;
    this.#previous = previous;
    this.#run = run;
    this.#repeat = repeat;
    this.#crc = crc;
    return position;
  }

  /** Fill the low bytes of the links with the transformed block; returns how often each byte is there. */
  #readSymbols(
    bits: BitReader,
    block: { alphabet: Uint8Array; selectors: Uint8Array; codes: Code[] },
  ): Int32Array {
    const { selectors, codes } = block;
    const front = new MoveToFront(block.alphabet);
    const endSymbol = block.alphabet.length + 1;
    const links = this.#links;
    const most = this.blockBytes;
    const counts = new Int32Array(256);
    let count = 0;
    const { bytes, end } = bits;
    let { next, held, heldBits } = bits;
    let runLength = 0;
    let runWeight = 1;
    for (let group = 0; group < selectors.length; group++) {
      const { fast, symbols, limit, base, maxBits } = codes[selectors[group]];
      for (let i = 0; i < GROUP_SYMBOLS; i++) {
        // Written out, with the bits in locals: this runs for every symbol.
        if (heldBits < MAX_CODE_BITS) {
          // Behind each block comes more than a code can have.
          do {
            if (next >= end) throw new Bz2Short();
            held = (held << 8) | bytes[next++];
            heldBits += 8;
          } while (heldBits <= 24);
        }
        let symbol: number | undefined;
        const found = fast[(held >>> (heldBits - FAST_BITS)) & ((1 << FAST_BITS) - 1)];
        if (found !== 0) {
          heldBits -= found & 31;
          symbol = found >>> 5;
        } else {
          let length = FAST_BITS + 1;
          let code = (held >>> (heldBits - length)) & ((1 << length) - 1);
          while (length <= maxBits && code >= limit[length]) {
            length++;
            code = (held >>> (heldBits - length)) & ((1 << length) - 1);
          }
          heldBits -= length;
          symbol = length > maxBits ? undefined : symbols[code - base[length]];
          if (symbol === undefined) throw new Bz2Problem("a code without a symbol");
        }

        if (symbol <= RUN_B) {
          // A run's length in bijective base 2: RUN_A is 1, RUN_B is 2.
          if (runWeight > most) throw new Bz2Problem("a run longer than the block");
          runLength += runWeight << (symbol === RUN_A ? 0 : 1);
          runWeight <<= 1;
          continue;
        }
        if (runWeight > 1) {
          const byte = front.first;
          if (runLength > most - count) throw new Bz2Problem("a run longer than the block");
          links.fill(byte, count, count + runLength);
          counts[byte] += runLength;
          count += runLength;
          runLength = 0;
          runWeight = 1;
        }
        if (symbol === endSymbol) {
          this.#count = count;
          bits.next = next;
          bits.held = held;
          bits.heldBits = heldBits;
          return counts;
        }
        if (count === most) throw new Bz2Problem("more data than the block holds");
        const byte = front.take(symbol - 1);
        links[count++] = byte;
        counts[byte]++;
      }
    }
    throw new Bz2Problem("a block without an end");
  }

  /** Link each byte to the one behind it, in the high bits. */
  #link(counts: Int32Array): void {
    const links = this.#links;
    let sum = 0;
    for (let byte = 0; byte < 256; byte++) {
      const count = counts[byte];
      counts[byte] = sum;
      sum += count;
    }
    const count = this.#count;
    for (let i = 0; i < count; i++) links[counts[links[i] & 0xff]++] |= i << 8;
  }
}

/** The bytes that occur in the block. */
function readAlphabet(bits: BitReader): Uint8Array {
  const used: number[] = [];
  const ranges = bits.read(16);
  for (let range = 0; range < 16; range++) {
    if ((ranges & (0x8000 >>> range)) === 0) continue;
    const members = bits.read(16);
    for (let i = 0; i < 16; i++) {
      if (members & (0x8000 >>> i)) used.push(16 * range + i);
    }
  }
  if (used.length === 0) throw new Bz2Problem("an empty alphabet");
  return Uint8Array.from(used);
}

/** Which code is used for each 50 symbols. */
function readSelectors(bits: BitReader, codeCount: number): Uint8Array {
  const length = bits.read(15);
  if (length === 0) throw new Bz2Problem("no selectors");
  const selectors = new Uint8Array(length);
  const front = [0, 1, 2, 3, 4, 5];
  for (let i = 0; i < length; i++) {
    let index = 0;
    while (bits.read(1) === 1) {
      if (++index >= codeCount) throw new Bz2Problem("a wrong selector");
    }
    const [code] = front.splice(index, 1);
    front.unshift(code);
    selectors[i] = code;
  }
  return selectors;
}

function readCode(bits: BitReader, symbolCount: number): Code {
  const lengths = new Uint8Array(symbolCount);
  const perLength = new Int32Array(MAX_CODE_BITS + 2);
  let length = bits.read(5);
  let maxBits = 0;
  for (let i = 0; i < symbolCount; i++) {
    for (;;) {
      if (length < 1 || length > MAX_CODE_BITS) throw new Bz2Problem("a wrong code length");
      if (bits.read(1) === 0) break;
      length += bits.read(1) === 0 ? 1 : -1;
    }
    lengths[i] = length;
    perLength[length]++;
    maxBits = Math.max(maxBits, length);
  }

  const symbols = new Uint16Array(MAX_SYMBOLS);
  const limit = new Int32Array(MAX_CODE_BITS + 2);
  const base = new Int32Array(MAX_CODE_BITS + 2);
  const fast = new Uint16Array(1 << FAST_BITS);
  let code = 0;
  let index = 0;
  for (let bitsOf = 1; bitsOf <= maxBits; bitsOf++) {
    base[bitsOf] = code - index;
    for (let symbol = 0; symbol < symbolCount; symbol++) {
      if (lengths[symbol] !== bitsOf) continue;
      symbols[index++] = symbol;
      if (bitsOf <= FAST_BITS) {
        const shift = FAST_BITS - bitsOf;
        // A set of lengths that no code can have runs past the table, where nothing is stored.
        fast.fill((symbol << 5) | bitsOf, code << shift, (code + 1) << shift);
      }
      code++;
    }
    limit[bitsOf] = code;
    code <<= 1;
  }
  return { fast, symbols, limit, base, maxBits };
}

let table: Int32Array | undefined;

/** CRC-32 with the highest bit first. */
function crcTable(): Int32Array {
  if (table !== undefined) return table;
  table = new Int32Array(256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte << 24;
    for (let bit = 0; bit < 8; bit++) crc = crc < 0 ? (crc << 1) ^ 0x04c11db7 : crc << 1;
    table[byte] = crc;
  }
  return table;
}
