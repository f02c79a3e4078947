/**
 * The integrity checks of .xz files: none, CRC-32, CRC-64 (ECMA-182, Python's choice) and SHA-256.
 */
import { UnsupportedError } from "../errors.ts";
import { builtin } from "../io/builtin.ts";
import { crc32 } from "./_checksums.ts";
import { readyEngine } from "./_engine.ts";

/** Sums up the output of a block. */
export interface XzCheck {
  /** Length of the stored value. */
  readonly length: number;
  /** Add output. */
  update(bytes: Uint8Array): void;
  /** The value as it is stored. */
  value(): Uint8Array;
}

const NONE = 0x00;
const CRC32 = 0x01;
const CRC64 = 0x04;
const SHA256 = 0x0a;

/** The check with that number, from its start. */
export function xzCheck(id: number): XzCheck {
  switch (id) {
    case NONE:
      return { length: 0, update: () => {}, value: () => new Uint8Array(0) };
    case CRC32:
      return new Crc32();
    case CRC64:
      return new Crc64();
    case SHA256:
      return sha256();
    default:
      throw new UnsupportedError(`Cannot decompress xz: check ${id} is not a known one`);
  }
}

/** CRC-32 by the runtime's zlib where it has one. */
export function fastCrc32(bytes: Uint8Array, value: number): number {
  return (readyEngine()?.crc32 ?? crc32)(bytes, value);
}

class Crc32 implements XzCheck {
  readonly length = 4;
  #crc = 0;

  update(bytes: Uint8Array): void {
    this.#crc = fastCrc32(bytes, this.#crc);
  }

  value(): Uint8Array {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setUint32(0, this.#crc, true);
    return bytes;
  }
}

/** CRC-64 in two halves, four bytes at a time. */
class Crc64 implements XzCheck {
  readonly length = 8;
  #low = -1;
  #high = -1;

  update(bytes: Uint8Array): void {
    const { lows, highs } = crc64Tables();
    let low = this.#low;
    let high = this.#high;
    const { length } = bytes;
    let i = 0;
    for (const end = length - 3; i < end; i += 4) {
      const word = low ^
        (bytes[i] | (bytes[i + 1] << 8) | (bytes[i + 2] << 16) | (bytes[i + 3] << 24));
      const a = 768 + (word & 0xff);
      const b = 512 + ((word >>> 8) & 0xff);
      const c = 256 + ((word >>> 16) & 0xff);
      const d = word >>> 24;
      low = high ^ lows[a] ^ lows[b] ^ lows[c] ^ lows[d];
      high = highs[a] ^ highs[b] ^ highs[c] ^ highs[d];
    }
    for (; i < length; i++) {
      const index = (low ^ bytes[i]) & 0xff;
      low = ((low >>> 8) | (high << 24)) ^ lows[index];
      high = (high >>> 8) ^ highs[index];
    }
    this.#low = low;
    this.#high = high;
  }

  value(): Uint8Array {
    const bytes = new Uint8Array(8);
    const view = new DataView(bytes.buffer);
    view.setInt32(0, ~this.#low, true);
    view.setInt32(4, ~this.#high, true);
    return bytes;
  }
}

// The polynomial of ECMA-182, reflected.
const CRC64_LOW = 0xd7870f42 | 0;
const CRC64_HIGH = 0xc96c5795 | 0;

let tables: { lows: Int32Array; highs: Int32Array } | undefined;

function crc64Tables(): { lows: Int32Array; highs: Int32Array } {
  if (tables !== undefined) return tables;
  const lows = new Int32Array(4 * 256);
  const highs = new Int32Array(4 * 256);
  for (let byte = 0; byte < 256; byte++) {
    let low = byte;
    let high = 0;
    for (let bit = 0; bit < 8; bit++) {
      const odd = low & 1;
      low = (low >>> 1) | (high << 31);
      high >>>= 1;
      if (odd) {
        low ^= CRC64_LOW;
        high ^= CRC64_HIGH;
      }
    }
    lows[byte] = low;
    highs[byte] = high;
  }
  for (let i = 256; i < 1024; i++) {
    const index = lows[i - 256] & 0xff;
    lows[i] = ((lows[i - 256] >>> 8) | (highs[i - 256] << 24)) ^ lows[index];
    highs[i] = (highs[i - 256] >>> 8) ^ highs[index];
  }
  return tables = { lows, highs };
}

function sha256(): XzCheck {
  const hash = builtin("crypto")?.createHash("sha256");
  if (hash === undefined) {
    throw new UnsupportedError(
      `Cannot decompress xz: this runtime has no SHA-256 to check it with`,
    );
  }
  return {
    length: 32,
    update: (bytes) => void hash.update(bytes),
    value: () => new Uint8Array(hash.digest()),
  };
}
