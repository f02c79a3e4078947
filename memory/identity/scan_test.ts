/** The scanner beside js-tokens, on the sources of this project and on elements. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import jsTokens from "js-tokens";
import { type LexemeType, Scanner } from "./_scan.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** What js-tokens calls the types of lexemes. */
const TYPES: Record<string, LexemeType> = {
  HashbangComment: "comment",
  IdentifierName: "name",
  Invalid: "unknown",
  JSXInvalid: "unknown",
  JSXString: "text",
  JSXText: "text",
  LineTerminatorSequence: "line",
  MultiLineComment: "comment",
  NoSubstitutionTemplate: "template",
  NumericLiteral: "number",
  PrivateIdentifier: "private",
  Punctuator: "mark",
  RegularExpressionLiteral: "regex",
  SingleLineComment: "comment",
  StringLiteral: "text",
  TemplateHead: "template",
  TemplateMiddle: "template",
  TemplateTail: "template",
  WhiteSpace: "space",
};

function typeOf(type: string, value: string): LexemeType {
  if (type === "JSXIdentifier") return /^[a-z-]/.test(value) ? "element" : "name";
  if (type === "JSXPunctuator") return value === "{" || value === "}" ? "mark" : "element";
  return TYPES[type];
}

/** Lexemes as text, a line each, so that a difference shows where it begins. */
function scanned(source: string, elements: boolean): string[] {
  return [...new Scanner(source, elements).lexemes()].map(({ type, text }) => `${type} ${text}`);
}

function assertAgree(source: string, elements: boolean): void {
  const expected = [...jsTokens(source, { jsx: elements as true })]
    .map(({ type, value }) => `${typeOf(type, value)} ${value}`);
  assert.deepEqual(scanned(source, elements), expected);
}

test("the project's own sources are cut as js-tokens cuts them", () => {
  const files = ["bytes", "io", "pickle", "compressors", "numpy", "memory/identity", "tools"]
    .flatMap((folder) => readdirSync(ROOT + folder).map((name) => `${folder}/${name}`))
    .filter((path) => /\.m?[jt]s$/.test(path));
  assert.ok(files.length > 100);
  for (const path of files) assertAgree(readFileSync(ROOT + path, "utf8"), false);
});

test("a slash divides behind a value, and begins a regular expression elsewhere", () => {
  for (
    const source of [
      "a / b / c; a++ / 2; (a) / 2 / 1; a[0] / 2; `x` / 1 / 2",
      "return /a/g; a = /[/]/u; if (a) /b/.test(c); f(/x/, !/y/); {} /z/; ({}) / 1 / 2",
      "x = { a: {} / 1 / 2 }; case 1: {} /re/.test(x); () => {} \n/re/; a => /re/; typeof /x/",
      "class A { #b = /x/; c() { return this.#b / 2 / 3 } } do /x/; while (a) /y/",
    ]
  ) assertAgree(source, false);
});

test("templates, numbers, texts and comments are cut as js-tokens cuts them", () => {
  for (
    const source of [
      "`a${b + `c${{ d: `e` }}`}f` + `\\`${1}${2}$` + tag`x`",
      "1 .5 5. 1e3 1_000 0xFFn 0b1 0o7 10n 1..toFixed() 1.e3 a?.5:1 a?.b 08",
      "'a\\'b' \"c\\\nd\" 'unfinished\n '' // end",
      "#!/usr/bin/env deno\n/* a\n b */ a /* unfinished",
      "\\u0061bc ünïcödé 𠮷 $ _ #private € \u2028 \uFEFF",
      "a ?? b ??= c || d ||= e && f &&= g ** h **= i >>> j >>>= k ... => <= >= === !==",
    ]
  ) assertAgree(source, false);
});

test("elements are cut as js-tokens cuts them", () => {
  for (
    const source of [
      `a = <div class="x" data-id='y"z' {...p} on={() => { f(\`a\${b}c\`) }}>it's {n} &amp; <b>c</b></div>`,
      "b = <Foo.Bar x={<i/>} /> / 2; c = a < b ? <u>1</u> : null; d = a < b, e = c > d",
      "function C() { return <><p>don't / stop</p>{l.map((x) => <li key={x}>{x}/{y}</li>)}</>; }",
      "f = c && <A b='c' // comment\n  d={e} /* more */ />; g = <ns:tag a:b='c'>{`t ${<b/>}`}</ns:tag>",
      "h = <a>{b}</a> / 2; () => <p>{'a'}{/re/.test(c) && <p/>}</p>; if (a) <b/>; [<u/>, <u/>]",
    ]
  ) assertAgree(source, true);
});

test("a property that is named like a word of the language is a value, and @ is a mark", () => {
  const marks = (source: string) =>
    [...new Scanner(source, false).lexemes()].filter(({ type }) => type === "mark").map((one) =>
      one.text
    );
  assert.deepEqual(marks("a.return / 1 / 2"), [".", "/", "/"]);
  assert.deepEqual(marks("@a"), ["@"]);
});

test("type parameters are no elements", () => {
  for (const source of ["a = <T,>(x: T) => x", "b = <T extends object>(x: T): T => x"]) {
    assert.ok(scanned(source, true).every((lexeme) => !lexeme.startsWith("element")));
  }
});

test("any text is cut into pieces that are the text", () => {
  const parts = [
    "<",
    ">",
    "/",
    "`",
    "${",
    "}",
    "{",
    "(",
    ")",
    "a",
    "'",
    '"',
    "\n",
    " ",
    "1",
    "*",
    "#",
  ];
  let seed = 1;
  for (let round = 0; round < 2000; round++) {
    let source = "";
    for (let i = 0; i < 12; i++) {
      seed = (seed * 48271) % 2147483647;
      source += parts[seed % parts.length];
    }
    for (const elements of [false, true]) {
      const pieces = [...new Scanner(source, elements).lexemes()];
      assert.equal(pieces.map(({ text }) => text).join(""), source);
      assert.ok(pieces.every(({ text }) => text.length > 0), source);
    }
  }
});
