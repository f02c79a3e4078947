/**
 * x86's 80-bit floats as numpy's `str` shows them: the fewest figures that lead back to the same bits.
 */

/** The text of the long double at `position`. */
export function longdoubleText(view: DataView, position: number, little: boolean): string {
  const mantissa = view.getBigUint64(little ? position : position + 8, little);
  const head = view.getUint16(little ? position + 8 : position + 6, little);
  const sign = head & 0x8000 ? "-" : "";
  const exponent = head & 0x7fff;
  if (exponent === 0x7fff) return BigInt.asUintN(63, mantissa) === 0n ? `${sign}inf` : "nan";
  if (mantissa === 0n) return `${sign}0.0`;
  const [digits, power] = shortest(mantissa, Math.max(exponent, 1) - 16383 - 63);
  return sign + layOut(digits, power);
}

/** The fewest figures of `mantissa` × 2^`exponent`, and the power of ten of the first one. */
function shortest(mantissa: bigint, exponent: number): [digits: string, power: number] {
  // value = top / bottom, with room for half a unit of the last bit on either side
  const top = exponent >= 0 ? mantissa << BigInt(exponent + 2) : mantissa << 2n;
  const bottom = exponent >= 0 ? 4n : 1n << BigInt(2 - exponent);
  const above = exponent >= 0 ? 1n << BigInt(exponent + 1) : 2n;
  const below = mantissa === 1n << 63n ? above / 2n : above;
  const estimate = Math.floor((mantissa.toString(2).length + exponent) * Math.LOG10E * Math.LN2);
  for (let power = estimate - 1;; power++) {
    if (compareToPower(top, bottom, power + 1) >= 0) continue;
    for (let figures = 1;; figures++) {
      // round to this many figures and look whether that is nearer than half a unit
      const shift = figures - 1 - power;
      const scaledTop = shift >= 0 ? top * 10n ** BigInt(shift) : top;
      const scaledBottom = shift >= 0 ? bottom : bottom * 10n ** BigInt(-shift);
      const rounded = (2n * scaledTop + scaledBottom) / (2n * scaledBottom);
      const miss = rounded * scaledBottom - scaledTop;
      const scale = shift >= 0 ? 10n ** BigInt(shift) : 1n;
      if (miss < above * scale && -miss < below * scale) {
        const digits = String(rounded).replace(/0+$/, "");
        return [digits, power + String(rounded).length - figures];
      }
    }
  }
}

function compareToPower(top: bigint, bottom: bigint, power: number): number {
  const left = power < 0 ? top * 10n ** BigInt(-power) : top;
  const right = power < 0 ? bottom : bottom * 10n ** BigInt(power);
  return left < right ? -1 : left > right ? 1 : 0;
}

function layOut(digits: string, power: number): string {
  if (power >= 16 || power < -4) {
    const rest = digits.length > 1 ? `.${digits.slice(1)}` : "";
    const sign = power < 0 ? "-" : "+";
    return `${digits[0]}${rest}e${sign}${String(Math.abs(power)).padStart(2, "0")}`;
  }
  if (power < 0) return `0.${"0".repeat(-power - 1)}${digits}`;
  const padded = digits.padEnd(power + 1, "0");
  return `${padded.slice(0, power + 1)}.${padded.slice(power + 1) || "0"}`;
}
