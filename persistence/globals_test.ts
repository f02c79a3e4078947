import assert from "node:assert/strict";
import { test } from "node:test";
import { PyComplex, PyCounter, PyDateTime } from "../pickle/mod.ts";
import { dumps } from "./dump.ts";
import { loads } from "./load.ts";

test("loads() knows the standard library's classes beside numpy's", () => {
  const values = [
    new PyComplex(1, -2),
    new PyCounter([["fox", 2]]),
    new PyDateTime(2026, 1, 5, { hour: 18 }),
  ];
  assert.deepEqual(loads(dumps(values)), values);
});
