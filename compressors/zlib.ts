/**
 * The zlib format (RFC 1950), joblib's default: two bytes, deflate data, Adler-32. Bytes behind a
 * complete stream are not read; joblib.load never comes back from them.
 */
import { adler32 } from "./_checksums.ts";
import { deflateCompressor } from "./_deflate.ts";
import type { DeflateFormat } from "./_deflate.ts";
import type { DeflateEngine, Inflated } from "./_engine.ts";
import type { Input } from "./_input.ts";
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
  decompress,
  chunks,
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

function decompress(bytes: Uint8Array, maxBytes: number, engine: DeflateEngine): Inflated {
  return engine.inflateSync(bytes, "zlib", maxBytes, { name: "zlib", offset: 0 });
}

async function* chunks(input: Input, engine: DeflateEngine): AsyncGenerator<Uint8Array, void> {
  const inflater = engine.inflater("zlib", { name: "zlib", offset: input.offset });
  try {
    for (;;) {
      const chunk = await inflater.next(input);
      if (chunk === undefined) return;
      yield chunk;
    }
  } finally {
    inflater.close();
  }
}
