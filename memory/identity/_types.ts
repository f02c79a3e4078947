/**
 * Which tokens of a TypeScript source belong to types. A skim, not a parser: what it takes wrongly
 * changes what a warning says, never a fingerprint, which holds the types' text too.
 */
import { canEnd, isMember, isPropertyName } from "./_expressions.ts";
import { afterGroup, type TokenList } from "./_tokens.ts";

interface Level {
  readonly kind: "block" | "class" | "object" | "paren";
  /** Conditions whose `:` is still to come. */
  questions: number;
  /** Between `const` and the end of its statement. */
  declares: boolean;
  inCase: boolean;
  /** The next brace is a class body. */
  classAhead: boolean;
}

const BLOCK_WORDS: ReadonlySet<string> = new Set(["else", "do", "try", "finally", "static"]);
const TYPE_PREFIXES: ReadonlySet<string> = new Set(
  "abstract asserts infer keyof new readonly typeof unique".split(" "),
);
const ANGLE_MARKS: ReadonlySet<string> = new Set(
  [".", ",", "|", "&", "=", "=>", "?", ":", "-", "...", "(", "[", "{"],
);
const AFTER_ANGLES: ReadonlySet<string> = new Set(
  ["(", ")", "[", "]", "{", "}", ",", ";", ":", ".", "?.", "?", "=>", "=", "&", "|", "&&", "||"],
);

/** One flag a token: 1 where it is part of a type. */
export function markTypes(list: TokenList): Uint8Array {
  const { tokens } = list;
  const types = new Uint8Array(tokens.length);
  const levels: Level[] = [newLevel("block")];
  let index = 0;
  while (index < tokens.length) {
    const level = levels[levels.length - 1];
    const end = typeEnd(list, index, level, types);
    if (end > index) {
      types.fill(1, index, end);
      index = end;
      continue;
    }
    step(list, index++, levels, types);
  }
  return types;
}

/** The end of the type that begins at `index`, with the mark or word that announces it. */
function typeEnd(list: TokenList, index: number, level: Level, types: Uint8Array): number {
  const { tokens } = list;
  const { kind, text, newLine } = tokens[index];
  if (kind === "mark") {
    if (text === ":" && isAnnotation(list, index, level)) return afterType(list, index + 1);
    return text === "<" ? Math.max(anglesEnd(list, index, types), index) : index;
  }
  if (kind !== "name" || isMember(list, index)) return index;
  const next = tokens[index + 1];
  if ((text === "as" || text === "satisfies") && !newLine && canEnd(list, index - 1)) {
    return next !== undefined && beginsType(list, index + 1) ? afterType(list, index + 1) : index;
  }
  if (text === "implements" && level.classAhead) return afterTypes(list, index + 1);
  if (level.kind !== "block" || next?.kind !== "name" || next.newLine) return index;
  if (text === "interface") return interfaceEnd(list, index);
  if (text === "type" && /^[=<]$/.test(tokens[index + 2]?.text ?? "")) {
    const equals = tokens[index + 2].text === "<" ? anglesAfter(list, index + 2) : index + 2;
    return tokens[equals]?.text === "=" ? afterType(list, equals + 1) : index;
  }
  return index;
}

/** Keep account of what the token opens, closes or announces. */
function step(list: TokenList, index: number, levels: Level[], types: Uint8Array): void {
  const { kind, text } = list.tokens[index];
  const level = levels[levels.length - 1];
  if (kind === "template") {
    if (text.startsWith("`") && text.endsWith("${")) levels.push(newLevel("paren"));
    else if (text.startsWith("}") && text.endsWith("`") && levels.length > 1) levels.pop();
    return;
  }
  if (kind === "name") {
    if (isPropertyName(list, index)) return;
    if (text === "class") level.classAhead = true;
    else if (text === "case") level.inCase = true;
    else if (text === "const" || text === "let" || text === "var") level.declares = true;
    return;
  }
  if (kind !== "mark") return;
  switch (text) {
    case "(":
    case "[":
      levels.push(newLevel("paren"));
      break;
    case "{":
      levels.push(newLevel(braceKind(list, index, level, types)));
      level.classAhead = false;
      break;
    case ")":
    case "]":
    case "}":
      if (levels.length > 1) levels.pop();
      break;
    case ";":
      Object.assign(level, newLevel(level.kind));
      break;
    case "?":
      if (!/^[:,)=]$/.test(list.tokens[index + 1]?.text ?? "")) level.questions++;
      break;
    case ":":
      if (level.questions > 0) level.questions--;
      else level.inCase = false;
  }
}

function newLevel(kind: Level["kind"]): Level {
  return { kind, questions: 0, declares: false, inCase: false, classAhead: false };
}

/** Whether a `:` is followed by a type. */
function isAnnotation({ tokens, partner }: TokenList, index: number, level: Level): boolean {
  if (level.questions > 0 || level.inCase) {
    // a ? function (): T {} : b
    const open = tokens[index - 1]?.text === ")" ? partner[index - 1] : 0;
    return tokens[open - 1]?.text === "function" || tokens[open - 2]?.text === "function";
  }
  const before = tokens[index - 1]?.text;
  if (level.kind === "object") return before === ")";
  if (level.kind === "block") return before === ")" || (level.declares && before !== "default");
  return true;
}

function braceKind(
  { tokens }: TokenList,
  index: number,
  level: Level,
  types: Uint8Array,
): Level["kind"] {
  if (level.classAhead) return "class";
  const before = tokens[index - 1];
  if (before === undefined || types[index - 1] === 1) return "block";
  if (before.kind === "name") {
    return BLOCK_WORDS.has(before.text) || tokens[index - 2]?.text === "namespace"
      ? "block"
      : "object";
  }
  if (before.text === ":") return level.kind === "block" ? "block" : "object";
  return before.kind === "mark" && /^(?:[);{}]|=>)$/.test(before.text) ? "block" : "object";
}

/** The end of type arguments or parameters, or −1 where `<` compares. */
function anglesEnd(list: TokenList, index: number, types: Uint8Array): number {
  const { tokens } = list;
  const before = tokens[index - 1];
  if (before?.kind === "number" || before?.kind === "text") return -1;
  if (before?.text === ")" && types[index - 1] === 0) return -1;
  const end = anglesAfter(list, index);
  if (end < 0) return -1;
  const next = tokens[end];
  if (next === undefined || next.newLine || next.kind === "template") return end;
  if (next.kind === "mark") return AFTER_ANGLES.has(next.text) ? end : -1;
  return /^(?:extends|implements)$/.test(next.text) || before?.kind !== "name" ? end : -1;
}

function anglesAfter(list: TokenList, index: number): number {
  const { tokens } = list;
  let depth = 0;
  let at = index;
  while (at < tokens.length) {
    const { kind, text } = tokens[at];
    if (kind === "regex" || kind === "private") return -1;
    if (kind === "mark") {
      if (text === "<") depth++;
      else if (/^>+$/.test(text)) depth -= text.length;
      else if (!ANGLE_MARKS.has(text)) return -1;
    }
    at = afterGroup(list, at);
    if (depth <= 0) return depth === 0 ? at : -1;
  }
  return -1;
}

function interfaceEnd(list: TokenList, index: number): number {
  let at = index;
  while (at < list.tokens.length && list.tokens[at].text !== "{") at++;
  return afterGroup(list, at);
}

function afterTypes(list: TokenList, index: number): number {
  let at = afterType(list, index);
  while (list.tokens[at]?.text === ",") at = afterType(list, at + 1);
  return at;
}

/** The index after the type that begins at `index`. */
function afterType(list: TokenList, index: number): number {
  const { tokens } = list;
  let at = index;
  for (;;) {
    at = afterPart(list, at);
    while (tokens[at]?.text === "[" && !tokens[at].newLine) at = afterGroup(list, at);
    const next = tokens[at];
    if (next === undefined) return at;
    if (next.kind === "mark" && (next.text === "|" || next.text === "&")) at++;
    else if (next.kind === "name" && next.text === "is" && !next.newLine) at++;
    else if (next.kind === "name" && next.text === "extends") return conditionEnd(list, at + 1);
    else return at;
  }
}

function conditionEnd(list: TokenList, index: number): number {
  let at = afterType(list, index);
  if (list.tokens[at]?.text !== "?") return at;
  at = afterType(list, at + 1);
  return list.tokens[at]?.text === ":" ? afterType(list, at + 1) : at;
}

/** A type without operators between types. */
function afterPart(list: TokenList, index: number): number {
  const { tokens } = list;
  let at = index;
  while (/^[|&-]$/.test(tokens[at]?.text ?? "")) at++;
  while (tokens[at]?.kind === "name" && TYPE_PREFIXES.has(tokens[at].text)) {
    if (!beginsType(list, at + 1)) break;
    at++;
  }
  if (tokens[at]?.text === "<") at = Math.max(anglesAfter(list, at), at + 1);
  const token = tokens[at];
  if (token === undefined) return at;
  if (token.text === "(") {
    at = afterGroup(list, at);
    return tokens[at]?.text === "=>" ? afterType(list, at + 1) : at;
  }
  if (token.kind !== "name") return beginsType(list, at) ? afterGroup(list, at) : at;
  at++;
  if (token.text === "import" && tokens[at]?.text === "(") at = afterGroup(list, at);
  while (tokens[at]?.text === "." && tokens[at + 1]?.kind === "name") at += 2;
  if (tokens[at]?.text !== "<" || tokens[at].newLine) return at;
  return Math.max(anglesAfter(list, at), at);
}

function beginsType({ tokens }: TokenList, index: number): boolean {
  const token = tokens[index];
  if (token === undefined || token.newLine) return false;
  if (token.kind !== "mark") return token.kind !== "regex" && token.kind !== "private";
  return /^[({[<|&-]$/.test(token.text);
}
