/**
 * Cuts JavaScript and TypeScript into tokens after ECMA-262's lexical grammar: comments, texts, templates,
 * names, numbers, marks, and regular expressions, which only what stands before tells from divisions.
 * It is ours and not a library's, because fingerprints are taken in synchronous calls, wherever the
 * program was loaded from; the library js-tokens is what it is tested against.
 */
import { Elements } from "./_scan_elements.ts";

/** What a lexeme is. */
export type LexemeType =
  | "space"
  | "line"
  | "comment"
  | "text"
  | "template"
  | "regex"
  | "name"
  | "private"
  | "number"
  | "mark"
  | "element"
  | "unknown";

/** One piece of a source; all of them together are the source. */
export interface Lexeme {
  /** What it is. */
  readonly type: LexemeType;
  /** Its text. */
  readonly text: string;
}

const SPACE = /[\t\v\f\uFEFF\p{Zs}]+/uy;
const LINE = /\r\n|[\n\r\u2028\u2029]/y;
const COMMENT = /\/\/[^\n\r\u2028\u2029]*|\/\*[^]*?(?:\*\/|$)|^#![^\n\r\u2028\u2029]*/y;
const TEXT = /(["'])(?:(?!\1)[^\\\n\r]|\\(?:\r\n|[^]))*\1?/y;
const TEMPLATE = /[`}](?:[^`\\$]|\\[^]|\$(?!\{))*(?:`|\$\{)?/y;
const REGEX =
  /\/(?![*/])(?:\[(?:[^\]\\\n\r\u2028\u2029]|\\[^\n\r\u2028\u2029])*\]?|[^/[\\\n\r\u2028\u2029]|\\[^\n\r\u2028\u2029])*(?:\/[$\w\u200C\u200D\p{ID_Continue}]*)?/uy;
const NAME =
  /(#?)(?:[$_\p{ID_Start}]|\\u[\da-fA-F]{4}|\\u\{[\da-fA-F]+\})(?:[$\u200C\u200D\p{ID_Continue}]|\\u[\da-fA-F]{4}|\\u\{[\da-fA-F]+\})*/uy;
const NUMBER =
  /0[xX][\da-fA-F_]+n?|0[oO][0-7_]+n?|0[bB][01_]+n?|(?:\d[\d_]*)?n|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?[\d_]+)?/y;
const MARK =
  /--|\+\+|=>|\.{3}|\?\.(?!\d)|(?:&&|\|\||\?\?|\*\*|<<|>>>|>>|[-+%&|^*/<>]|[=!]=?)=|&&|\|\||\?\?|\*\*|<<|>>>|>>|[-~!?%&*+/<>=|^,.;:(){}[\]@]/y;

/** After these words a value follows, and with it perhaps a regular expression. */
const BEFORE_VALUE = new Set(
  ("await case delete do else extends in instanceof new of return throw typeof void yield").split(
    " ",
  ),
);
/** Behind the condition of these a statement follows. */
const CONDITIONED = new Set(["for", "if", "while", "with"]);
const BLOCK_WORDS = new Set(["do", "else", "finally", "try"]);

/** What a bracket that is open stands for. */
type Opened = "(" | "condition" | "[" | "block" | "object" | "template" | "element";

/** Cuts one source. */
export class Scanner {
  readonly #source: string;
  readonly #elements: Elements | undefined;
  readonly #opened: Opened[] = [];
  #at = 0;
  /** Whether a value has ended just before, so that a slash divides. */
  #valueEnded = false;
  /** The mark, word or kind of token before, and the one before that. */
  #before = "";
  #newLine = false;

  /** @param elements Whether `<a>` may be an element. */
  constructor(source: string, elements: boolean) {
    this.#source = source;
    if (elements) {
      this.#elements = new Elements(source, {
        onBrace: () => this.#enter(),
        onEnd: () => this.#value("element", ""),
      });
    }
  }

  /** All lexemes in order. */
  *lexemes(): Generator<Lexeme> {
    while (this.#at < this.#source.length) {
      const lexeme = this.#elements?.next(this.#at) ?? this.#next();
      this.#at += lexeme.text.length;
      yield lexeme;
    }
  }

  #next(): Lexeme {
    const source = this.#source;
    const char = source[this.#at];
    const space = this.#match(SPACE);
    if (space !== undefined) return { type: "space", text: space };
    const line = this.#match(LINE);
    if (line !== undefined) {
      this.#newLine = true;
      return { type: "line", text: line };
    }
    if (char === "/" || char === "#") {
      const comment = this.#match(COMMENT);
      if (comment !== undefined) return { type: "comment", text: comment };
    }
    const lexeme = this.#token(char);
    this.#newLine = false;
    return lexeme;
  }

  #token(char: string): Lexeme {
    if (char === '"' || char === "'") return this.#value("text", this.#match(TEXT)!);
    if (char === "`" || char === "}" && this.#opened.at(-1) === "template") return this.#template();
    if (/[\d.]/.test(char)) {
      const number = /[\d]/.test(char) || /\d/.test(this.#source[this.#at + 1] ?? "")
        ? this.#match(NUMBER)
        : undefined;
      if (number !== undefined) return this.#value("number", number);
    }
    const name = this.#match(NAME);
    if (name !== undefined) return this.#name(name);
    if (char === "/" && !this.#valueEnded) {
      const regex = this.#match(REGEX);
      if (regex !== undefined) return this.#value("regex", regex);
    }
    const mark = this.#match(MARK);
    if (mark !== undefined) return this.#mark(mark);
    return this.#value("unknown", String.fromCodePoint(this.#source.codePointAt(this.#at)!));
  }

  #value(type: LexemeType, text: string): Lexeme {
    this.#valueEnded = true;
    this.#before = type;
    return { type, text };
  }

  #name(text: string): Lexeme {
    if (text.startsWith("#")) return this.#value("private", text);
    const isProperty = this.#before === "." || this.#before === "?.";
    this.#valueEnded = isProperty || !BEFORE_VALUE.has(text);
    this.#before = isProperty ? "name" : text;
    return { type: "name", text };
  }

  #template(): Lexeme {
    const text = this.#match(TEMPLATE)!;
    if (text[0] === "}") this.#opened.pop();
    const isOpen = text.endsWith("${");
    if (isOpen) this.#opened.push("template");
    this.#valueEnded = !isOpen;
    this.#before = isOpen ? "${" : "template";
    return { type: "template", text };
  }

  #mark(text: string): Lexeme {
    const { type, valueEnds } = this.#effect(text);
    this.#valueEnded = valueEnds;
    this.#before = text === ")" && !valueEnds ? "condition" : text;
    return { type, text };
  }

  /** Carry out what a mark does to the brackets, and tell whether it ends a value. */
  #effect(text: string): { type: LexemeType; valueEnds: boolean } {
    const opened = this.#opened;
    switch (text) {
      case "(":
        opened.push(CONDITIONED.has(this.#before) ? "condition" : "(");
        return MARKED;
      case "[":
        opened.push("[");
        return MARKED;
      case "{":
        opened.push(this.#opensObject() ? "object" : "block");
        return MARKED;
      case ")":
        return opened.pop() === "condition" ? MARKED : VALUED;
      case "]":
        opened.pop();
        return VALUED;
      case "}": {
        const closed = opened.pop();
        if (closed === "element") this.#elements!.resume();
        return closed === "object" ? VALUED : MARKED;
      }
      case "++":
      case "--": // behind a value it belongs to that
      case "!": // in TypeScript too
        return this.#valueEnded && !this.#newLine ? VALUED : MARKED;
      case "<":
        if (this.#valueEnded || this.#elements?.begin(this.#at) !== true) return MARKED;
        return { type: "element", valueEnds: false };
      default:
        return MARKED;
    }
  }

  /** Ordinary tokens between the braces of an element. */
  #enter(): void {
    this.#opened.push("element");
    this.#valueEnded = false;
    this.#before = "(";
  }

  #opensObject(): boolean {
    const before = this.#before;
    if (this.#valueEnded || before === "" || before === "=>" || before === ";") return false;
    if (before === "condition" || before === "{" || before === "}") return false;
    if (BLOCK_WORDS.has(before)) return false;
    // `case 1: {` and `label: {` begin a block, `a: {` in an object an object
    return before !== ":" || this.#opened.at(-1) !== "block";
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const text = pattern.exec(this.#source)?.[0];
    return text === "" ? undefined : text;
  }
}

const MARKED = { type: "mark", valueEnds: false } as const;
const VALUED = { type: "mark", valueEnds: true } as const;
