/**
 * One block of bzip2, as libbz2's decompress.c reads it: Huffman codes of move-to-front positions
 * of a Burrows-Wheeler transform of bytes whose runs were shortened. Blocks end at any bit.
 *
 * Ours, because seek-bzip asks for each byte in a synchronous call, so that nothing can be awaited;
 * needs Node's Buffer; says no place; and is no faster.
 */
import { type BitReader, Bz2Problem, Bz2Short } from "./_bz2_bits.ts";
import {
  type Bz2Code,
  FAST_BITS,
  MAX_CODE_BITS,
  readAlphabet,
  readCode,
  readSelectors,
} from "./_bz2_codes.ts";
import { MoveToFront } from "./_bz2_front.ts";

const GROUP_SYMBOLS = 50;
/** The most bytes that a group of symbols is in, and what is read ahead of it. */
const GROUP_BYTES = 132;
const RUN_A = 0;
const RUN_B = 1;

/** Decodes blocks, one after the other, in the same memory. */
export class Bz2BlockDecoder {
  /** Largest block, before runs are made long again. */
  readonly blockBytes: number;
  readonly #links: Uint32Array;
  /** How often each byte is in the block. */
  readonly #counts: Int32Array = new Int32Array(256);
  #origin = 0;
  // What the symbols are read with.
  #endSymbol = 0;
  #front: MoveToFront = new MoveToFront(new Uint8Array(0));
  #selectors: Uint8Array = new Uint8Array(0);
  #codes: readonly Bz2Code[] = [];
  #group = 0;
  #runLength = 0;
  #runWeight = 1;
  #count = 0;
  // Where the output stands.
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
   * Start a block behind its CRC, up to its first symbol.
   *
   * @throws {Bz2Problem} The block is damaged.
   * @throws {Bz2Short} The bytes end before that symbol.
   */
  start(bits: BitReader): void {
    if (bits.read(1) === 1) throw new Bz2Problem("a randomised block of bzip2 before 0.9.5");
    this.#origin = bits.read(24);
    const alphabet = readAlphabet(bits);
    const symbolCount = alphabet.length + 2;
    const codeCount = bits.read(3);
    if (codeCount < 2 || codeCount > 6) throw new Bz2Problem("a wrong count of codes");
    this.#selectors = readSelectors(bits, codeCount);
    const codes: Bz2Code[] = [];
    for (let i = 0; i < codeCount; i++) codes.push(readCode(bits, symbolCount));
    this.#codes = codes;
    this.#front = new MoveToFront(alphabet);
    this.#endSymbol = symbolCount - 1;
    this.#counts.fill(0);
    this.#group = 0;
    this.#runLength = 0;
    this.#runWeight = 1;
    this.#count = 0;
  }

  /**
   * Read symbols; returns whether the block is there, ready to be written. Else more bytes are
   * needed: the next call goes on where this one left `bits`.
   *
   * @param last Nothing comes behind the bytes.
   * @throws {Bz2Problem} The block is damaged.
   * @throws {Bz2Short} The bytes are the last and end before the block does.
   */
  readSymbols(bits: BitReader, last: boolean): boolean {
    if (!this.#readGroups(bits, last)) return false;
    if (this.#origin >= this.#count) throw new Bz2Problem("a wrong origin");
    this.#link();
    this.#at = this.#links[this.#origin] >>> 8;
    this.#previous = -1;
    this.#run = 0;
    this.#repeat = 0;
    this.#crc = -1;
    return true;
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

  /** Fill the low bytes of the links with the transformed block, whole groups of symbols at a time. */
  #readGroups(bits: BitReader, last: boolean): boolean {
    const front = this.#front;
    const endSymbol = this.#endSymbol;
    const links = this.#links;
    const counts = this.#counts;
    const most = this.blockBytes;
    const selectors = this.#selectors;
    let count = this.#count;
    let runLength = this.#runLength;
    let runWeight = this.#runWeight;
    let { bytes, next, held, heldBits } = bits;
    let end = bits.end;
    let isPadded = false;
    let moved = 0; // how far the bytes are from where they were
    let problem = "a block without an end";
    groups:
    for (let group = this.#group; group < selectors.length; group++) {
      if (end - next < GROUP_BYTES && !isPadded) {
        if (!last) {
          this.#group = group;
          this.#count = count;
          this.#runLength = runLength;
          this.#runWeight = runWeight;
          bits.next = next;
          bits.held = held;
          bits.heldBits = heldBits;
          return false;
        }
        // So that no symbol needs to look for the end.
        const padded = new Uint8Array(3 * GROUP_BYTES);
        padded.set(bytes.subarray(next, end));
        bytes = padded;
        isPadded = true;
        moved = next;
        end -= moved;
        next = 0;
      }
      if (next - (heldBits >>> 3) > end) throw new Bz2Short();
      const { fast, symbols, limit, base, maxBits } = this.#codes[selectors[group]];
      for (let i = 0; i < GROUP_SYMBOLS; i++) {
        // Written out, with the bits in locals: this runs for every symbol.
        if (heldBits < MAX_CODE_BITS) {
          do {
            held = (held << 8) | bytes[next++];
            heldBits += 8;
          } while (heldBits <= 24);
        }
        let symbol: number;
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
          const index = code - base[length];
          if (length > maxBits || index < 0 || index >= symbols.length) {
            problem = "a code without a symbol";
            break groups;
          }
          symbol = symbols[index];
        }

        if (symbol <= RUN_B) {
          // A run's length in bijective base 2: RUN_A is 1, RUN_B is 2.
          if (runWeight > most) {
            problem = "a run longer than the block";
            break groups;
          }
          runLength += runWeight << (symbol === RUN_A ? 0 : 1);
          runWeight <<= 1;
          continue;
        }
        if (runWeight > 1) {
          const byte = front.first;
          if (runLength > most - count) {
            problem = "a run longer than the block";
            break groups;
          }
          links.fill(byte, count, count + runLength);
          counts[byte] += runLength;
          count += runLength;
          runLength = 0;
          runWeight = 1;
        }
        if (symbol === endSymbol) {
          if (next - (heldBits >>> 3) > end) throw new Bz2Short();
          this.#count = count;
          bits.next = next + moved;
          bits.held = held;
          bits.heldBits = heldBits;
          return true;
        }
        if (count === most) {
          problem = "more data than the block holds";
          break groups;
        }
        const byte = front.take(symbol - 1);
        links[count++] = byte;
        counts[byte]++;
      }
    }
    // What was read behind the end tells nothing but that there is an end.
    if (next - (heldBits >>> 3) > end) throw new Bz2Short();
    bits.next = next + moved;
    bits.heldBits = heldBits;
    throw new Bz2Problem(problem);
  }

  /** Link each byte to the one behind it, in the high bits. */
  #link(): void {
    const links = this.#links;
    const counts = this.#counts;
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
