/**
 * Declarations of variables, classes and the like: their names, and the text that a use depends on.
 */
import { expressionEnd } from "./_expressions.ts";
import { afterTypeTokens, isStatement } from "./_functions.ts";
import type { Range } from "./_parsed.ts";
import { afterDecorator, patternName, patternNames } from "./_patterns.ts";
import type { ScopeTree } from "./_scope_tree.ts";
import { afterGroup } from "./_tokens.ts";

const MODIFIERS: ReadonlySet<string> = new Set(
  ("abstract accessor async declare get override private protected public readonly set static")
    .split(
      " ",
    ),
);

/** Declare the names of the `const`, `let`, `var`, `enum` or `namespace` at `index`, if it is one. */
export function declareNames(tree: ScopeTree, index: number): void {
  const { tokens } = tree.list;
  const { text } = tokens[index];
  const next = tokens[index + 1];
  if (next === undefined) return;
  if (text === "const" && next.text === "enum") return;
  if (text === "const" || text === "let" || text === "var") {
    if (next.kind === "name" || next.text === "{" || next.text === "[") {
      declareVariables(tree, index);
    }
  } else if (text === "using" && next.kind === "name" && tokens[index + 2]?.text === "=") {
    declareVariables(tree, index);
  } else if ((text === "enum" || text === "namespace") && next.kind === "name" && !next.newLine) {
    const body = tree.classRange(index);
    tree.declare(index + 1, "class", tree.scopeOf[index], { statement: body, value: body });
  }
}

/** Declare the class at `index` and its fields. */
export function declareClass(tree: ScopeTree, index: number): void {
  const { tokens } = tree.list;
  const value = tree.classRange(index);
  const name = index + 1;
  if (tokens[name]?.kind === "name" && tokens[name].text !== "extends" && tree.types[name] === 0) {
    const inside = tree.scopeOf[index];
    const start = tokens[index - 1]?.text === "abstract" ? index - 1 : index;
    const scope = isStatement(tree.list, start) ? inside.parent ?? inside : inside;
    tree.declare(name, "class", scope, { statement: value, value });
  }
  declareFields(tree, value.end - 1);
}

function declareVariables(tree: ScopeTree, index: number): void {
  const { list, types } = tree;
  const { tokens } = list;
  const word = tokens[index].text;
  const scope = word === "var" ? tree.functionScope(index) : tree.scopeOf[index];
  const inHead = /^(?:for|await)$/.test(tokens[index - 2]?.text ?? "") &&
    tokens[index - 1].text === "(";
  const found: { names: number[]; value: Range | undefined }[] = [];
  let at = index;
  do {
    const names: number[] = [];
    at = patternName(list, types, at + 1, names);
    const start = at + 1;
    if (tokens[at]?.text === "=") at = expressionEnd(list, start, types);
    found.push({ names, value: at >= start ? { start, end: at } : undefined });
  } while (tokens[at]?.text === ",");
  const statement = { start: index, end: at };
  const kind = inHead ? "loop" : word === "let" || word === "var" ? "let" : "const";
  for (const { names, value } of found) {
    for (const name of names) {
      tree.declare(name, kind, scope, { statement, ...(value === undefined ? {} : { value }) });
    }
  }
}

/** Names of fields are no uses; a field that holds a function is found like a method. */
function declareFields(tree: ScopeTree, close: number): void {
  const { list, types } = tree;
  const { tokens } = list;
  let at = list.partner[close] + 1;
  if (at <= 0) return;
  while (at < close) {
    const { kind, text } = tokens[at];
    if (text === "@") {
      at = afterDecorator(list, at);
    } else if (text === ";" || text === "*" || types[at] === 1) {
      at++;
    } else if (text === "static" && tokens[at + 1]?.text === "{") {
      at = afterGroup(list, at + 1);
    } else if (kind === "name" && MODIFIERS.has(text) && isModifier(tree, at)) {
      at++;
    } else {
      at = afterMember(tree, at);
    }
  }
}

function isModifier({ list: { tokens } }: ScopeTree, index: number): boolean {
  const { kind, text } = tokens[index + 1];
  return kind !== "mark" || /^[[*{]$/.test(text);
}

function afterMember(tree: ScopeTree, index: number): number {
  const { list, types } = tree;
  const { tokens } = list;
  if (tokens[index].kind === "name") tree.notUses.add(index);
  const nameEnd = afterGroup(list, index);
  const method = tree.functions.get(nameEnd - 1);
  if (method !== undefined && method.form === "method") return method.end;
  let at = nameEnd;
  while (/^[?!]$/.test(tokens[at]?.text ?? "")) at++;
  at = afterTypeTokens(types, at);
  if (tokens[at]?.text === "(") {
    for (const name of patternNames(list, types, at)) tree.notUses.add(name); // an overload
    return afterTypeTokens(types, afterGroup(list, at));
  }
  if (tokens[at]?.text !== "=") return Math.max(at, index + 1);
  const end = expressionEnd(list, at + 1, types);
  tree.members.push({ name: tree.nameOf(index), value: { start: at + 1, end } });
  return Math.max(end, at + 1);
}
