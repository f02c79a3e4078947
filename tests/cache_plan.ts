/** What the processes of the cache's tests compute: they and those who start them agree on it. */
import type { CacheSyncOptions } from "../memory/mod.ts";

/** How many results there are. */
export const KEYS = 40;

/** How the processes cache: those of all runtimes share results, and need to read no sources. */
export const CACHING: CacheSyncOptions = {
  name: "compute",
  module: "tests",
  version: 1,
  args: ["i"],
};

/** A result: small for some, larger than what is read at once for others. */
export function valueOf(i: number): Float64Array {
  return new Float64Array(i % 3 === 0 ? 40_000 : 10).fill(i + 0.5);
}

/** Whether a result is the right one. */
export function isRight(i: number, value: Float64Array): boolean {
  const expected = valueOf(i);
  return value instanceof Float64Array && value.length === expected.length &&
    value.every((item, at) => item === expected[at]);
}

/** As little metadata as joblib wants. */
export function metadata(): Record<string, unknown> {
  return { duration: 0.03, input_args: {}, time: Date.now() / 1000 };
}

/** Resolves after `ms` milliseconds. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Blocks the thread for `ms` milliseconds. */
export function pauseSync(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
