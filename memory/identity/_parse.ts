/**
 * Takes a source apart into scopes and names. Made for sources that run: what is no valid program gives
 * some answer too, of which nothing depends but a fingerprint that nobody will see.
 */
import { declareClass, declareNames } from "./_declare.ts";
import { isPropertyName } from "./_expressions.ts";
import { functionAt } from "./_functions.ts";
import { importAt } from "./_imports.ts";
import type { Parsed, Range, Scope } from "./_parsed.ts";
import { patternName, patternNames } from "./_patterns.ts";
import { ScopeTree } from "./_scope_tree.ts";
import { afterGroup, tokenize } from "./_tokens.ts";
import { markTypes } from "./_types.ts";

/**
 * Take a source apart.
 *
 * @param path Its name tells whether it has types and elements.
 */
export function parse(source: string, path: string): Parsed {
  const elements = /\.[jt]sx$/i.test(path) && /<\/|\/>/.test(source);
  const list = tokenize(source, elements);
  const typed = /\.[cm]?tsx?$/i.test(path);
  const types = typed ? markTypes(list) : new Uint8Array(list.tokens.length);
  const tree = new ScopeTree(list, types);
  const imports: string[] = [];
  addScopes(tree);
  tree.nest();
  addNames(tree, imports);
  const { file, scopeOf, notUses, members } = tree;
  return { list, types, file, scopeOf, notUses, members, imports };
}

/** First the scopes, then what is declared in them: a `var` and a function are known before. */
function addScopes(tree: ScopeTree): void {
  const { list, types } = tree;
  for (let index = 0; index < list.tokens.length; index++) {
    const found = functionAt(list, types, index);
    if (found !== undefined) {
      tree.functions.set(index, found);
      const { form, start, end } = found;
      tree.add(form === "arrow" ? "arrow" : "function", scopeRange(found.params, form, start, end));
    }
    const { kind, text } = list.tokens[index];
    if (types[index] === 1) continue;
    if (kind === "mark" && text === "{") {
      tree.add("block", { start: index, end: afterGroup(list, index) });
    }
    if (kind !== "name" || isPropertyName(list, index)) continue;
    if (text === "for" || text === "catch") tree.add("block", tree.headed(index));
    else if (text === "class") tree.add("class", tree.classRange(index));
  }
}

/** A declared function's name is known outside of it. */
function scopeRange(params: number, form: string, start: number, end: number): Range {
  return { start: form === "expression" || form === "arrow" ? start : params, end };
}

function addNames(tree: ScopeTree, imports: string[]): void {
  const { list, types } = tree;
  const { tokens } = list;
  let index = 0;
  while (index < tokens.length) {
    const imported = tree.scopeOf[index] === tree.file ? importAt(tree, index) : undefined;
    if (imported !== undefined) {
      imports.push(...imported.specifiers);
      for (let at = index; at < imported.end; at++) tree.notUses.add(at);
      index = imported.end;
      continue;
    }
    const { kind, text } = tokens[index];
    if (types[index] === 0) addFunction(tree, index);
    if (kind === "name" && !isPropertyName(list, index)) {
      if (types[index] === 1) declareTypeName(tree, index);
      else if (text === "class") declareClass(tree, index);
      else if (text === "catch") declareCaught(tree, index);
      else if (text === "import" && tokens[index + 1]?.text === "(") {
        addDynamic(tree, index, imports);
      } else declareNames(tree, index);
    }
    index++;
  }
}

function addFunction(tree: ScopeTree, index: number): void {
  const { list, types } = tree;
  const found = tree.functions.get(index);
  if (found === undefined) return;
  const { form, name, params, start, end } = found;
  const inner = tree.scopeOf[params];
  const value = { start, end };
  if (form === "method") {
    tree.notUses.add(name);
    tree.members.push({ name: tree.nameOf(name), value });
  } else if (name >= 0) {
    const outer = form === "declaration" ? tree.scopeOf[start] : inner;
    tree.declare(name, "function", outer, { statement: value, value });
  }
  const names: number[] = [];
  if (list.tokens[params].text === "(") names.push(...patternNames(list, types, params));
  else patternName(list, types, params, names);
  for (const token of names) tree.declare(token, "param", inner);
}

function declareCaught(tree: ScopeTree, index: number): void {
  const open = index + 1;
  if (tree.list.tokens[open]?.text !== "(" || tree.list.partner[open] < 0) return;
  for (const token of patternNames(tree.list, tree.types, open)) {
    tree.declare(token, "loop", tree.scopeOf[open]);
  }
}

/** `interface A`, `type A = …`: names that a running program does not have. */
function declareTypeName(tree: ScopeTree, index: number): void {
  const { tokens } = tree.list;
  const { text } = tokens[index];
  if (text !== "interface" && text !== "type") return;
  const inside = tree.types[index - 1] === 1 && !tokens[index].newLine;
  if (inside && !/^[;}]$/.test(tokens[index - 1].text)) return;
  if (tokens[index + 1]?.kind === "name") tree.declare(index + 1, "type", tree.scopeOf[index]);
}

function addDynamic(tree: ScopeTree, index: number, imports: string[]): void {
  const specifier = tree.list.tokens[index + 2];
  if (specifier?.kind === "text") imports.push(specifier.text.slice(1, -1));
}

/** The scope of a token: for those that look names up. */
export function scopeAt(parsed: Parsed, index: number): Scope {
  return parsed.scopeOf[Math.min(index, parsed.scopeOf.length - 1)] ?? parsed.file;
}

/** Words of the language, which are no names. */
export function isWord(text: string): boolean {
  return WORDS.has(text);
}

const WORDS: ReadonlySet<string> = new Set(
  ("await break case catch class const continue debugger default delete do else enum export extends " +
    "false finally for function if import in instanceof let new null return super switch this throw " +
    "true try typeof undefined var void while with yield").split(" "),
);
