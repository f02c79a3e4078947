/**
 * Where expressions end, by the rules under which JavaScript puts in semicolons itself.
 */
import { afterGroup, type TokenList } from "./_tokens.ts";

/** Words that an expression can't end with. */
const OPEN_WORDS: ReadonlySet<string> = new Set(
  ("as async await case class const delete do else export extends function if implements import in " +
    "instanceof keyof let new of return satisfies throw typeof var void while yield").split(" "),
);

/** Words that carry an expression on from the line before. */
const JOINING_WORDS: ReadonlySet<string> = new Set(["in", "instanceof", "as", "satisfies"]);

const ENDING_MARKS: ReadonlySet<string> = new Set([")", "]", "}", "++", "--", ">"]);
const STARTING_MARKS: ReadonlySet<string> = new Set(["{", "++", "--", "!", "~", "@", "..."]);
const STOPS: ReadonlySet<string> = new Set([",", ";", ")", "]", "}"]);

/** The index of the first token after the expression, or list of declarators, that begins at `index`. */
export function expressionEnd(list: TokenList, index: number, types?: Uint8Array): number {
  const { tokens } = list;
  let at = index;
  while (at < tokens.length) {
    const { kind, text, newLine } = tokens[at];
    const typed = types?.[at] === 1;
    if (!typed && kind === "mark" && STOPS.has(text)) break;
    if (kind === "template" && text.startsWith("}")) break;
    if (newLine && at > index && canEnd(list, at - 1) && !continues(list, at)) break;
    at = typed ? at + 1 : afterGroup(list, at);
  }
  return at;
}

/** Whether an expression may end with the token. */
export function canEnd({ tokens }: TokenList, index: number): boolean {
  const token = tokens[index];
  if (token === undefined) return false;
  if (token.kind === "mark" || token.kind === "element") return ENDING_MARKS.has(token.text);
  if (token.kind === "template") return token.text.endsWith("`");
  return token.kind !== "name" || !OPEN_WORDS.has(token.text) || isMember({ tokens }, index);
}

/** Whether the token is the name behind a dot. */
export function isMember({ tokens }: Pick<TokenList, "tokens">, index: number): boolean {
  const before = tokens[index - 1]?.text;
  return before === "." || before === "?.";
}

/** Whether a word of the language is the name of a property here. */
export function isPropertyName({ tokens }: Pick<TokenList, "tokens">, index: number): boolean {
  return isMember({ tokens }, index) || tokens[index + 1]?.text === ":";
}

/** Whether a token at the beginning of a line belongs to the expression before it. */
function continues({ tokens }: TokenList, index: number): boolean {
  const { kind, text } = tokens[index];
  if (kind === "template") return true;
  if (kind === "name") return JOINING_WORDS.has(text);
  return kind === "mark" && !STARTING_MARKS.has(text);
}
