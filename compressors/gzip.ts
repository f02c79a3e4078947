/**
 * The gzip format (RFC 1952): members of a header, deflate data, CRC-32 and length. All members
 * are read, and zeros behind them; one is written, because joblib.load never comes back from a second.
 */
import { BOUNDARY } from "./_chunk_reader.ts";
import { truncated } from "./_engine.ts";
import type { DeflateEngine, Inflated, Origin } from "./_engine.ts";
import { deflateCompressor } from "./_deflate.ts";
import type { DeflateFormat } from "./_deflate.ts";
import {
  checkGzipTrailer,
  GZIP_MAGIC,
  GZIP_TRAILER_BYTES,
  gzipHeader,
  gzipHeaderLength,
  gzipTrailer,
  MAX_GZIP_HEADER_BYTES,
  whatFollows,
} from "./_gzip_format.ts";
import type { Input } from "./_input.ts";
import type { BuiltInCompressor } from "./registry.ts";

/** The format, apart from the registry. */
export const gzipFormat: DeflateFormat = {
  name: "gzip",
  prefix: GZIP_MAGIC,
  extension: ".gz",
  checksumStart: 0,
  checksum: (bytes, value, engine) => engine.crc32(bytes, value),
  header: gzipHeader,
  trailer: gzipTrailer,
  decompress,
  decompressPart,
  chunks,
};

/** The compressor "gzip". */
export const gzip: BuiltInCompressor = deflateCompressor(gzipFormat);

function decompress(bytes: Uint8Array, maxBytes: number, engine: DeflateEngine): Inflated {
  const members: Uint8Array[] = [];
  let length = 0;
  let offset = 0;
  do {
    const headerLength = gzipHeaderLength(bytes.subarray(offset), at(offset), engine.crc32);
    if (headerLength === undefined) throw truncated(at(offset), bytes.length);
    offset += headerLength;
    const data = bytes.subarray(offset);
    const { output, consumed } = engine.inflateSync(data, "raw", maxBytes - length, at(offset));
    offset += consumed;
    const sums = { crc: engine.crc32(output, 0), length: output.length };
    checkGzipTrailer(bytes.subarray(offset), sums, at(offset));
    offset += GZIP_TRAILER_BYTES;
    members.push(output);
    length += output.length;
  } while (whatFollows(bytes.subarray(offset), at(offset)) === "member");
  // What follows is nothing or zeros that fill up: all of it belongs to the file.
  const output = members.length === 1 ? members[0] : join(members, length);
  return { output, consumed: bytes.length };
}

function decompressPart(
  bytes: Uint8Array,
  maxBytes: number,
  engine: DeflateEngine,
): Inflated | undefined {
  let offset = 0;
  while (bytes[offset] === 0) offset++;
  if (!startsGzip(bytes.subarray(offset))) return undefined;
  const headerLength = gzipHeaderLength(bytes.subarray(offset), at(offset), engine.crc32);
  if (headerLength === undefined) throw truncated(at(offset), bytes.length);
  offset += headerLength;
  const data = bytes.subarray(offset);
  const { output, consumed } = engine.inflateSync(data, "raw", maxBytes, at(offset));
  offset += consumed;
  const sums = { crc: engine.crc32(output, 0), length: output.length };
  checkGzipTrailer(bytes.subarray(offset), sums, at(offset));
  return { output, consumed: offset + GZIP_TRAILER_BYTES };
}

async function* chunks(
  input: Input,
  engine: DeflateEngine,
  several: boolean,
): AsyncGenerator<Uint8Array, void> {
  do {
    await skipHeader(input, engine);
    const sums = { crc: 0, length: 0 };
    const inflater = engine.inflater("raw", at(input.offset));
    try {
      for (;;) {
        const chunk = await inflater.next(input);
        if (chunk === undefined) break;
        sums.crc = engine.crc32(chunk, sums.crc);
        sums.length += chunk.length;
        yield chunk;
      }
    } finally {
      inflater.close();
    }
    await input.need(GZIP_TRAILER_BYTES);
    checkGzipTrailer(input.window, sums, at(input.offset));
    input.skip(GZIP_TRAILER_BYTES);
    if (several) yield BOUNDARY;
    if (several) { while (await input.need(1) && input.window[0] === 0) input.skip(1); }
    await input.need(GZIP_MAGIC.length);
    if (several && !startsGzip(input.window)) return;
  } while (whatFollows(input.window, at(input.offset)) === "member");
}

async function skipHeader(input: Input, engine: DeflateEngine): Promise<void> {
  for (;;) {
    const length = gzipHeaderLength(input.window, at(input.offset), engine.crc32);
    if (length !== undefined) return input.skip(length);
    const collected = input.window.length;
    if (collected > MAX_GZIP_HEADER_BYTES || !await input.more()) {
      throw truncated(at(input.offset), input.offset + collected);
    }
  }
}

function startsGzip(bytes: Uint8Array): boolean {
  return bytes.length >= GZIP_MAGIC.length && GZIP_MAGIC.every((byte, i) => bytes[i] === byte);
}

function at(offset: number): Origin {
  return { name: "gzip", offset };
}

function join(members: Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length);
  let offset = 0;
  for (const member of members) {
    whole.set(member, offset);
    offset += member.length;
  }
  return whole;
}
