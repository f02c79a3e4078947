/**
 * A function's parameters, as `--signature "x, y=2"` or the source that joblib keeps in func_code.py
 * tells them, and joblib's filter_args: the dict of arguments whose hash is the id of a call.
 */
import { parseLiteral } from "./literal.ts";

/** A parameter. */
export interface Parameter {
  /** Its name. */
  readonly name: string;
  /** "*" and "**" take what is left over; "named" is given by its name only. */
  readonly kind: "plain" | "named" | "*" | "**";
  /** Its default as it is written; `undefined` where it has none. */
  readonly default: string | undefined;
}

/** Arguments of a call: in their order, and by name. */
export interface CallArguments {
  /** Those without a name. */
  readonly positional: readonly unknown[];
  /** Those with one. */
  readonly named: ReadonlyMap<string, unknown>;
}

/** Read parameters: `x, y=2, *rest, key=None, **others`; `undefined` for what is no such list. */
export function parseSignature(text: string): Parameter[] | undefined {
  const inner = /^\s*\((.*)\)\s*$/s.exec(text)?.[1] ?? text;
  const parameters: Parameter[] = [];
  let named = false;
  for (const part of splitTop(inner, ",")) {
    const spelled = part.trim();
    if (spelled === "" || spelled === "/") continue;
    if (spelled === "*") {
      named = true;
      continue;
    }
    const [, stars, name, rest] =
      /^(\*{0,2})\s*([\p{L}_$][\p{L}\p{N}_$]*)\s*(.*)$/su.exec(spelled) ??
        [];
    if (name === undefined) return undefined;
    if (stars === "*" || stars === "**") {
      parameters.push({ name, kind: stars, default: undefined });
      named = true;
      continue;
    }
    const [annotation, ...written] = splitTop(rest, "=");
    if (annotation.trim() !== "" && !annotation.trim().startsWith(":")) return undefined;
    const value = written.length === 0 ? undefined : written.join("=").trim();
    parameters.push({ name, kind: named ? "named" : "plain", default: value });
  }
  return parameters;
}

/** The parameters of the function in a source of Python; `undefined` where they can't be found. */
export function signatureInSource(source: string, name: string): Parameter[] | undefined {
  const start = new RegExp(`^[ \\t]*(?:async[ \\t]+)?def[ \\t]+${escaped(name)}[ \\t]*\\(`, "m")
    .exec(source);
  if (start === null) return undefined;
  const from = start.index + start[0].length;
  const end = closingBracket(source, from);
  return end === undefined ? undefined : parseSignature(withoutComments(source.slice(from, end)));
}

/**
 * The dict that joblib hashes for a call.
 *
 * @param ignored Parameters that count for nothing.
 * @returns The dict, or what is wrong with the call.
 */
export function filterArgs(
  parameters: readonly Parameter[],
  call: CallArguments,
  ignored: ReadonlySet<string>,
): Map<string, unknown> | string {
  const dict = new Map<string, unknown>();
  const rest = [...call.positional];
  const named = new Map(call.named);
  for (const { name, kind, default: written } of parameters) {
    if (kind === "*") {
      dict.set("*", rest.splice(0));
    } else if (kind === "**") {
      dict.set("**", new Map([...named]));
      named.clear();
    } else if (kind === "plain" && rest.length > 0) {
      if (named.has(name)) return `${name} is given twice`;
      dict.set(name, rest.shift());
    } else if (named.has(name)) {
      dict.set(name, named.get(name));
      named.delete(name);
    } else if (ignored.has(name)) continue;
    else if (written === undefined) return `${name} is missing`;
    else {
      const value = parseLiteral(written);
      if (value === undefined) return `the default ${name}=${written} is no literal: give ${name}`;
      dict.set(name, value.value);
    }
  }
  if (rest.length > 0) return "there are more arguments than parameters";
  for (const name of named.keys()) return `there is no parameter ${name}`;
  for (const name of ignored) dict.delete(name);
  return dict;
}

/** Split where `separator` stands outside of brackets and quotes. */
function splitTop(text: string, separator: string): string[] {
  const parts: string[] = [];
  let start = 0;
  for (const { at, depth } of codeOf(text, 0)) {
    if (depth > 0 || text[at] !== separator) continue;
    parts.push(text.slice(start, at));
    start = at + 1;
  }
  return [...parts, text.slice(start)];
}

function closingBracket(text: string, from: number): number | undefined {
  for (const { at, depth } of codeOf(text, from)) if (depth < 0) return at;
  return undefined;
}

/** Walk over what is neither in quotes nor in comments, and over each `#`, with the depth of brackets there. */
function* codeOf(text: string, from: number): Generator<{ at: number; depth: number }> {
  let depth = 0;
  for (let at = from; at < text.length; at++) {
    const character = text[at];
    if (character === "#") {
      yield { at, depth };
      while (at < text.length && text[at] !== "\n") at++;
      continue;
    }
    if (character === '"' || character === "'") {
      const quote = text.startsWith(character.repeat(3), at) ? character.repeat(3) : character;
      at += quote.length;
      while (at < text.length && !text.startsWith(quote, at)) at += text[at] === "\\" ? 2 : 1;
      at += quote.length - 1;
      continue;
    }
    if ("([{".includes(character)) depth++;
    else if (")]}".includes(character)) depth--;
    yield { at, depth };
  }
}

function withoutComments(text: string): string {
  let kept = "";
  let from = 0;
  for (const { at } of codeOf(text, 0)) {
    if (text[at] !== "#") continue;
    kept += text.slice(from, at);
    const end = text.indexOf("\n", at);
    from = end < 0 ? text.length : end;
  }
  return kept + text.slice(from);
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
