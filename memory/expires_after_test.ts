/**
 * How long results are valid.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { CacheError } from "../errors.ts";
import { expiresAfter } from "./expires_after.ts";

/** Whether a result of this age, in seconds, is young enough. */
function accepts(age: Parameters<typeof expiresAfter>[0], seconds: number): boolean {
  return expiresAfter(age)({ time: Date.now() / 1000 - seconds });
}

test("a result is valid until its age is reached", () => {
  assert.equal(accepts({ minutes: 1 }, 30), true);
  assert.equal(accepts({ minutes: 1 }, 90), false);
});

test("units add up", () => {
  const units = {
    weeks: 604_800,
    days: 86_400,
    hours: 3600,
    minutes: 60,
    seconds: 1,
    milliseconds: 0.001,
    microseconds: 0.000001,
  };
  for (const [unit, length] of Object.entries(units)) {
    const count = 1000 / length;
    assert.equal(accepts({ [unit]: count }, 990), true, unit);
    assert.equal(accepts({ [unit]: count }, 1010), false, unit);
    assert.equal(
      accepts({ [unit]: count, hours: unit === "hours" ? count : 1 }, 1010),
      unit !== "hours",
    );
  }
  assert.equal(accepts({ days: 1, hours: -24, seconds: 10 }, 5), true);
  assert.equal(accepts({ days: 1, hours: -24, seconds: 10 }, 15), false);
});

test("no age and a negative one: nothing is valid", () => {
  assert.equal(accepts({}, 0), false);
  assert.equal(accepts({ seconds: -1 }, 0), false);
});

test("another unit, and what is no number, is a TypeError", () => {
  assert.throws(() => expiresAfter({ years: 1 } as never), TypeError);
  assert.throws(() => expiresAfter({ Minutes: 1 } as never), /use "minutes"/);
  assert.throws(() => expiresAfter({ days: "1" } as never), TypeError);
  assert.throws(() => expiresAfter({ days: NaN }), TypeError);
  assert.throws(() => expiresAfter(5 as never), TypeError);
});

test("metadata without a time is a CacheError", () => {
  assert.throws(() => expiresAfter({ days: 1 })({}), CacheError);
  assert.throws(() => expiresAfter({ days: 1 })({ time: "now" }), CacheError);
});
