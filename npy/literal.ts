/**
 * Python literals as `.npy` headers hold them: dicts, tuples, lists, strings, ints, True, False and None.
 * Read as data by a small parser; nothing is evaluated. What Python's own parser takes for a literal but
 * no header needs (floats, bytes, sets) is refused.
 */
import { PyTuple } from "../pickle/values.ts";

/** What a literal can hold. */
export type Literal = string | number | boolean | null | Literal[] | Map<Literal, Literal>;

/** Thrown for text that is no literal; `index` is where it stops being one. */
export class LiteralError extends Error {
  override name = "LiteralError";
  /** Position of the first character that does not fit. */
  readonly index: number;
  /** Make an error for the character at `index`. */
  constructor(message: string, index: number) {
    super(message);
    this.index = index;
  }
}

/** Settings of {@link parseLiteral}. */
export interface LiteralOptions {
  /** Whether Python 2's longs, `3L`, are ints. @default false */
  longs?: boolean;
}

const WORDS: ReadonlyMap<string, Literal> = new Map<string, Literal>([
  ["True", true],
  ["False", false],
  ["None", null],
]);

/** Nesting of brackets that a header may have, as in Python; numpy's own writer stays below ten. */
const MAX_DEPTH = 200;

/** Read one Python literal that makes up the whole of `text`. */
export function parseLiteral(text: string, options: LiteralOptions = {}): Literal {
  const parser = new Parser(text, options.longs ?? false);
  const value = parser.value(0);
  parser.end();
  return value;
}

class Parser {
  readonly #text: string;
  readonly #longs: boolean;
  #at = 0;

  constructor(text: string, longs: boolean) {
    this.#text = text;
    this.#longs = longs;
  }

  value(depth: number): Literal {
    if (depth > MAX_DEPTH) throw this.#error("brackets are nested too deep");
    this.#space();
    const char = this.#text[this.#at];
    if (char === "{") return this.#dict(depth);
    if (char === "(") return this.#tuple(depth);
    if (char === "[") return this.#list(depth);
    const word = this.#match(/[A-Za-z_]\w*/y);
    if (char === "'" || char === '"' || (word !== undefined && /^[ur]$/i.test(word))) {
      return this.#strings();
    }
    if (word === undefined) return this.#number();
    const value = WORDS.get(word);
    if (value === undefined) throw this.#error(`unknown word ${word}`);
    this.#at += word.length;
    return value;
  }

  end(): void {
    this.#space();
    if (this.#at < this.#text.length) throw this.#error("text behind the literal");
  }

  #dict(depth: number): Map<Literal, Literal> {
    const dict = new Map<Literal, Literal>();
    this.#at++;
    for (;;) {
      if (this.#take("}")) return dict;
      const key = this.value(depth + 1);
      if (!this.#take(":")) throw this.#error("expected a colon");
      dict.set(key, this.value(depth + 1));
      if (this.#take(",")) continue;
      if (!this.#take("}")) throw this.#error("expected a comma or }");
      return dict;
    }
  }

  /** A tuple; `(x)` is x itself. */
  #tuple(depth: number): Literal {
    const { items, commas } = this.#items(")", depth);
    return items.length === 1 && commas === 0 ? items[0] : PyTuple.from(items);
  }

  #list(depth: number): Literal[] {
    return this.#items("]", depth).items;
  }

  #items(close: string, depth: number): { items: Literal[]; commas: number } {
    const items: Literal[] = [];
    this.#at++;
    for (let commas = 0;; commas++) {
      if (this.#take(close)) return { items, commas };
      items.push(this.value(depth + 1));
      if (this.#take(",")) continue;
      if (!this.#take(close)) throw this.#error(`expected a comma or ${close}`);
      return { items, commas };
    }
  }

  /** Strings that follow each other are one. */
  #strings(): string {
    let text = "";
    for (;;) {
      const start = this.#match(/[ur]?['"]/iy);
      if (start === undefined) return text;
      this.#at += start.length;
      text += this.#string(start.at(-1)!, /^r/i.test(start));
      this.#space();
    }
  }

  #string(quote: string, raw: boolean): string {
    let text = "";
    for (;;) {
      const char = this.#text[this.#at++];
      if (char === undefined || char === "\n" || char === "\r" || char === "\0") {
        throw this.#error("a string that does not end");
      }
      if (char === quote) return text;
      if (char !== "\\") text += char;
      else text += raw ? char + (this.#text[this.#at++] ?? "") : this.#escape();
    }
  }

  #escape(): string {
    const octal = this.#match(/[0-7]{1,3}/y);
    if (octal !== undefined) {
      this.#at += octal.length;
      return String.fromCharCode(parseInt(octal, 8));
    }
    const char = this.#text[this.#at++];
    const digits = { x: 2, u: 4, U: 8 }[char];
    if (digits !== undefined) return this.#point(digits);
    if (char === undefined || char === "N") throw this.#error("a bad escape");
    return ESCAPES[char] ?? `\\${char}`;
  }

  #point(digits: number): string {
    const hex = this.#text.slice(this.#at, this.#at + digits);
    const point = /^[0-9a-fA-F]+$/.test(hex) ? parseInt(hex, 16) : Infinity;
    if (hex.length < digits || point > 0x10ffff) throw this.#error("a bad escape");
    this.#at += digits;
    return String.fromCodePoint(point);
  }

  #number(): number {
    const found = this.#match(NUMBER);
    if (found === undefined) throw this.#error("no literal");
    const digits = found.replace(/[\s_L]/g, "");
    if (/^[+-]?0+[1-9]/.test(digits)) throw this.#error("a number that begins with 0");
    if (!this.#longs && found.endsWith("L")) throw this.#error("a long of Python 2");
    this.#at += found.length;
    if (/[\w.]/.test(this.#text[this.#at] ?? "")) throw this.#error("no int");
    const magnitude = Number(digits.replace(/^[+-]/, ""));
    return digits.startsWith("-") && magnitude !== 0 ? -magnitude : magnitude;
  }

  #take(char: string): boolean {
    this.#space();
    if (this.#text[this.#at] !== char) return false;
    this.#at++;
    return true;
  }

  /** White space, line breaks and comments. */
  #space(): void {
    this.#at += this.#match(/(?:[ \t\r\n\f]|\\\r?\n|#[^\n]*)*/y)!.length;
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    return pattern.exec(this.#text)?.[0];
  }

  #error(message: string): LiteralError {
    return new LiteralError(message, this.#at);
  }
}

const NUMBER =
  /[+-]?\s*(?:0[xX](?:_?[0-9a-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+|\d(?:_?\d)*)L?/y;

const ESCAPES: Readonly<Record<string, string>> = {
  n: "\n",
  t: "\t",
  r: "\r",
  a: "\x07",
  b: "\b",
  f: "\f",
  v: "\v",
  "\n": "",
  "\\": "\\",
  "'": "'",
  '"': '"',
};
