/**
 * Python's string and bytes literals: prefixes, quotes of one or three, escapes.
 */

const SIMPLE: Readonly<Record<string, string>> = {
  "\\": "\\",
  "'": "'",
  '"': '"',
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "\n": "",
};

const ESCAPE =
  /\\(?:([0-7]{1,3})|x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|(N\{[^}]*\}|[xuUN])|([^]))/g;

/** The literal that starts at `start`, and where it ends. @throws SyntaxError */
export function readQuoted(
  text: string,
  start: number,
): { readonly value: string | Uint8Array; readonly end: number } {
  const [opening, prefix, quote] = /^([a-zA-Z]*)("""|'''|"|')/.exec(text.slice(start)) ?? [""];
  if (quote === undefined || !/^(?:[rub]?|br|rb)$/i.test(prefix)) {
    throw new SyntaxError(`a string with the prefix ${prefix} is no literal`);
  }
  const from = start + opening.length;
  const close = closing(text, from, quote);
  const raw = text.slice(from, close);
  const bytes = /b/i.test(prefix);
  const value = /r/i.test(prefix) ? raw : unescaped(raw, bytes);
  const end = close + quote.length;
  if (!bytes) return { value, end };
  const codes = Array.from(value, (char) => char.charCodeAt(0));
  if (Array.from(raw).some((char) => char > "\x7f")) {
    throw new SyntaxError("bytes hold ASCII characters and escapes only");
  }
  return { value: Uint8Array.from(codes), end };
}

function closing(text: string, from: number, quote: string): number {
  for (let at = from; at < text.length; at++) {
    if (text[at] === "\\") at++;
    else if (text.startsWith(quote, at)) return at;
    else if (text[at] === "\n" && quote.length === 1) break;
  }
  throw new SyntaxError("a string does not end");
}

function unescaped(raw: string, bytes: boolean): string {
  return raw.replace(
    ESCAPE,
    (all, octal?: string, hex?: string, short?: string, long?: string, bad?: string, char = "") => {
      if (octal !== undefined) {
        return String.fromCharCode(parseInt(octal, 8) & (bytes ? 0xff : 0x1ff));
      }
      if (hex !== undefined) return String.fromCharCode(parseInt(hex, 16));
      if (bytes) return SIMPLE[char] ?? all;
      const point = short ?? long;
      if (point !== undefined && parseInt(point, 16) <= 0x10ffff) {
        return String.fromCodePoint(parseInt(point, 16));
      }
      if (bad !== undefined || point !== undefined) {
        throw new SyntaxError(`the escape ${all} is not known here`);
      }
      return SIMPLE[char] ?? all; // Python keeps a backslash that escapes nothing
    },
  );
}
