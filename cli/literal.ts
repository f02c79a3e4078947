/**
 * Values as people write them: JSON, and Python's literals, which are nearly the same. So the command
 * line takes both `[1, null]` and `(1, None)`, and what metadata.json says of arguments, which is
 * Python's repr(), can be read back where it is a literal. `1.0` stays a float.
 */
import { parseLiteral as readLiteral } from "../memory/literal.ts";

/** A value that was read. */
export interface Literal {
  /** The value. */
  readonly value: unknown;
}

/** Read a literal; `undefined` for text that is none. */
export function parseLiteral(text: string): Literal | undefined {
  try {
    return { value: readLiteral(text) };
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
