/**
 * The part of scanning that JSX adds: tags with their attributes, and the text between them. Between
 * braces ordinary tokens follow.
 */
import type { Lexeme } from "./_scan.ts";

const SPACE = /[\t\v\f\uFEFF\p{Zs}]+/uy;
const LINE = /\r\n|[\n\r\u2028\u2029]/y;
const COMMENT = /\/\/[^\n\r\u2028\u2029]*|\/\*[^]*?(?:\*\/|$)/y;
const NAME = /[$_\p{ID_Start}][$\u200C\u200D\p{ID_Continue}-]*/uy;
const TEXT = /"[^"]*"?|'[^']*'?/y;
const BETWEEN = /[^<{]+/y;
/** What follows `<` where no element does: a function's type parameters, as in `<T,>(x: T) => x`. */
const GENERIC = /<\s*(?:const\s+)?[$_\p{ID_Start}][$\p{ID_Continue}]*\s*(?:,|=|extends\s(?!=))/uy;
const ELEMENT = /<\s*(?:>|[$_\p{ID_Start}])/uy;

/** Where in an element the scanner is. */
type Place = "tag" | "closing tag" | "children" | "braces";

/** Told when ordinary tokens follow. */
export interface ElementEvents {
  /** Between braces, until {@link Elements.resume}. */
  onBrace(): void;
  /** Behind the end of an element that stands for a value. */
  onEnd(): void;
}

/** The elements of one source. */
export class Elements {
  readonly #source: string;
  readonly #events: ElementEvents;
  readonly #places: Place[] = [];

  constructor(source: string, events: ElementEvents) {
    this.#source = source;
    this.#events = events;
  }

  /** Begin an element at `<`, if that is what stands there. */
  begin(at: number): boolean {
    GENERIC.lastIndex = ELEMENT.lastIndex = at;
    if (GENERIC.test(this.#source) || !ELEMENT.test(this.#source)) return false;
    this.#places.push("tag");
    return true;
  }

  /** Go on in the element whose brace was closed. */
  resume(): void {
    this.#places.pop();
  }

  /** What stands at a place in an element; `undefined` outside of one. */
  next(at: number): Lexeme | undefined {
    const place = this.#places.at(-1);
    if (place === undefined || place === "braces") return undefined;
    return place === "children" ? this.#child(at) : this.#inTag(at);
  }

  #child(at: number): Lexeme {
    const source = this.#source;
    if (source[at] === "{") return this.#brace();
    if (source[at] !== "<") return { type: "text", text: matched(BETWEEN, source, at)! };
    const closes = /^<\s*\//.test(source.slice(at, at + 100));
    this.#places.push(closes ? "closing tag" : "tag");
    return { type: "element", text: "<" };
  }

  #inTag(at: number): Lexeme {
    const source = this.#source;
    const space = matched(SPACE, source, at);
    if (space !== undefined) return { type: "space", text: space };
    const line = matched(LINE, source, at);
    if (line !== undefined) return { type: "line", text: line };
    const comment = matched(COMMENT, source, at);
    if (comment !== undefined) return { type: "comment", text: comment };
    const name = matched(NAME, source, at);
    if (name !== undefined) {
      // names of components are uses of variables
      return { type: /^[a-z-]/.test(name) ? "element" : "name", text: name };
    }
    const text = matched(TEXT, source, at);
    if (text !== undefined) return { type: "text", text };
    if (source[at] === "{") return this.#brace();
    if (source[at] === ">") this.#endTag(at);
    return { type: "element", text: String.fromCodePoint(source.codePointAt(at)!) };
  }

  #endTag(at: number): void {
    const places = this.#places;
    const place = places.pop();
    if (place === "closing tag") places.pop(); // its children end too
    else if (!/\/\s*$/.test(this.#source.slice(Math.max(0, at - 100), at))) places.push("children");
    const around = places.at(-1);
    if (around === undefined || around === "braces") this.#events.onEnd();
  }

  #brace(): Lexeme {
    this.#places.push("braces");
    this.#events.onBrace();
    return { type: "mark", text: "{" };
  }
}

function matched(pattern: RegExp, source: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(source)?.[0];
}
