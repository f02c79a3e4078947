/**
 * Which id a call has: the hash of its arguments by name, as joblib's filter_args makes them. For that
 * the function's parameters must be known: told, read from the source that joblib keeps, or guessed
 * from what was written down about other calls.
 */
import { hash } from "../hash/hash.ts";
import { isHashName, prepareHash } from "../hash/prepare.ts";
import type { StoreBackend } from "../memory/stores/store.ts";
import type { Details } from "./details.ts";
import type { CachedFunction } from "./functions.ts";
import { parseLiteral } from "./literal.ts";
import { type CallArguments, filterArgs, type Parameter, signatureInSource } from "./signature.ts";

/** The arguments of a call by name, or why they can't be known. */
export interface NamedCall {
  /** What is hashed; `undefined` where it can't be known. */
  readonly args: ReadonlyMap<string, unknown> | undefined;
  /** How it was found, or why not. */
  readonly because: string;
}

/** The parameters of a Python function, by the source that joblib keeps beside its results. */
export async function storedSignature(
  store: StoreBackend,
  { id, language }: CachedFunction,
): Promise<Parameter[] | undefined> {
  if (language !== "python") return undefined;
  const file = await store.get(`${id}/func_code.py`);
  if (file === undefined) return undefined;
  const source = new TextDecoder().decode(file.bytes);
  return signatureInSource(source, id.slice(id.lastIndexOf("/") + 1));
}

/**
 * Name the arguments of a call.
 *
 * @param parameters The function's, where they are known.
 * @param recorded What is known about the function's results.
 */
export function nameArguments(
  call: CallArguments,
  parameters: readonly Parameter[] | undefined,
  recorded: readonly Details[],
): NamedCall {
  const names = recorded.flatMap(({ args }) => args === undefined ? [] : [[...args.keys()]]);
  if (parameters !== undefined) return byParameters(call, parameters, names);
  const known = names[0];
  if (known === undefined) {
    return { args: undefined, because: "nobody wrote down how its parameters are called" };
  }
  if (known.length === 2 && known.includes("*") && known.includes("**")) {
    const args = new Map<string, unknown>([
      ["*", [...call.positional]],
      ["**", new Map(call.named)],
    ]);
    return { args, because: "its parameters have no names" };
  }
  if (call.positional.length > 0) {
    return { args: undefined, because: `its parameters' order is not known: give them by name` };
  }
  const strange = [...call.named.keys()].filter((name) => !known.includes(name));
  if (strange.length > 0) {
    return { args: undefined, because: `its results know no parameter ${strange.join(", ")}` };
  }
  const args = new Map<string, unknown>(call.named);
  if (known.includes("*")) args.set("*", []);
  if (known.includes("**")) args.set("**", new Map());
  const missing = known.filter((name) => !args.has(name));
  if (missing.length > 0) {
    return { args: undefined, because: `${missing.join(", ")} may have a default: give it too` };
  }
  return { args, because: "all arguments are given by name" };
}

/**
 * Hashes of a call's arguments, by the methods that the ids of a cache may be made by.
 *
 * @param language Python's are md5 always.
 */
export async function callIds(
  args: ReadonlyMap<string, unknown>,
  language: "python" | "js",
): Promise<string[]> {
  const ids: string[] = [];
  for (const name of language === "python" ? ["md5"] : ["md5", "sha1", "xxh3", "blake3"]) {
    if (!isHashName(name)) continue;
    try {
      await prepareHash(name);
    } catch {
      continue; // a package that is not there: who has no such method has no such ids
    }
    ids.push(hash(args, { hashName: name }));
  }
  return ids;
}

/** Names of the arguments in which a recorded call differs from this one; what can't be told is left out. */
export function differences(
  args: ReadonlyMap<string, unknown>,
  recorded: ReadonlyMap<string, string>,
): string[] {
  const different: string[] = [];
  for (const [name, value] of args) {
    const text = recorded.get(name);
    if (text !== undefined && sameValue(value, text) === false) different.push(name);
  }
  return different;
}

/** Whether text is how somebody wrote a value down; `undefined` where it is no literal. */
function sameValue(value: unknown, text: string): boolean | undefined {
  const literal = parseLiteral(text);
  if (literal === undefined) return undefined;
  const own = hash(value);
  try {
    return hash(literal.value) === own;
  } catch {
    return undefined; // nobody's repr(): a dict whose key is a list, say
  }
}

function byParameters(
  call: CallArguments,
  parameters: readonly Parameter[],
  names: readonly (readonly string[])[],
): NamedCall {
  // What no result has written down is ignored by the function's cache.
  const ignored = new Set<string>();
  for (const { name, kind } of parameters) {
    const key = kind === "*" || kind === "**" ? kind : name;
    if (names.length > 0 && names.every((known) => !known.includes(key))) ignored.add(key);
  }
  const args = filterArgs(parameters, call, ignored);
  if (typeof args === "string") return { args: undefined, because: args };
  const without = ignored.size === 0 ? "" : `, its results know no ${[...ignored].join(", ")}`;
  const spelled = parameters.map(({ name, kind, default: value }) =>
    `${kind === "*" || kind === "**" ? kind : ""}${name}${value === undefined ? "" : `=${value}`}`
  );
  return { args, because: `its parameters are (${spelled.join(", ")})${without}` };
}
