/** Errors of a file that has a name say so. */
import { LarderError } from "../errors.ts";

/** The error, which names the file from here on, unless it named one before. */
export function located(error: unknown, path: string | undefined): unknown {
  if (error instanceof LarderError && error.path === undefined && path !== undefined) {
    (error as { path?: string }).path = path;
  }
  return error;
}
