/**
 * Source text as tokens without comments and white space, each with its place and its partner among
 * brackets. The tokenizer never fails: of what is no JavaScript it makes some tokens all the same.
 */
import { type Lexeme, Scanner } from "./_scan.ts";

/** What kind of token it is. `element` is what only a JSX element has. */
export type TokenKind =
  | "name"
  | "private"
  | "text"
  | "number"
  | "regex"
  | "template"
  | "mark"
  | "element";

/** One token of a source. */
export interface SourceToken {
  /** What kind it is. */
  readonly kind: TokenKind;
  /** Its text. */
  readonly text: string;
  /** Where it begins, in UTF-16 units. */
  readonly start: number;
  /** Whether a line ended since the token before. */
  readonly newLine: boolean;
}

/** A source in tokens. */
export interface TokenList {
  /** The text, with line ends of one character. */
  readonly text: string;
  /** Its tokens. */
  readonly tokens: readonly SourceToken[];
  /** For a bracket the index of its partner, −1 for other tokens. */
  readonly partner: Int32Array;
  /** Where lines begin. */
  readonly lines: readonly number[];
}

const CLOSING: Record<string, string> = { "(": ")", "[": "]", "{": "}" };

/**
 * Cut a source into tokens.
 *
 * @param jsx Whether `<a>` may be an element.
 */
export function tokenize(source: string, jsx = false): TokenList {
  const text = source.replace(/\r\n?/g, "\n").replace(/^\uFEFF/, "");
  const tokens: SourceToken[] = [];
  const lines = [0];
  let start = 0;
  let newLine = false;
  for (const { type, text: value } of new Scanner(text, jsx).lexemes()) {
    if (type === "line") newLine = true;
    else if (type === "comment") newLine ||= value.includes("\n");
    else if (type !== "space") {
      tokens.push({ kind: kindOf(type), text: value, start, newLine });
      newLine = false;
    }
    start += value.length;
  }
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) lines.push(at + 1);
  return { text, tokens, partner: pairBrackets(tokens), lines };
}

/** The index of the token that stands at a place or is the first after it. */
export function tokenAt({ tokens }: TokenList, offset: number): number {
  let low = 0;
  let high = tokens.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const { start, text } = tokens[middle];
    if (start + text.length <= offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The line of a place, from 1. */
export function lineAt({ lines }: TokenList, offset: number): number {
  let low = 0;
  let high = lines.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (lines[middle] <= offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The index after the group that begins at `index`: after the closing bracket, or the next token. */
export function afterGroup({ partner }: TokenList, index: number): number {
  return partner[index] > index ? partner[index] + 1 : index + 1;
}

function kindOf(type: Exclude<Lexeme["type"], "line" | "comment" | "space">): TokenKind {
  return type === "unknown" ? "mark" : type;
}

function pairBrackets(tokens: readonly SourceToken[]): Int32Array {
  const partner = new Int32Array(tokens.length).fill(-1);
  const open: { index: number; closing: string }[] = [];
  for (let index = 0; index < tokens.length; index++) {
    const { kind, text } = tokens[index];
    const closing = closingOf(kind, text);
    if (closing !== undefined) {
      open.push({ index, closing });
    } else if (isClosing(kind, text)) {
      // a bracket that nothing closes is passed over
      let last = open.length - 1;
      while (last >= 0 && open[last].closing !== (kind === "template" ? "`" : text)) last--;
      if (last < 0) continue;
      partner[index] = open[last].index;
      partner[open[last].index] = index;
      open.length = last;
    }
  }
  return partner;
}

function closingOf(kind: TokenKind, text: string): string | undefined {
  if (kind === "mark") return CLOSING[text];
  return kind === "template" && text.startsWith("`") && text.endsWith("${") ? "`" : undefined;
}

function isClosing(kind: TokenKind, text: string): boolean {
  if (kind === "mark") return text === ")" || text === "]" || text === "}";
  return kind === "template" && text.startsWith("}") && text.endsWith("`");
}
