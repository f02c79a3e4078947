/**
 * The .lzma container, "LZMA alone": properties, dictionary size, length or -1, then one LZMA
 * stream that ends there, at an end marker, or both. It has no checksum. Python reads streams that
 * follow each other, and ignores what is none.
 */
import { corrupt, truncated } from "./_engine.ts";
import type { Origin } from "./_engine.ts";
import { LzmaDecoder, MAX_SYMBOL_BYTES } from "./_lzma_decoder.ts";
import type { LzmaStatus } from "./_lzma_decoder.ts";
import { LzmaWindow } from "./_lzma_window.ts";
import { need } from "./_steps.ts";
import type { Feed, SteppedFormat, Steps, TargetSteps } from "./_steps.ts";
import type { DecompressLimits } from "./registry.ts";

const NAME = "lzma";
const HEADER_BYTES = 13;
const RANGE_START_BYTES = 5;
const UNKNOWN = 0xffffffff; // both halves of the length
/** The largest dictionary that `xz` itself makes; a header can claim 4 GiB. */
const MAX_DICTIONARY_BYTES = 1.5 * 2 ** 30;
/** Known lengths are less than 256 GiB, for the same reason. */
const MAX_KNOWN_BYTES = 2 ** 38;
const PIECE_BYTES = 256 << 10;

/** The format, for reading within limits. */
export function lzmaFormat({ several = false }: DecompressLimits): SteppedFormat {
  return { name: NAME, decode: (feed) => decode(feed, several) };
}

function* decode(feed: Feed, several: boolean): TargetSteps {
  do {
    yield* stream(feed);
    if (several) yield 0; // what follows may be somebody else's
  } while (yield* anotherFollows(feed));
}

function* stream(feed: Feed): Steps {
  const origin: Origin = { name: NAME, offset: feed.offset };
  if (!(yield* need(feed, HEADER_BYTES + RANGE_START_BYTES))) throw cut(feed);
  const decoder = new LzmaDecoder();
  if (!decoder.setProperties(feed.byteAt(0))) {
    throw corrupt(origin, "wrong LZMA properties", feed.offset);
  }
  decoder.resetState();
  const dictionaryBytes = uint32(feed, 1);
  if (!isDictionarySize(dictionaryBytes)) {
    throw corrupt(origin, `a dictionary of ${dictionaryBytes} bytes`, feed.offset + 1);
  }
  const [low, high] = [uint32(feed, 5), uint32(feed, 9)];
  let left = low === UNKNOWN && high === UNKNOWN ? Infinity : high * 2 ** 32 + low;
  if (left !== Infinity && left >= MAX_KNOWN_BYTES) {
    throw corrupt(origin, `a length of ${left} bytes`, feed.offset + 5);
  }
  const window = new LzmaWindow(dictionaryBytes);
  if (!decoder.startRange(feed.view(HEADER_BYTES, HEADER_BYTES + RANGE_START_BYTES), 0)) {
    throw corrupt(origin, "data that starts wrong", feed.offset + HEADER_BYTES);
  }
  feed.skip(HEADER_BYTES + RANGE_START_BYTES);

  while (left > 0) {
    yield* need(feed, MAX_SYMBOL_BYTES + 1);
    window.reserve(PIECE_BYTES);
    const start = window.position;
    const status = run(decoder, window, feed, { wanted: Math.min(PIECE_BYTES, left), most: left });
    left -= window.position - start;
    if (status === "end marker") {
      if (left > 0 && left !== Infinity) throw corrupt(origin, "an early end marker", feed.offset);
      yield window.take();
      finish(decoder, feed, true);
      return;
    }
    if (window.position > start) yield window.take();
  }
  // A marker may stand behind the last byte although the length is known.
  yield* need(feed, MAX_SYMBOL_BYTES + 2);
  if (finish(decoder, feed, false)) return;
  window.reserve(1);
  const status = run(decoder, window, feed, { wanted: 1, most: 0 });
  if (status !== "end marker") throw corrupt(origin, "more data than its length", feed.offset);
  finish(decoder, feed, true);
}

/** Decode what the window of `feed` allows, and take it out of there. */
function run(
  decoder: LzmaDecoder,
  window: LzmaWindow,
  feed: Feed,
  bounds: { wanted: number; most: number },
): LzmaStatus {
  const { length } = feed;
  // At the end of the data zeros stand in for what a symbol could need; using one is an error.
  const atEnd = length <= MAX_SYMBOL_BYTES;
  const input = atEnd ? padded(feed) : feed.view(0, length);
  decoder.next = 0;
  const stop = atEnd ? length + 1 : length - MAX_SYMBOL_BYTES;
  const status = decoder.run(window, input, { stop, ...bounds });
  if (decoder.next > length) throw cut(feed);
  feed.skip(decoder.next);
  if (status === "paused" || status === "end marker") return status;
  throw corrupt({ name: NAME, offset: 0 }, status, feed.offset);
}

/** Bring the range coder to its end; returns whether it stands there. */
function finish(decoder: LzmaDecoder, feed: Feed, must: boolean): boolean {
  decoder.next = 0;
  const finished = decoder.finished(padded(feed));
  if (decoder.next > feed.length) throw cut(feed);
  feed.skip(decoder.next);
  if (must && !finished) {
    throw corrupt({ name: NAME, offset: 0 }, "data that ends wrong", feed.offset);
  }
  return finished;
}

/** Whether another stream follows, by the rules of liblzma for files that may be none. */
function* anotherFollows(feed: Feed): Generator<undefined, boolean> {
  if (!(yield* need(feed, HEADER_BYTES + 1))) {
    const isCut = feed.length >= 3 && feed.byteAt(0) === 0x5d && feed.byteAt(1) === 0 &&
      feed.byteAt(2) === 0;
    if (isCut) throw cut(feed);
    return false;
  }
  const high = uint32(feed, 9);
  const isLength = high < MAX_KNOWN_BYTES / 2 ** 32 ||
    (high === UNKNOWN && uint32(feed, 5) === UNKNOWN);
  return new LzmaDecoder().setProperties(feed.byteAt(0)) && isDictionarySize(uint32(feed, 1)) &&
    isLength && feed.byteAt(HEADER_BYTES) === 0;
}

/** `2 ** n` or `2 ** n + 2 ** (n - 1)`: the format has no magic, so liblzma takes no others. */
function isDictionarySize(size: number): boolean {
  if (size === 0 || size > MAX_DICTIONARY_BYTES) return false;
  const power = 2 ** Math.floor(Math.log2(size));
  return size === power || size === 1.5 * power;
}

function padded(feed: Feed): Uint8Array {
  const bytes = new Uint8Array(2 * MAX_SYMBOL_BYTES + 2);
  bytes.set(feed.view(0, Math.min(feed.length, MAX_SYMBOL_BYTES + 1)));
  return bytes;
}

function uint32(feed: Feed, index: number): number {
  return (feed.byteAt(index) | (feed.byteAt(index + 1) << 8) | (feed.byteAt(index + 2) << 16) |
    (feed.byteAt(index + 3) << 24)) >>> 0;
}

function cut(feed: Feed): Error {
  return truncated({ name: NAME, offset: 0 }, feed.offset + feed.length);
}
