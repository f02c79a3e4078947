import assert from "node:assert/strict";
import { test } from "node:test";
import { SourceProject } from "./project_suite.ts";

/** The text that is taken for the function `name`, cached at the first `cache(` of a source. */
function textOf(text: string, name: string, options = {}, mark = "cache("): string | undefined {
  return new SourceProject({}).cache(text, name, options, mark).source?.text;
}

test("a function is found where the call has it", () => {
  assert.equal(
    textOf("m.cache(function f() { 1 }); m.cache(function f() { 2 })", "f"),
    "function f() { 1 }",
  );
  assert.equal(
    textOf("m.cache({ ignore: [] })(async (x) => x, 2)", "", { name: "n" }),
    "async (x) => x",
  );
  assert.equal(
    textOf("m\n  .cache<T>(\n    function f(x: T) {},\n  )", "f"),
    "function f(x: T) {}",
  );
  assert.equal(textOf("m.cache(x => x\n)", "", { name: "n" }), "x => x");
  assert.equal(textOf("m.cache(g.bind(null, 2))", "bound g", { name: "g2" }), "g.bind(null, 2)");
  assert.equal(textOf("m.cache(Math.sqrt)", "sqrt"), "Math.sqrt");
});

test("a function that the call names is found where it is declared", () => {
  assert.equal(textOf("async function* f(x) { y }\nm.cache(f)", "f"), "async function* f(x) { y }");
  assert.equal(textOf("const f: F = (x) => x + 1;\nm.cache(f)", "f"), "(x) => x + 1");
  assert.equal(textOf("const f = function g() {};\nm.cache(f)", "g"), "function g() {}");
  assert.equal(textOf("function f() {}\nconst alias = f;\nm.cache(alias)", "f"), "function f() {}");
  assert.equal(
    textOf("const a = { f(x) { 1 } }, b = { f() { 2 } }; m.cache(b.f)", "f"),
    "f() { 2 }",
  );
  assert.equal(textOf("class A { async f() {} g = m.cache(this.f) }", "f"), "f() {}");
  const nearest = "function f() { 1 } { function f() { 2 } { m.cache(f) } } { function f() { 3 } }";
  assert.equal(textOf(nearest, "f"), "function f() { 2 }");
});

test("a function that is cached again is read as the first time", () => {
  const text = "const f = one.cache(async function f() {}); two.cacheSync(f);";
  assert.equal(textOf(text, "f", {}, "cacheSync("), "async function f() {}");
});

test("without its place a function is found by its name", () => {
  const gone = "not there";
  assert.equal(
    textOf("function make() { return m.cache(function f() {}) }", "f", {}, gone),
    "function f() {}",
  );
  assert.equal(textOf("const f = m.cache(function f() {})", "f", {}, gone), "function f() {}");
  assert.equal(
    textOf("class A { @m.cache({ x: 1 }) static async f(x) { x } }", "f", {}, gone),
    "f(x) { x }",
  );
  assert.equal(textOf("class A { f = (x) => x }", "f", {}, gone), "(x) => x");
  assert.equal(
    textOf("export default async function () { 1 }", "default", {}, gone),
    "async function () { 1 }",
  );
  const named =
    "const a = () => m.cache((x) => x, { name: 'f1' }), b = () => m.cache(() => 2, { name: 'f2' })";
  assert.equal(textOf(named, "", { name: "f2" }, gone), "() => 2");
});

test("a name that several functions have is told apart by class, or refused", () => {
  const text = "class A { f() { 1 } } const B = class { f() { 2 } }; class C { f() { 3 } }";
  assert.equal(textOf(text, "f", { name: "B.f" }, "none"), "f() { 2 }");
  assert.equal(textOf(text, "f", { name: "C.f" }, "none"), "f() { 3 }");
  assert.throws(() => textOf(text, "f", {}, "none"), {
    name: "CacheError",
    message:
      /^Cannot tell which "f" is meant, .* has 3: give each a name, use code: "module", or give a version$/,
  });
  assert.equal(textOf(text, "f", { code: "module" }, "none"), undefined);
  const calls =
    "{ m.cache(function f() { 1 }, { name: 'a' }) } { m.cache(function f() { 2 }, { name: 'b' }) }";
  assert.equal(textOf(calls, "f", { name: "b" }, "none"), "function f() { 2 }");
});

test("a wrong place does not give a wrong function", () => {
  const text =
    "function f() {}\nother(function g() {}, 1); other(() => 1); other({ f: 1 }); other(k)";
  for (const mark of ["other(function", "other(() ", "other({", "other(k", "f()", "none"]) {
    assert.equal(textOf(text, "f", {}, mark), "function f() {}", mark);
  }
});
