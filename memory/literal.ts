/**
 * Python literals in the text of a default value: what `ast.literal_eval` reads, the names that JavaScript
 * has for None, True and False, and floats that have no literal (`float("inf")`, `NaN`).
 */
import { isPlainObject, PyComplex, PyFloat, PyFrozenSet, PyTuple } from "../pickle/values.ts";
import { setOwn } from "../pickle/values.ts";
import { readQuoted } from "./_quoted.ts";

const NAMES: ReadonlyMap<string, () => unknown> = new Map<string, () => unknown>([
  ["None", () => null],
  ["null", () => null],
  ["undefined", () => null],
  ["True", () => true],
  ["true", () => true],
  ["False", () => false],
  ["false", () => false],
  ["NaN", () => NaN],
  ["Infinity", () => Infinity],
  ["inf", () => Infinity],
  ["nan", () => NaN],
]);

const MAX_DEPTH = 100;
const NUMBER =
  /(0[xX](?:_?[\da-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+)|((?:\d(?:_?\d)*)?\.?(?:\d(?:_?\d)*)?(?:[eE][+-]?\d(?:_?\d)*)?)([jJn]?)/y;

/** Read a whole text as a Python literal. @throws SyntaxError saying what is wrong, and where */
export function parseLiteral(text: string): unknown {
  const reader = new LiteralReader(text);
  return reader.all();
}

class LiteralReader {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  all(): unknown {
    const value = this.#value();
    this.#blanks();
    if (this.#at < this.#text.length) throw this.#unexpected();
    return value;
  }

  /** A value; a sum of a real and an imaginary number is a complex. */
  #value(): unknown {
    if (++this.#depth > MAX_DEPTH) throw new SyntaxError("it is nested too deeply");
    const value = this.#signed();
    this.#depth--;
    const real = asNumber(value);
    if (real === undefined || !this.#sees(/[+-]/y)) return value;
    const minus = this.#take() === "-";
    const imaginary = this.#signed();
    if (!(imaginary instanceof PyComplex)) {
      throw new SyntaxError("only a+bj is a sum that is known");
    }
    return new PyComplex(real, minus ? -imaginary.im : imaginary.im);
  }

  #signed(): unknown {
    if (!this.#sees(/[+-]/y)) return this.#atom();
    const minus = this.#take() === "-";
    const value = this.#signed();
    if (typeof value === "bigint") return minus ? -value : value;
    if (value instanceof PyComplex) return minus ? new PyComplex(-value.re, -value.im) : value;
    const number = asNumber(value);
    if (number === undefined) throw new SyntaxError("a sign stands before what is no number");
    if (!minus) return value;
    if (value === 0) return 0; // an int has no -0
    return value instanceof PyFloat ? new PyFloat(-number) : -number;
  }

  #atom(): unknown {
    this.#blanks();
    const char = this.#text[this.#at];
    if (char === undefined) throw new SyntaxError("a value is missing");
    if (char === "[") return this.#items("]").items;
    if (char === "(") return this.#parenthesis();
    if (char === "{") return this.#braces();
    if (/[\d.]/.test(char)) return this.#number();
    if (/^[a-zA-Z]{0,2}["']/.test(this.#text.slice(this.#at, this.#at + 3))) return this.#texts();
    const name = this.#match(/[\p{L}_$][\p{L}\p{N}_$]*/uy);
    if (name === undefined) throw this.#unexpected();
    const known = NAMES.get(name);
    if (known !== undefined) return known();
    if (name === "float" || name === "set" || name === "frozenset") return this.#call(name);
    throw new SyntaxError(`${name} is no literal`);
  }

  #call(name: string): unknown {
    if (!this.#sees(/\(/y)) throw new SyntaxError(`${name} is no literal`);
    const { items } = this.#items(")");
    const [only] = items;
    if (name === "float" && items.length === 1 && typeof only === "string") {
      const found = /^([+-]?)(?:(inf|infinity)|nan)$/i.exec(only.trim());
      if (found !== null) {
        return found[2] === undefined ? NaN : found[1] === "-" ? -Infinity : Infinity;
      }
    } else if (name === "set" && items.length === 0) return new Set();
    else if (name === "frozenset" && items.length === 0) return new PyFrozenSet();
    else if (name === "frozenset" && items.length === 1 && isIterable(only)) {
      return new PyFrozenSet(only);
    }
    throw new SyntaxError(`this call of ${name} is no literal`);
  }

  #number(): unknown {
    NUMBER.lastIndex = this.#at;
    const [all, prefixed, plain = "", suffix] = NUMBER.exec(this.#text) ?? [""];
    const after = this.#text[this.#at + all.length] ?? "";
    if (all === "" || all === "." || /[\p{L}\p{N}_.]/u.test(after)) throw this.#unexpected();
    this.#at += all.length;
    if (prefixed !== undefined) return integer(BigInt(prefixed.replaceAll("_", "").toLowerCase()));
    const digits = plain.replaceAll("_", "");
    if (suffix === "j" || suffix === "J") return new PyComplex(0, Number(digits));
    if (/^\d+$/.test(digits)) {
      if (suffix === "" && /^0+[1-9]/.test(digits)) {
        throw new SyntaxError("an int has no leading zeros");
      }
      return integer(BigInt(digits));
    }
    if (suffix === "n") throw this.#unexpected();
    const value = Number(digits);
    // a number that is no safe integer is a float already
    return Number.isSafeInteger(value) ? new PyFloat(value) : value;
  }

  /** One or more strings side by side, which are one. */
  #texts(): string | Uint8Array {
    const parts: (string | Uint8Array)[] = [];
    do {
      const { value, end } = readQuoted(this.#text, this.#at);
      parts.push(value);
      this.#at = end;
    } while (this.#sees(/[a-zA-Z]{0,2}["']/y));
    if (parts.every((part) => typeof part === "string")) return parts.join("");
    if (parts.some((part) => typeof part === "string")) {
      throw new SyntaxError("bytes and text can't be joined");
    }
    return Uint8Array.from(parts.flatMap((part) => [...part as Uint8Array]));
  }

  #parenthesis(): unknown {
    const { items, comma } = this.#items(")");
    return items.length === 1 && !comma ? items[0] : PyTuple.from(items);
  }

  /** Values up to `close`; `comma`: whether one stands behind the last. */
  #items(close: string): { items: unknown[]; comma: boolean } {
    this.#at++;
    const items: unknown[] = [];
    let comma = false;
    for (;;) {
      this.#blanks();
      if (this.#text[this.#at] === close) break;
      if (items.length > 0 && !comma) throw this.#unexpected();
      items.push(this.#value());
      comma = this.#comma();
    }
    this.#at++;
    return { items, comma };
  }

  /** A dict, or a set. */
  #braces(): unknown {
    this.#at++;
    const entries: [unknown, unknown][] = [];
    const members: unknown[] = [];
    let comma = true;
    for (;;) {
      this.#blanks();
      if (this.#text[this.#at] === "}") break;
      if (!comma) throw this.#unexpected();
      const key = this.#value();
      if (!isHashable(key)) throw new SyntaxError("a key must be hashable");
      this.#blanks();
      if (this.#text[this.#at] === ":") {
        this.#at++;
        entries.push([key, this.#value()]);
      } else members.push(key);
      if (entries.length > 0 && members.length > 0) throw this.#unexpected();
      comma = this.#comma();
    }
    this.#at++;
    if (members.length > 0) return new Set(members);
    if (!entries.every(([key]) => typeof key === "string")) return new Map(entries);
    const dict = {};
    for (const [key, value] of entries) setOwn(dict, key as string, value);
    return dict;
  }

  #comma(): boolean {
    this.#blanks();
    if (this.#text[this.#at] !== ",") return false;
    this.#at++;
    return true;
  }

  #blanks(): void {
    this.#match(/\s+/y);
  }

  #sees(pattern: RegExp): boolean {
    this.#blanks();
    pattern.lastIndex = this.#at;
    return pattern.test(this.#text);
  }

  #take(): string {
    return this.#text[this.#at++];
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    this.#at += found?.length ?? 0;
    return found;
  }

  #unexpected(): SyntaxError {
    const rest = this.#text.slice(this.#at, this.#at + 20);
    return new SyntaxError(
      rest === "" ? "it ends too early" : `${JSON.stringify(rest)} is not expected`,
    );
  }
}

function integer(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function asNumber(value: unknown): number | undefined {
  return typeof value === "number" || value instanceof PyFloat || typeof value === "bigint"
    ? Number(value)
    : undefined;
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return Array.isArray(value) || value instanceof Set;
}

function isHashable(value: unknown): boolean {
  if (value instanceof PyTuple) return value.every(isHashable);
  return !(Array.isArray(value) || value instanceof Map || isPlainObject(value) ||
    value instanceof Set && !(value instanceof PyFrozenSet));
}
