/**
 * Import and export-from statements. Types come from nowhere at run time and are passed over.
 */
import type { ScopeTree } from "./_scope_tree.ts";
import { afterGroup } from "./_tokens.ts";

/** An import statement. */
export interface ImportStatement {
  /** The modules, one or none. */
  readonly specifiers: readonly string[];
  /** Index after the statement. */
  readonly end: number;
}

/** The import or export-from statement that begins at `index`; its names are declared. */
export function importAt(tree: ScopeTree, index: number): ImportStatement | undefined {
  const { tokens } = tree.list;
  const { text } = tokens[index];
  if (text === "export") return exportAt(tree, index);
  const next = tokens[index + 1];
  if (text !== "import" || next === undefined || next.text === "(" || next.text === ".") {
    return undefined;
  }
  if (next.kind === "text") return { specifiers: [content(next.text)], end: index + 2 };
  const from = fromIndex(tree, index + 1);
  if (from < 0) return undefined;
  const specifier = content(tokens[from + 1].text);
  const isType = next.text === "type" && tokens[index + 2].text !== "from";
  let at = isType ? index + 2 : index + 1;
  let values = 0;
  while (at < from) {
    const token = tokens[at];
    if (token.text === "{") {
      values += declareNamed(tree, at, specifier, isType);
    } else if (token.text === "*") {
      declareImport(tree, at + 2, specifier, "*", isType);
      values++;
      at += 2;
    } else if (token.text !== ",") {
      declareImport(tree, at, specifier, "default", isType);
      values++;
    }
    at = afterGroup(tree.list, at);
  }
  return {
    specifiers: isType || values === 0 ? [] : [specifier],
    end: afterAttributes(tree, from + 2),
  };
}

function exportAt(tree: ScopeTree, index: number): ImportStatement | undefined {
  const { tokens } = tree.list;
  const isType = tokens[index + 1]?.text === "type";
  const first = isType ? index + 2 : index + 1;
  const { text } = tokens[first] ?? { text: "" };
  if (text !== "{" && text !== "*") return undefined;
  const close = afterGroup(tree.list, first);
  const from = text === "*" && tokens[close]?.text === "as" ? close + 2 : close;
  if (tokens[from]?.text !== "from" || tokens[from + 1]?.kind !== "text") {
    return text === "{" ? { specifiers: [], end: close } : undefined;
  }
  const specifiers = isType ? [] : [content(tokens[from + 1].text)];
  return { specifiers, end: afterAttributes(tree, from + 2) };
}

/** The `from` of a statement, which names no variable. */
function fromIndex(tree: ScopeTree, index: number): number {
  const { tokens } = tree.list;
  for (
    let at = index;
    at < tokens.length && tokens[at].text !== ";";
    at = afterGroup(tree.list, at)
  ) {
    if (tokens[at].text === "from" && tokens[at + 1]?.kind === "text") return at;
    if (tokens[at].text === "=" || tokens[at].text === "(") return -1;
  }
  return -1;
}

/** Declare `{ a, b as c, type D }`; answers how many are values. An empty list counts as one. */
function declareNamed(tree: ScopeTree, open: number, specifier: string, isType: boolean): number {
  const { tokens, partner } = tree.list;
  let values = partner[open] === open + 1 ? 1 : 0;
  let at = open + 1;
  while (at < partner[open]) {
    let last = at;
    while (last + 1 < partner[open] && tokens[last + 1].text !== ",") last++;
    const type = tokens[at].text === "type" && last > at && tokens[at + 1].text !== "as";
    const name = tree.nameOf(type ? at + 1 : at);
    declareImport(tree, last, specifier, name, isType || type);
    if (!type) values++;
    at = last + 2;
  }
  return values;
}

function declareImport(
  tree: ScopeTree,
  token: number,
  specifier: string,
  name: string,
  isType: boolean,
): void {
  if (tree.list.tokens[token]?.kind !== "name") return;
  tree.declare(token, isType ? "type" : "import", tree.file, { from: { specifier, name } });
}

function afterAttributes(tree: ScopeTree, index: number): number {
  const { tokens } = tree.list;
  const word = tokens[index]?.text;
  const has = (word === "with" || word === "assert") && tokens[index + 1]?.text === "{";
  return has ? afterGroup(tree.list, index + 1) : index;
}

function content(text: string): string {
  return text.slice(1, -1);
}
