/**
 * The wrapper of a gzip member (RFC 1952): a header with optional fields, and a trailer of CRC-32
 * and length modulo 2 ** 32. What is written is joblib's: no time, no name, "Unix".
 */
import { corrupt, truncated } from "./_engine.ts";
import type { DeflateEngine, Origin } from "./_engine.ts";

/** First bytes of a member. */
export const GZIP_MAGIC: Uint8Array = Uint8Array.of(0x1f, 0x8b);
/** Length of the trailer. */
export const GZIP_TRAILER_BYTES = 8;
/** Headers are a few bytes; a file name that never ends must not be collected. */
export const MAX_GZIP_HEADER_BYTES: number = 1 << 20;

const FIXED_BYTES = 10;
const CM_DEFLATE = 8;
const FHCRC = 2;
const FEXTRA = 4;
const FNAME = 8;
const FCOMMENT = 16;
const RESERVED = 0xe0;

/** The header that joblib writes at `level`. */
export function gzipHeader(level: number): Uint8Array {
  const extraFlags = level === 1 ? 4 : level === 9 ? 2 : 0;
  return Uint8Array.of(0x1f, 0x8b, CM_DEFLATE, 0, 0, 0, 0, 0, extraFlags, 3);
}

/** The trailer of a member with that CRC-32 and length. */
export function gzipTrailer(crc: number, length: number): Uint8Array {
  const trailer = new Uint8Array(GZIP_TRAILER_BYTES);
  const view = new DataView(trailer.buffer);
  view.setUint32(0, crc, true);
  view.setUint32(4, length % 2 ** 32, true);
  return trailer;
}

/**
 * Length of the header at the start of `bytes`, `undefined` where they end within it.
 *
 * @throws {CompressionError} It is no header of a deflate member, or its own checksum is wrong.
 */
export function gzipHeaderLength(
  bytes: Uint8Array,
  origin: Origin,
  crc32: DeflateEngine["crc32"],
): number | undefined {
  if (bytes.length < FIXED_BYTES) return undefined;
  if (bytes[0] !== GZIP_MAGIC[0] || bytes[1] !== GZIP_MAGIC[1]) {
    throw corrupt(origin, "incorrect header check", origin.offset);
  }
  if (bytes[2] !== CM_DEFLATE) {
    throw corrupt(origin, `unknown compression method ${bytes[2]}`, origin.offset + 2);
  }
  const flags = bytes[3];
  if (flags & RESERVED) throw corrupt(origin, "unknown header flags", origin.offset + 3);
  let end = FIXED_BYTES;
  if (flags & FEXTRA) {
    if (bytes.length < end + 2) return undefined;
    end += 2 + (bytes[end] | bytes[end + 1] << 8);
  }
  for (const flag of [FNAME, FCOMMENT]) {
    if (!(flags & flag)) continue;
    const zero = bytes.indexOf(0, end);
    if (zero < 0) return undefined;
    end = zero + 1;
  }
  if (flags & FHCRC) {
    if (bytes.length < end + 2) return undefined;
    const stored = bytes[end] | bytes[end + 1] << 8;
    if (stored !== (crc32(bytes.subarray(0, end), 0) & 0xffff)) {
      throw corrupt(origin, "incorrect header checksum", origin.offset + end);
    }
    end += 2;
  }
  return bytes.length < end ? undefined : end;
}

/**
 * Compare the trailer at the start of `bytes` with what came out of the member.
 *
 * @throws {CompressionError} It is cut, or tells another checksum or length.
 */
export function checkGzipTrailer(
  bytes: Uint8Array,
  sums: { crc: number; length: number },
  origin: Origin,
): void {
  if (bytes.length < GZIP_TRAILER_BYTES) throw truncated(origin, origin.offset + bytes.length);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  if (view.getUint32(0, true) !== sums.crc) {
    throw corrupt(origin, "incorrect data check", origin.offset);
  }
  if (view.getUint32(4, true) !== sums.length % 2 ** 32) {
    throw corrupt(origin, "incorrect length check", origin.offset + 4);
  }
}

/** What follows a member: another one, zeros that fill up a block, or the end. */
export function whatFollows(bytes: Uint8Array, origin: Origin): "member" | "end" {
  if (bytes.length === 0 || bytes[0] === 0) return "end";
  if (bytes[0] === GZIP_MAGIC[0] && (bytes.length === 1 || bytes[1] === GZIP_MAGIC[1])) {
    return "member";
  }
  throw corrupt(origin, "what follows is no gzip member", origin.offset);
}
