/**
 * x86's 80-bit extended floats, as numpy stores longdouble: 10 bytes that mean something and 6 that
 * do not. A float64 always fits; the way back rounds to the nearest float64.
 */

const FLOAT64 = new DataView(new ArrayBuffer(8));
const BIAS = 16383;

/** The nearest float64 of the 80-bit float at `position`. */
export function decodeLongdouble(view: DataView, position: number, little: boolean): number {
  const mantissa = view.getBigUint64(little ? position : position + 8, little);
  const head = view.getUint16(little ? position + 8 : position + 6, little);
  const sign = head & 0x8000 ? -1 : 1;
  const exponent = head & 0x7fff;
  if (exponent === 0x7fff) return mantissa << 1n & 0xffffffffffffffffn ? NaN : sign * Infinity;
  if (mantissa === 0n) return sign * 0;
  return sign * scaled(mantissa, exponent - BIAS - 63);
}

/** Write `value` as an 80-bit float with 6 zero bytes. */
export function encodeLongdouble(
  view: DataView,
  position: number,
  little: boolean,
  value: number,
): void {
  FLOAT64.setFloat64(0, value);
  const bits = FLOAT64.getBigUint64(0);
  const sign = Number(bits >> 63n) << 15;
  let exponent = Number((bits >> 52n) & 0x7ffn);
  let mantissa = bits & 0xfffffffffffffn;
  if (exponent === 0x7ff) {
    exponent = 0x7fff;
    mantissa = (1n << 63n) | (mantissa << 11n);
  } else if (exponent === 0 && mantissa !== 0n) {
    const shift = 64 - mantissa.toString(2).length;
    mantissa <<= BigInt(shift);
    exponent = BIAS - 1011 - shift;
  } else if (exponent !== 0) {
    mantissa = (1n << 63n) | (mantissa << 11n);
    exponent += BIAS - 1023;
  }
  const head = sign | exponent;
  view.setBigUint64(little ? position : position + 8, mantissa, little);
  view.setUint16(little ? position + 8 : position + 6, head, little);
  view.setUint32(little ? position + 10 : position, 0, little);
  view.setUint16(little ? position + 14 : position + 4, 0, little);
}

/** `mantissa` × 2^`exponent`, rounded once. */
function scaled(mantissa: bigint, exponent: number): number {
  // Below 2^-1022 a float64 has fewer bits: drop the surplus here, keeping one sticky bit.
  const surplus = -1074 - exponent;
  if (surplus > 0 && surplus + 53 > mantissa.toString(2).length) {
    if (surplus > 66) return 0;
    const kept = mantissa >> BigInt(surplus);
    const rest = mantissa - (kept << BigInt(surplus));
    const half = 1n << BigInt(surplus - 1);
    const up = rest > half || (rest === half && (kept & 1n) === 1n);
    return Number(up ? kept + 1n : kept) * 2 ** -1074;
  }
  const number = Number(mantissa);
  if (exponent > 1023) return Infinity;
  return exponent < -1000 ? number * 2 ** -1000 * 2 ** (exponent + 1000) : number * 2 ** exponent;
}
