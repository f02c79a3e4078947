import assert from "node:assert/strict";
import { test } from "node:test";
import {
  countOf,
  formatAge,
  formatBytes,
  formatDuration,
  formatTime,
  parseAge,
  parseBytes,
} from "./format.ts";

test("sizes are told in powers of 1024, with three digits at most", () => {
  const told = [0, 1, 1023, 1024, 1536, 10_189, 10_240, 1_048_575, 1_048_576, 5e9, 2 ** 60]
    .map(formatBytes);
  assert.deepEqual(told, [
    "0 B",
    "1 B",
    "1023 B",
    "1.0 KiB",
    "1.5 KiB",
    "10 KiB",
    "10 KiB",
    "1.0 MiB",
    "1.0 MiB",
    "4.7 GiB",
    "1024 PiB",
  ]);
});

test("durations are told from microseconds to years", () => {
  const told = [0, 2e-6, 0.0123, 0.9999, 1.26, 59.4, 60, 3725, 90_061, 400 * 86400].map(
    formatDuration,
  );
  assert.deepEqual(told, [
    "0 s",
    "2 µs",
    "12 ms",
    "1.0 s",
    "1.3 s",
    "59 s",
    "1m",
    "1h 2m",
    "1d 1h",
    "1y 5w",
  ]);
});

test("ages are told by one unit", () => {
  const told = [-5, 0.5, 59, 3599, 86_399, 6 * 86400, 15 * 86400, 730 * 86400].map(formatAge);
  assert.deepEqual(told, ["now", "now", "59s", "59m", "23h", "6d", "2w", "2.0y"]);
  assert.equal(formatTime(0), "1970-01-01 00:00:00Z");
  assert.equal(formatTime(NaN), "unknown");
});

test("sizes are read with and without units", () => {
  const sizes = ["4096", "30K", "1.5G", "200 MB", "1KiB", "2t", ".5k", "10b"];
  assert.deepEqual(sizes.map(parseBytes), [
    4096,
    30 * 1024,
    1.5 * 1024 ** 3,
    200 * 1024 ** 2,
    1024,
    2 * 1024 ** 4,
    512,
    10,
  ]);
  assert.deepEqual(
    ["", "K", "-1", "1X", "1.5.2K", "1e3"].map(parseBytes),
    Array(6).fill(undefined),
  );
});

test("ages are read with units only", () => {
  const ages = ["5d", "12h", "1d12h", "90s", "1.5h", "2w", "1 y"];
  assert.deepEqual(ages.map(parseAge), [
    432_000,
    43_200,
    129_600,
    90,
    5400,
    1_209_600,
    31_536_000,
  ]);
  assert.deepEqual(["", "5", "d", "-5d", "5x", "1.2.3d"].map(parseAge), [
    ...Array(5).fill(undefined),
    undefined,
  ]);
});

test("a count has its noun", () => {
  assert.deepEqual([countOf(1, "call"), countOf(0, "call"), countOf(2, "entry", "entries")], [
    "1 call",
    "0 calls",
    "2 entries",
  ]);
});
