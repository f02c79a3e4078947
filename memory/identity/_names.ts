/**
 * Which declaration a name in a source stands for.
 */
import { isMember } from "./_expressions.ts";
import { isWord } from "./_parse.ts";
import type { Binding, Parsed, Range } from "./_parsed.ts";

/** The declaration that a name means at a token, or undefined for a global. */
export function lookUp(parsed: Parsed, name: string, token: number): Binding | undefined {
  const { scopeOf, file } = parsed;
  for (let scope = scopeOf[token] ?? file;; scope = scope.parent) {
    const binding = scope.names.get(name);
    if (binding !== undefined) return binding;
    if (scope.parent === undefined) return undefined;
  }
}

/** Whether a token uses a variable. */
export function isUse(parsed: Parsed, index: number): boolean {
  const { list, types, notUses } = parsed;
  const { tokens } = list;
  const { kind, text } = tokens[index];
  if (kind !== "name" || types[index] === 1 || isWord(text)) return false;
  if (notUses.has(index) || isMember(list, index)) return false;
  const isKey = tokens[index + 1]?.text === ":" && /^[{,]$/.test(tokens[index - 1]?.text ?? "");
  return !isKey;
}

/** Whether a variable gets another value after its declaration, or none in it. */
export function isReassigned(parsed: Parsed, binding: Binding): boolean {
  if (binding.value === undefined) return true;
  const { tokens } = parsed.list;
  for (let index = 0; index < tokens.length; index++) {
    if (tokens[index].text !== binding.name || !isUse(parsed, index)) continue;
    const isWritten = isAssignment(tokens[index + 1]?.text) ||
      isStep(tokens[index - 1]?.text) && !tokens[index - 1].newLine;
    if (isWritten && lookUp(parsed, binding.name, index) === binding) return true;
  }
  return false;
}

/** Whether a range holds a token. */
export function holds({ start, end }: Range, token: number): boolean {
  return token >= start && token < end;
}

function isAssignment(text = ""): boolean {
  return isStep(text) || /^(?:[-+*/%&|^]|\*\*|<<|>>>?|&&|\|\||\?\?)?=$/.test(text);
}

function isStep(text = ""): boolean {
  return text === "++" || text === "--";
}
