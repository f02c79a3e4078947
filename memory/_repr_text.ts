/**
 * Python's repr of numbers, text and bytes: where floats take an exponent, which quotes are chosen, what is
 * escaped.
 */

/** Characters that `str.isprintable` refuses, apart from the space. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Zs}\\]/gu;
const ESCAPES: Readonly<Record<string, string>> = {
  "\t": "\\t",
  "\n": "\\n",
  "\r": "\\r",
  "\\": "\\\\",
};

/** `repr` of a float. */
export function floatRepr(value: number): string {
  const text = numberText(value);
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}

/** `repr` of a complex: parts without `.0`, the real one left out where it is 0. */
export function complexRepr(re: number, im: number): string {
  const sign = im < 0 || Object.is(im, -0) ? "-" : "+";
  const imaginary = numberText(Math.abs(im));
  if (Object.is(re, 0)) return `${sign === "-" ? "-" : ""}${imaginary}j`;
  return `(${numberText(re)}${sign}${imaginary}j)`;
}

/** The digits that Python shows: an exponent below 1e-4 and from 1e16 on. */
function numberText(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  if (value === 0) return Object.is(value, -0) ? "-0" : "0";
  const [mantissa, power] = value.toExponential().split("e");
  const exponent = Number(power);
  if (exponent >= -4 && exponent < 16) return plainText(mantissa, exponent);
  return `${mantissa}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
}

/** A mantissa such as `-1.25` without its exponent. */
function plainText(mantissa: string, exponent: number): string {
  const sign = mantissa.startsWith("-") ? "-" : "";
  const digits = mantissa.replace(/[-.]/g, "");
  if (exponent < 0) return `${sign}0.${"0".repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, "0");
  const fraction = digits.slice(exponent + 1);
  return fraction === "" ? sign + whole : `${sign}${whole}.${fraction}`;
}

/** `repr` of a str; no more than `most` of its characters are shown. */
export function textRepr(text: string, most: number): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const shown = text.length > most ? text.slice(0, most) : text;
  const escaped = shown.replace(UNPRINTABLE, escape);
  return quote + (quote === "'" ? escaped.replaceAll("'", "\\'") : escaped) + quote;
}

function escape(char: string): string {
  if (char === " ") return char;
  const known = ESCAPES[char];
  if (known !== undefined) return known;
  const point = char.codePointAt(0)!;
  const [letter, width] = point < 0x100 ? ["x", 2] : point < 0x10000 ? ["u", 4] : ["U", 8];
  return `\\${letter}${point.toString(16).padStart(Number(width), "0")}`;
}

/** `repr` of a bytearray, which escapes `'` even between double quotes. */
export function bytearrayRepr(bytes: Uint8Array, most: number): string {
  return `bytearray(${bytesRepr(bytes, most, "'")})`;
}

/** `repr` of bytes; no more than `most` of them are shown, and `always` is escaped whatever the quotes. */
export function bytesRepr(bytes: Uint8Array, most: number, always = ""): string {
  const quote = bytes.includes(0x27) && !bytes.includes(0x22) ? '"' : "'";
  let text = `b${quote}`;
  const length = Math.min(bytes.length, most);
  for (let i = 0; i < length; i++) {
    const char = String.fromCharCode(bytes[i]);
    if (char === quote || char === always) text += `\\${char}`;
    else if (ESCAPES[char] !== undefined) text += ESCAPES[char];
    else if (char >= " " && char <= "~") text += char;
    else text += `\\x${bytes[i].toString(16).padStart(2, "0")}`;
  }
  return text + quote;
}
