/**
 * Python's ints on the wire: little-endian two's complement of the least length (LONG1, LONG4), and
 * decimal text (INT, LONG).
 */

/** Read a little-endian two's complement integer; no bytes are 0. */
export function decodeLong(bytes: Uint8Array, start: number, end: number): number | bigint {
  const length = end - start;
  if (length === 0) return 0;
  if (length <= 6) {
    let value = 0;
    for (let i = end - 1; i >= start; i--) value = value * 256 + bytes[i];
    return bytes[end - 1] & 0x80 ? value - 2 ** (8 * length) : value;
  }
  let hex = "";
  for (let i = end - 1; i >= start; i--) hex += bytes[i].toString(16).padStart(2, "0");
  return toNumber(BigInt.asIntN(8 * length, BigInt(`0x${hex}`)));
}

/** The number of this value when it is safe, the bigint otherwise. */
export function toNumber(value: bigint): number | bigint {
  return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER
    ? Number(value)
    : value;
}

/** Little-endian two's complement of the least length; 0 has no bytes. */
export function encodeLong(value: bigint): Uint8Array<ArrayBuffer> {
  if (value === 0n) return new Uint8Array(0);
  const magnitude = value < 0n ? -value - 1n : value;
  const digits = magnitude.toString(16);
  const bits = magnitude === 0n
    ? 0
    : (digits.length - 1) * 4 + (32 - Math.clz32(parseInt(digits[0], 16)));
  const length = (bits >> 3) + 1;
  const bytes = new Uint8Array(length);
  const hex = BigInt.asUintN(8 * length, value).toString(16).padStart(2 * length, "0");
  for (let i = 0; i < length; i++) {
    bytes[length - 1 - i] = parseInt(hex.slice(2 * i, 2 * i + 2), 16);
  }
  return bytes;
}

/** Read decimal text as Python's `int()` does (spaces, sign, underscores between digits); undefined if it is none. */
export function parseDecimal(text: string): number | bigint | undefined {
  const match = /^\s*([+-]?)(\d+(?:_\d+)*)\s*$/.exec(text);
  if (match === null) return undefined;
  const digits = match[2].replaceAll("_", "");
  const value = digits.length <= 15 ? Number(digits) : toNumber(BigInt(digits));
  if (match[1] !== "-") return value;
  return typeof value === "bigint" ? -value : value === 0 ? 0 : -value;
}
