/**
 * The zlib format (RFC 1950), joblib's default: two bytes, deflate data, Adler-32. Bytes behind a
 * complete stream are not read; joblib.load never comes back from them.
 */
import { adler32 } from "./_checksums.ts";
import { deflateCompressor, inflate } from "./_deflate.ts";
import type { DeflateFormat } from "./_deflate.ts";
import type { DeflateEngine } from "./_engine.ts";
import type { Feed, TargetSteps } from "./_steps.ts";
import type { BuiltInCompressor } from "./registry.ts";

const CMF = 0x78; // deflate, window of 32 KiB

/** The format, apart from the registry. */
export const zlibFormat: DeflateFormat = {
  name: "zlib",
  prefix: Uint8Array.of(CMF),
  extension: ".z",
  checksumStart: 1,
  checksum: adler32,
  header,
  trailer,
  decode,
};

/** The compressor "zlib". */
export const zlib: BuiltInCompressor = deflateCompressor(zlibFormat);

function header(level: number): Uint8Array {
  const flg = level === 1 ? 0x01 : level < 6 ? 0x5e : level === 6 ? 0x9c : 0xda;
  return Uint8Array.of(CMF, flg);
}

function trailer(checksum: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, checksum);
  return bytes;
}

function decode(feed: Feed, engine: DeflateEngine): TargetSteps {
  return inflate(feed, engine.inflater("zlib", { name: "zlib", offset: feed.offset }));
}
