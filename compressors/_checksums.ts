/**
 * Adler-32 (RFC 1950) and CRC-32 (RFC 1952) in plain JavaScript: Adler for what is written in
 * segments, which no runtime's zlib sums up, and CRC where there is no `node:zlib`.
 */

const ADLER_MODULUS = 65521;
/** Most bytes that can be added before the sums pass 2 ** 31 (zlib's NMAX is for 2 ** 32). */
const ADLER_RUN = 3800;

/** Adler-32 of `bytes`, continuing from `value` (1 at the start). */
export function adler32(bytes: Uint8Array, value: number): number {
  let low = value & 0xffff;
  let high = value >>> 16;
  const { length } = bytes;
  for (let start = 0; start < length;) {
    const end = Math.min(start + ADLER_RUN, length);
    for (; start < end; start++) {
      low += bytes[start];
      high += low;
    }
    low %= ADLER_MODULUS;
    high %= ADLER_MODULUS;
  }
  return ((high << 16) | low) >>> 0;
}

/** CRC-32 of `bytes`, continuing from `value` (0 at the start). */
export function crc32(bytes: Uint8Array, value: number): number {
  const table = crcTable();
  const { length } = bytes;
  let crc = ~value;
  for (let i = 0; i < length; i++) crc = table[(crc ^ bytes[i]) & 0xff] ^ (crc >>> 8);
  return ~crc >>> 0;
}

let table: Int32Array | undefined;

function crcTable(): Int32Array {
  if (table !== undefined) return table;
  table = new Int32Array(256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? 0xedb88320 ^ (crc >>> 1) : crc >>> 1;
    table[byte] = crc;
  }
  return table;
}
