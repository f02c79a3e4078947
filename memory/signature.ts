/**
 * The parameters of a memorized function as its author spells them: `["x", "y=2", "*args", "k=None"]`. Names
 * come from here only, never from a function's source text. See inspect.signature.
 */
import { parseLiteral } from "./literal.ts";
import { repr } from "./repr.ts";

export {
  filterArguments,
  type FilteredArguments,
  type FilterOptions,
  inputArgs,
} from "./_filter.ts";

/** One named parameter. */
export interface Parameter {
  /** Its name. */
  readonly name: string;
  /** What it is when it is not given; absent for a parameter that must be given. */
  readonly default?: { readonly value: unknown };
  /** Whether it is given by its place, or by its name (after `*`). */
  readonly kind: "positional" | "keyword";
}

/** The parameters of a function. */
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

const PARAMETER = /^\s*(\*{0,2})\s*([\p{ID_Start}_$][\p{ID_Continue}$]*)?\s*(?:=([^]*))?$/u;

/** Names that can be ignored although no signature tells of them. */
const WITHOUT_NAMES: readonly string[] = ["*", "**", "this"];

/**
 * Read the parameters of a function.
 *
 * @param args One text for each: `"x"`, `"y=2"`, `"*args"`, `"*"` (keywords from here on), `"k=None"`,
 *   `"**kw"`. Defaults are literals of Python, or `true`, `false`, `null`.
 * @throws TypeError naming the text that can't be read
 */
export function parseSignature(args: readonly string[], functionName: string): Signature {
  if (!Array.isArray(args) || args.some((text) => typeof text !== "string")) {
    throw new TypeError(
      `Cannot read args of ${functionName}: they must be a list of texts such as ["x", "y=2"]`,
    );
  }
  const parameters: Parameter[] = [];
  const names = new Set<string>();
  let star: string | undefined;
  let rest: string | undefined;
  let keywords: string | undefined;
  for (const text of args) {
    const fail = (why: string, cause?: unknown) =>
      new TypeError(`Cannot read args of ${functionName}: ${JSON.stringify(text)}: ${why}`, {
        cause,
      });
    const found = PARAMETER.exec(text);
    if (text.trim() === "/") throw fail("joblib does not take positional-only parameters");
    if (found === null) throw fail('a parameter is spelled as "x", "y=2", "*args" or "**kw"');
    const [, stars, name, literal] = found;
    if (keywords !== undefined) throw fail("no parameter can follow the one with **");
    if (name === undefined ? stars !== "*" || literal !== undefined : names.has(name)) {
      throw fail(name === undefined ? "a name is missing" : "this name stands twice");
    }
    if (name !== undefined) names.add(name);
    if (stars !== "") {
      if (literal !== undefined) throw fail("it can't have a default");
      if (stars === "**") keywords = name;
      else if (star !== undefined) throw fail("there is one * already");
      else [star, rest] = [text, name];
      continue;
    }
    const kind = star === undefined ? "positional" : "keyword";
    if (literal === undefined) {
      if (kind === "positional" && parameters.at(-1)?.default !== undefined) {
        throw fail("it follows one with a default, so it needs a default as well");
      }
      parameters.push({ name, kind });
      continue;
    }
    try {
      parameters.push({ name, kind, default: { value: parseLiteral(literal) } });
    } catch (error) {
      throw fail(`its default can't be read: ${(error as Error).message}`, error);
    }
  }
  if (star !== undefined && rest === undefined && parameters.at(-1)?.kind !== "keyword") {
    throw new TypeError(
      `Cannot read args of ${functionName}: "*" must be followed by a parameter given by name`,
    );
  }
  return {
    parameters,
    ...(rest === undefined ? {} : { rest }),
    ...(keywords === undefined ? {} : { keywords }),
    text: signatureText(parameters, star === undefined ? undefined : rest ?? "", keywords),
  };
}

function signatureText(
  parameters: readonly Parameter[],
  star: string | undefined,
  keywords: string | undefined,
): string {
  const texts = parameters.map((parameter) => {
    const { name, default: given } = parameter;
    return given === undefined ? name : `${name}=${repr(given.value)}`;
  });
  if (star !== undefined) {
    const first = parameters.findIndex(({ kind }) => kind === "keyword");
    texts.splice(first < 0 ? texts.length : first, 0, `*${star}`);
  }
  if (keywords !== undefined) texts.push(`**${keywords}`);
  return `(${texts.join(", ")})`;
}

/**
 * Check the option `ignore`.
 *
 * @param ignore Names of parameters, `"*"`, `"**"`, or `"this"` of a method.
 * @throws TypeError for what is no list, for a name that the function does not have, and for names of
 *   parameters where `args` does not tell them
 */
export function checkIgnore(
  ignore: unknown,
  signature: Signature | undefined,
  functionName: string,
): readonly string[] {
  if (ignore === undefined || ignore === null) return [];
  if (!Array.isArray(ignore) || ignore.some((name) => typeof name !== "string")) {
    throw new TypeError(
      `Cannot ignore ${JSON.stringify(ignore)} of ${functionName}: it must be a list of parameters`,
    );
  }
  for (const name of ignore as string[]) {
    if (name === "this" || signature !== undefined && hasParameter(signature, name)) continue;
    if (signature === undefined) {
      if (WITHOUT_NAMES.includes(name)) continue;
      throw new TypeError(
        `Cannot ignore '${name}' of ${functionName}: the option args must tell the parameters, such as ["x", "y=2"]`,
      );
    }
    throw new TypeError(
      `Cannot ignore: argument '${name}' is not defined for function ${functionName}${signature.text}`,
    );
  }
  return [...new Set(ignore as string[])];
}

function hasParameter({ parameters, rest, keywords }: Signature, name: string): boolean {
  if (name === "*") return rest !== undefined;
  if (name === "**") return keywords !== undefined;
  return parameters.some((parameter) => parameter.name === name);
}
