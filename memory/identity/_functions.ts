/**
 * The functions of a source: declarations, expressions, arrows and methods, each with the tokens of its
 * parameters and the end of its body.
 */
import { expressionEnd, isMember, isPropertyName } from "./_expressions.ts";
import type { Range } from "./_parsed.ts";
import { afterGroup, type TokenList } from "./_tokens.ts";

/** A function in a source. */
export interface FunctionText extends Range {
  /** Which of the spellings it is. */
  readonly form: "declaration" | "expression" | "arrow" | "method";
  /** Token of its name, −1 without. */
  readonly name: number;
  /** The opening bracket of its parameters, or its only parameter where that has none. */
  readonly params: number;
}

/** Words that look like a method's name before `(…) {`. */
const STATEMENTS: ReadonlySet<string> = new Set(
  ["if", "for", "while", "switch", "catch", "function", "await"],
);

/** The function that has its first word, its arrow or its method's name at `index`. */
export function functionAt(
  list: TokenList,
  types: Uint8Array,
  index: number,
): FunctionText | undefined {
  const { kind, text } = list.tokens[index];
  if (types[index] === 1) return undefined;
  if (kind === "mark" && text !== "]") {
    return text === "=>" ? arrowAt(list, types, index) : undefined;
  }
  if (kind === "name" && text === "function" && !isPropertyName(list, index)) {
    return wordAt(list, types, index);
  }
  return kind === "template" || kind === "regex" ? undefined : methodAt(list, types, index);
}

/** The index of the first token from `index` on that is of no type. */
export function afterTypeTokens(types: Uint8Array, index: number): number {
  let at = index;
  while (types[at] === 1) at++;
  return at;
}

/** Whether what begins at `index` is a statement rather than a part of an expression. */
export function isStatement({ tokens }: TokenList, index: number): boolean {
  const before = tokens[index - 1];
  if (before === undefined) return true;
  if (before.kind === "name" && /^(?:export|default|declare|else|do)$/.test(before.text)) {
    return true;
  }
  if (before.kind === "mark") {
    return /^[;{})]$/.test(before.text) || (before.text === "]" && tokens[index].newLine);
  }
  return tokens[index].newLine &&
    !/^(?:return|throw|await|yield|typeof|void|new|in|of|case|extends)$/.test(before.text);
}

function wordAt(list: TokenList, types: Uint8Array, index: number): FunctionText | undefined {
  const { tokens, partner } = list;
  let at = index + 1;
  if (tokens[at]?.text === "*") at++;
  const name = tokens[at]?.kind === "name" ? at++ : -1;
  at = afterTypeTokens(types, at);
  if (tokens[at]?.text !== "(" || partner[at] < 0) return undefined;
  const start = tokens[index - 1]?.text === "async" ? index - 1 : index;
  const form = isStatement(list, start) ? "declaration" : "expression";
  return { form, name, params: at, start, end: bodyEnd(list, types, at) };
}

function arrowAt(list: TokenList, types: Uint8Array, index: number): FunctionText | undefined {
  const { tokens, partner } = list;
  let last = index - 1;
  while (types[last] === 1) last--;
  if (last < 0) return undefined;
  const params = tokens[last].text === ")" ? partner[last] : last;
  if (params < 0) return undefined;
  let start = params;
  while (types[start - 1] === 1) start--; // type parameters
  if (tokens[start - 1]?.text === "async" && !tokens[start].newLine) start--;
  const end = tokens[index + 1]?.text === "{"
    ? afterGroup(list, index + 1)
    : expressionEnd(list, index + 1, types);
  return { form: "arrow", name: -1, params, start, end };
}

function methodAt(list: TokenList, types: Uint8Array, index: number): FunctionText | undefined {
  const { tokens, partner } = list;
  const params = afterTypeTokens(types, index + 1);
  if (tokens[params]?.text !== "(" || partner[params] < 0) return undefined;
  const { kind, text } = tokens[index];
  if (kind === "name" && (STATEMENTS.has(text) || isMember(list, index))) return undefined;
  const before = tokens[index - 1];
  if (before?.text === "function" || before?.text === "new") return undefined;
  if (before?.text === "*" && tokens[index - 2]?.text === "function") return undefined;
  const body = afterTypeTokens(types, partner[params] + 1);
  if (tokens[body]?.text !== "{" || tokens[body].newLine) return undefined;
  return { form: "method", name: index, params, start: index, end: afterGroup(list, body) };
}

/** The end of a body, or of the parameters of an overload, which has none. */
function bodyEnd(list: TokenList, types: Uint8Array, params: number): number {
  const body = afterTypeTokens(types, list.partner[params] + 1);
  return list.tokens[body]?.text === "{" ? afterGroup(list, body) : body;
}
