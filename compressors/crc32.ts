/**
 * CRC-32 (RFC 1952, APPNOTE 4.4.7 of zip): `node:zlib` sums up several gigabytes a second, plain
 * JavaScript some hundred megabytes.
 */
import { builtin } from "../io/builtin.ts";
import { crc32 as crc32InScript } from "./_checksums.ts";

/**
 * CRC-32 of `bytes`, continuing from `value`.
 *
 * @param value The sum over what stands before, 0 at the start.
 */
export function crc32(bytes: Uint8Array, value: number): number {
  const zlib = builtin("zlib");
  return zlib === undefined ? crc32InScript(bytes, value) : zlib.crc32(bytes, value);
}
