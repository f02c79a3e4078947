import assert from "node:assert/strict";
import { test } from "node:test";
import { isGlob, nameFilter } from "./filter.ts";

const NAMES = ["pkg.mod.fit", "pkg.mod.predict", "js-app/src/(a)/fit", "Fitness"];

test("text without * and ? is a part of the name, in either case", () => {
  assert.deepEqual(NAMES.filter(nameFilter("fit")), [NAMES[0], NAMES[2], NAMES[3]]);
  assert.deepEqual(NAMES.filter(nameFilter("(a)")), [NAMES[2]]);
  assert.deepEqual(NAMES.filter(nameFilter("")), NAMES);
  assert.ok(!isGlob("a.b[0]"));
});

test("a pattern has to match the whole name", () => {
  assert.deepEqual(NAMES.filter(nameFilter("*fit")), [NAMES[0], NAMES[2]]);
  assert.deepEqual(NAMES.filter(nameFilter("pkg.*")), NAMES.slice(0, 2));
  assert.deepEqual(NAMES.filter(nameFilter("*/(?)/*")), [NAMES[2]]);
  assert.deepEqual(NAMES.filter(nameFilter("pkg?mod?fit")), [NAMES[0]]);
  assert.deepEqual(NAMES.filter(nameFilter("fit")).length, 3);
});
