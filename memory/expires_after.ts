/**
 * joblib.expires_after: results are valid for some time after they were computed.
 */
import { CacheError } from "../errors.ts";
import { checkOptions } from "../pickle/options.ts";

/** An age; what is given adds up. */
export interface Age {
  /** Of 24 hours. @default 0 */
  days?: number;
  /** Hours. @default 0 */
  hours?: number;
  /** Minutes. @default 0 */
  minutes?: number;
  /** Seconds. @default 0 */
  seconds?: number;
  /** Thousandths of a second. @default 0 */
  milliseconds?: number;
  /** Millionths of a second. @default 0 */
  microseconds?: number;
  /** Of 7 days. @default 0 */
  weeks?: number;
}

const SECONDS: Readonly<Record<keyof Age, number>> = {
  days: 86_400,
  hours: 3600,
  minutes: 60,
  seconds: 1,
  milliseconds: 1e-3,
  microseconds: 1e-6,
  weeks: 604_800,
};

/**
 * A `cacheValidationCallback` by which a result is computed anew once it is older than `age`, as
 * `joblib.expires_after`. No age at all, or a negative one: at each call.
 *
 * @param age Weeks, days, hours, minutes, seconds, milliseconds, microseconds; they add up.
 * @returns Whether an entry with this metadata is young enough. It throws a CacheError for metadata
 *   without a time.
 * @throws TypeError for another unit, or for what is no number
 *
 * @example For ten minutes
 * ```ts
 * import assert from "node:assert/strict";
 * import { expiresAfter } from "@larder/joblib/memory";
 *
 * const isValid = expiresAfter({ minutes: 10 });
 * const now = Date.now() / 1000;
 * assert.equal(isValid({ time: now - 60 }), true);
 * assert.equal(isValid({ time: now - 3600 }), false);
 * ```
 */
export function expiresAfter(age: Age): (metadata: Readonly<Record<string, unknown>>) => boolean {
  if (typeof age !== "object" || age === null) {
    throw new TypeError(`Cannot expire after ${String(age)}: give units, such as { days: 1 }`);
  }
  checkOptions(age, Object.keys(SECONDS), "expiresAfter()");
  let seconds = 0;
  for (const [unit, count] of Object.entries(age)) {
    if (count === undefined) continue;
    if (typeof count !== "number" || !Number.isFinite(count)) {
      throw new TypeError(`Cannot expire after ${String(count)} ${unit}: it must be a number`);
    }
    seconds += count * SECONDS[unit as keyof Age];
  }
  return ({ time }) => {
    if (typeof time !== "number") {
      throw new CacheError('Cannot tell the age of a cache entry: its metadata has no "time"');
    }
    return Date.now() / 1000 - time < seconds;
  };
}
