/** A call as it is written on the command line: `1 '"text"' y=2`. */
import { type Syntax, UsageError } from "./arguments.ts";
import { parseLiteral } from "./literal.ts";
import type { CallArguments } from "./signature.ts";

/**
 * Read the words of a call: values in JSON or as Python's literals, `name=value` for those with a name.
 *
 * @throws {UsageError} A word is neither.
 */
export function parseCall(words: readonly string[], syntax: Syntax): CallArguments {
  const positional: unknown[] = [];
  const named = new Map<string, unknown>();
  for (const word of words) {
    const [, name, text] = /^([\p{L}_$][\p{L}\p{N}_$]*)=(.*)$/su.exec(word) ?? [];
    const literal = parseLiteral(text ?? word);
    if (literal === undefined) {
      const quoted = JSON.stringify(text ?? word);
      const hint = name === undefined ? `'${quoted}'` : `'${name}=${quoted}'`;
      throw new UsageError(
        `${word} is no value: values are JSON, text has quotes: ${hint}`,
        syntax,
      );
    }
    if (name === undefined) positional.push(literal.value);
    else named.set(name, literal.value);
  }
  return { positional, named };
}
