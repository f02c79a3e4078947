/**
 * joblib's `filter_args`: what of a call is hashed, by parameter. A default that is not given counts like one
 * that is, so `f(1)` and `f(1, 2)` of `f(x, y=2)` are one call.
 */
import { ClassTable } from "../pickle/classes.ts";
import { isReducible } from "../pickle/protocols.ts";
import { isPlainObject, setOwn } from "../pickle/values.ts";
import { repr } from "./repr.ts";
import type { Signature } from "./signature.ts";

/** What {@link filterArguments} must know of the function. */
export interface FilterOptions {
  /** Its parameters; without them the arguments are hashed by place. */
  readonly signature?: Signature;
  /** Parameters that don't count, as `checkIgnore` answers them. */
  readonly ignore?: readonly string[];
  /** Its name, for messages. */
  readonly functionName: string;
  /** `this` of a method. */
  readonly self?: { readonly value: unknown };
}

/** What of a call is hashed, by parameter; joblib's order, which is that of metadata.json. */
export type FilteredArguments = Record<string, unknown>;

/** The arguments of a call by what they are given by. */
export interface SplitCall {
  /** By place. */
  readonly positional: readonly unknown[];
  /** By name. */
  readonly keywords: Readonly<Record<string, unknown>>;
}

/** Characters of one argument in metadata.json. */
const INPUT_LENGTH = 1000;

const NONE: Readonly<Record<string, unknown>> = {};

/**
 * What of a call is hashed.
 *
 * Arguments are given by place; undefined stands for the default where there is one, as in JavaScript.
 * Parameters that follow a `*`, and those that `**` takes, are properties of one ordinary object behind
 * all positional parameters, as JavaScript's functions take options: `f(x, y, { k: 1 })` for
 * `["x", "y=2", "*", "k=None"]`; behind a rest parameter it is the last argument. Without a signature:
 * `{"*": [arguments], "**": {}}`, without those undefined at the end.
 *
 * `this` of a method counts by its own enumerable properties (an instance of a registered class as its
 * Python counterpart), under `this`, or as the first parameter where that is `self` or `this`.
 *
 * @throws TypeError where the arguments don't fit the signature; it shows both
 */
export function filterArguments(
  args: readonly unknown[],
  options: FilterOptions,
): FilteredArguments {
  const { signature, ignore = [], self } = options;
  const filtered = signature === undefined ? byPlace(args) : byName(args, signature, options);
  if (self !== undefined && !takesSelf(signature)) setOwn(filtered, "this", stateOf(self.value));
  for (const name of ignore) delete filtered[name];
  return filtered;
}

/** What is given by place and what by name. Not checked. */
export function splitCall(args: readonly unknown[], signature: Signature | undefined): SplitCall {
  if (signature === undefined) return { positional: args, keywords: NONE };
  const { parameters, rest, keywords } = signature;
  const places = parameters.filter(({ kind }) => kind === "positional").length;
  const named = keywords !== undefined || places < parameters.length;
  const at = rest === undefined ? places : args.length - 1;
  const last = args[at];
  if (!named || at < places || at !== args.length - 1 || !isPlainObject(last)) {
    return { positional: args, keywords: NONE };
  }
  return { positional: args.slice(0, at), keywords: last };
}

/** `input_args` of metadata.json: Python's repr of each value, cut where it is long. Never throws. */
export function inputArgs(filtered: FilteredArguments): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const name of Object.keys(filtered)) {
    setOwn(texts, name, repr(filtered[name], { maxLength: INPUT_LENGTH }));
  }
  return texts;
}

function byPlace(args: readonly unknown[]): FilteredArguments {
  let count = args.length;
  while (count > 0 && args[count - 1] === undefined) count--;
  return { "*": args.slice(0, count), "**": {} };
}

function byName(
  given: readonly unknown[],
  signature: Signature,
  { functionName, self }: FilterOptions,
): FilteredArguments {
  const { parameters, rest, keywords } = signature;
  const args = self !== undefined && takesSelf(signature)
    ? [stateOf(self.value), ...given]
    : withoutUndefinedEnd(given, signature);
  const call = splitCall(args, signature);
  const fail = (why: string) =>
    new TypeError(
      `${why} for ${functionName}${signature.text}: ${functionName}(${callText(call)}) was called`,
    );
  const filtered: FilteredArguments = {};
  for (const parameter of parameters) {
    if (parameter.default !== undefined) setOwn(filtered, parameter.name, parameter.default.value);
  }
  const { positional } = call;
  let place = 0;
  for (const { name, kind, default: value } of parameters) {
    if (kind !== "positional") continue;
    if (Object.hasOwn(call.keywords, name)) {
      throw fail(`Argument ${name} was given by name instead of by place`);
    }
    const argument = positional[place++];
    if (argument === undefined && value !== undefined) continue;
    if (place > positional.length) throw fail("Wrong number of arguments");
    setOwn(filtered, name, argument);
  }
  if (rest !== undefined) filtered["*"] = positional.slice(place);
  else if (positional.length > place) throw fail("Too many arguments");
  for (const { name, kind, default: value } of parameters) {
    if (kind !== "keyword") continue;
    const argument = Object.hasOwn(call.keywords, name) ? call.keywords[name] : undefined;
    if (argument !== undefined) setOwn(filtered, name, argument);
    else if (value === undefined) throw fail("Wrong number of arguments");
  }
  const others: Record<string, unknown> = {};
  for (const name of Object.keys(call.keywords)) {
    if (call.keywords[name] === undefined || isKeyword(signature, name)) continue;
    if (keywords === undefined) throw fail("Too many keyword arguments");
    setOwn(others, name, call.keywords[name]);
  }
  if (keywords !== undefined) filtered["**"] = others;
  return filtered;
}

/** Beyond the parameters, undefined is no argument. */
function withoutUndefinedEnd(args: readonly unknown[], signature: Signature): readonly unknown[] {
  const { length } = signature.parameters.filter(({ kind }) => kind === "positional");
  let count = args.length;
  while (count > length && args[count - 1] === undefined) count--;
  return count === args.length ? args : args.slice(0, count);
}

function isKeyword(signature: Signature, name: string): boolean {
  return signature.parameters.some((parameter) => parameter.name === name);
}

function takesSelf(signature: Signature | undefined): boolean {
  const first = signature?.parameters[0]?.name;
  return first === "self" || first === "this";
}

/** The arguments of a call as they are shown: `1, kw='x'`. */
export function callText(call: SplitCall, show: (value: unknown) => string = shortRepr): string {
  const names = Object.keys(call.keywords);
  return [
    ...Array.from(call.positional, (value) => show(value)),
    ...names.map((name) => `${name}=${show(call.keywords[name])}`),
  ].join(", ");
}

function shortRepr(value: unknown): string {
  return repr(value, { maxLength: 100 });
}

/** What an instance of an ordinary class is hashed by. */
function stateOf(value: unknown): unknown {
  if (typeof value === "function") return { ...value };
  if (typeof value !== "object" || value === null) return value ?? null;
  if (isPlainObject(value) || isKnown(value)) return value;
  return { ...value };
}

/** Whether the instance has a counterpart in Python. */
function isKnown(value: object): boolean {
  return Array.isArray(value) || value instanceof Map || value instanceof Set ||
    value instanceof Date || value instanceof Number || ArrayBuffer.isView(value) ||
    isReducible(value) || new ClassTable().forInstance(value) !== undefined;
}
