/**
 * LZMA2, the filter of .xz files: chunks of at most 2 MiB that say their size packed and unpacked,
 * so each one is collected before it is decoded.
 */
import { corrupt, truncated } from "./_engine.ts";
import type { Origin } from "./_engine.ts";
import { LzmaDecoder, MAX_SYMBOL_BYTES } from "./_lzma_decoder.ts";
import { LzmaWindow } from "./_lzma_window.ts";
import { need } from "./_steps.ts";
import type { Feed, Steps } from "./_steps.ts";

const END = 0x00;
const STORED_RESET_DICTIONARY = 0x01;
const STORED = 0x02;
const LZMA = 0x80;
// What a chunk of LZMA resets: bits 5 and 6 of its control byte.
const RESET_STATE = 1;
const RESET_PROPERTIES = 2;
const RESET_DICTIONARY = 3;

const MAX_PACKED_BYTES = 1 << 16;
const RANGE_START_BYTES = 5;

/** Decode the chunks up to and with the end marker. */
export function* lzma2Steps(feed: Feed, dictionaryBytes: number, name: string): Steps {
  const window = new LzmaWindow(dictionaryBytes);
  const decoder = new LzmaDecoder();
  const packed = new Uint8Array(MAX_PACKED_BYTES + 2 * MAX_SYMBOL_BYTES);
  // The least that the next chunk must reset.
  let missing = RESET_DICTIONARY;
  for (;;) {
    const origin: Origin = { name, offset: feed.offset };
    if (!(yield* need(feed, 1))) throw truncated(origin, feed.offset + feed.length);
    const control = feed.byteAt(0);
    if (control === END) return feed.skip(1);
    const stored = control < LZMA;
    if (stored && control > STORED) throw corrupt(origin, "a chunk of unknown kind", feed.offset);
    const resets = stored
      ? (control === STORED_RESET_DICTIONARY ? RESET_DICTIONARY : RESET_STATE)
      : (control >>> 5) & 3;
    if (missing === RESET_DICTIONARY && resets !== RESET_DICTIONARY) {
      throw corrupt(origin, "a first chunk that keeps the dictionary", feed.offset);
    }

    const hasProperties = !stored && resets >= RESET_PROPERTIES;
    const headLength = stored ? 3 : hasProperties ? 6 : 5;
    if (!(yield* need(feed, headLength))) throw truncated(origin, feed.offset + feed.length);
    const first = ((feed.byteAt(1) << 8) | feed.byteAt(2)) + 1;
    const length = stored ? first : ((control & 0x1f) << 16) + first;
    const packedLength = stored ? length : ((feed.byteAt(3) << 8) | feed.byteAt(4)) + 1;
    const whole = headLength + packedLength;
    if (!(yield* need(feed, whole))) throw truncated(origin, feed.offset + feed.length);

    if (resets === RESET_DICTIONARY) window.reset();
    window.reserve(length);
    if (stored) {
      window.append(feed.view(headLength, whole));
      if (missing === RESET_DICTIONARY) missing = RESET_PROPERTIES;
      feed.skip(whole);
      yield window.take();
      continue;
    }

    if (hasProperties && !decoder.setProperties(feed.byteAt(5))) {
      throw corrupt(origin, "wrong LZMA properties", feed.offset + 5);
    }
    if (missing >= RESET_PROPERTIES && !hasProperties) {
      throw corrupt(origin, "a chunk without LZMA properties", feed.offset);
    }
    missing = 0;
    if (resets !== 0) decoder.resetState();
    packed.set(feed.view(headLength, whole));
    packed.fill(0, packedLength, packedLength + MAX_SYMBOL_BYTES);
    const dataOffset = feed.offset + headLength;
    if (packedLength < RANGE_START_BYTES || !decoder.startRange(packed, 0)) {
      throw corrupt(origin, "a chunk that starts wrong", dataOffset);
    }
    const start = window.position;
    const status = decoder.run(window, packed, {
      stop: packedLength + 1,
      wanted: length,
      most: length,
    });
    const damaged = status !== "paused" || window.position - start !== length ||
      !decoder.finished(packed) || decoder.next !== packedLength;
    if (damaged) {
      const reason = status === "paused" ? "wrong chunk length" : status;
      throw corrupt(origin, reason, dataOffset + Math.min(decoder.next, packedLength));
    }
    feed.skip(whole);
    yield window.take();
  }
}
