/**
 * What is known of a source: its tokens, which of them are types, its scopes with the names that are
 * declared in them, and its imports.
 */
import type { TokenList } from "./_tokens.ts";

/** Tokens from `start` to before `end`. */
export interface Range {
  /** Index of the first token. */
  readonly start: number;
  /** Index after the last. */
  readonly end: number;
}

/** How a name came to be. `loop` stands for whatever has another value each time: so do parameters. */
export type BindingKind =
  | "import"
  | "function"
  | "class"
  | "const"
  | "let"
  | "param"
  | "loop"
  | "type";

/** A declared name. */
export interface Binding {
  /** The name. */
  readonly name: string;
  /** How it came to be. */
  readonly kind: BindingKind;
  /** Index of its token. */
  readonly token: number;
  /** Where it is known. */
  readonly scope: Scope;
  /** The statement that declares it, for what has one. */
  readonly statement?: Range;
  /** The expression that it begins with, or the function or class itself. */
  readonly value?: Range;
  /** What it is there, for what another module exports. */
  readonly from?: { readonly specifier: string; readonly name: string };
}

/** Where names are known. */
export interface Scope extends Range {
  /** What makes it. An arrow has no `this` of its own. */
  readonly kind: "file" | "function" | "arrow" | "class" | "block";
  /** The scope around it. */
  parent: Scope | undefined;
  /** The names declared in it. */
  readonly names: Map<string, Binding>;
}

/** A method, accessor or field with a function. */
export interface Member {
  /** Its name. */
  readonly name: string;
  /** Its text without decorators. */
  readonly value: Range;
}

/** A source, taken apart. */
export interface Parsed {
  /** Its tokens. */
  readonly list: TokenList;
  /** 1 for tokens of types. */
  readonly types: Uint8Array;
  /** The scope of the file. */
  readonly file: Scope;
  /** The innermost scope of each token. */
  readonly scopeOf: readonly Scope[];
  /** Tokens that are names of declarations, keys or members, not uses. */
  readonly notUses: ReadonlySet<number>;
  /** Methods and the like, of all classes and objects. */
  readonly members: readonly Member[];
  /** The modules that it imports or exports from, types apart. */
  readonly imports: readonly string[];
}
