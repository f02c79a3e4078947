/**
 * The LZ4 frame's header (LZ4_Frame_format.md): magic, flags, block size, perhaps the content's
 * size, and a checksum over these.
 */
import { UnsupportedError } from "../errors.ts";
import { corrupt } from "./_engine.ts";
import { WORD_BYTES } from "./_lz4_segment.ts";
import { xxh32 } from "./_lz4_xxh32.ts";

/** First bytes of a frame. */
export const LZ4_MAGIC: Uint8Array = Uint8Array.of(0x04, 0x22, 0x4d, 0x18);
/** Length of a magic number. */
export const MAGIC_BYTES = 4;

const MAGIC = 0x184d2204;
const LEGACY_MAGIC = 0x184c2102;
const SKIPPABLE_MAGIC = 0x184d2a50;
const FLG_DICTIONARY_ID = 0x01;
const FLG_RESERVED = 0x02;
const FLG_CONTENT_CHECKSUM = 0x04;
const FLG_CONTENT_SIZE = 0x08;
const FLG_BLOCK_CHECKSUM = 0x10;
const FLG_INDEPENDENT = 0x20;
const FLG_VERSION = 0x40;
const FLG_VERSION_MASK = 0xc0;
const BD_RESERVED = 0x8f;
const CONTENT_SIZE_BYTES = 8;
/** Bytes of FLG, BD and the header's checksum. */
const DESCRIPTOR_BYTES = 3;

/** What a frame's header says. */
export interface Lz4Header {
  /** Length of the header, from the first byte of the magic. */
  readonly length: number;
  /** Matches stay inside their block. */
  readonly independent: boolean;
  /** A checksum follows each block. */
  readonly blockChecksum: boolean;
  /** A checksum of the content follows the end mark. */
  readonly contentChecksum: boolean;
  /** Size of the content, where it is told. */
  readonly contentSize: number | undefined;
  /** The largest block, decompressed. */
  readonly maxBlockBytes: number;
}

/** What starts with such a magic: a frame, something to skip, or neither. */
export function lz4MagicKind(
  bytes: Uint8Array,
  offset: number,
): "frame" | "skippable" | "unknown" {
  const magic = uint32(bytes, 0);
  if (magic === MAGIC) return "frame";
  if ((magic & 0xfffffff0) === SKIPPABLE_MAGIC) return "skippable";
  if (magic === LEGACY_MAGIC) {
    throw new UnsupportedError(
      `Cannot decompress lz4: the legacy frame at byte ${offset} is not of the frame format`,
      { offset },
    );
  }
  return "unknown";
}

/** How long the header at the start of `bytes` is; at least 6 of its bytes must be there. */
export function lz4HeaderLength(bytes: Uint8Array): number {
  const flg = bytes[MAGIC_BYTES];
  return MAGIC_BYTES + DESCRIPTOR_BYTES +
    (flg & FLG_CONTENT_SIZE ? CONTENT_SIZE_BYTES : 0) + (flg & FLG_DICTIONARY_ID ? WORD_BYTES : 0);
}

/**
 * Read the header at the start of `bytes`, all of which is there.
 *
 * @param offset Its position in the file.
 * @throws {CompressionError} It is damaged.
 * @throws {UnsupportedError} The frame needs a dictionary.
 */
export function readLz4Header(bytes: Uint8Array, offset: number): Lz4Header {
  const length = lz4HeaderLength(bytes);
  const flg = bytes[MAGIC_BYTES];
  const bd = bytes[MAGIC_BYTES + 1];
  const origin = { name: "lz4", offset };
  if (headerChecksum(bytes.subarray(MAGIC_BYTES, length - 1)) !== bytes[length - 1]) {
    throw corrupt(origin, "incorrect header checksum", offset + length - 1);
  }
  if ((flg & FLG_VERSION_MASK) !== FLG_VERSION) {
    throw corrupt(origin, `unknown version ${flg >>> 6}`, offset + MAGIC_BYTES);
  }
  const blockCode = bd >>> 4;
  if ((flg & FLG_RESERVED) !== 0 || (bd & BD_RESERVED) !== 0 || blockCode < 4) {
    throw corrupt(origin, "reserved bits", offset + MAGIC_BYTES);
  }
  if (flg & FLG_DICTIONARY_ID) {
    const id = uint32(bytes, length - 1 - WORD_BYTES);
    throw new UnsupportedError(
      `Cannot decompress lz4: the frame at byte ${offset} needs the dictionary ${id}`,
      { offset },
    );
  }
  return {
    length,
    independent: (flg & FLG_INDEPENDENT) !== 0,
    blockChecksum: (flg & FLG_BLOCK_CHECKSUM) !== 0,
    contentChecksum: (flg & FLG_CONTENT_CHECKSUM) !== 0,
    contentSize: flg & FLG_CONTENT_SIZE
      ? uint32(bytes, MAGIC_BYTES + 2) + uint32(bytes, MAGIC_BYTES + 6) * 2 ** 32
      : undefined,
    maxBlockBytes: 1 << 8 + 2 * blockCode,
  };
}

/** The header of a frame of independent blocks, without sizes or checksums. */
export function writeLz4Header(maxBlockBytes: number): Uint8Array {
  const bd = (Math.log2(maxBlockBytes) - 8) / 2 << 4;
  const descriptor = Uint8Array.of(FLG_VERSION | FLG_INDEPENDENT, bd);
  return Uint8Array.of(...LZ4_MAGIC, ...descriptor, headerChecksum(descriptor));
}

/** The four bytes at `at` as an unsigned number, little-endian. */
export function uint32(bytes: Uint8Array, at: number): number {
  return (bytes[at] | bytes[at + 1] << 8 | bytes[at + 2] << 16 | bytes[at + 3] << 24) >>> 0;
}

function headerChecksum(descriptor: Uint8Array): number {
  return xxh32(descriptor) >>> 8 & 0xff;
}
