/// <reference lib="deno.unstable" />
import assert from "node:assert/strict";
import { test } from "node:test";
import plugin, { importProblem, mayNameRuntimes } from "./layers.ts";

/** Rows of importing file, specifier, and whether the table allows it. */
const IMPORTS: [file: string, specifier: string, allowed: boolean][] = [
  ["numpy/dtype.ts", "../pickle/mod.ts", true],
  ["numpy/dtype.ts", "../errors.ts", true],
  ["numpy/dtype.ts", "./strides.ts", true],
  ["numpy/dtype.ts", "./_names.ts", true],
  ["numpy/dtype.ts", "fflate", true],
  ["numpy/dtype.ts", "../pickle/_opcodes.ts", false],
  ["numpy/dtype.ts", "../persistence/mod.ts", false],
  ["numpy/dtype.ts", "../mod.ts", false],
  ["numpy/dtype.ts", "../tests/fixtures.ts", false],
  ["numpy/dtype.ts", "../deno.json", false],
  ["numpy/dtype.ts", "node:fs", false],
  ["io/builtin.ts", "node:fs", true],
  ["pickle/machine.ts", "../compressors/mod.ts", false],
  ["compressors/gzip.ts", "../pickle/mod.ts", false],
  ["hash/hash.ts", "../npy/mod.ts", false],
  ["bytes/reader.ts", "../io/mod.ts", false],
  ["errors.ts", "./bytes/reader.ts", false],
  ["memory/memory.ts", "./stores/file.ts", true],
  ["memory/memory.ts", "./stores/_names.ts", false],
  ["memory/stores/file.ts", "../_names.ts", true],
  ["memory/stores/file.ts", "../../persistence/mod.ts", true],
  ["mod.ts", "./memory/mod.ts", true],
  ["mod.ts", "./inspect/mod.ts", false],
  ["cli/main.ts", "../inspect/mod.ts", true],
  ["cli/main.ts", "node:util", true],
  ["numpy/dtype_test.ts", "../mod.ts", true],
  ["numpy/array_suite.ts", "node:test", true],
  ["tests/public_test.ts", "../pickle/_opcodes.ts", true],
  ["tests/public_test.ts", "jsr:@std/assert", false],
  ["io/builtin.ts", "jsr:@std/fs", false],
];

for (const [file, specifier, allowed] of IMPORTS) {
  test(`importProblem() ${allowed ? "allows" : "refuses"} ${specifier} in ${file}`, () => {
    assert.equal(importProblem(file, specifier) === undefined, allowed);
  });
}

test("importProblem() names both layers", () => {
  assert.equal(
    importProblem("pickle/machine.ts", "../numpy/mod.ts"),
    'Cannot import "../numpy/mod.ts": pickle may only import layers below it, numpy is not',
  );
});

test("mayNameRuntimes() is true in io/, programs and whatever is no library", () => {
  const files = [
    "io/file.ts",
    "cli/main.ts",
    "tools/x.ts",
    "bench/main.ts",
    "pickle/x_test.ts",
  ];
  assert.deepEqual(files.map(mayNameRuntimes), [true, true, true, true, true]);
  assert.deepEqual(
    ["pickle/x.ts", "mod.ts", "errors.ts"].map(mayNameRuntimes),
    [
      false,
      false,
      false,
    ],
  );
});

// The plugin only runs where Deno's linter is; elsewhere the functions above are the whole test.
const linter = (globalThis as { Deno?: typeof Deno }).Deno?.lint;

function messages(file: string, source: string): string[] {
  return linter!.runPlugin(plugin, file, source).map((found) => found.message);
}

const REPORTED: [title: string, source: string][] = [
  ["an import", 'import { load } from "../persistence/mod.ts";'],
  ["a type import", 'import type { Options } from "../persistence/mod.ts";'],
  ["an export from", 'export * from "../persistence/mod.ts";'],
  ["a named export from", 'export { load } from "../persistence/mod.ts";'],
  ["a dynamic import", 'await import("../persistence/mod.ts");'],
  ["process", "process.exit();"],
  ["typeof Deno", 'if (typeof Deno !== "undefined") throw 1;'],
  ["a type of Deno", "export function f(file: Deno.FsFile): void {}"],
  ["Bun as an argument", "console.log(Bun);"],
  ["Bun in an object", "export const all = { Bun };"],
  ["globalThis.process", "globalThis.process?.cwd();"],
  ['globalThis["Deno"]', 'globalThis["Deno"];'],
];

const UNREPORTED: [title: string, source: string][] = [
  ["an import of a lower layer", 'import { load } from "../pickle/mod.ts";'],
  [
    "a variable called window",
    "const window = new Uint8Array(9); window.fill(1);",
  ],
  [
    "a parameter called window",
    "export function f(window: number): number { return window; }",
  ],
  [
    "a destructured window",
    "const { window } = { window: 1 }; console.log(window);",
  ],
  [
    "a member called process",
    "export const f = (it: { process(): void }) => it.process();",
  ],
  ["a method called process", "export class A { process(): void {} }"],
  ["the name in a string", 'throw new Error("process");'],
];

for (const [title, source] of linter ? REPORTED : []) {
  test(`layers plugin reports ${title}`, () => {
    assert.equal(
      messages("numpy/x.ts", source).length,
      1,
      String(messages("numpy/x.ts", source)),
    );
  });
}

for (const [title, source] of linter ? UNREPORTED : []) {
  test(
    `layers plugin leaves ${title} alone`,
    { skip: linter === undefined },
    () => {
      assert.deepEqual(messages("numpy/x.ts", source), []);
    },
  );
}
