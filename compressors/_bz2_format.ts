/**
 * The bzip2 container: "BZh" and a level, blocks with a CRC each, a CRC of the CRCs; only streams
 * start at whole bytes. Python reads streams that follow each other, and ignores what is none.
 */
import { CompressionError } from "../errors.ts";
import { BitReader, Bz2Problem, Bz2Short } from "./_bz2_bits.ts";
import { Bz2BlockDecoder } from "./_bz2_decoder.ts";
import { corrupt, truncated } from "./_engine.ts";
import { need } from "./_steps.ts";
import type { Feed, SteppedFormat, TargetSteps } from "./_steps.ts";
import type { DecompressLimits } from "./registry.ts";

const NAME = "bz2";
const HEADER_MAGIC = [0x42, 0x5a, 0x68]; // BZh
const HEADER_BYTES = 4;
// The digits of pi before a block, of its square root before the end.
const BLOCK_MAGIC = 0x314159265359;
const END_MAGIC = 0x177245385090;
/** Magic, CRC and the bits before it. */
const MARK_BYTES = 11;
/** Symbols are read on with so many bytes at least. */
const SYMBOLS_BYTES = 256;

/** What stands in front of a block, and at the end. */
interface Mark {
  magic: number;
  crc: number;
}

/** The format, for reading within limits. */
export function bz2Format({ several = false }: DecompressLimits): SteppedFormat {
  return { name: NAME, decode: (feed) => decode(feed, several) };
}

function* decode(feed: Feed, several: boolean): TargetSteps {
  do {
    yield* stream(feed);
    if (several) yield 0; // what follows may be somebody else's
  } while (yield* anotherFollows(feed));
}

function* stream(feed: Feed): TargetSteps {
  if (!(yield* need(feed, HEADER_BYTES))) throw cut(feed);
  const level = levelOf(feed);
  if (level === undefined) throw damaged(feed, "no bzip2 header");
  feed.skip(HEADER_BYTES);
  let decoder: Bz2BlockDecoder | undefined;
  let bit = 0; // where in the window's first byte the next mark starts
  let total = 0;
  for (;;) {
    if (!(yield* need(feed, bit === 0 ? MARK_BYTES - 1 : MARK_BYTES))) throw cut(feed);
    const mark = readMark(feed, bit);
    if (mark.magic === END_MAGIC) {
      if (mark.crc !== total) throw damaged(feed, "incorrect data check");
      // Bits up to a whole byte belong to the stream.
      feed.skip(bit === 0 ? MARK_BYTES - 1 : MARK_BYTES);
      return;
    }
    if (mark.magic !== BLOCK_MAGIC) throw damaged(feed, "no bzip2 block");
    total = ((total << 1) | (total >>> 31)) ^ mark.crc;
    total >>>= 0;
    decoder ??= new Bz2BlockDecoder(level * 100_000);
    bit = yield* block(feed, decoder, bit);
    for (let length = 0; (length = decoder.write(feed.target)) > 0;) {
      // A target that is not full has the last of the block, to be checked first.
      if (length < feed.target.length && decoder.crc !== mark.crc) break;
      yield length;
    }
    if (decoder.crc !== mark.crc) throw damaged(feed, "incorrect data check of a block");
  }
}

/** Read a block into the decoder; returns at which bit of the window's first byte it ends. */
function* block(
  feed: Feed,
  decoder: Bz2BlockDecoder,
  start: number,
): Generator<undefined, number> {
  let bit = start;
  for (let isStarted = false;;) {
    const bits = bitsOf(feed, bit);
    try {
      if (!isStarted) {
        readMarkOf(bits);
        decoder.start(bits);
        isStarted = true;
      }
      const isRead = decoder.readSymbols(bits, feed.ended);
      feed.skip(bits.used >>> 3);
      bit = bits.used & 7;
      if (isRead) return bit;
    } catch (error) {
      if (error instanceof Bz2Problem) {
        throw corrupt({ name: NAME, offset: 0 }, error.message, feed.offset + (bits.used >>> 3));
      }
      if (!(error instanceof Bz2Short)) throw error;
      if (feed.ended) throw cut(feed);
    }
    // The codes are read again from their start, the symbols from where they stopped.
    yield* need(feed, isStarted ? SYMBOLS_BYTES : 2 * feed.length);
  }
}

function bitsOf(feed: Feed, bit: number): BitReader {
  return new BitReader(feed.buffer, { start: feed.start, end: feed.end, bit });
}

function readMark(feed: Feed, bit: number): Mark {
  return readMarkOf(bitsOf(feed, bit));
}

function readMarkOf(bits: BitReader): Mark {
  const high = bits.read(24);
  return { magic: high * 2 ** 24 + bits.read(24), crc: bits.read32() };
}

/** Whether another stream follows. */
function* anotherFollows(feed: Feed): Generator<undefined, boolean> {
  if (yield* need(feed, HEADER_BYTES)) return levelOf(feed) !== undefined;
  const { length } = feed;
  const isCut = length > 0 &&
    HEADER_MAGIC.slice(0, length).every((byte, i) => feed.byteAt(i) === byte);
  if (isCut) throw cut(feed);
  return false;
}

function levelOf(feed: Feed): number | undefined {
  const level = feed.byteAt(3) - 0x30;
  const isHeader = HEADER_MAGIC.every((byte, i) => feed.byteAt(i) === byte);
  return isHeader && level >= 1 && level <= 9 ? level : undefined;
}

function cut(feed: Feed): CompressionError {
  return truncated({ name: NAME, offset: 0 }, feed.offset + feed.length);
}

function damaged(feed: Feed, reason: string): CompressionError {
  return corrupt({ name: NAME, offset: 0 }, reason, feed.offset);
}
