/**
 * The bzip2 container: "BZh" and a level, blocks with a CRC each, a CRC of the CRCs; only streams
 * start at whole bytes. Python reads streams that follow each other, and ignores what is none.
 */
import { CompressionError } from "../errors.ts";
import { BitReader, Bz2BlockDecoder, Bz2Problem, Bz2Short } from "./_bz2_decoder.ts";
import { corrupt, truncated } from "./_engine.ts";
import { need } from "./_steps.ts";
import type { Feed, Steps } from "./_steps.ts";

const NAME = "bz2";
const HEADER_MAGIC = [0x42, 0x5a, 0x68]; // BZh
const HEADER_BYTES = 4;
// The digits of pi before a block, of its square root before the end.
const BLOCK_MAGIC = 0x314159265359;
const END_MAGIC = 0x177245385090;
/** Magic, CRC and the bits before it. */
const MARK_BYTES = 11;
const PIECE_BYTES = 256 << 10;
/** Blocks are tried with so many bytes first; few need more. */
const FIRST_WINDOW_BYTES = 256 << 10;

/** The format, for reading. */
export const bz2Format: { name: string; decode(feed: Feed): Steps } = { name: NAME, decode };

function* decode(feed: Feed): Steps {
  do yield* stream(feed); while (yield* anotherFollows(feed));
}

function* stream(feed: Feed): Steps {
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
    for (;;) {
      const piece = new Uint8Array(PIECE_BYTES);
      const length = decoder.write(piece);
      if (length === 0) break;
      // A piece that is not full is the last of the block, to be checked first.
      if (length < PIECE_BYTES && decoder.crc !== mark.crc) {
        throw damaged(feed, "incorrect data check of a block");
      }
      yield length < PIECE_BYTES ? piece.slice(0, length) : piece;
    }
    if (decoder.crc !== mark.crc) throw damaged(feed, "incorrect data check of a block");
  }
}

/** Read a block into the decoder; returns at which bit of the window's first byte it ends. */
function* block(
  feed: Feed,
  decoder: Bz2BlockDecoder,
  bit: number,
): Generator<undefined, number> {
  let wanted = FIRST_WINDOW_BYTES;
  for (;;) {
    yield* need(feed, wanted);
    const bits = new BitReader(feed.buffer, feed.start, feed.end);
    try {
      bits.read(bit);
      bits.read(24);
      bits.read(24);
      bits.read32();
      decoder.readBlock(bits);
      const used = bits.bitsFrom(feed.start);
      feed.skip(used >>> 3);
      return used & 7;
    } catch (error) {
      if (error instanceof Bz2Problem) {
        const used = bits.bitsFrom(feed.start) >>> 3;
        throw corrupt({ name: NAME, offset: 0 }, error.message, feed.offset + used);
      }
      if (!(error instanceof Bz2Short)) throw error;
    }
    // Short: start the block again with more of it.
    if (feed.ended) throw cut(feed);
    wanted = 2 * feed.length;
  }
}

function readMark(feed: Feed, bit: number): { magic: number; crc: number } {
  const bits = new BitReader(feed.buffer, feed.start, feed.end);
  bits.read(bit);
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
