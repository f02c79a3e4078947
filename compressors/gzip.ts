/**
 * The gzip format (RFC 1952): members of a header, deflate data, CRC-32 and length. All members
 * are read, and zeros behind them; one is written, because joblib.load never comes back from a second.
 */
import { truncated } from "./_engine.ts";
import type { DeflateEngine, Origin } from "./_engine.ts";
import { deflateCompressor, inflate } from "./_deflate.ts";
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
import { type Feed, need, type TargetSteps } from "./_steps.ts";
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
  decode,
};

/** The compressor "gzip". */
export const gzip: BuiltInCompressor = deflateCompressor(gzipFormat);

function* decode(feed: Feed, engine: DeflateEngine, several: boolean): TargetSteps {
  do {
    yield* skipHeader(feed, engine);
    const sums = { crc: 0, length: 0 };
    yield* inflate(feed, engine.inflater("raw", at(feed)), (output) => {
      sums.crc = engine.crc32(output, sums.crc);
      sums.length += output.length;
    });
    yield* need(feed, GZIP_TRAILER_BYTES);
    checkGzipTrailer(feed.view(0, feed.length), sums, at(feed));
    feed.skip(GZIP_TRAILER_BYTES);
    if (several) {
      yield 0;
      while ((yield* need(feed, 1)) && feed.byteAt(0) === 0) feed.skip(1);
    }
    yield* need(feed, GZIP_MAGIC.length);
    if (several && !startsGzip(feed)) return;
  } while (whatFollows(feed.view(0, feed.length), at(feed)) === "member");
}

function* skipHeader(feed: Feed, engine: DeflateEngine): Generator<undefined, void> {
  for (;;) {
    const length = gzipHeaderLength(feed.view(0, feed.length), at(feed), engine.crc32);
    if (length !== undefined) return feed.skip(length);
    if (feed.length > MAX_GZIP_HEADER_BYTES || !(yield* need(feed, feed.length + 1))) {
      throw truncated(at(feed), feed.offset + feed.length);
    }
  }
}

function startsGzip(feed: Feed): boolean {
  return feed.length >= GZIP_MAGIC.length &&
    GZIP_MAGIC.every((byte, i) => feed.byteAt(i) === byte);
}

function at({ offset }: Feed): Origin {
  return { name: "gzip", offset };
}
