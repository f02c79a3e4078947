/**
 * The parameters of a memorized function as its author spells them, and joblib's `filter_args` on them:
 * what of a call is hashed. Names come from here only, never from a function's source text.
 */

/** One named parameter. */
export interface Parameter {
  /** Its name. */
  readonly name: string;
  /** What it is when it is not given; absent for a parameter that must be given. */
  readonly default?: { readonly value: unknown };
  /** Whether it may be given by its place, or only by its name (after `*`). */
  readonly kind: "positional" | "keyword";
}

/** The parameters of a function, as in `["x", "y=2", "*args", "k=None", "**kw"]`. */
export interface Signature {
  /** The named parameters, in order. */
  readonly parameters: readonly Parameter[];
  /** Name behind `*`, which takes the positional arguments that are left. */
  readonly rest?: string;
  /** Name behind `**`, which takes the named arguments that are left. */
  readonly keywords?: string;
  /** As Python shows it: `(x, y=2, *args, k=None, **kw)`. */
  readonly text: string;
}

/** What {@link filterArguments} must know of the function. */
export interface FilterOptions {
  /** Its parameters; without them the arguments are hashed by place. */
  readonly signature?: Signature;
  /** Parameters that don't count, from {@link checkIgnore}. */
  readonly ignore?: readonly string[];
  /** Its name, for messages. */
  readonly functionName: string;
  /** `this` of a method. */
  readonly self?: { readonly value: unknown };
}

/** What of a call is hashed, by parameter. */
export type FilteredArguments = Record<string, unknown> | Map<string, unknown>;

/** Read the parameters of a function. @throws TypeError naming the text that can't be read */
export function parseSignature(_args: readonly string[], _functionName: string): Signature {
  throw new TypeError("not yet");
}

/** Check the option `ignore`. @throws TypeError */
export function checkIgnore(
  _ignore: unknown,
  _signature: Signature | undefined,
  _functionName: string,
): readonly string[] {
  throw new TypeError("not yet");
}

/** What of a call is hashed. @throws TypeError where the arguments don't fit the signature */
export function filterArguments(
  _args: readonly unknown[],
  _options: FilterOptions,
): FilteredArguments {
  throw new TypeError("not yet");
}

/** `input_args` of metadata.json: Python's repr of each value, cut where it is long. */
export function inputArgs(_filtered: FilteredArguments): Record<string, string> {
  throw new TypeError("not yet");
}
