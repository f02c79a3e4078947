/**
 * The names that a parameter list or the left side of a declaration declares.
 */
import { expressionEnd } from "./_expressions.ts";
import { afterGroup, type TokenList } from "./_tokens.ts";

const MODIFIERS: ReadonlySet<string> = new Set(
  ["public", "private", "protected", "readonly", "override"],
);

/** The tokens of the names in a list of patterns, which lies between the brackets at `open`. */
export function patternNames(list: TokenList, types: Uint8Array, open: number): number[] {
  const names: number[] = [];
  const end = list.partner[open];
  const inObject = list.tokens[open].text === "{";
  let at = open + 1;
  while (at < end) {
    at = element(list, types, at, inObject, names);
    at = at < end ? Math.max(at, expressionEnd(list, at, types)) : at; // a default
    at++; // the comma
  }
  return names;
}

/** Take one pattern, answer the index behind it and its type. */
export function patternName(
  list: TokenList,
  types: Uint8Array,
  index: number,
  names: number[],
): number {
  const { tokens } = list;
  const { kind, text } = tokens[index];
  let at = index + 1;
  if (kind === "mark" && (text === "{" || text === "[") && list.partner[index] > index) {
    names.push(...patternNames(list, types, index));
    at = afterGroup(list, index);
  } else if (kind === "name") {
    names.push(index);
  }
  while (/^[?!]$/.test(tokens[at]?.text ?? "")) at++;
  while (types[at] === 1) at++;
  return at;
}

function element(
  list: TokenList,
  types: Uint8Array,
  index: number,
  inObject: boolean,
  names: number[],
): number {
  const { tokens } = list;
  let at = index;
  while (tokens[at].text === "@") at = afterDecorator(list, at);
  if (tokens[at].text === ",") return at;
  if (tokens[at].text === "...") at++;
  while (MODIFIERS.has(tokens[at].text) && tokens[at + 1]?.kind === "name") at++;
  if (inObject) {
    const key = afterGroup(list, at);
    if (tokens[key]?.text === ":" && types[key] === 0) at = key + 1;
    else if (tokens[at].kind !== "name") return key;
  }
  return patternName(list, types, at, names);
}

/** The index after the decorator whose `@` stands at `index`. */
export function afterDecorator(list: TokenList, index: number): number {
  const { tokens } = list;
  let at = afterGroup(list, index + 1);
  while (tokens[at]?.text === ".") at += 2;
  // @memory.cache({ … })(x): each call goes on
  while (tokens[at]?.text === "(" && !tokens[at].newLine) at = afterGroup(list, at);
  return at;
}
