/**
 * The .xz container (tukaani.org/xz/format): streams of blocks with checks, an index of the blocks
 * and a footer. Several streams may follow each other, with zeros between. Of the filters LZMA2, delta
 * and x86 are read; the rest are for executables of other machines.
 */
import { UnsupportedError } from "../errors.ts";
import { corrupt, truncated } from "./_engine.ts";
import { fastCrc32, xzCheck } from "./_xz_checks.ts";
import { lzma2Steps } from "./_xz_lzma2.ts";
import { deltaFilter, x86Filter } from "./_xz_filters.ts";
import type { XzFilter } from "./_xz_filters.ts";
import { need } from "./_steps.ts";
import type { Feed, SteppedFormat, Steps, TargetSteps } from "./_steps.ts";
import type { DecompressLimits } from "./registry.ts";

const NAME = "xz";
const HEADER_MAGIC = Uint8Array.of(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00);
const FOOTER_MAGIC = [0x59, 0x5a];
const STREAM_HEADER_BYTES = 12;
const STREAM_FOOTER_BYTES = 12;
const INDEX_INDICATOR = 0x00;
const DELTA_FILTER = 0x03;
const X86_FILTER = 0x04;
const LZMA2_FILTER = 0x21;
const MAX_VLI_BYTES = 9;
/** The largest dictionary that `xz` itself makes; a header can claim 4 GiB. */
const MAX_DICTIONARY_BYTES = 1.5 * 2 ** 30;

/** What a block header says. */
interface BlockHeader {
  length: number;
  packedLength: number | undefined;
  unpackedLength: number | undefined;
  dictionaryBytes: number;
  /** In the order in which they are undone. */
  filters: XzFilter[];
}

/** The format, for reading within limits. */
export function xzFormat({ several = false }: DecompressLimits): SteppedFormat {
  return { name: NAME, decode: (feed) => decode(feed, several) };
}

function* decode(feed: Feed, several: boolean): TargetSteps {
  do {
    yield* stream(feed);
    if (several) yield 0; // what follows may be somebody else's
  } while (yield* anotherFollows(feed));
}

function* stream(feed: Feed): Steps {
  yield* collect(feed, STREAM_HEADER_BYTES);
  if (!startsWithMagic(feed)) throw damaged(feed, "no xz header");
  const flags = feed.view(6, 8).slice();
  if (uint32(feed, 8) !== fastCrc32(flags, 0)) throw damaged(feed, "incorrect header check");
  if (flags[0] !== 0 || flags[1] > 15) throw damaged(feed, "unknown header flags");
  feed.skip(STREAM_HEADER_BYTES);

  const records: number[] = [];
  for (;;) {
    yield* collect(feed, 1);
    if (feed.byteAt(0) === INDEX_INDICATOR) break;
    yield* block(feed, flags[1], records);
  }
  const index = indexOf(records);
  yield* collect(feed, index.length);
  for (let i = 0; i < index.length; i++) {
    if (feed.byteAt(i) !== index[i]) {
      throw corrupt({ name: NAME, offset: 0 }, "an index of other blocks", feed.offset + i);
    }
  }
  feed.skip(index.length);

  yield* collect(feed, STREAM_FOOTER_BYTES);
  const right = uint32(feed, 0) === fastCrc32(feed.view(4, 10), 0) &&
    (uint32(feed, 4) + 1) * 4 === index.length &&
    feed.byteAt(8) === flags[0] && feed.byteAt(9) === flags[1] &&
    feed.byteAt(10) === FOOTER_MAGIC[0] && feed.byteAt(11) === FOOTER_MAGIC[1];
  if (!right) throw damaged(feed, "incorrect footer");
  feed.skip(STREAM_FOOTER_BYTES);
}

function* block(feed: Feed, checkId: number, records: number[]): Steps {
  const header = yield* blockHeader(feed);
  const check = xzCheck(checkId);
  const start = feed.offset;
  let unpackedLength = 0;
  const { filters } = header;
  for (const packed of lzma2Steps(feed, header.dictionaryBytes, NAME)) {
    const piece = packed && filters.reduce((bytes, filter) => filter.push(bytes), packed);
    if (piece !== undefined) {
      unpackedLength += piece.length;
      check.update(piece);
    }
    yield piece;
  }
  for (let i = 0; i < filters.length; i++) {
    const held = filters[i].end();
    const piece = filters.slice(i + 1).reduce((bytes, filter) => filter.push(bytes), held);
    unpackedLength += piece.length;
    check.update(piece);
    yield piece;
  }
  const packedLength = feed.offset - start;
  const wrongLength = header.packedLength !== undefined && header.packedLength !== packedLength ||
    header.unpackedLength !== undefined && header.unpackedLength !== unpackedLength;
  if (wrongLength) throw damaged(feed, "incorrect block length");

  const padding = -packedLength & 3;
  yield* collect(feed, padding + check.length);
  for (let i = 0; i < padding; i++) {
    if (feed.byteAt(i) !== 0) throw damaged(feed, "block padding that is not zero");
  }
  const value = check.value();
  for (let i = 0; i < value.length; i++) {
    if (feed.byteAt(padding + i) !== value[i]) throw damaged(feed, "incorrect data check");
  }
  feed.skip(padding + check.length);
  records.push(header.length + packedLength + check.length, unpackedLength);
}

function* blockHeader(feed: Feed): Generator<undefined, BlockHeader> {
  const length = (feed.byteAt(0) + 1) * 4;
  yield* collect(feed, length);
  const bytes = feed.view(0, length - 4);
  if (uint32(feed, length - 4) !== fastCrc32(bytes, 0)) {
    throw damaged(feed, "incorrect block header check");
  }
  const flags = bytes[1];
  if (flags & 0x3c) throw damaged(feed, "unknown block flags");
  const at = { bytes, position: 2 };
  const packedLength = flags & 0x40 ? vli(feed, at) : undefined;
  const unpackedLength = flags & 0x80 ? vli(feed, at) : undefined;
  const filters: XzFilter[] = [];
  for (let i = 0; i < (flags & 3); i++) filters.unshift(filterOf(feed, at));
  const id = vli(feed, at);
  if (id !== LZMA2_FILTER) throw unknownFilter(feed, id);
  if (vli(feed, at) !== 1) throw damaged(feed, "wrong filter properties");
  const dictionaryBytes = dictionarySize(bytes[at.position++]);
  if (!(dictionaryBytes <= MAX_DICTIONARY_BYTES)) {
    throw damaged(feed, `a dictionary of ${dictionaryBytes} bytes`);
  }
  for (; at.position < bytes.length; at.position++) {
    if (bytes[at.position] !== 0) throw damaged(feed, "header padding that is not zero");
  }
  feed.skip(length);
  return { length, packedLength, unpackedLength, dictionaryBytes, filters };
}

/** A filter before the last. */
function filterOf(feed: Feed, at: { bytes: Uint8Array; position: number }): XzFilter {
  const id = vli(feed, at);
  const size = vli(feed, at);
  if (id === DELTA_FILTER && size === 1) return deltaFilter(at.bytes[at.position++] + 1);
  if (id === X86_FILTER && size === 0) return x86Filter();
  throw unknownFilter(feed, id);
}

function unknownFilter(feed: Feed, id: number): UnsupportedError {
  return new UnsupportedError(
    `Cannot decompress xz: the block at byte ${feed.offset} uses filter 0x${id.toString(16)}, ` +
      `which is none of LZMA2, delta and x86`,
    { offset: feed.offset },
  );
}

/** 4 KiB, 6 KiB, 8 KiB, 12 KiB and so on, up to 4 GiB. */
function dictionarySize(bits: number): number {
  if (!(bits <= 40)) return Infinity;
  return bits === 40 ? 2 ** 32 - 1 : (2 | (bits & 1)) * 2 ** ((bits >>> 1) + 11);
}

/** Whether another stream follows; zeros before it are skipped, what is no stream is left. */
function* anotherFollows(feed: Feed): Generator<undefined, boolean> {
  for (;;) {
    yield* need(feed, HEADER_MAGIC.length);
    const { length } = feed;
    if (length >= 4 && feed.view(0, 4).every((byte) => byte === 0)) {
      feed.skip(4);
      continue;
    }
    if (startsWithMagic(feed)) return true;
    const cut = length > 0 && length < HEADER_MAGIC.length &&
      feed.view(0, length).every((byte, i) => byte === HEADER_MAGIC[i]);
    if (cut) throw truncated({ name: NAME, offset: 0 }, feed.offset + length);
    return false;
  }
}

function startsWithMagic(feed: Feed): boolean {
  return feed.length >= HEADER_MAGIC.length &&
    HEADER_MAGIC.every((byte, i) => feed.byteAt(i) === byte);
}

/** The index that belongs to such blocks: pairs of padded and unpacked length. */
function indexOf(records: readonly number[]): Uint8Array {
  const bytes: number[] = [INDEX_INDICATOR];
  pushVli(bytes, records.length / 2);
  for (const value of records) pushVli(bytes, value);
  while (bytes.length % 4 !== 0) bytes.push(0);
  const index = new Uint8Array(bytes.length + 4);
  index.set(bytes);
  const crc = fastCrc32(index.subarray(0, bytes.length), 0);
  new DataView(index.buffer).setUint32(bytes.length, crc, true);
  return index;
}

function pushVli(bytes: number[], value: number): void {
  for (; value >= 0x80; value = Math.floor(value / 0x80)) bytes.push((value % 0x80) | 0x80);
  bytes.push(value);
}

/** A number of 7 bits a byte, lowest first. */
function vli(feed: Feed, at: { bytes: Uint8Array; position: number }): number {
  let value = 0;
  for (let i = 0; i < MAX_VLI_BYTES && at.position < at.bytes.length; i++) {
    const byte = at.bytes[at.position++];
    value += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return value;
  }
  throw damaged(feed, "a number without an end");
}

function* collect(feed: Feed, length: number): Generator<undefined, void> {
  if (!(yield* need(feed, length))) {
    throw truncated({ name: NAME, offset: 0 }, feed.offset + feed.length);
  }
}

function uint32(feed: Feed, index: number): number {
  return (feed.byteAt(index) | (feed.byteAt(index + 1) << 8) | (feed.byteAt(index + 2) << 16) |
    (feed.byteAt(index + 3) << 24)) >>> 0;
}

function damaged(feed: Feed, reason: string): Error {
  return corrupt({ name: NAME, offset: 0 }, reason, feed.offset);
}
