/**
 * Scopes while they are gathered: first their ranges, then how they lie in one another, then names.
 */
import { expressionEnd } from "./_expressions.ts";
import type { FunctionText } from "./_functions.ts";
import type { Binding, BindingKind, Member, Range, Scope } from "./_parsed.ts";
import { afterGroup, type TokenList } from "./_tokens.ts";

/** The scopes of one source. */
export class ScopeTree {
  /** The tokens of the source. */
  readonly list: TokenList;
  /** Which of them are types. */
  readonly types: Uint8Array;
  /** The scope of the file. */
  readonly file: Scope;
  /** The innermost scope of each token, after {@link nest}. */
  readonly scopeOf: Scope[] = [];
  /** Tokens that are names of declarations, keys or members. */
  readonly notUses: Set<number> = new Set();
  /** Functions by the tokens that show them. */
  readonly functions: Map<number, FunctionText> = new Map();
  /** Methods and the like. */
  readonly members: Member[] = [];
  readonly #scopes: Scope[];

  /** Begin with the scope of the file. */
  constructor(list: TokenList, types: Uint8Array) {
    this.list = list;
    this.types = types;
    this.file = newScope("file", { start: 0, end: list.tokens.length });
    this.#scopes = [this.file];
  }

  /** Take a scope. */
  add(kind: Scope["kind"], range: Range): void {
    this.#scopes.push(newScope(kind, range));
  }

  /** Find for each scope the one around it, and for each token the innermost. */
  nest(): void {
    const scopes = this.#scopes.sort((a, b) => a.start - b.start || b.end - a.end);
    let scope = this.file;
    let next = 1;
    for (let index = 0; index < this.list.tokens.length; index++) {
      while (scope.end <= index && scope.parent !== undefined) scope = scope.parent;
      for (; next < scopes.length && scopes[next].start <= index; next++) {
        if (scopes[next].end <= index) continue;
        scopes[next].parent = scope;
        scope = scopes[next];
      }
      this.scopeOf.push(scope);
    }
  }

  /** Take a name. The first declaration of a name in a scope stays, unless it is an overload. */
  declare(
    token: number,
    kind: BindingKind,
    scope: Scope,
    details: Partial<Pick<Binding, "statement" | "value" | "from">> = {},
  ): void {
    this.notUses.add(token);
    const name = this.list.tokens[token].text;
    if (scope.names.has(name) && kind !== "function") return;
    scope.names.set(name, { name, kind, token, scope, ...details });
  }

  /** The name at a token: of a text its content. */
  nameOf(token: number): string {
    const { kind, text } = this.list.tokens[token];
    return kind === "text" ? text.slice(1, -1) : text;
  }

  /** The scope that a `var` at a token belongs to. */
  functionScope(token: number): Scope {
    let scope = this.scopeOf[token];
    while (scope.parent !== undefined && (scope.kind === "block" || scope.kind === "class")) {
      scope = scope.parent;
    }
    return scope;
  }

  /** From the bracket behind `for` or `catch` to the end of what it rules. */
  headed(index: number): Range {
    const { tokens } = this.list;
    const start = tokens[index + 1]?.text === "await" ? index + 2 : index + 1;
    if (tokens[start]?.text !== "(") return { start, end: afterGroup(this.list, start) };
    const body = afterGroup(this.list, start);
    const end = tokens[body]?.text === "{"
      ? afterGroup(this.list, body)
      : expressionEnd(this.list, body, this.types);
    return { start, end };
  }

  /** From the word `class` to the end of its body. */
  classRange(index: number): Range {
    const { tokens } = this.list;
    let at = index + 1;
    while (at < tokens.length && (tokens[at].text !== "{" || this.types[at] === 1)) {
      at = this.types[at] === 1 ? at + 1 : afterGroup(this.list, at);
    }
    return { start: index, end: afterGroup(this.list, at) };
  }
}

function newScope(kind: Scope["kind"], { start, end }: Range): Scope {
  return { kind, start, end, parent: undefined, names: new Map() };
}
