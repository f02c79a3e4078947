/**
 * Values as people write them: JSON, and Python's literals, which are nearly the same. So the command
 * line takes both `[1, null]` and `(1, None)`, and what metadata.json says of arguments, which is
 * Python's repr(), can be read back where it is a literal. `1.0` stays a float.
 */
import { PyFloat, tuple } from "../pickle/values.ts";

/** A value that was read. */
export interface Literal {
  /** The value. */
  readonly value: unknown;
}

/** Deepest nesting: text comes from files. */
const DEEPEST = 200;

const WORDS: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ["null", null],
  ["None", null],
  ["true", true],
  ["True", true],
  ["false", false],
  ["False", false],
  ["nan", NaN],
  ["NaN", NaN],
  ["inf", Infinity],
  ["Infinity", Infinity],
]);

const ESCAPES: Readonly<Record<string, string>> = {
  n: "\n",
  t: "\t",
  r: "\r",
  b: "\b",
  f: "\f",
  v: "\v",
  a: "\x07",
};

/** Read a literal; `undefined` for text that is none. */
export function parseLiteral(text: string): Literal | undefined {
  const reader = new LiteralReader(text);
  try {
    return { value: reader.readAll() };
  } catch (error) {
    if (error instanceof NoLiteral) return undefined;
    throw error;
  }
}

class NoLiteral extends Error {}

class LiteralReader {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  readAll(): unknown {
    const value = this.#value();
    this.#space();
    if (this.#at < this.#text.length) throw new NoLiteral();
    return value;
  }

  #value(): unknown {
    if (++this.#depth > DEEPEST) throw new NoLiteral();
    this.#space();
    const character = this.#text[this.#at];
    let value: unknown;
    if (character === "[") value = this.#items("[", "]").items;
    else if (character === "(") value = this.#tuple();
    else if (character === "{") value = this.#dict();
    else if (character === '"' || character === "'") value = this.#string();
    else value = this.#match(/-?[A-Za-z]+/y, (word) => this.#word(word)) ?? this.#number();
    this.#depth--;
    return value === NONE ? null : value;
  }

  #tuple(): unknown {
    const { items, comma } = this.#items("(", ")");
    // Brackets around one value are only brackets.
    return items.length === 1 && !comma ? items[0] : tuple(...items);
  }

  /** What stands between brackets, and whether a comma stood at the end. */
  #items(open: string, close: string): { items: unknown[]; comma: boolean } {
    this.#take(open);
    const items: unknown[] = [];
    let comma = false;
    while (!this.#takeIf(close)) {
      if (items.length > 0 && !comma) throw new NoLiteral();
      items.push(this.#value());
      comma = this.#takeIf(",");
    }
    return { items, comma };
  }

  #dict(): unknown {
    this.#take("{");
    const entries = new Map<unknown, unknown>();
    let comma = true;
    while (!this.#takeIf("}")) {
      if (!comma) throw new NoLiteral();
      const key = this.#value();
      this.#take(":");
      entries.set(key, this.#value());
      comma = this.#takeIf(",");
    }
    return entries;
  }

  #word(word: string): unknown {
    const negative = word.startsWith("-");
    const name = negative ? word.slice(1) : word;
    if (!WORDS.has(name)) throw new NoLiteral();
    const value = WORDS.get(name);
    if (negative && typeof value !== "number") throw new NoLiteral();
    return negative ? -(value as number) : value ?? NONE;
  }

  #number(): unknown {
    const value = this.#match(
      /[-+]?(?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:[eE][-+]?\d+)?/y,
      (text) => numberOf(text.replaceAll("_", "")),
    );
    if (value === undefined) throw new NoLiteral();
    return value;
  }

  #string(): string {
    const quote = this.#text[this.#at++];
    let value = "";
    while (true) {
      const character = this.#text[this.#at++];
      if (character === undefined) throw new NoLiteral();
      if (character === quote) return value;
      value += character === "\\" ? this.#escape() : character;
    }
  }

  #escape(): string {
    const letter = this.#text[this.#at++];
    const length = { x: 2, u: 4, U: 8 }[letter];
    if (length === undefined) {
      if (letter === undefined || /[0-9N]/.test(letter)) throw new NoLiteral();
      return ESCAPES[letter] ?? (/["'\\/]/.test(letter) ? letter : `\\${letter}`);
    }
    const digits = this.#text.slice(this.#at, this.#at += length);
    const code = /^[0-9a-fA-F]+$/.test(digits) && digits.length === length
      ? parseInt(digits, 16)
      : Infinity;
    if (code > 0x10ffff) throw new NoLiteral();
    return String.fromCodePoint(code);
  }

  #match(pattern: RegExp, use: (text: string) => unknown): unknown {
    pattern.lastIndex = this.#at;
    const [found] = pattern.exec(this.#text) ?? [];
    if (found === undefined) return undefined;
    this.#at += found.length;
    return use(found);
  }

  #space(): void {
    while (/\s/.test(this.#text[this.#at] ?? "")) this.#at++;
  }

  #take(character: string): void {
    if (!this.#takeIf(character)) throw new NoLiteral();
  }

  #takeIf(character: string): boolean {
    this.#space();
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }
}

/** None, where `undefined` says that nothing was read. */
const NONE: unique symbol = Symbol("None");

function numberOf(text: string): unknown {
  if (/[.eE]/.test(text)) return new PyFloat(Number(text));
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : BigInt(text);
}
