/**
 * Where a function was called, as the runtime spells it. V8 and JavaScriptCore both count positions in
 * the original TypeScript; JavaScriptCore leaves out a function that ended by calling another.
 */

interface ErrorCapture {
  captureStackTrace?: (target: object, above: unknown) => void;
  stackTraceLimit?: number;
  prepareStackTrace?: unknown;
}

/** Enough frames to know evaluated code by the one below it. */
const FRAMES = 4;

/**
 * The stack of whoever called `above`, which must be running: call this in `above` itself.
 *
 * @returns Lines as in `Error.stack`, the first of them the caller's; "" where it can't be told.
 */
export function callSite(above: (...args: never[]) => unknown): string {
  const errors = Error as ErrorCapture;
  const { captureStackTrace, stackTraceLimit, prepareStackTrace } = errors;
  if (captureStackTrace === undefined) return "";
  const holder: { stack?: unknown } = {};
  try {
    errors.stackTraceLimit = FRAMES;
    captureStackTrace.call(Error, holder, above);
    if (typeof holder.stack !== "string") {
      // the program formats stacks in its own way
      errors.prepareStackTrace = undefined;
      captureStackTrace.call(Error, holder, above);
    }
  } finally {
    errors.stackTraceLimit = stackTraceLimit;
    errors.prepareStackTrace = prepareStackTrace;
  }
  return String(holder.stack ?? "").replace(/^.*\n?/, "");
}
