import assert from "node:assert/strict";
import { test } from "node:test";
import { found } from "./call_sites_suite.ts";

test("every runtime finds the same functions with the same fingerprints", () => {
  const folder = "js-@larder+joblib/memory/identity/call_sites_suite.ts";
  const folders = [...found.values()].map((identity) => identity.folder);
  assert.deepEqual(folders, [
    `${folder}/first/v-f8eaec74e32c`,
    `${folder}/second/v-330f35851e66`,
    `${folder}/third/v-ff0bebc63ce9`,
    `${folder}/declared/v-e29f2a24f1d9`,
    `${folder}/fourth/v-1a0b7a0a038e`,
    `${folder}/hypot/v-4640accd9fbc`,
  ]);
});

test("every runtime finds where a function stands", () => {
  const lines = [...found.values()].map(({ source }) =>
    `${source!.line} ${source!.text.split("\n")[0]}`
  );
  assert.deepEqual(lines, [
    "35 async function first(x: number): Promise<boolean> {",
    "44 (x: number, ...rest: number[]): number => (x! as number) + rest.length",
    "48 function third(): unknown {",
    "52 function declared(): RegExp {",
    "59 function fourth({ a = K }: Options<{ x: 1 }> | { a?: number } = {}) {",
    "65 Math.hypot",
  ]);
});
