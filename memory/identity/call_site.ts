/**
 * Where a function was called, as the runtime spells it. V8 and JavaScriptCore both count positions in
 * the original TypeScript; JavaScriptCore leaves out a function that ended by calling another.
 */

interface ErrorCapture {
  captureStackTrace?: (target: object, above: unknown) => void;
  stackTraceLimit?: number;
  prepareStackTrace?: unknown;
}

/** Enough to know evaluated code by the frame below it; Bun counts the frames that are left out too. */
const FRAMES = 10;

/**
 * The stack of whoever called `above`, which must be running: call this in `above` itself, and not as
 * the last thing it does, after which Bun forgets that it ran.
 *
 * @returns Lines as in `Error.stack`, the first of them the caller's; "" where it can't be told.
 */
export function callSite(above: (...args: never[]) => unknown): string {
  const errors = Error as ErrorCapture;
  const { captureStackTrace, stackTraceLimit, prepareStackTrace } = errors;
  if (captureStackTrace === undefined) return "";
  const capture = (): unknown => {
    const holder: { stack?: unknown } = {};
    captureStackTrace.call(Error, holder, above);
    return holder.stack; // V8 formats it here
  };
  try {
    errors.stackTraceLimit = FRAMES;
    const stack = capture();
    if (typeof stack === "string") return withoutTitle(stack);
    // the program formats stacks in its own way
    errors.prepareStackTrace = undefined;
    return withoutTitle(String(capture() ?? ""));
  } finally {
    errors.stackTraceLimit = stackTraceLimit;
    if (errors.prepareStackTrace !== prepareStackTrace) {
      errors.prepareStackTrace = prepareStackTrace;
    }
  }
}

function withoutTitle(stack: string): string {
  return stack.replace(/^.*\n?/, "");
}
