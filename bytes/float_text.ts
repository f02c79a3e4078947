/**
 * Floats as text, the way Python's `repr` and `float` spell them: protocol 0 stores them so.
 */

/** Python's `repr` of a float. */
export function floatRepr(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  if (Object.is(value, -0)) return "-0.0";
  const [mantissa, exponentText] = value.toExponential().split("e");
  const exponent = Number(exponentText);
  if (exponent >= 16 || exponent < -4) {
    const sign = exponent < 0 ? "-" : "+";
    return `${mantissa}e${sign}${String(Math.abs(exponent)).padStart(2, "0")}`;
  }
  const text = plain(mantissa, exponent);
  return text.includes(".") ? text : `${text}.0`;
}

/** Read a float as Python's `float()` does; undefined if it is none. */
export function parseFloatText(text: string): number | undefined {
  const trimmed = text.trim();
  const named = /^([+-]?)(inf|infinity|nan)$/i.exec(trimmed);
  if (named !== null) {
    const value = named[2].toLowerCase() === "nan" ? NaN : Infinity;
    return named[1] === "-" ? -value : value;
  }
  if (!/^[+-]?(\d+(_\d+)*\.?(\d+(_\d+)*)?|\.\d+(_\d+)*)(e[+-]?\d+(_\d+)*)?$/i.test(trimmed)) {
    return undefined;
  }
  return Number(trimmed.replaceAll("_", ""));
}

function plain(mantissa: string, exponent: number): string {
  const sign = mantissa.startsWith("-") ? "-" : "";
  const figures = mantissa.replace(/[-.]/g, "");
  if (exponent < 0) return `${sign}0.${"0".repeat(-exponent - 1)}${figures}`;
  const digits = figures.padEnd(exponent + 1, "0");
  const whole = digits.slice(0, exponent + 1);
  const rest = digits.slice(exponent + 1);
  return sign + whole + (rest === "" ? "" : `.${rest}`);
}
