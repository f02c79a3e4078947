import assert from "node:assert/strict";
import { test } from "node:test";
import { isUse, lookUp } from "./_names.ts";
import { normalText } from "./_normal_text.ts";
import { parse } from "./_parse.ts";
import { tokenize } from "./_tokens.ts";

/** Words that are names elsewhere. */
const WORDS = ["abstract", "async", "declare", "get", "of", "readonly", "static"];

/** The names that a source uses without declaring them. */
function globals(source: string, path = "a.ts"): string[] {
  const parsed = parse(source, path);
  const names = new Set<string>();
  parsed.list.tokens.forEach(({ text }, index) => {
    if (WORDS.includes(text)) return;
    if (isUse(parsed, index) && lookUp(parsed, text, index) === undefined) names.add(text);
  });
  return [...names];
}

function texts(source: string): string[] {
  return tokenize(source).tokens.map(({ text }) => text);
}

test("tokenize() leaves comments and white space out, wherever they stand", () => {
  assert.deepEqual(texts("#!/bin/x\n/* a */ f(// b\n  1) /* c\n */;"), ["f", "(", "1", ")", ";"]);
  assert.deepEqual(texts("\uFEFFa\r\nb"), ["a", "b"]);
});

test("tokenize() keeps what looks like a comment in texts, templates and regular expressions", () => {
  const tokens = ["/[/*]'/g", ",", "1", "/", "2", "/", "x", "'/*'", "`//${", "a", "}*/`"];
  assert.deepEqual(texts(`/[/*]'/g, 1 / 2 / x '/*' \`//\${ a }*/\``), tokens);
});

test("normalText() keeps line ends that end a statement, no others", () => {
  const normal = (source: string): string => normalText(tokenize(source));
  assert.equal(normal("a +\n  b // c\n"), normal("a + b"));
  assert.notEqual(normal("return\nx"), normal("return x"));
  assert.notEqual(normal("a\n++b"), normal("a++\nb"));
});

test("parse() knows the parameters of every kind of function", () => {
  assert.deepEqual(
    globals("function f(a, { b: c, d = e }, [g, ...h], ...i) { a; c; d; g; h; i; }"),
    [
      "e",
    ],
  );
  assert.deepEqual(
    globals("const f = async (a) => a + b; const g = x => x; const h = async y => y"),
    [
      "b",
    ],
  );
  assert.deepEqual(globals("class A { k = 1; static async *m(a) { a } get p() { return k } }"), [
    "k",
  ]);
  assert.deepEqual(
    globals("const o = { m(a) { a }, ['n']([b]) { b }, async *g(c) { c }, d: e };"),
    [
      "e",
    ],
  );
  assert.deepEqual(globals("try { a() } catch ({ message }) { message }"), ["a"]);
});

test("parse() knows variables where they are declared, and no farther", () => {
  assert.deepEqual(globals("{ const a = 1; let b = a, c; b; c } a; c"), ["a", "c"]);
  assert.deepEqual(globals("function f() { if (x) { var v = 1 } return v } v"), ["x", "v"]);
  assert.deepEqual(globals("for (const [k, v] of xs) k(v)\nk"), ["xs", "k"]);
  assert.deepEqual(globals("const { a, b: { c = d } } = o\n, e = c\nf(a, b, e)"), [
    "d",
    "o",
    "f",
    "b",
  ]);
  assert.deepEqual(globals("const x = function self() { self }; self"), ["self"]);
});

test("parse() takes keys, members and labels for no uses", () => {
  assert.deepEqual(globals("x({ a: 1, class: 2, b, ...c }).d?.e"), ["x", "b", "c"]);
  assert.deepEqual(globals("const t = p ? q : r; switch (s) { case u: v }"), [
    "p",
    "q",
    "r",
    "s",
    "u",
    "v",
  ]);
});

test("parse() passes over types", () => {
  const source = `
    import type { A } from "a"; import { type B, c } from "b";
    interface D<T> extends A { m(x: T): void; [key: string]: E }
    type F<K extends keyof A = G> = { [P in K]: H[P] } | ((i: I) => J) | typeof L;
    export function f<T extends A>(this: M, x: Array<Map<T, N>>, y?: { z: O }): x is T & { p: P } {
      const q: Q = r as unknown as R, s = t<S>(x) satisfies U;
      return x < q && y > s ? (x)! : (q);
    }
    abstract class V<W> extends X<Y> implements Z { readonly a: AA = 1; declare b?: BB; #c!: CC }
    const g = <T,>(x: T): T => x, h = new Map<DD, EE[]>();
    let i: FF | undefined; let j: (a: GG) => asserts a is HH = k;
  `;
  assert.deepEqual(globals(source), ["r", "t", "X", "Map", "k"]);
});

test("parse() reads elements where the name of the file allows them", () => {
  const source = "const a = (b) => <p title={b}>don't // {`${c}`} <D.E/></p>; f(g < h, i > j);";
  assert.deepEqual(globals(source, "a.tsx"), ["c", "D", "f", "g", "h", "i", "j"]);
  const generic = "const f = <T,>(x: T): T => x; // don't";
  assert.deepEqual(globals(generic, "a.tsx"), []);
});

test("parse() tells imports from types of imports", () => {
  const source = `
    import a, { b as c } from "./x.ts"; import * as d from './y.ts' with { type: "json" };
    import type E from "./e.ts"; import { type F } from "./f.ts"; import "./g.ts";
    export { h } from "./h.ts"; export * from "./i.ts"; export type { J } from "./j.ts";
    const k = import("./k.ts"); import.meta.url; export { k };
  `;
  const { imports, file } = parse(source, "a.ts");
  assert.deepEqual(imports, ["./x.ts", "./y.ts", "./g.ts", "./h.ts", "./i.ts", "./k.ts"]);
  assert.deepEqual(file.names.get("c")?.from, { specifier: "./x.ts", name: "b" });
  assert.deepEqual(file.names.get("d")?.from, { specifier: "./y.ts", name: "*" });
  assert.equal(file.names.get("E")?.kind, "type");
});

test("parse() puts in the semicolons that are missing", () => {
  const { file } = parse("const a = b\n  .c()\nconst d = (x) => x\nfoo()\nlet e = `\n`\n", "a.js");
  assert.deepEqual([...file.names.keys()], ["a", "d", "e"]);
  assert.deepEqual([...file.names.values()].map(({ value }) => value!.end - value!.start), [
    5,
    5,
    1,
  ]);
});

test("parse() ends, whatever it is given", () => {
  for (
    const source of [
      "",
      "(",
      "}",
      "`${",
      "class",
      "function",
      "const",
      "<",
      "a ? :",
      "import {",
      "@",
    ]
  ) {
    for (const path of ["a.ts", "a.js", "a.tsx"]) assert.ok(parse(source, path).file.end >= 0);
  }
  const source = "export class A<T> { @d() m(x: T): T { return `${x}` as T } }";
  for (let end = 0; end < source.length; end++) parse(source.slice(0, end), "a.ts");
});
