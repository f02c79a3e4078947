/**
 * The Zstandard format (RFC 8878), as far as it tells where a frame and each of its blocks end: no
 * runtime's decoder says so, and some take a frame that is cut for a whole one. What a block holds is
 * left to a decoder, which gets the blocks one at a time, so that frames of any length are read in
 * bounded memory.
 */
import { LimitError, UnsupportedError } from "../errors.ts";
import { corrupt, truncated } from "./_engine.ts";
import { tooLarge } from "./_limits.ts";
import { need } from "./_steps.ts";
import type { Feed, SteppedFormat, TargetSteps } from "./_steps.ts";
import type { DecompressLimits } from "./registry.ts";

/** First bytes of a frame. */
export const ZSTD_MAGIC: Uint8Array = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd);
/** Length of a frame's checksum. */
export const CHECKSUM_BYTES = 4;

const NAME = "zstd";
const MAGIC_BYTES = 4;
const SKIPPABLE_MAGIC = [0x2a, 0x4d, 0x18]; // behind a byte from 0x50 to 0x5f
const SKIPPABLE_HEADER_BYTES = 8;
const BLOCK_HEADER_BYTES = 3;
const MAX_BLOCK_BYTES = 128 << 10;
const RLE_BLOCK = 1;
const RESERVED_BLOCK = 3;
/** A block of one byte that is repeated takes 4 bytes. */
const MAX_RATIO = MAX_BLOCK_BYTES / (BLOCK_HEADER_BYTES + 1);
/** What decoders have to allow for (`zstd` itself does by default); a header can claim 2 TiB. */
const MAX_WINDOW_BYTES = 128 << 20;
const DICTIONARY_ID_BYTES = [0, 1, 2, 4];
const CONTENT_SIZE_BYTES = [0, 2, 4, 8];

/** Decodes the blocks of one frame. */
export interface ZstdStream {
  /** How many bytes of its input the last step used. */
  readonly used: number;
  /** How many bytes it made. */
  readonly made: number;
  /**
   * Decode as much of `input` as fits into `output`.
   *
   * @param input Up to the end of a block. The frame's header stands before the first one, its
   *   checksum, where there is one, behind the last.
   * @param last The input ends with the frame.
   * @throws {Error} The frame is damaged; of a wrong checksum the message says "checksum".
   */
  step(input: Uint8Array, output: Uint8Array, last: boolean): void;
  /** Release what it holds. */
  close(): void;
}

/** Begins a frame, which has a checksum at its end or none. */
export type ZstdDecoder = (hasChecksum: boolean) => ZstdStream;

/** What a frame's header says. */
interface Header {
  /** How long it is. */
  readonly length: number;
  readonly contentSize: number | undefined;
  readonly hasChecksum: boolean;
}

/** A block, with the header and the checksum of the frame where they are beside it. */
interface Piece {
  readonly length: number;
  readonly last: boolean;
  /** Where the checksum is in it, for the last one. */
  readonly checksumAt: number;
}

/** The format, for reading within limits. */
export function zstdFormat(decoder: ZstdDecoder, limits: DecompressLimits): SteppedFormat {
  return { name: NAME, maxRatio: MAX_RATIO, decode: (feed) => decode(feed, decoder, limits) };
}

function* decode(feed: Feed, decoder: ZstdDecoder, limits: DecompressLimits): TargetSteps {
  const { maxBytes = Infinity, several = false } = limits;
  let length = 0;
  do {
    yield* need(feed, MAGIC_BYTES);
    if (isSkippable(feed)) {
      yield* skip(feed);
      continue;
    }
    const header = yield* readHeader(feed);
    if (length + (header.contentSize ?? 0) > maxBytes) throw tooLarge(NAME, maxBytes);
    const stream = decoder(header.hasChecksum);
    try {
      length += yield* decodeFrame(feed, header, stream);
    } finally {
      stream.close();
    }
    if (several) yield 0; // what follows may be somebody else's
  } while (yield* anotherFollows(feed));
}

/** Decode a frame; returns how many bytes it holds. */
function* decodeFrame(
  feed: Feed,
  header: Header,
  stream: ZstdStream,
): Generator<number | undefined, number> {
  const start = feed.offset;
  let made = 0;
  let piece: Piece;
  let before = header.length;
  do {
    piece = yield* readPiece(feed, before, header);
    before = 0;
    const at = feed.offset;
    let left = piece.length;
    // What it holds back comes out where there is room left.
    for (let more = true; more;) {
      const { target } = feed;
      try {
        stream.step(feed.view(0, left), target, piece.last);
      } catch (error) {
        throw failure(error, piece, at);
      }
      left -= stream.used;
      feed.skip(stream.used);
      made += stream.made;
      more = left > 0 || stream.made === target.length;
      if (stream.made > 0) yield stream.made;
      else if (more && stream.used === 0) throw damaged("a frame that ends too early", at);
    }
    if (header.contentSize !== undefined && made > header.contentSize) {
      throw damaged("incorrect content size", start);
    }
  } while (!piece.last);
  if (header.contentSize !== undefined && made !== header.contentSize) {
    throw damaged("incorrect content size", start);
  }
  return made;
}

/** Wait for a frame's header, and read it; the feed stays in front of it. */
function* readHeader(feed: Feed): Generator<undefined, Header> {
  yield* collect(feed, MAGIC_BYTES + 1);
  const start = feed.offset;
  if (!ZSTD_MAGIC.every((byte, i) => feed.byteAt(i) === byte)) {
    throw damaged("no zstd frame", start);
  }
  const descriptor = feed.byteAt(MAGIC_BYTES);
  if (descriptor & 0x08) throw damaged("reserved bits", start + MAGIC_BYTES);
  const single = (descriptor & 0x20) !== 0;
  const dictionaryBytes = DICTIONARY_ID_BYTES[descriptor & 3];
  const sizeBytes = descriptor >>> 6 === 0 && single ? 1 : CONTENT_SIZE_BYTES[descriptor >>> 6];
  const at = MAGIC_BYTES + 1 + (single ? 0 : 1);
  const length = at + dictionaryBytes + sizeBytes;
  yield* collect(feed, length);
  // Two bytes can't say less than 256: they leave those to one.
  const contentSize = sizeBytes === 0
    ? undefined
    : number(feed, at + dictionaryBytes, sizeBytes) + (sizeBytes === 2 ? 256 : 0);
  const window = single ? contentSize! : windowBytes(feed.byteAt(MAGIC_BYTES + 1));
  if (window > MAX_WINDOW_BYTES) {
    throw new LimitError(
      `Cannot decompress zstd: the frame at byte ${start} needs a window of ${window} bytes, ` +
        `more than ${MAX_WINDOW_BYTES}`,
      { offset: start },
    );
  }
  const dictionary = number(feed, at, dictionaryBytes);
  if (dictionary !== 0) {
    throw new UnsupportedError(
      `Cannot decompress zstd: the frame at byte ${start} needs the dictionary ${dictionary}`,
      { offset: start },
    );
  }
  return { length, contentSize, hasChecksum: (descriptor & 4) !== 0 };
}

/** Wait for a whole block behind `before` bytes, and for the checksum behind the last one. */
function* readPiece(
  feed: Feed,
  before: number,
  { hasChecksum }: Header,
): Generator<undefined, Piece> {
  yield* collect(feed, before + BLOCK_HEADER_BYTES);
  const header = number(feed, before, BLOCK_HEADER_BYTES);
  const last = (header & 1) === 1;
  const type = header >>> 1 & 3;
  const size = header >>> 3;
  if (type === RESERVED_BLOCK || size > MAX_BLOCK_BYTES) {
    throw damaged("a bad block header", feed.offset + before);
  }
  const checksumAt = before + BLOCK_HEADER_BYTES + (type === RLE_BLOCK ? 1 : size);
  const length = checksumAt + (last && hasChecksum ? CHECKSUM_BYTES : 0);
  yield* collect(feed, length);
  return { length, last, checksumAt };
}

function windowBytes(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >>> 3));
  return base + base / 8 * (descriptor & 7);
}

function* skip(feed: Feed): Generator<undefined, void> {
  yield* collect(feed, SKIPPABLE_HEADER_BYTES);
  let left = number(feed, MAGIC_BYTES, MAGIC_BYTES);
  feed.skip(SKIPPABLE_HEADER_BYTES);
  while (left > 0) {
    yield* collect(feed, 1);
    const count = Math.min(left, feed.length);
    feed.skip(count);
    left -= count;
  }
}

function* anotherFollows(feed: Feed): Generator<undefined, boolean> {
  yield* need(feed, MAGIC_BYTES);
  if (feed.length < 3) return false;
  if (isSkippable(feed)) return true;
  // One that is cut is an error, told by the next frame.
  return ZSTD_MAGIC.every((byte, i) => i >= feed.length || feed.byteAt(i) === byte);
}

function isSkippable(feed: Feed): boolean {
  return feed.length >= MAGIC_BYTES && (feed.byteAt(0) & 0xf0) === 0x50 &&
    SKIPPABLE_MAGIC.every((byte, i) => feed.byteAt(i + 1) === byte);
}

function* collect(feed: Feed, length: number): Generator<undefined, void> {
  if (!(yield* need(feed, length))) {
    throw truncated({ name: NAME, offset: 0 }, feed.offset + feed.length);
  }
}

function number(feed: Feed, at: number, length: number): number {
  let value = 0;
  for (let i = length - 1; i >= 0; i--) value = value * 256 + feed.byteAt(at + i);
  return value;
}

/** The error of a piece at `offset` that can't be decoded. */
function failure(error: unknown, piece: Piece, offset: number): Error {
  const reason = error instanceof Error ? error.message : String(error);
  return /checksum/.test(reason)
    ? damaged("incorrect content checksum", offset + piece.checksumAt, error)
    : damaged(reason, offset, error);
}

function damaged(reason: string, offset: number, cause?: unknown): Error {
  return corrupt({ name: NAME, offset: 0 }, reason, offset, cause);
}
