/**
 * MD5, RFC 1321, in JavaScript. Its steps are written out because loops over tables take three times as
 * long: so it outruns the one of Deno, see bench/hash.ts. A short message costs a third of `node:crypto`.
 */
import type { Digest, DigestMethod } from "./_digest.ts";

const BLOCK = 64;
/** Words in one call: a runtime that optimises while it runs takes up the better code at the next one. */
const CALL_WORDS = 1 << 14;
/** What is not aligned to words goes through a buffer of this size. */
const COPY_BYTES = 1 << 14;
const LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
const HEX: readonly string[] = Array.from(
  { length: 256 },
  (_, byte) => byte.toString(16).padStart(2, "0"),
);

/** MD5; undefined where words have another byte order than MD5's. */
export const md5: DigestMethod | undefined = LITTLE_ENDIAN ? { create, once } : undefined;

function create(): Digest {
  return new Md5();
}

/** Bytes on their way to words, the end of a message, and the state of a short one: scratch memory of the calls below. */
const copy = new Int32Array(COPY_BYTES / 4);
const copyBytes = new Uint8Array(copy.buffer);
const tail = new Int32Array(2 * BLOCK / 4);
const tailBytes = new Uint8Array(tail.buffer);
const start = Int32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476);
const short = new Int32Array(4);

function once(bytes: Uint8Array): string {
  short.set(start);
  const whole = bytes.length - bytes.length % BLOCK;
  if (whole > 0) takeBlocks(short, bytes, 0, whole);
  finish(short, whole === 0 ? bytes : bytes.subarray(whole), bytes.length);
  return hexOf(short);
}

class Md5 implements Digest {
  readonly #state = start.slice();
  /** The beginning of a block whose end is to come. */
  readonly #rest = new Uint8Array(BLOCK);
  #held = 0;
  #length = 0;

  update(bytes: Uint8Array): void {
    const { length } = bytes;
    this.#length += length;
    let at = 0;
    if (this.#held > 0) {
      at = Math.min(BLOCK - this.#held, length);
      this.#rest.set(bytes.subarray(0, at), this.#held);
      this.#held += at;
      if (this.#held < BLOCK) return;
      takeBlocks(this.#state, this.#rest, 0, BLOCK);
    }
    this.#held = (length - at) % BLOCK;
    const end = length - this.#held;
    if (end > at) takeBlocks(this.#state, bytes, at, end);
    if (this.#held > 0) this.#rest.set(bytes.subarray(end));
  }

  hex(): string {
    finish(this.#state, this.#rest.subarray(0, this.#held), this.#length);
    return hexOf(this.#state);
  }
}

/** Take whole blocks, where they lie or, if that is not at a word's border, by way of the copy. */
function takeBlocks(state: Int32Array, bytes: Uint8Array, at: number, end: number): void {
  const { buffer, byteOffset } = bytes;
  if ((byteOffset + at) % 4 === 0) {
    const words = new Int32Array(buffer, byteOffset + at, (end - at) / 4);
    for (let word = 0; word < words.length; word += CALL_WORDS) {
      blocks(state, words, word, Math.min(words.length, word + CALL_WORDS));
    }
    return;
  }
  for (; at < end; at += COPY_BYTES) {
    const part = bytes.subarray(at, Math.min(end, at + COPY_BYTES));
    copyBytes.set(part);
    blocks(state, copy, 0, part.length / 4);
  }
}

/** The last block or two: the rest of the message, a bit, and the message's length in bits. */
function finish(state: Int32Array, rest: Uint8Array, length: number): void {
  tail.fill(0);
  tailBytes.set(rest);
  tailBytes[rest.length] = 0x80;
  const words = (rest.length + 9 > BLOCK ? 2 * BLOCK : BLOCK) / 4;
  tail[words - 2] = length << 3;
  tail[words - 1] = Math.floor(length / 2 ** 29);
  blocks(state, tail, 0, words);
}

function hexOf(state: Int32Array): string {
  let text = "";
  for (let i = 0; i < 4; i++) {
    const word = state[i];
    text += HEX[word & 0xff] + HEX[(word >> 8) & 0xff] + HEX[(word >> 16) & 0xff] +
      HEX[word >>> 24];
  }
  return text;
}

/** The words of a message from `at` to `end`, whole blocks. */
function blocks(state: Int32Array, words: Int32Array, at: number, end: number): void {
  let a = state[0], b = state[1], c = state[2], d = state[3], t = 0;
  for (; at < end; at += 16) {
    const a0 = a, b0 = b, c0 = c, d0 = d;
    const x0 = words[at + 0];
    const x1 = words[at + 1];
    const x2 = words[at + 2];
    const x3 = words[at + 3];
    const x4 = words[at + 4];
    const x5 = words[at + 5];
    const x6 = words[at + 6];
    const x7 = words[at + 7];
    const x8 = words[at + 8];
    const x9 = words[at + 9];
    const x10 = words[at + 10];
    const x11 = words[at + 11];
    const x12 = words[at + 12];
    const x13 = words[at + 13];
    const x14 = words[at + 14];
    const x15 = words[at + 15];
    // round 1
    t = (a + x0 - 680876936 | 0) + (((c ^ d) & b) ^ d) | 0;
    a = (t << 7 | t >>> 25) + b | 0;
    t = (d + x1 - 389564586 | 0) + (((b ^ c) & a) ^ c) | 0;
    d = (t << 12 | t >>> 20) + a | 0;
    t = (c + x2 + 606105819 | 0) + (((a ^ b) & d) ^ b) | 0;
    c = (t << 17 | t >>> 15) + d | 0;
    t = (b + x3 - 1044525330 | 0) + (((d ^ a) & c) ^ a) | 0;
    b = (t << 22 | t >>> 10) + c | 0;
    t = (a + x4 - 176418897 | 0) + (((c ^ d) & b) ^ d) | 0;
    a = (t << 7 | t >>> 25) + b | 0;
    t = (d + x5 + 1200080426 | 0) + (((b ^ c) & a) ^ c) | 0;
    d = (t << 12 | t >>> 20) + a | 0;
    t = (c + x6 - 1473231341 | 0) + (((a ^ b) & d) ^ b) | 0;
    c = (t << 17 | t >>> 15) + d | 0;
    t = (b + x7 - 45705983 | 0) + (((d ^ a) & c) ^ a) | 0;
    b = (t << 22 | t >>> 10) + c | 0;
    t = (a + x8 + 1770035416 | 0) + (((c ^ d) & b) ^ d) | 0;
    a = (t << 7 | t >>> 25) + b | 0;
    t = (d + x9 - 1958414417 | 0) + (((b ^ c) & a) ^ c) | 0;
    d = (t << 12 | t >>> 20) + a | 0;
    t = (c + x10 - 42063 | 0) + (((a ^ b) & d) ^ b) | 0;
    c = (t << 17 | t >>> 15) + d | 0;
    t = (b + x11 - 1990404162 | 0) + (((d ^ a) & c) ^ a) | 0;
    b = (t << 22 | t >>> 10) + c | 0;
    t = (a + x12 + 1804603682 | 0) + (((c ^ d) & b) ^ d) | 0;
    a = (t << 7 | t >>> 25) + b | 0;
    t = (d + x13 - 40341101 | 0) + (((b ^ c) & a) ^ c) | 0;
    d = (t << 12 | t >>> 20) + a | 0;
    t = (c + x14 - 1502002290 | 0) + (((a ^ b) & d) ^ b) | 0;
    c = (t << 17 | t >>> 15) + d | 0;
    t = (b + x15 + 1236535329 | 0) + (((d ^ a) & c) ^ a) | 0;
    b = (t << 22 | t >>> 10) + c | 0;
    // round 2
    t = ((a + x1 - 165796510 | 0) + (~d & c) | 0) + (d & b) | 0;
    a = (t << 5 | t >>> 27) + b | 0;
    t = ((d + x6 - 1069501632 | 0) + (~c & b) | 0) + (c & a) | 0;
    d = (t << 9 | t >>> 23) + a | 0;
    t = ((c + x11 + 643717713 | 0) + (~b & a) | 0) + (b & d) | 0;
    c = (t << 14 | t >>> 18) + d | 0;
    t = ((b + x0 - 373897302 | 0) + (~a & d) | 0) + (a & c) | 0;
    b = (t << 20 | t >>> 12) + c | 0;
    t = ((a + x5 - 701558691 | 0) + (~d & c) | 0) + (d & b) | 0;
    a = (t << 5 | t >>> 27) + b | 0;
    t = ((d + x10 + 38016083 | 0) + (~c & b) | 0) + (c & a) | 0;
    d = (t << 9 | t >>> 23) + a | 0;
    t = ((c + x15 - 660478335 | 0) + (~b & a) | 0) + (b & d) | 0;
    c = (t << 14 | t >>> 18) + d | 0;
    t = ((b + x4 - 405537848 | 0) + (~a & d) | 0) + (a & c) | 0;
    b = (t << 20 | t >>> 12) + c | 0;
    t = ((a + x9 + 568446438 | 0) + (~d & c) | 0) + (d & b) | 0;
    a = (t << 5 | t >>> 27) + b | 0;
    t = ((d + x14 - 1019803690 | 0) + (~c & b) | 0) + (c & a) | 0;
    d = (t << 9 | t >>> 23) + a | 0;
    t = ((c + x3 - 187363961 | 0) + (~b & a) | 0) + (b & d) | 0;
    c = (t << 14 | t >>> 18) + d | 0;
    t = ((b + x8 + 1163531501 | 0) + (~a & d) | 0) + (a & c) | 0;
    b = (t << 20 | t >>> 12) + c | 0;
    t = ((a + x13 - 1444681467 | 0) + (~d & c) | 0) + (d & b) | 0;
    a = (t << 5 | t >>> 27) + b | 0;
    t = ((d + x2 - 51403784 | 0) + (~c & b) | 0) + (c & a) | 0;
    d = (t << 9 | t >>> 23) + a | 0;
    t = ((c + x7 + 1735328473 | 0) + (~b & a) | 0) + (b & d) | 0;
    c = (t << 14 | t >>> 18) + d | 0;
    t = ((b + x12 - 1926607734 | 0) + (~a & d) | 0) + (a & c) | 0;
    b = (t << 20 | t >>> 12) + c | 0;
    // round 3
    t = (a + x5 - 378558 | 0) + (c ^ d ^ b) | 0;
    a = (t << 4 | t >>> 28) + b | 0;
    t = (d + x8 - 2022574463 | 0) + (b ^ c ^ a) | 0;
    d = (t << 11 | t >>> 21) + a | 0;
    t = (c + x11 + 1839030562 | 0) + (a ^ b ^ d) | 0;
    c = (t << 16 | t >>> 16) + d | 0;
    t = (b + x14 - 35309556 | 0) + (d ^ a ^ c) | 0;
    b = (t << 23 | t >>> 9) + c | 0;
    t = (a + x1 - 1530992060 | 0) + (c ^ d ^ b) | 0;
    a = (t << 4 | t >>> 28) + b | 0;
    t = (d + x4 + 1272893353 | 0) + (b ^ c ^ a) | 0;
    d = (t << 11 | t >>> 21) + a | 0;
    t = (c + x7 - 155497632 | 0) + (a ^ b ^ d) | 0;
    c = (t << 16 | t >>> 16) + d | 0;
    t = (b + x10 - 1094730640 | 0) + (d ^ a ^ c) | 0;
    b = (t << 23 | t >>> 9) + c | 0;
    t = (a + x13 + 681279174 | 0) + (c ^ d ^ b) | 0;
    a = (t << 4 | t >>> 28) + b | 0;
    t = (d + x0 - 358537222 | 0) + (b ^ c ^ a) | 0;
    d = (t << 11 | t >>> 21) + a | 0;
    t = (c + x3 - 722521979 | 0) + (a ^ b ^ d) | 0;
    c = (t << 16 | t >>> 16) + d | 0;
    t = (b + x6 + 76029189 | 0) + (d ^ a ^ c) | 0;
    b = (t << 23 | t >>> 9) + c | 0;
    t = (a + x9 - 640364487 | 0) + (c ^ d ^ b) | 0;
    a = (t << 4 | t >>> 28) + b | 0;
    t = (d + x12 - 421815835 | 0) + (b ^ c ^ a) | 0;
    d = (t << 11 | t >>> 21) + a | 0;
    t = (c + x15 + 530742520 | 0) + (a ^ b ^ d) | 0;
    c = (t << 16 | t >>> 16) + d | 0;
    t = (b + x2 - 995338651 | 0) + (d ^ a ^ c) | 0;
    b = (t << 23 | t >>> 9) + c | 0;
    // round 4
    t = (a + x0 - 198630844 | 0) + ((b | ~d) ^ c) | 0;
    a = (t << 6 | t >>> 26) + b | 0;
    t = (d + x7 + 1126891415 | 0) + ((a | ~c) ^ b) | 0;
    d = (t << 10 | t >>> 22) + a | 0;
    t = (c + x14 - 1416354905 | 0) + ((d | ~b) ^ a) | 0;
    c = (t << 15 | t >>> 17) + d | 0;
    t = (b + x5 - 57434055 | 0) + ((c | ~a) ^ d) | 0;
    b = (t << 21 | t >>> 11) + c | 0;
    t = (a + x12 + 1700485571 | 0) + ((b | ~d) ^ c) | 0;
    a = (t << 6 | t >>> 26) + b | 0;
    t = (d + x3 - 1894986606 | 0) + ((a | ~c) ^ b) | 0;
    d = (t << 10 | t >>> 22) + a | 0;
    t = (c + x10 - 1051523 | 0) + ((d | ~b) ^ a) | 0;
    c = (t << 15 | t >>> 17) + d | 0;
    t = (b + x1 - 2054922799 | 0) + ((c | ~a) ^ d) | 0;
    b = (t << 21 | t >>> 11) + c | 0;
    t = (a + x8 + 1873313359 | 0) + ((b | ~d) ^ c) | 0;
    a = (t << 6 | t >>> 26) + b | 0;
    t = (d + x15 - 30611744 | 0) + ((a | ~c) ^ b) | 0;
    d = (t << 10 | t >>> 22) + a | 0;
    t = (c + x6 - 1560198380 | 0) + ((d | ~b) ^ a) | 0;
    c = (t << 15 | t >>> 17) + d | 0;
    t = (b + x13 + 1309151649 | 0) + ((c | ~a) ^ d) | 0;
    b = (t << 21 | t >>> 11) + c | 0;
    t = (a + x4 - 145523070 | 0) + ((b | ~d) ^ c) | 0;
    a = (t << 6 | t >>> 26) + b | 0;
    t = (d + x11 - 1120210379 | 0) + ((a | ~c) ^ b) | 0;
    d = (t << 10 | t >>> 22) + a | 0;
    t = (c + x2 + 718787259 | 0) + ((d | ~b) ^ a) | 0;
    c = (t << 15 | t >>> 17) + d | 0;
    t = (b + x9 - 343485551 | 0) + ((c | ~a) ^ d) | 0;
    b = (t << 21 | t >>> 11) + c | 0;
    a = (a + a0) | 0;
    b = (b + b0) | 0;
    c = (c + c0) | 0;
    d = (d + d0) | 0;
  }
  state[0] = a;
  state[1] = b;
  state[2] = c;
  state[3] = d;
}
