/**
 * The Zstandard format (RFC 8878), as far as it tells where a frame ends and what it claims: no
 * runtime's decoder says so, and some take a frame that is cut for a whole one. Frames are
 * decompressed one at a time; those that we write hold at most 4 MiB.
 */
import { LimitError, UnsupportedError } from "../errors.ts";
import { corrupt, truncated } from "./_engine.ts";
import { checkLimits, tooLarge } from "./_limits.ts";
import { need } from "./_steps.ts";
import type { Feed, SteppedFormat, Steps } from "./_steps.ts";
import type { DecompressLimits } from "./registry.ts";

/** First bytes of a frame. */
export const ZSTD_MAGIC: Uint8Array = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd);

const NAME = "zstd";
const MAGIC_BYTES = 4;
const SKIPPABLE_MAGIC = [0x2a, 0x4d, 0x18]; // behind a byte from 0x50 to 0x5f
const SKIPPABLE_HEADER_BYTES = 8;
const BLOCK_HEADER_BYTES = 3;
const CHECKSUM_BYTES = 4;
const MAX_BLOCK_BYTES = 128 << 10;
/** What `node:zlib` allows for by default; a header can claim 2 TiB. */
const MAX_WINDOW_BYTES = 128 << 20;
const DICTIONARY_ID_BYTES = [0, 1, 2, 4];
const CONTENT_SIZE_BYTES = [0, 2, 4, 8];
/** Output up to this size is let pass whatever its ratio, as in checkLimits. */
const RATIO_FREE_BYTES = 1 << 20;

/** What a decoder must know of a frame. */
export interface ZstdFrame {
  /** All of its bytes. */
  readonly bytes: Uint8Array;
  /** Its position, for errors. */
  readonly offset: number;
  /** It holds no more than so many bytes: its blocks were counted. */
  readonly bound: number;
  /** What the caller accepts; a `LimitError` beyond. */
  readonly maxBytes: number;
}

/** Decompresses a complete frame. */
export type ZstdDecoder = (frame: ZstdFrame) => Uint8Array;

/** The format, for reading within limits. */
export function zstdFormat(decoder: ZstdDecoder, limits: DecompressLimits): SteppedFormat {
  return { name: NAME, decode: (feed) => decode(feed, decoder, limits) };
}

function* decode(feed: Feed, decoder: ZstdDecoder, limits: DecompressLimits): Steps {
  const { maxBytes = Infinity, maxRatio = Infinity } = limits;
  let length = 0;
  do {
    yield* need(feed, MAGIC_BYTES);
    if (isSkippable(feed)) {
      yield* skip(feed);
      continue;
    }
    const { size, bound, contentSize } = yield* measure(feed);
    const end = feed.offset + size;
    const most = Math.min(maxBytes, Math.max(maxRatio * end, RATIO_FREE_BYTES)) - length;
    if (contentSize !== undefined && contentSize > most) {
      checkLimits(NAME, limits, length + contentSize, end);
    }
    const frame = { bytes: feed.view(0, size), offset: feed.offset, bound, maxBytes: most };
    const output = decodeWithin(frame, decoder, () => {
      checkLimits(NAME, limits, Math.max(length + most + 1, RATIO_FREE_BYTES + 1), end);
    });
    if (contentSize !== undefined && output.length !== contentSize) {
      throw damaged(feed, "incorrect content size");
    }
    feed.skip(size);
    length += output.length;
    yield output;
  } while (yield* anotherFollows(feed));
}

/** Decode; where the output passes what is accepted, `tell` knows which limit that is. */
function decodeWithin(frame: ZstdFrame, decoder: ZstdDecoder, tell: () => void): Uint8Array {
  try {
    return decoder(frame);
  } catch (error) {
    if (error instanceof LimitError) tell();
    throw error;
  }
}

/** Wait for the whole frame, and read what it says of itself. */
function* measure(
  feed: Feed,
): Generator<undefined, { size: number; bound: number; contentSize: number | undefined }> {
  yield* collect(feed, MAGIC_BYTES + 1);
  if (!ZSTD_MAGIC.every((byte, i) => feed.byteAt(i) === byte)) throw damaged(feed, "no zstd frame");
  const descriptor = feed.byteAt(MAGIC_BYTES);
  if (descriptor & 0x08) throw damaged(feed, "reserved bits");
  const single = (descriptor & 0x20) !== 0;
  const dictionaryBytes = DICTIONARY_ID_BYTES[descriptor & 3];
  const sizeBytes = descriptor >>> 6 === 0 && single ? 1 : CONTENT_SIZE_BYTES[descriptor >>> 6];
  let at = MAGIC_BYTES + 1 + (single ? 0 : 1);
  yield* collect(feed, at + dictionaryBytes + sizeBytes);
  const window = single ? 0 : windowBytes(feed.byteAt(MAGIC_BYTES + 1));
  if (window > MAX_WINDOW_BYTES) {
    throw new LimitError(
      `Cannot decompress zstd: the frame at byte ${feed.offset} needs a window of ${window} bytes, ` +
        `more than ${MAX_WINDOW_BYTES}`,
      { offset: feed.offset },
    );
  }
  const dictionary = number(feed, at, dictionaryBytes);
  if (dictionary !== 0) {
    throw new UnsupportedError(
      `Cannot decompress zstd: the frame at byte ${feed.offset} needs the dictionary ${dictionary}`,
      { offset: feed.offset },
    );
  }
  at += dictionaryBytes;
  // Two bytes can't say less than 256: they leave those to one.
  const contentSize = sizeBytes === 0
    ? undefined
    : number(feed, at, sizeBytes) + (sizeBytes === 2 ? 256 : 0);
  at += sizeBytes;

  let bound = 0;
  for (let last = false; !last;) {
    yield* collect(feed, at + BLOCK_HEADER_BYTES);
    const header = number(feed, at, BLOCK_HEADER_BYTES);
    last = (header & 1) === 1;
    const type = header >>> 1 & 3;
    const size = header >>> 3;
    if (type === 3 || size > MAX_BLOCK_BYTES) {
      throw corrupt({ name: NAME, offset: 0 }, "a bad block header", feed.offset + at);
    }
    bound += type === 2 ? MAX_BLOCK_BYTES : size;
    at += BLOCK_HEADER_BYTES + (type === 1 ? 1 : size);
  }
  const size = at + (descriptor & 4 ? CHECKSUM_BYTES : 0);
  yield* collect(feed, size);
  if (contentSize !== undefined && contentSize > bound) {
    throw damaged(feed, "incorrect content size");
  }
  return { size, bound: contentSize ?? bound, contentSize };
}

function windowBytes(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >>> 3));
  return base + base / 8 * (descriptor & 7);
}

function* skip(feed: Feed): Steps {
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

function damaged(feed: Feed, reason: string): Error {
  return corrupt({ name: NAME, offset: 0 }, reason, feed.offset);
}

/** The error of a frame that holds more than the caller accepts. */
export function zstdTooLarge(frame: ZstdFrame, cause?: unknown): LimitError {
  return tooLarge(NAME, frame.maxBytes, cause);
}

/** The error of a frame that can't be decoded. */
export function zstdCorrupt(frame: ZstdFrame, cause: unknown): Error {
  const reason = cause instanceof Error ? cause.message : "damage";
  return corrupt({ name: NAME, offset: 0 }, reason, frame.offset, cause);
}
