/**
 * The LZMA algorithm of the LZMA SDK's specification: an adaptive binary range coder whose bits are
 * literals, matches and repeated matches. It runs on whatever input is there and goes on later.
 *
 * Ours, because no package gives errors with a place, bounded memory and synchronous reading:
 * \@napi-rs/lzma ends a stream in a promise only, with all that is left in one buffer; xz-decompress
 * is asynchronous; lzma1 wants the whole in memory, and takes about twice as long.
 */
import type { LzmaWindow } from "./_lzma_window.ts";

/** The most bytes that one symbol can take. */
export const MAX_SYMBOL_BYTES = 20;

/** How a run of the decoder ended. */
export type LzmaStatus = "paused" | "end marker" | "bad distance" | "match too long";

const INIT = 1024; // half of 2 ** 11
const SIGN = 0x80000000 | 0; // turns a signed comparison into an unsigned one
const TOP = 0xff000000 | 0;

// Where the probabilities of each kind of bit start.
const IS_MATCH = 0; // [state][position]
const IS_REP0_LONG = 192; // [state][position]
const IS_REP = 384; // [state]
const IS_REP0 = 396;
const IS_REP1 = 408;
const IS_REP2 = 420;
const SLOT = 432; // [length state][6 bits]
const SPECIAL = 688; // distances of slots 4 to 13
const ALIGN = 804; // low 4 bits of longer ones
const MATCH_LENGTH = 820;
const REP_LENGTH = 1334;
const LITERAL = 1848; // [context][3 * 256]
// Inside of a length coder.
const LENGTH_LOW = 2; // [position][3 bits]
const LENGTH_MID = 130; // [position][3 bits]
const LENGTH_HIGH = 258; // 8 bits

/** The state of one LZMA stream. */
export class LzmaDecoder {
  /** Next byte of the input. */
  next = 0;
  #lc = 0;
  #literalPositions = 0;
  #positions = 0;
  #probs: Uint16Array = new Uint16Array(0);
  #state = 0;
  #rep0 = 0;
  #rep1 = 0;
  #rep2 = 0;
  #rep3 = 0;
  #range = 0;
  #code = 0;

  /** Set the properties byte: `(pb * 5 + lp) * 9 + lc`; returns whether it is one. */
  setProperties(byte: number): boolean {
    const lc = byte % 9;
    const lp = Math.floor(byte / 9) % 5;
    const pb = Math.floor(byte / 45);
    if (pb > 4 || lc + lp > 4) return false;
    this.#lc = lc;
    this.#literalPositions = (1 << lp) - 1;
    this.#positions = (1 << pb) - 1;
    this.#probs = new Uint16Array(LITERAL + (0x300 << (lc + lp)));
    return true;
  }

  /** Start over with probabilities and history of matches. */
  resetState(): void {
    this.#probs.fill(INIT);
    this.#state = 0;
    this.#rep0 =
      this.#rep1 =
      this.#rep2 =
      this.#rep3 =
        0;
  }

  /** Start the range coder with the 5 bytes at `start`; returns whether they can be its start. */
  startRange(input: Uint8Array, start: number): boolean {
    this.#range = -1;
    this.#code = (input[start + 1] << 24) | (input[start + 2] << 16) | (input[start + 3] << 8) |
      input[start + 4];
    this.next = start + 5;
    return input[start] === 0;
  }

  /** Whether the range coder stands at the end of a stream; may read one byte. */
  finished(input: Uint8Array): boolean {
    if ((this.#range & TOP) === 0) {
      this.#range <<= 8;
      this.#code = (this.#code << 8) | input[this.next++];
    }
    return this.#code === 0;
  }

  /**
   * Decode symbols while `next` is less than `stop` and fewer than `wanted` bytes were written.
   * The input must go on for MAX_SYMBOL_BYTES behind `stop`.
   *
   * @param most How many bytes the stream may write; a literal can pass it by one.
   */
  run(
    window: LzmaWindow,
    input: Uint8Array,
    bounds: { stop: number; wanted: number; most: number },
  ): LzmaStatus {
    // The range coder is written out at each bit: it runs for every one, with all its state in locals.
    const { bytes, base, bias, dictionaryBytes } = window;
    const { stop } = bounds;
    const probs = this.#probs;
    const lc = this.#lc;
    const literalPositions = this.#literalPositions;
    const positions = this.#positions;
    let position = window.position;
    const softEnd = position + bounds.wanted;
    const hardEnd = Math.min(position + bounds.most, 0x7fffffff);
    let next = this.next;
    let range = this.#range;
    let code = this.#code;
    let state = this.#state;
    let rep0 = this.#rep0;
    let rep1 = this.#rep1;
    let rep2 = this.#rep2;
    let rep3 = this.#rep3;
    let bound = 0;
    let prob = 0;
    let index = 0;
    let status: LzmaStatus = "paused";

    while (position < softEnd && next < stop) {
      const counted = position + bias;
      const positionState = counted & positions;

      if ((range & TOP) === 0) {
        range <<= 8;
        code = (code << 8) | input[next++];
      }
      index = IS_MATCH + (state << 4) + positionState;
      prob = probs[index];
      bound = Math.imul(range >>> 11, prob);
      if ((code ^ SIGN) < (bound ^ SIGN)) {
        range = bound;
        probs[index] = prob + ((2048 - prob) >>> 5);

        const context = ((counted & literalPositions) << lc) + (bytes[position - 1] >>> (8 - lc));
        const literals = LITERAL + 0x300 * context;
        let symbol = 1;
        if (state >= 7) {
          // Behind a match, the byte that would have continued it chooses the probabilities.
          let match = bytes[position - rep0 - 1];
          let offset = 0x100;
          do {
            match <<= 1;
            const matchBit = match & offset;
            index = literals + offset + matchBit + symbol;
            if ((range & TOP) === 0) {
              range <<= 8;
              code = (code << 8) | input[next++];
            }
            prob = probs[index];
            bound = Math.imul(range >>> 11, prob);
            if ((code ^ SIGN) < (bound ^ SIGN)) {
              range = bound;
              probs[index] = prob + ((2048 - prob) >>> 5);
              symbol <<= 1;
              offset &= ~matchBit;
            } else {
              range = (range - bound) | 0;
              code = (code - bound) | 0;
              probs[index] = prob - (prob >>> 5);
              symbol = (symbol << 1) | 1;
              offset &= matchBit;
            }
          } while (symbol < 0x100);
          state = state < 10 ? state - 3 : state - 6;
        } else {
          do {
            index = literals + symbol;
            if ((range & TOP) === 0) {
              range <<= 8;
              code = (code << 8) | input[next++];
            }
            prob = probs[index];
            bound = Math.imul(range >>> 11, prob);
            if ((code ^ SIGN) < (bound ^ SIGN)) {
              range = bound;
              probs[index] = prob + ((2048 - prob) >>> 5);
              symbol <<= 1;
            } else {
              range = (range - bound) | 0;
              code = (code - bound) | 0;
              probs[index] = prob - (prob >>> 5);
              symbol = (symbol << 1) | 1;
            }
          } while (symbol < 0x100);
          state = state < 4 ? 0 : state - 3;
        }
        bytes[position++] = symbol;
        continue;
      }
      range = (range - bound) | 0;
      code = (code - bound) | 0;
      probs[index] = prob - (prob >>> 5);

      let lengths = MATCH_LENGTH;
      let isNew = false;
      if ((range & TOP) === 0) {
        range <<= 8;
        code = (code << 8) | input[next++];
      }
      index = IS_REP + state;
      prob = probs[index];
      bound = Math.imul(range >>> 11, prob);
      if ((code ^ SIGN) < (bound ^ SIGN)) {
        range = bound;
        probs[index] = prob + ((2048 - prob) >>> 5);
        rep3 = rep2;
        rep2 = rep1;
        rep1 = rep0;
        isNew = true;
        state = state < 7 ? 7 : 10;
      } else {
        range = (range - bound) | 0;
        code = (code - bound) | 0;
        probs[index] = prob - (prob >>> 5);
        lengths = REP_LENGTH;

        if ((range & TOP) === 0) {
          range <<= 8;
          code = (code << 8) | input[next++];
        }
        index = IS_REP0 + state;
        prob = probs[index];
        bound = Math.imul(range >>> 11, prob);
        if ((code ^ SIGN) < (bound ^ SIGN)) {
          range = bound;
          probs[index] = prob + ((2048 - prob) >>> 5);
          if ((range & TOP) === 0) {
            range <<= 8;
            code = (code << 8) | input[next++];
          }
          index = IS_REP0_LONG + (state << 4) + positionState;
          prob = probs[index];
          bound = Math.imul(range >>> 11, prob);
          if ((code ^ SIGN) < (bound ^ SIGN)) {
            range = bound;
            probs[index] = prob + ((2048 - prob) >>> 5);
            state = state < 7 ? 9 : 11;
            if (rep0 >= position - base) {
              status = "bad distance";
              break;
            }
            bytes[position] = bytes[position - rep0 - 1];
            position++;
            continue;
          }
          range = (range - bound) | 0;
          code = (code - bound) | 0;
          probs[index] = prob - (prob >>> 5);
        } else {
          range = (range - bound) | 0;
          code = (code - bound) | 0;
          probs[index] = prob - (prob >>> 5);
          let distance = rep1;
          if ((range & TOP) === 0) {
            range <<= 8;
            code = (code << 8) | input[next++];
          }
          index = IS_REP1 + state;
          prob = probs[index];
          bound = Math.imul(range >>> 11, prob);
          if ((code ^ SIGN) < (bound ^ SIGN)) {
            range = bound;
            probs[index] = prob + ((2048 - prob) >>> 5);
          } else {
            range = (range - bound) | 0;
            code = (code - bound) | 0;
            probs[index] = prob - (prob >>> 5);
            if ((range & TOP) === 0) {
              range <<= 8;
              code = (code << 8) | input[next++];
            }
            index = IS_REP2 + state;
            prob = probs[index];
            bound = Math.imul(range >>> 11, prob);
            if ((code ^ SIGN) < (bound ^ SIGN)) {
              range = bound;
              probs[index] = prob + ((2048 - prob) >>> 5);
              distance = rep2;
            } else {
              range = (range - bound) | 0;
              code = (code - bound) | 0;
              probs[index] = prob - (prob >>> 5);
              distance = rep3;
              rep3 = rep2;
            }
            rep2 = rep1;
          }
          rep1 = rep0;
          rep0 = distance;
        }
        state = state < 7 ? 8 : 11;
      }

      // The length: which of three trees, then its bits.
      let tree = lengths + LENGTH_LOW + (positionState << 3);
      let treeSize = 8;
      let length = 2;
      if ((range & TOP) === 0) {
        range <<= 8;
        code = (code << 8) | input[next++];
      }
      prob = probs[lengths];
      bound = Math.imul(range >>> 11, prob);
      if ((code ^ SIGN) < (bound ^ SIGN)) {
        range = bound;
        probs[lengths] = prob + ((2048 - prob) >>> 5);
      } else {
        range = (range - bound) | 0;
        code = (code - bound) | 0;
        probs[lengths] = prob - (prob >>> 5);
        if ((range & TOP) === 0) {
          range <<= 8;
          code = (code << 8) | input[next++];
        }
        index = lengths + 1;
        prob = probs[index];
        bound = Math.imul(range >>> 11, prob);
        if ((code ^ SIGN) < (bound ^ SIGN)) {
          range = bound;
          probs[index] = prob + ((2048 - prob) >>> 5);
          tree = lengths + LENGTH_MID + (positionState << 3);
          length = 10;
        } else {
          range = (range - bound) | 0;
          code = (code - bound) | 0;
          probs[index] = prob - (prob >>> 5);
          tree = lengths + LENGTH_HIGH;
          treeSize = 256;
          length = 18;
        }
      }
      let node = 1;
      do {
        if ((range & TOP) === 0) {
          range <<= 8;
          code = (code << 8) | input[next++];
        }
        index = tree + node;
        prob = probs[index];
        bound = Math.imul(range >>> 11, prob);
        if ((code ^ SIGN) < (bound ^ SIGN)) {
          range = bound;
          probs[index] = prob + ((2048 - prob) >>> 5);
          node <<= 1;
        } else {
          range = (range - bound) | 0;
          code = (code - bound) | 0;
          probs[index] = prob - (prob >>> 5);
          node = (node << 1) | 1;
        }
      } while (node < treeSize);
      length += node - treeSize;

      if (isNew) {
        const slots = SLOT + ((length < 6 ? length - 2 : 3) << 6);
        node = 1;
        do {
          if ((range & TOP) === 0) {
            range <<= 8;
            code = (code << 8) | input[next++];
          }
          index = slots + node;
          prob = probs[index];
          bound = Math.imul(range >>> 11, prob);
          if ((code ^ SIGN) < (bound ^ SIGN)) {
            range = bound;
            probs[index] = prob + ((2048 - prob) >>> 5);
            node <<= 1;
          } else {
            range = (range - bound) | 0;
            code = (code - bound) | 0;
            probs[index] = prob - (prob >>> 5);
            node = (node << 1) | 1;
          }
        } while (node < 64);
        const slot = node - 64;
        if (slot < 4) rep0 = slot;
        else {
          let direct = (slot >>> 1) - 1;
          rep0 = 2 | (slot & 1);
          let reverse = ALIGN;
          if (slot < 14) {
            rep0 <<= direct;
            reverse = SPECIAL + rep0 - slot;
          } else {
            for (direct -= 4; direct > 0; direct--) {
              if ((range & TOP) === 0) {
                range <<= 8;
                code = (code << 8) | input[next++];
              }
              range >>>= 1;
              code = (code - range) | 0;
              const borrow = code >> 31;
              code = (code + (range & borrow)) | 0;
              rep0 = (rep0 << 1) + borrow + 1;
            }
            rep0 <<= 4;
            direct = 4;
          }
          node = 1;
          for (let bit = 0; bit < direct; bit++) {
            if ((range & TOP) === 0) {
              range <<= 8;
              code = (code << 8) | input[next++];
            }
            index = reverse + node;
            prob = probs[index];
            bound = Math.imul(range >>> 11, prob);
            if ((code ^ SIGN) < (bound ^ SIGN)) {
              range = bound;
              probs[index] = prob + ((2048 - prob) >>> 5);
              node <<= 1;
            } else {
              range = (range - bound) | 0;
              code = (code - bound) | 0;
              probs[index] = prob - (prob >>> 5);
              node = (node << 1) | 1;
              rep0 += 1 << bit;
            }
          }
          if (rep0 === -1) {
            status = "end marker";
            break;
          }
        }
      }
      // Distances of 2 ** 31 and more are negative here.
      if (rep0 < 0 || rep0 >= position - base || rep0 >= dictionaryBytes) {
        status = "bad distance";
        break;
      }
      if (length > hardEnd - position) {
        status = "match too long";
        break;
      }
      let from = position - rep0 - 1;
      for (const end = position + length; position < end;) bytes[position++] = bytes[from++];
    }

    window.position = position;
    this.next = next;
    this.#range = range;
    this.#code = code;
    this.#state = state;
    this.#rep0 = rep0;
    this.#rep1 = rep1;
    this.#rep2 = rep2;
    this.#rep3 = rep3;
    return status;
  }
}
