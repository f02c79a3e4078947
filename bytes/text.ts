/**
 * Text as Python stores it: UTF-8 in which lone surrogates stand as three bytes ("surrogatepass"),
 * true latin-1 (what TextDecoder calls latin1 is windows-1252), and protocol 0's escapes.
 * These are the exact, slow forms; io/text.ts has the fast ones for ordinary text.
 */

/** Thrown by the decoders; `index` is the position of the first bad byte in the input. */
export class TextError extends Error {
  override name = "TextError";
  /** Position of the first bad byte, from the start of what was decoded. */
  readonly index: number;
  /** Make an error for the byte at `index`. */
  constructor(message: string, index: number) {
    super(message);
    this.index = index;
  }
}

/** Decode UTF-8, keeping lone surrogates; anything else that is not UTF-8 throws a {@link TextError}. */
export function decodeUtf8(bytes: Uint8Array, start = 0, end: number = bytes.length): string {
  let text = "";
  const units: number[] = [];
  let i = start;
  while (i < end) {
    const lead = bytes[i];
    if (lead < 0x80) {
      units.push(lead);
      i++;
    } else {
      const length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
      if (lead < 0xc2 || lead > 0xf4) throw new TextError("invalid start byte", i - start);
      if (i + length > end) throw new TextError("unexpected end of data", i - start);
      let point = lead & (0xff >> (length + 1));
      for (let k = 1; k < length; k++) {
        const byte = bytes[i + k];
        if ((byte & 0xc0) !== 0x80) throw new TextError("invalid continuation byte", i - start);
        point = (point << 6) | (byte & 0x3f);
      }
      const least = length === 2 ? 0x80 : length === 3 ? 0x800 : 0x10000;
      if (point < least || point > 0x10ffff) throw new TextError("invalid code point", i - start);
      if (point < 0x10000) units.push(point);
      else units.push(0xd7c0 + (point >> 10), 0xdc00 + (point & 0x3ff));
      i += length;
    }
    if (units.length >= 0x2000) {
      text += String.fromCharCode(...units);
      units.length = 0;
    }
  }
  return text + String.fromCharCode(...units);
}

/** Bytes that {@link encodeUtf8Into} needs for `text`. */
export function utf8Length(text: string): number {
  let length = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    if (unit < 0x800) length++;
    else if (isPair(text, i)) {
      length += 2;
      i++;
    } else length += 2;
  }
  return length;
}

/** Encode as UTF-8, a lone surrogate as its three bytes; returns the position behind the last byte. */
export function encodeUtf8Into(text: string, target: Uint8Array, position: number): number {
  let at = position;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) {
      target[at++] = unit;
    } else if (unit < 0x800) {
      target[at++] = 0xc0 | (unit >> 6);
      target[at++] = 0x80 | (unit & 0x3f);
    } else if (isPair(text, i)) {
      const point = text.codePointAt(i)!;
      target[at++] = 0xf0 | (point >> 18);
      target[at++] = 0x80 | ((point >> 12) & 0x3f);
      target[at++] = 0x80 | ((point >> 6) & 0x3f);
      target[at++] = 0x80 | (point & 0x3f);
      i++;
    } else {
      target[at++] = 0xe0 | (unit >> 12);
      target[at++] = 0x80 | ((unit >> 6) & 0x3f);
      target[at++] = 0x80 | (unit & 0x3f);
    }
  }
  return at;
}

/** Encode as UTF-8 into a fresh array. */
export function encodeUtf8(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(utf8Length(text));
  encodeUtf8Into(text, bytes, 0);
  return bytes;
}

/** Decode latin-1: each byte is the code point. */
export function decodeLatin1(bytes: Uint8Array, start = 0, end: number = bytes.length): string {
  let text = "";
  for (let i = start; i < end; i += 0x2000) {
    // not spread, which would go through the array's iterator: bench/npy.ts
    const part = bytes.subarray(i, Math.min(end, i + 0x2000)) as ArrayLike<number>;
    text += String.fromCharCode.apply(null, part as number[]);
  }
  return text;
}

/** Encode as latin-1; undefined where a character does not fit. */
export function encodeLatin1(text: string): Uint8Array<ArrayBuffer> | undefined {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit > 0xff) return undefined;
    bytes[i] = unit;
  }
  return bytes;
}

/** Decode protocol 0's text: latin-1 with `\uXXXX` and `\UXXXXXXXX` (Python's raw-unicode-escape). */
export function decodeRawUnicodeEscape(line: string): string {
  if (!line.includes("\\")) return line;
  let text = "";
  for (let i = 0; i < line.length; i++) {
    const char = line[i];
    const next = line[i + 1];
    if (char !== "\\" || i + 1 === line.length) text += char;
    else if (next !== "u" && next !== "U") {
      text += char + next;
      i++;
    } else {
      const digits = next === "u" ? 4 : 8;
      const hex = line.slice(i + 2, i + 2 + digits);
      if (hex.length < digits || !/^[0-9a-fA-F]+$/.test(hex)) {
        throw new TextError(`truncated \\${next}${"X".repeat(digits)} escape`, i);
      }
      const point = parseInt(hex, 16);
      if (point > 0x10ffff) throw new TextError("\\Uxxxxxxxx out of range", i);
      text += String.fromCodePoint(point);
      i += 1 + digits;
    }
  }
  return text;
}

/** Encode protocol 0's text line, as CPython escapes it. */
export function encodeRawUnicodeEscape(text: string): Uint8Array<ArrayBuffer> {
  let line = "";
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (isPair(text, i)) {
      line += `\\U${text.codePointAt(i)!.toString(16).padStart(8, "0")}`;
      i++;
    } else if (
      unit > 0xff || unit === 0x5c || unit === 0 || unit === 10 || unit === 13 || unit === 26
    ) {
      line += `\\u${unit.toString(16).padStart(4, "0")}`;
    } else line += text[i];
  }
  return encodeLatin1(line)!;
}

const ESCAPES: Readonly<Record<string, number>> = {
  "\\": 0x5c,
  "'": 0x27,
  '"': 0x22,
  a: 7,
  b: 8,
  t: 9,
  n: 10,
  v: 11,
  f: 12,
  r: 13,
};

/** Undo the escapes of a Python 2 string literal (without its quotes), given as latin-1 text. */
export function decodeStringEscape(literal: string): Uint8Array<ArrayBuffer> {
  const bytes: number[] = [];
  for (let i = 0; i < literal.length; i++) {
    if (literal[i] !== "\\") {
      bytes.push(literal.charCodeAt(i));
      continue;
    }
    const next = literal[++i];
    if (next === undefined) throw new TextError("trailing \\ in string", i - 1);
    if (next === "\n") continue;
    const octal = /^[0-7]{1,3}/.exec(literal.slice(i, i + 3))?.[0];
    if (octal !== undefined) {
      bytes.push(parseInt(octal, 8) & 0xff);
      i += octal.length - 1;
    } else if (next === "x") {
      const hex = literal.slice(i + 1, i + 3);
      if (!/^[0-9a-fA-F]{2}$/.test(hex)) throw new TextError("invalid \\x escape", i - 1);
      bytes.push(parseInt(hex, 16));
      i += 2;
    } else if (Object.hasOwn(ESCAPES, next)) bytes.push(ESCAPES[next]);
    else bytes.push(0x5c, next.charCodeAt(0));
  }
  return Uint8Array.from(bytes);
}

/** Whether a surrogate pair starts at `index`. */
function isPair(text: string, index: number): boolean {
  return (text.charCodeAt(index) & 0xfc00) === 0xd800 &&
    (text.charCodeAt(index + 1) & 0xfc00) === 0xdc00;
}
