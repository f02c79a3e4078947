/**
 * Timing for the bench: medians of several rounds, in milliseconds.
 * Each round pays for the garbage of those before, as in a program that runs on.
 */

/**
 * The median time of `call` over `rounds`, after one round that is not counted.
 *
 * @param slow A first round that takes longer than this is the result: nothing is left to warm up.
 */
export async function median(
  rounds: number,
  call: () => unknown | Promise<unknown>,
  slow: number = Infinity,
): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    const time = await once(call);
    if (time > slow && round === 0) return time;
    if (round > 0) times.push(time);
  }
  times.sort((a, b) => a - b);
  return times[times.length >> 1];
}

/** One call; its result is garbage afterwards. */
async function once(call: () => unknown | Promise<unknown>): Promise<number> {
  const start = performance.now();
  const result = call();
  if (result instanceof Promise) await result;
  return performance.now() - start;
}
