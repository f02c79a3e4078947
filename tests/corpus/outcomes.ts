/**
 * What a broken or hostile file of the corpus may come to, in the manifest's words: each outcome is a
 * rule over what a load did. A wrong value handed over as good is never right.
 */
import {
  CompressionError,
  LarderError,
  LimitError,
  NpyFormatError,
  UnpicklingError,
  UnsafeGlobalError,
  UnsupportedError,
} from "../../errors.ts";
import type { Must } from "./corpus.ts";
import { describe } from "./describe.ts";
import { canonicalJson, type Description, difference, sha256 } from "./describe_text.ts";

/** What a load did. */
export type Attempt = { readonly value: unknown } | { readonly error: unknown };

/** What Python made of the file. */
export interface PythonAnswer {
  expect?: Description;
  expect_sha256?: string;
}

/** A class of errors. */
type ErrorClass = abstract new (...args: never[]) => LarderError;

/** The errors that tell a person what kind of file it is. */
const ERRORS: Readonly<Record<string, readonly ErrorClass[]>> = {
  "truncated": [UnpicklingError, CompressionError],
  // a flipped bit may name what an option could provide, such as an extension code
  "corrupt": [UnpicklingError, CompressionError, UnsupportedError],
  "bad-opcode": [UnpicklingError, CompressionError],
  "bad-protocol": [UnpicklingError, CompressionError],
  "stack": [UnpicklingError],
  "memo": [UnpicklingError],
  "bad-value": [UnpicklingError],
  "shape-mismatch": [UnpicklingError, NpyFormatError],
  "unsafe": [UnsafeGlobalError],
  "unsupported": [UnsupportedError],
  "bomb": [LimitError],
  "resource": [LimitError],
  "depth": [LimitError],
  "sharing": [LimitError],
  "loads": [UnpicklingError],
};

/** Run a load and keep what it did. */
export function attempt(load: () => unknown): Attempt {
  try {
    return { value: load() };
  } catch (error) {
    return { error };
  }
}

/** What is wrong with what a load did, or undefined; `exact`: whether the load was. */
export function outcomeProblem(
  must: Must,
  did: Attempt,
  python: PythonAnswer | undefined,
  exact: boolean,
): string | undefined {
  if ("error" in did) return errorProblem(must, did.error);
  if (must.outcome === "error") return `loaded as ${shown(did.value)}, must be refused`;
  if (!exact) return undefined; // only exact values can be described
  switch (must.outcome) {
    case "error-or-python-value":
      return python?.expect === undefined
        ? `loaded as ${shown(did.value)}`
        : difference(python.expect, describe(did.value));
    case "error-or-inert":
    case "error-or-sensible-value":
      return attemptDescription(did.value);
    default:
      return pythonProblem(did.value, python);
  }
}

function errorProblem(must: Must, error: unknown): string | undefined {
  if (!(error instanceof LarderError)) return `raised a foreign ${error}`;
  if (must.outcome === "loads") return `raised ${error}, must load`;
  const inert = must.outcome === "error-or-inert"; // whatever is wrong with such a file may be said first
  const known = inert ? [LarderError] : ERRORS[must.kind] ?? [LarderError];
  if (!known.some((type) => error instanceof type)) return `${must.kind}: raised ${error}`;
  return undefined;
}

function attemptDescription(value: unknown): string | undefined {
  try {
    describe(value);
    return undefined;
  } catch (error) {
    return `can't be described: ${error}`;
  }
}

/** Where Python's own value is known and not too deep to describe, it must be that. */
function pythonProblem(value: unknown, python: PythonAnswer | undefined): string | undefined {
  if (python?.expect !== undefined) return difference(python.expect, describe(value));
  if (python?.expect_sha256 === undefined) return undefined;
  const found = canonicalJson(describe(value), " ");
  return sha256(found) === python.expect_sha256
    ? undefined
    : `is not Python's value: ${found.slice(0, 120)}`;
}

function shown(value: unknown): string {
  try {
    return JSON.stringify(describe(value)).slice(0, 120);
  } catch (error) {
    return String(error);
  }
}
