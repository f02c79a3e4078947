/**
 * The LZ4 frame format (LZ4_Frame_format.md): frames of linked or independent blocks, all of which
 * are read, and what is to be skipped between them. One frame is written, of independent blocks;
 * joblib's own are linked, and python-lz4 reads both. Levels as joblib has them, 0 to 9: up to 2 fast,
 * by a table twice as long at each; from 3 on twice as many places are tried at each, 5 times as slow
 * at 3 and 20 times at 9. All are read as fast. Threads write the same bytes as one.
 */
import { LZ4_MAGIC } from "./_lz4_frame.ts";
import { decompressLz4, openLz4Reader, openLz4ReaderSync } from "./_lz4_reader.ts";
import { Lz4SinkSync, openLz4Sink } from "./_lz4_sink.ts";
import { compressWhole } from "./_whole.ts";
import type { BuiltInCompressor } from "./registry.ts";

const DEFAULT_LEVEL = 0; // joblib's
const MAX_LEVEL = 9; // of joblib's; LZ4 itself goes to 12

/** The compressor "lz4". */
export const lz4: BuiltInCompressor = {
  prefix: LZ4_MAGIC,
  extension: ".lz4",
  compress(bytes: Uint8Array, level?: number): Uint8Array {
    const checked = checkLevel(level);
    return compressWhole(bytes, (sink) => new Lz4SinkSync(sink, checked));
  },
  decompress: (bytes, options = {}) => decompressLz4(bytes, options),
  openReader: openLz4Reader,
  openReaderSync: openLz4ReaderSync,
  openSink: (sink, level, options) => openLz4Sink(sink, checkLevel(level), options),
  openSinkSync: (sink, level) => new Lz4SinkSync(sink, checkLevel(level)),
};

function checkLevel(level: number = DEFAULT_LEVEL): number {
  if (Number.isInteger(level) && level >= 0 && level <= MAX_LEVEL) return level;
  throw new RangeError(`Cannot compress with lz4: level ${level} is not an integer from 0 to 9`);
}
