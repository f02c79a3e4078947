/**
 * What a function's text depends on in its file: the declarations that it names, those that they name,
 * and so on; and the names whose values no text tells.
 */
import { holds, isReassigned, isUse, lookUp } from "./_names.ts";
import type { Binding, Parsed, Range, Scope } from "./_parsed.ts";

/** What the text of a function covers and what it does not. */
export interface Coverage {
  /** The function, then declarations in the order in which they are met. */
  readonly ranges: readonly Range[];
  /** Names whose values are not in the text. */
  readonly closes: readonly string[];
  /** Those among them that belong to one call of a function around, so that copies differ. */
  readonly captured: readonly string[];
  /** Names that other modules export. */
  readonly imports: readonly Binding[];
}

/** Follow the names of a function. */
export function cover(parsed: Parsed, root: Range): Coverage {
  const ranges = [root];
  const closes = new Set<string>();
  const captured = new Set<string>();
  const imports = new Set<Binding>();
  const met = new Set<Binding>();

  function meet(binding: Binding): void {
    met.add(binding);
    const { kind, name, scope, value, statement } = binding;
    if (kind === "type") return;
    if (kind === "import") {
      imports.add(binding);
    } else if (isSeen(parsed, binding)) {
      // what holds the function itself is its own declaration
      const own = value !== undefined && holds(value, root.start) && kind !== "class";
      const text = scope.kind === "file" ? statement ?? value : value;
      if (!own && !isMemory(parsed, value)) ranges.push(text!);
    } else {
      closes.add(name);
      if (scope.kind !== "file") captured.add(name);
    }
  }

  for (let at = 0; at < ranges.length; at++) {
    const range = ranges[at];
    for (let index = range.start; index < range.end; index++) {
      if (!isUse(parsed, index)) continue;
      const binding = lookUp(parsed, parsed.list.tokens[index].text, index);
      if (binding === undefined || met.has(binding)) continue;
      if (!ranges.some((known) => holds(known, binding.token))) meet(binding);
    }
  }
  if (usesThisAround(parsed, root)) {
    closes.add("this");
    captured.add("this");
  }
  return { ranges, closes: [...closes], captured: [...captured], imports: [...imports] };
}

/** Whether the text of a declaration tells the value. */
function isSeen(parsed: Parsed, binding: Binding): boolean {
  const { kind, scope, value } = binding;
  if (kind === "function" || kind === "class") return true;
  if (value === undefined || kind === "param" || kind === "loop") return false;
  if (kind === "let" && isReassigned(parsed, binding)) return false;
  return scope.kind === "file" || isPlain(parsed, value);
}

/** Inside of a function the same text may have another value at each call, but literals have not. */
function isPlain(parsed: Parsed, { start, end }: Range): boolean {
  const scope = parsed.scopeOf[start];
  if ((scope.kind === "arrow" || scope.kind === "function") && scope.start === start) {
    return scope.end >= end;
  }
  for (let index = start; index < end; index++) {
    const { kind, text } = parsed.list.tokens[index];
    if (isUse(parsed, index) || kind === "template" && text.endsWith("${")) return false;
    if (/^(?:await|this|new|yield|\()$/.test(text)) return false;
  }
  return true;
}

/** Where results are stored does not change them. */
function isMemory({ list: { tokens } }: Parsed, value: Range | undefined): boolean {
  return value !== undefined && tokens[value.start].text === "new" &&
    tokens[value.start + 1]?.text === "Memory";
}

/** Whether an arrow, or an expression, takes `this` from a function or class around it. */
function usesThisAround(parsed: Parsed, root: Range): boolean {
  const { tokens } = parsed.list;
  for (let index = root.start; index < root.end; index++) {
    if (tokens[index].text !== "this" || tokens[index].kind !== "name") continue;
    if (parsed.types[index] === 1 || tokens[index + 1]?.text === ":") continue;
    let scope: Scope | undefined = parsed.scopeOf[index];
    while (scope !== undefined && scope.kind !== "function" && scope.kind !== "class") {
      scope = scope.parent;
    }
    if (scope !== undefined && !(scope.start >= root.start && scope.end <= root.end)) return true;
  }
  return false;
}
