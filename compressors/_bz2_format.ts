/**
 * The bzip2 container: "BZh" and a level, blocks with a CRC each, a CRC of the CRCs; only streams
 * start at whole bytes. Python reads streams that follow each other, and ignores what is none.
 */
import { CompressionError } from "../errors.ts";
import type { Bz2Ahead } from "./_bz2_ahead.ts";
import { BitReader, Bz2Problem, Bz2Short, readBz2Mark } from "./_bz2_bits.ts";
import { Bz2BlockDecoder } from "./_bz2_decoder.ts";
import { BLOCK_MAGIC, END_MAGIC } from "./_bz2_scan.ts";
import { corrupt, truncated } from "./_engine.ts";
import { need } from "./_steps.ts";
import type { Feed, SteppedFormat, TargetSteps } from "./_steps.ts";
import type { DecompressLimits } from "./registry.ts";

const NAME = "bz2";
const HEADER_MAGIC = [0x42, 0x5a, 0x68]; // BZh
const HEADER_BYTES = 4;
/** Magic, CRC and the bits before it. */
const MARK_BYTES = 11;
/** Symbols are read on with so many bytes at least. */
const SYMBOLS_BYTES = 256;

/**
 * The format, for reading within limits.
 *
 * @param ahead What may decode blocks before it is their turn, where the output is awaited.
 */
export function bz2Format({ several = false }: DecompressLimits, ahead?: Bz2Ahead): SteppedFormat {
  return { name: NAME, decode: (feed) => decode(feed, several, ahead) };
}

function* decode(feed: Feed, several: boolean, ahead?: Bz2Ahead): TargetSteps {
  try {
    do {
      yield* stream(feed, ahead);
      if (several) yield 0; // what follows may be somebody else's
    } while (yield* anotherFollows(feed));
  } finally {
    ahead?.release();
  }
}

function* stream(feed: Feed, ahead?: Bz2Ahead): TargetSteps {
  if (!(yield* need(feed, HEADER_BYTES))) throw cut(feed);
  const level = levelOf(feed);
  if (level === undefined) throw damaged(feed, "no bzip2 header");
  feed.skip(HEADER_BYTES);
  let decoder: Bz2BlockDecoder | undefined;
  let bit = 0; // where in the window's first byte the next mark starts
  let total = 0;
  for (;;) {
    if (!(yield* need(feed, bit === 0 ? MARK_BYTES - 1 : MARK_BYTES))) throw cut(feed);
    const mark = readBz2Mark(bitsOf(feed, bit));
    if (mark.magic === END_MAGIC) {
      if (mark.crc !== total) throw damaged(feed, "incorrect data check");
      // Bits up to a whole byte belong to the stream.
      feed.skip(bit === 0 ? MARK_BYTES - 1 : MARK_BYTES);
      return;
    }
    if (mark.magic !== BLOCK_MAGIC) throw damaged(feed, "no bzip2 block");
    total = ((total << 1) | (total >>> 31)) ^ mark.crc;
    total >>>= 0;
    const ready = ahead === undefined ? undefined : yield* ahead.take(feed, bit, level);
    if (ready !== undefined) {
      feed.skip(Math.floor(ready.endBit / 8) - feed.offset);
      bit = ready.endBit % 8;
      yield* handOut(feed, ready.output);
      continue;
    }
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

function* handOut(feed: Feed, output: Uint8Array): TargetSteps {
  for (let start = 0; start < output.length;) {
    const part = output.subarray(start, start + feed.target.length);
    feed.target.set(part);
    start += part.length;
    yield part.length;
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
        readBz2Mark(bits);
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
