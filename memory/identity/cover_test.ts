import assert from "node:assert/strict";
import { test } from "node:test";
import { CacheError } from "../../errors.ts";
import { named, SourceProject } from "./project_suite.ts";

/** What is warned of when the function `name` is cached in a file of this text. */
function warnings(text: string, name = "f", options = {}): string[] {
  return new SourceProject({}).cache(text, name, options).warnings.map(({ message }) => message);
}

/** The names among them. */
function closesOver(text: string, name = "f", options = {}): string[] {
  return warnings(text, name, options).map((message) => /closes over "(.*)":/.exec(message)![1]);
}

test("a function that names only what its file tells is not warned of", () => {
  const text = `import { readFile } from "node:fs/promises"; import pad from "left-pad";
    const K = 3, [first] = [1]; let never = 4; class A { k = K } enum E { A = 1 }
    function helper(x: Type): number { return Math.max(x, first, never, new A().k); }
    interface Type { k: number }
    memory.cache(async function f(x: Type, { y = K } = {}) {
      const own = await readFile(pad(x)); let z = helper(own); z++; for (const w of own) z += w;
      return [z, y, E.A, globalThis, f, ((q) => q + z)(1), { K, own: 1 }.own];
    });`;
  assert.deepEqual(warnings(text), []);
});

test("what is not in the text is named", () => {
  const cached = "memory.cache(function f(x) { return x + K; });";
  assert.deepEqual(closesOver(`let K = 1; K = 2; ${cached}`), ["K"]);
  assert.deepEqual(closesOver(`let K = 1; function count() { K++; } ${cached}`), ["K"]);
  assert.deepEqual(closesOver(`let K; ${cached}`), ["K"]);
  assert.deepEqual(closesOver(`function make(K) { ${cached} }`), ["K"]);
  assert.deepEqual(closesOver(`const make = ({ a: [K] }) => { ${cached} }`), ["K"]);
  assert.deepEqual(closesOver(`for (const K of [1, 2]) { ${cached} }`), ["K"]);
  assert.deepEqual(closesOver(`function make(k) { const K = k * 2; ${cached} }`), ["K"]);
  assert.deepEqual(closesOver(`function make() { const K = Math.random(); ${cached} }`), ["K"]);
  assert.deepEqual(closesOver(`function make() { const K = 3; ${cached} }`), []);
  assert.deepEqual(closesOver(`const K = read(); ${cached}`), []);
  assert.deepEqual(warnings(`let K = 1; K = 2; ${cached}`), [
    '"f" of src/job.ts closes over "K": add it to deps',
  ]);
});

test("what a function uses is followed", () => {
  const text = (last: string): string =>
    `let n = 0; const g = () => h(); function h() { return ${last}; }
    function make() { const inner = (x) => g() + x; memory.cache(function f(x) { return inner(x); }); }`;
  assert.deepEqual(closesOver(text("n++")), ["n"]);
  const project = new SourceProject({});
  const [one, two] = ["1", "2"].map((last) => project.cache(text(last), "f").fingerprint);
  assert.notEqual(one, two);
});

test("an arrow depends on the this around it, a method on its own", () => {
  const arrow = "class A { k = 1; f = memory.cache((x) => x * this.k, { name: 'f' }); }";
  assert.deepEqual(closesOver(arrow, "", { name: "f" }), ["this"]);
  assert.deepEqual(closesOver("class A { @memory.cache() f(x) { return x * this.k; } }"), []);
  assert.deepEqual(closesOver("memory.cache(function f() { return () => this; })"), []);
  assert.deepEqual(closesOver("const f = () => this; memory.cache(f)"), []);
});

test("imports of files are named once for each file, unless they are followed", () => {
  const text = `import { a, b as c } from "./x.ts"; import * as d from "../y.ts"; import e from "e";
    import { type T, unused } from "./t.ts";
    memory.cache(function f(x: T) { return [a(x), c(x), d.z(x), e(x)]; });`;
  const ending = 'whose changes are not seen: add to deps, or use code: "graph"';
  assert.deepEqual(warnings(text), [
    `"f" of src/job.ts uses "a", "c" of ./x.ts, ${ending}`,
    `"f" of src/job.ts uses "d" of ../y.ts, ${ending}`,
  ]);
});

test("what deps list is not warned of, and counts", () => {
  const text = "let K = 1; K = 2; let L = 1; L = 2;\n" +
    "memory.cache(function f(x) { return x + K + L; }, { deps: [K] });";
  assert.deepEqual(closesOver(text, "f", { deps: [2] }), ["L"]);
  assert.deepEqual(closesOver(text.replace("[K]", "[2]"), "f", { deps: [2] }), ["K", "L"]);
  assert.deepEqual(closesOver(text.replace("deps: [K]", "...given"), "f", { deps: [2] }), []);
  const project = new SourceProject({});
  const fingerprints = [[1], [2], ["1"], [[1]]].map((deps) =>
    project.cache(text, "f", { deps }).fingerprint
  );
  assert.equal(new Set(fingerprints).size, 4);
});

test("deps take functions by their text and files by their content", () => {
  const text = `import { g } from "./g.ts"; const h = (x) => x;\n` +
    "memory.cache(function f(x) { return x; }, options)";
  const project = new SourceProject({
    "src/g.ts": "const K = 1; export function g() { return K; }",
    "src/data.txt": "1",
  });
  const print = (...deps: unknown[]): string => project.cache(text, "f", { deps }).fingerprint;
  const url = new URL(`file://${project.path("src/data.txt")}`);
  const before = [print(named("g")), print("./g.ts"), print("./data.txt"), print(url)];
  assert.equal(before[2], before[3]);
  assert.equal(new Set([...before, print(named("h")), print(), print("data.txt")]).size, 6);
  project.write({ "src/g.ts": "const K = 2; export function g() { return K; }" });
  assert.notEqual(print(named("g")), before[0]);
  assert.notEqual(print("./g.ts"), before[1]);
  project.write({ "src/data.txt": "12" });
  assert.notEqual(print("./data.txt"), before[2]);
  assert.throws(() => print("./gone.txt"), {
    name: "CacheError",
    message: /^Cannot take deps\[0\] into account: Cannot read .*gone\.txt$/,
  });
  assert.throws(() => print(1, named("nowhere")), { message: /deps\[1\].*function "nowhere"/ });
  assert.throws(() => print(new Map([[{}, () => 1]])), (error) => error instanceof CacheError);
});
