/** `larder cache explain` on caches that the store made. */
import assert from "node:assert/strict";
import { utimesSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { hash } from "../hash/hash.ts";
import { id, json, larder, makeCache, V1, V2 } from "./terminal_suite.ts";

test("explain computes the id of a call from joblib's stored source", async () => {
  const args = new Map<string, unknown>([["x", 1], ["y", "two"]]);
  const recorded = { input_args: { y: "'two'", x: "1" } };
  const location = await makeCache({ [`m/f/${hash(args)}`]: { metadata: recorded } });
  writeFileSync(
    `${location}/joblib/m/f/func_code.py`,
    "# first line: 1\ndef f(x, y='two'): pass\n",
  );
  const hit = await larder(["cache", "explain", "f", "1", "-l", location]);
  assert.equal(hit.code, 0);
  assert.match(hit.out, /^hit: there is a result$/m);
  assert.match(hit.out, /Not known here: whether the function's source is still the one/);
  const miss = await larder([
    "cache",
    "explain",
    "f",
    "1.0",
    'y="three"',
    "-l",
    location,
    "--json",
  ]);
  assert.equal(miss.code, 1);
  const told = json(miss.out) as { hit: boolean; nearest: { different: string[] }[] };
  assert.deepEqual([told.hit, told.nearest[0].different], [false, ["x", "y"]]);
  const wrong = await larder(["cache", "explain", "f", "-l", location, "--signature", "a", "1"]);
  assert.match(wrong.out, new RegExp(`^The id of the call is ${hash(new Map())}`, "m"));
});

test("explain tells which versions of a JavaScript function have the result", async () => {
  const called = hash(new Map<string, unknown>([["*", [5]], ["**", new Map()]]));
  const recorded = { metadata: { input_args: { "*": "[5]", "**": "{}" } } };
  const location = await makeCache({
    [`js-app/a.ts/f/${V1}/${called}`]: recorded,
    [`js-app/a.ts/f/${V2}/${id("0")}`]: { metadata: { input_args: { "*": "[6]", "**": "{}" } } },
  });
  const old = new Date(Date.now() - 60_000);
  utimesSync(`${location}/joblib/js-app/a.ts/f/${V1}/${called}/output.pkl`, old, old);
  const { code, out } = await larder(["cache", "explain", "a.ts/f", "5", "-l", location]);
  assert.equal(code, 0);
  assert.match(out, new RegExp(`^  ${V1}/${called}, stored `, "m"));
  assert.match(out, new RegExp(`^  ${V2}: 1 result\n  ${V1}: 1 result$`, "m"));
  const miss = await larder(["cache", "explain", "a.ts/f", "7", "-l", location]);
  assert.equal(miss.code, 1);
  assert.match(miss.out, /differs: \* is \[/);
});

test("explain tells a result of several versions once among the nearest", async () => {
  const recorded = { metadata: { input_args: { "*": "[6]", "**": "{}" } } };
  const location = await makeCache({
    [`js-app/a.ts/f/${V1}/${id("0")}`]: recorded,
    [`js-app/a.ts/f/${V2}/${id("0")}`]: recorded,
  });
  const { out } = await larder(["cache", "explain", "a.ts/f", "5", "-l", location]);
  assert.equal(out.match(/ differs: /g)?.length, 1);
});

test("explain says so where the id can't be known, and what looks alike", async () => {
  const recorded = { metadata: { input_args: { x: "1", y: "array([1, 2])" } } };
  const location = await makeCache({ [`m/f/${id("a")}`]: recorded });
  const { code, out } = await larder(["cache", "explain", "f", "x=1", "-l", location]);
  assert.equal(code, 1);
  assert.match(out, /can't be computed: y may have a default: give it too/);
  assert.match(out, new RegExp(`its arguments are in ${id("a")}`));
  const order = await larder(["cache", "explain", "f", "1", "-l", location]);
  assert.match(order.out, /order is not known: give them by name/);
});
