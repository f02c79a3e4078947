/**
 * joblib's other compressors. Their files are recognised, by first bytes and by extension, and
 * answered with a clear error instead of being taken for a corrupt pickle.
 */
import { UnsupportedError } from "../errors.ts";
import type { CompressorEntry } from "./registry.ts";

/** bzip2. */
export const bz2: CompressorEntry = unavailable("bz2", ".bz2", [0x42, 0x5a]);

function unavailable(name: string, extension: string, prefix: number[]): CompressorEntry {
  function refuse(action: string): never {
    throw new UnsupportedError(
      `Cannot ${action} ${name}: it is not available in this version; zlib and gzip are, ` +
        `and registerCompressor("${name}", …, { force: true }) adds your own`,
    );
  }
  return {
    prefix: Uint8Array.from(prefix),
    extension,
    compress: () => refuse("write"),
    decompress: () => refuse("read"),
    prepare: () => Promise.resolve().then(() => refuse("prepare")),
  };
}
