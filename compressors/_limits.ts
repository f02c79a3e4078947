/**
 * The bounds on what comes out of a compressed stream: a few bytes can ask for gigabytes.
 */
import { LimitError } from "../errors.ts";
import type { DecompressLimits } from "./registry.ts";

/** Output up to this size is let pass whatever its ratio: a run of zeros is no attack. */
const RATIO_FREE_BYTES = 1 << 20;

/** The error of an output that passes `maxBytes`. */
export function tooLarge(name: string, maxBytes: number, cause?: unknown): LimitError {
  return new LimitError(
    `Cannot decompress ${name}: it holds more than ${maxBytes} bytes (limits.maxBytes)`,
    { cause },
  );
}

/** Check the bytes that came out so far against those that went in. */
export function checkLimits(
  name: string,
  limits: DecompressLimits,
  outputBytes: number,
  inputBytes: number,
): void {
  const { maxBytes = Infinity, maxRatio = Infinity } = limits;
  if (outputBytes > maxBytes) throw tooLarge(name, maxBytes);
  if (outputBytes > RATIO_FREE_BYTES && outputBytes > maxRatio * inputBytes) {
    throw new LimitError(
      `Cannot decompress ${name}: ${inputBytes} bytes became ${outputBytes}, ` +
        `more than ${maxRatio} times as many (limits.maxRatio)`,
      { offset: inputBytes },
    );
  }
}
