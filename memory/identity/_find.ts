/**
 * Finds the text of a function in its file: by the call that got it, else by its name.
 */
import { expressionEnd, isMember } from "./_expressions.ts";
import { functionAt } from "./_functions.ts";
import { lookUp } from "./_names.ts";
import type { Binding, Parsed, Range, Scope } from "./_parsed.ts";
import { afterGroup, tokenAt } from "./_tokens.ts";

/** A line and a column, both from 1. */
export interface Position {
  /** The line. */
  readonly line: number;
  /** The column, in UTF-16 units. */
  readonly column: number;
}

/** What was found: a text, a name of another module, or several that may be meant. */
export type Found =
  | { readonly how: "text"; readonly range: Range }
  | { readonly how: "import"; readonly specifier: string; readonly name: string }
  | { readonly how: "many"; readonly count: number };

/** What tells which function of a file is meant. */
export interface Wanted {
  /** Its own name, "" for none. */
  readonly name: string;
  /** The name that the call gave it. */
  readonly given?: string;
  /** Where the call stands that got it, if that is in this file. */
  readonly site?: Position;
}

/** Find a function. */
export function findFunction(parsed: Parsed, { name, given, site }: Wanted): Found | undefined {
  const open = site && callBracket(parsed, siteToken(parsed, site));
  const argument = open === undefined ? undefined : firstArgument(parsed, open);
  const found = argument && ofArgument(parsed, argument, name);
  if (found !== undefined) return found;
  if (name !== "" && !name.startsWith("bound ")) {
    const from = argument?.start ?? siteToken(parsed, site) ?? 0;
    const byName = ofName(parsed, name, from, given);
    if (byName?.how !== "many" || given === undefined) return byName;
    return ofOption(parsed, name, given) ?? byName;
  }
  return given === undefined ? undefined : ofOption(parsed, name, given);
}

/** The names in `deps: […]` of the call at a place; undefined where the call does not show them. */
export function namedDeps(
  parsed: Parsed,
  site: Position | undefined,
): ReadonlySet<string> | undefined {
  const open = callBracket(parsed, siteToken(parsed, site));
  if (open === undefined) return undefined;
  const { tokens, partner } = parsed.list;
  for (let index = open; index < partner[open]; index++) {
    if (tokens[index].text !== "deps" || tokens[index + 1].text !== ":") continue;
    if (tokens[index + 2].text !== "[") return undefined;
    const names = new Set<string>();
    for (let at = index + 3; at < partner[index + 2]; at++) {
      if (tokens[at].text === "...") return undefined;
      const { kind, text } = tokens[at];
      if (kind === "name" && !isMember(parsed.list, at)) names.add(text);
    }
    return names;
  }
  return undefined;
}

/** What a module exports under a name. */
export function findExport(parsed: Parsed, name: string): Found | undefined {
  if (name === "default") return defaultExport(parsed);
  const { tokens } = parsed.list;
  const own = parsed.file.names.get(name);
  if (own !== undefined) return ofBinding(parsed, own);
  // export { f as name }, perhaps from elsewhere
  for (let index = 0; index < tokens.length; index++) {
    if (tokens[index].text !== "export" || tokens[index + 1]?.text !== "{") continue;
    const end = afterGroup(parsed.list, index + 1);
    const specifier = tokens[end]?.text === "from" ? tokens[end + 1].text.slice(1, -1) : undefined;
    for (let at = index + 2; at < end; at++) {
      if (tokens[at].text !== name || !/^[,}]$/.test(tokens[at + 1].text)) continue;
      const inner = tokens[at - 1].text === "as" ? tokens[at - 2].text : name;
      if (specifier !== undefined) return { how: "import", specifier, name: inner };
      const binding = parsed.file.names.get(inner);
      return binding && ofBinding(parsed, binding);
    }
  }
  return undefined;
}

function siteToken(parsed: Parsed, site: Position | undefined): number | undefined {
  if (site === undefined) return undefined;
  const line = parsed.list.lines[site.line - 1];
  if (line === undefined) return undefined;
  const index = tokenAt(parsed.list, line + site.column - 1);
  return index < parsed.list.tokens.length ? index : undefined;
}

/** The opening bracket of the call whose name, or a part of it, stands at `index`. */
function callBracket(parsed: Parsed, index: number | undefined): number | undefined {
  const { list, types } = parsed;
  const { tokens, partner } = list;
  if (index === undefined) return undefined;
  let at = index;
  while (
    tokens[at] !== undefined && (types[at] === 1 || isCallee(tokens[at].text, tokens[at].kind))
  ) {
    at = types[at] === 1 ? at + 1 : afterGroup(list, at);
  }
  return tokens[at]?.text === "(" && partner[at] > at + 1 ? at : undefined;
}

function isCallee(text: string, kind: string): boolean {
  return kind === "name" || kind === "private" || /^(?:\.|\?\.|!|\[)$/.test(text);
}

/** The first argument of a call; behind options that of the call of the result. */
function firstArgument(parsed: Parsed, bracket: number): Range | undefined {
  const { list } = parsed;
  let open = bracket;
  if (list.tokens[open + 1].text === "{") {
    open = list.partner[open] + 1;
    if (list.tokens[open]?.text !== "(") return undefined;
  }
  const start = open + 1;
  const end = expressionEnd(list, start, parsed.types);
  return end > start ? { start, end } : undefined;
}

function ofArgument(parsed: Parsed, range: Range, name: string): Found | undefined {
  const { tokens } = parsed.list;
  const { start, end } = range;
  const literal = literalAt(parsed, range);
  if (literal !== undefined) return literal.name === name ? { how: "text", range } : undefined;
  if (/^[[{]$/.test(tokens[start].text) || !/^(?:name|mark)$/.test(tokens[start].kind)) {
    return undefined;
  }
  if (end === start + 1) {
    const binding = lookUp(parsed, tokens[start].text, start);
    return binding && isNamed(parsed, binding, name) ? ofBinding(parsed, binding) : undefined;
  }
  const last = tokens[end - 1].text;
  if (isMember(parsed.list, end - 1)) {
    return last === name ? ofMember(parsed, range, name) : undefined;
  }
  // partial(f, 2), f.bind(null, 2): the expression is the text
  return name === "" || name.startsWith("bound ") ? { how: "text", range } : undefined;
}

/** The function of the one call that says `name: "given"`: where the stack does not show the call. */
function ofOption(parsed: Parsed, name: string, given: string): Found | undefined {
  const { tokens, partner } = parsed.list;
  const all: Found[] = [];
  const open: number[] = [];
  for (let index = 0; index < tokens.length; index++) {
    if (partner[index] > index) open.push(index);
    else if (partner[index] >= 0) open.pop();
    if (tokens[index].text !== "name" || tokens[index + 1]?.text !== ":") continue;
    if (tokens[index + 2]?.kind !== "text" || tokens[index + 2].text.slice(1, -1) !== given) {
      continue;
    }
    const bracket = open.at(-2);
    const argument = bracket === undefined ? undefined : firstArgument(parsed, bracket);
    const found = argument && ofArgument(parsed, argument, name);
    if (found !== undefined) all.push(found);
  }
  return all.length > 1 ? { how: "many", count: all.length } : all[0];
}

/** The function that a range is, with its name; undefined if it is something else. */
function literalAt(parsed: Parsed, { start, end }: Range): { name: string } | undefined {
  const { list, types } = parsed;
  for (let index = start; index < end; index++) {
    const found = functionAt(list, types, index);
    if (found === undefined || found.start !== start || found.end < end) continue;
    if (found.form === "method") continue;
    return { name: found.name < 0 ? "" : list.tokens[found.name].text };
  }
  return undefined;
}

/** Whether a variable may hold a function of that name. */
function isNamed(parsed: Parsed, binding: Binding, name: string): boolean {
  if (binding.name === name || binding.kind === "import") return true;
  if (binding.value === undefined) return false;
  const literal = literalAt(parsed, binding.value);
  if (literal !== undefined) return literal.name === name;
  return parsed.list.tokens[binding.value.start].kind === "name";
}

function ofBinding(parsed: Parsed, binding: Binding): Found | undefined {
  if (binding.from !== undefined) return { how: "import", ...binding.from };
  if (binding.value === undefined || binding.kind === "type") return undefined;
  const { start, end } = binding.value;
  // const g = f
  const token = parsed.list.tokens[start];
  if (end === start + 1 && token.kind === "name" && token.text !== binding.name) {
    const other = lookUp(parsed, token.text, start);
    if (other !== undefined && other.token < binding.token) return ofBinding(parsed, other);
  }
  // a function that is cached already is cached for itself
  const open = callBracket(parsed, start);
  if (open !== undefined && /^cache(?:Sync)?$/.test(parsed.list.tokens[open - 1].text)) {
    const inner = firstArgument(parsed, open);
    const name = inner && literalAt(parsed, inner)?.name;
    if (name !== undefined) return { how: "text", range: inner! };
  }
  return { how: "text", range: binding.value };
}

/** `object.name`: the object's own method, if only one is called so, else the expression itself. */
function ofMember(parsed: Parsed, range: Range, name: string): Found {
  const first = parsed.list.tokens[range.start];
  const binding = lookUp(parsed, first.text, range.start);
  if (binding?.from?.name === "*" && range.end === range.start + 3) {
    return { how: "import", specifier: binding.from.specifier, name };
  }
  const members = parsed.members.filter((member) => member.name === name);
  if (binding === undefined && first.text !== "this" || members.length === 0) {
    return { how: "text", range };
  }
  const inside = members.filter(({ value }) =>
    binding?.value !== undefined && value.start >= binding.value.start &&
    value.end <= binding.value.end
  );
  const candidates = inside.length > 0 ? inside : members;
  if (candidates.length > 1) return { how: "many", count: candidates.length };
  return { how: "text", range: candidates[0].value };
}

function ofName(parsed: Parsed, name: string, from: number, given = ""): Found | undefined {
  const seen = lookUp(parsed, name, from);
  if (seen !== undefined && seen.kind !== "param" && seen.kind !== "loop") {
    const found = ofBinding(parsed, seen);
    if (found !== undefined) return found;
  }
  if (name === "default") return defaultExport(parsed);
  const ranges = new Map<number, Range>();
  for (const scope of new Set(parsed.scopeOf)) {
    const { kind, value } = scope.names.get(name) ?? {};
    if (value !== undefined && kind !== "type") ranges.set(value.start, value);
  }
  const outer = [...ranges.values()].filter((range) => !isInside(range, [...ranges.values()]));
  outer.push(...membersOf(parsed, name, given));
  if (outer.length > 1) return { how: "many", count: outer.length };
  return outer.length === 1 ? { how: "text", range: outer[0] } : undefined;
}

/** Members of a name: those of one class, if the name that was given is `Class.name`. */
function membersOf(parsed: Parsed, name: string, given: string): Range[] {
  const all = parsed.members.filter((member) => member.name === name).map(({ value }) => value);
  const owner = given.endsWith(`.${name}`) ? given.slice(0, -name.length - 1) : "";
  const owned = all.filter((range) => {
    for (let scope: Scope | undefined = parsed.scopeOf[range.start]; scope; scope = scope.parent) {
      if (scope.kind === "class") return className(parsed, scope) === owner;
    }
    return false;
  });
  return owned.length > 0 ? owned : all;
}

/** The name that a class has, its own or that of its variable. */
function className({ list: { tokens } }: Parsed, { start }: Scope): string {
  const { kind, text } = tokens[start + 1];
  if (kind === "name" && text !== "extends") return text;
  return tokens[start - 1]?.text === "=" ? tokens[start - 2]?.text ?? "" : "";
}

/** `const f = memory.cache(function f() {})` declares the name twice. */
function isInside(range: Range, others: readonly Range[]): boolean {
  return others.some((other) =>
    other !== range && other.start <= range.start && other.end >= range.end
  );
}

function defaultExport(parsed: Parsed): Found | undefined {
  const { list, types } = parsed;
  for (let index = 0; index < list.tokens.length - 2; index++) {
    if (list.tokens[index].text !== "export" || list.tokens[index + 1].text !== "default") continue;
    const start = index + 2;
    const word = list.tokens[start].text === "async" ? start + 1 : start;
    const found = functionAt(list, types, word);
    const end = found?.start === start ? found.end : expressionEnd(list, start, types);
    if (end !== start + 1) return { how: "text", range: { start, end } };
    const binding = parsed.file.names.get(list.tokens[start].text);
    return binding && ofBinding(parsed, binding);
  }
  return undefined;
}
