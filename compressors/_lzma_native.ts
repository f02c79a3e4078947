/**
 * Writing xz and .lzma by \@napi-rs/lzma, the one package with both formats and presets. It is loaded
 * by the first write; Deno asks for the rights that native code needs.
 */
import { UnsupportedError } from "../errors.ts";
import { requireFrom } from "../io/builtin.ts";

/** The part of the package's streaming classes that is used. */
export interface NativeCompressor {
  /** Compress a piece; returns what is ready. */
  update(bytes: Uint8Array): Uint8Array;
  /** Compress what is left. */
  finish(): Promise<Uint8Array>;
}

/** The classes by format. */
export interface NativeLzma {
  /** Writes .xz with CRC-64, as Python does. */
  XzCompressor: new (options: { preset: number }) => NativeCompressor;
  /** Writes .lzma with an end marker, as Python does. */
  LzmaCompressor: new (options: { preset: number }) => NativeCompressor;
}

/** The formats that the package writes. */
export type NativeFormat = "xz" | "lzma";

/** The package's name. */
export const NATIVE_PACKAGE = "@napi-rs/lzma";
/** Its class for each format. */
export const NATIVE_CLASS: Readonly<Record<NativeFormat, keyof NativeLzma>> = {
  xz: "XzCompressor",
  lzma: "LzmaCompressor",
};

let loaded: NativeLzma | undefined;

/**
 * The package.
 *
 * @throws {UnsupportedError} It is not there, or may not be loaded; the message says what to do.
 */
export function loadNative(format: NativeFormat): NativeLzma {
  if (loaded !== undefined) return loaded;
  const require = requireFrom(import.meta.url);
  if (require === undefined) {
    throw new UnsupportedError(
      `Cannot write ${format}: this runtime can't load ${NATIVE_PACKAGE}, which does it; ` +
        `it reads ${format}, and writes zlib and gzip`,
    );
  }
  try {
    return loaded = require(NATIVE_PACKAGE) as NativeLzma;
  } catch (cause) {
    throw new UnsupportedError(
      `Cannot write ${format}: ${NATIVE_PACKAGE} can't be loaded; install it for this platform, ` +
        `and under Deno allow --allow-read, --allow-env and --allow-ffi`,
      { cause },
    );
  }
}
