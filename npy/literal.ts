/**
 * Python literals as `.npy` headers hold them: dicts, tuples, lists, strings, ints, True, False and None.
 * Read as data by a small parser; nothing is evaluated. Python 2's `u''` prefixes and `3L` are accepted.
 */

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

const WORDS: ReadonlyMap<string, Literal> = new Map<string, Literal>([
  ["True", true],
  ["False", false],
  ["None", null],
]);

/** Nesting of brackets that a header may have; numpy's own writer stays below ten. */
const MAX_DEPTH = 200;

/** Read one Python literal that makes up the whole of `text`. */
export function parseLiteral(text: string): Literal {
  const parser = new Parser(text);
  const value = parser.value(0);
  parser.end();
  return value;
}

class Parser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  value(depth: number): Literal {
    if (depth > MAX_DEPTH) throw this.#error("brackets are nested too deep");
    this.#space();
    const char = this.#text[this.#at];
    if (char === "{") return this.#dict(depth);
    if (char === "(") return this.#items(")", depth);
    if (char === "[") return this.#items("]", depth);
    const word = /[A-Za-z_]\w*/y;
    word.lastIndex = this.#at;
    const found = word.exec(this.#text)?.[0];
    if (char === "'" || char === '"' || (found !== undefined && /^[urb]{1,2}$/i.test(found))) {
      return this.#strings();
    }
    if (found !== undefined) {
      const value = WORDS.get(found);
      if (value === undefined) throw this.#error(`unknown word ${found}`);
      this.#at += found.length;
      return value;
    }
    return this.#number();
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
      if (!this.#take(",")) {
        if (this.#take("}")) return dict;
        throw this.#error("expected a comma or a closing brace");
      }
    }
  }

  /** A tuple or list; `(x)` is x itself. */
  #items(close: string, depth: number): Literal[] {
    const items: Literal[] = [];
    this.#at++;
    for (;;) {
      if (this.#take(close)) return items;
      items.push(this.value(depth + 1));
      if (this.#take(",")) continue;
      if (!this.#take(close)) throw this.#error(`expected a comma or ${close}`);
      if (close === ")" && items.length === 1) return items[0] as Literal[];
      return items;
    }
  }

  #strings(): string {
    let text = "";
    for (;;) {
      const start = /([urb]{0,2})(['"])/iy;
      start.lastIndex = this.#at;
      const found = start.exec(this.#text);
      if (found === null) return text;
      this.#at += found[0].length;
      text += this.#string(found[2], /r/i.test(found[1]));
      this.#space();
    }
  }

  #string(quote: string, raw: boolean): string {
    let text = "";
    for (;;) {
      const char = this.#text[this.#at++];
      if (char === undefined) throw this.#error("a string that does not end");
      if (char === quote) return text;
      if (char !== "\\" || raw) text += char;
      else text += this.#escape();
    }
  }

  #escape(): string {
    const char = this.#text[this.#at++];
    const digits = { x: 2, u: 4, U: 8 }[char];
    if (digits !== undefined) {
      const hex = this.#text.slice(this.#at, this.#at + digits);
      if (!/^[0-9a-fA-F]+$/.test(hex) || hex.length < digits) throw this.#error("a bad escape");
      this.#at += digits;
      const point = parseInt(hex, 16);
      if (point > 0x10ffff) throw this.#error("a bad escape");
      return String.fromCodePoint(point);
    }
    const plain: Readonly<Record<string, string>> = {
      n: "\n",
      t: "\t",
      r: "\r",
      "\\": "\\",
      "'": "'",
      '"': '"',
    };
    return plain[char] ?? `\\${char}`;
  }

  #number(): number {
    const number = /[+-]?(?:0[xX][0-9a-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+|\d[\d_]*(?:\.\d*)?)L?/y;
    number.lastIndex = this.#at;
    const found = number.exec(this.#text)?.[0];
    if (found === undefined) throw this.#error("no literal");
    this.#at += found.length;
    const digits = found.replace(/[_L]/g, "");
    const value = digits.startsWith("-")
      ? -Number(digits.slice(1))
      : Number(digits.replace("+", ""));
    if (Number.isNaN(value) || /^[+-]?0\d/.test(digits)) throw this.#error("a bad number");
    return value;
  }

  #take(char: string): boolean {
    this.#space();
    if (this.#text[this.#at] !== char) return false;
    this.#at++;
    return true;
  }

  /** White space, line breaks and comments. */
  #space(): void {
    const space = /(?:[ \t\r\n\f]|\\\n|#[^\n]*)*/y;
    space.lastIndex = this.#at;
    this.#at += space.exec(this.#text)![0].length;
  }

  #error(message: string): LiteralError {
    return new LiteralError(message, this.#at);
  }
}
