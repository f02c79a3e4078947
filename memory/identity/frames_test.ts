import assert from "node:assert/strict";
import { test } from "node:test";
import { firstPlace, localPath } from "./_frames.ts";
import { callSite } from "./call_site.ts";

function placeOf(stack: string): unknown {
  const place = firstPlace(stack);
  return place && [place.path, place.line, place.column];
}

test("firstPlace() reads URLs as V8 spells them", () => {
  assert.deepEqual(placeOf("    at f (file:///a/b%20c.ts:3:7)\n    at x"), ["/a/b c.ts", 3, 7]);
  assert.deepEqual(placeOf("    at file:///a/b.ts:3:7"), ["/a/b.ts", 3, 7]);
  assert.deepEqual(placeOf("    at async file:///a/b.ts:3:7"), ["/a/b.ts", 3, 7]);
  assert.deepEqual(placeOf("    at async C.f (file:///a/b.ts:3:7)"), ["/a/b.ts", 3, 7]);
  assert.deepEqual(placeOf("    at K.<static_initializer> (file:///a/b.ts:3:7)"), [
    "/a/b.ts",
    3,
    7,
  ]);
  assert.deepEqual(placeOf("    at f (file:///C:/a/b.ts:3:7)"), ["C:/a/b.ts", 3, 7]);
});

test("firstPlace() reads paths as Node's CommonJS and JavaScriptCore spell them", () => {
  assert.deepEqual(placeOf("    at Object.<anonymous> (/a/b.cjs:3:7)"), ["/a/b.cjs", 3, 7]);
  assert.deepEqual(placeOf("    at /a/b.ts:3:7"), ["/a/b.ts", 3, 7]);
  assert.deepEqual(placeOf("    at later (/a/b (1).ts:3:7)"), ["/a/b (1).ts", 3, 7]);
  assert.deepEqual(placeOf("    at /a/b (1).ts:3:7"), ["/a/b (1).ts", 3, 7]);
  assert.deepEqual(placeOf("    at C:\\a\\b.ts:3:7"), ["C:/a/b.ts", 3, 7]);
});

test("firstPlace() looks behind built-in functions", () => {
  const stack = "    at map (native:1:11)\n    at forEach (1:11)\n    at unknown\n" +
    "    at Array.map (<anonymous>)\n    at /a/b.ts:3:7";
  assert.deepEqual(placeOf(stack), ["/a/b.ts", 3, 7]);
});

test("firstPlace() takes evaluated code for no file", () => {
  const v8 = "    at eval (eval at <anonymous> (file:///a/b.ts:27:1), <anonymous>:1:8)\n" +
    "    at file:///a/b.ts:27:1";
  const jsc =
    "    at <anonymous> (file:///a/b.ts:1:13)\n    at eval (unknown)\n    at /a/b.ts:27:1";
  const made = "    at anonymous (file:///a/b.ts:3:13)\n    at /a/b.ts:28:60";
  for (const stack of [v8, jsc, made]) {
    assert.equal(firstPlace(stack)?.path, undefined);
    assert.equal(firstPlace(stack)?.text, "evaluated code");
  }
});

test("firstPlace() takes what is on no disk for no file", () => {
  for (
    const place of [
      "https://example.com/a.ts",
      "data:text/javascript,x",
      "blob:null/4f",
      "node:internal/main",
      "ext:core/mod.js",
      ["/$bunfs", "root", "a.js"].join("/"), // in a program that Bun compiled
      ["B:/~BUN", "root", "a.js"].join("/"),
      "REPL1",
    ]
  ) {
    assert.equal(firstPlace(`    at f (${place}:3:7)`)?.path, undefined, place);
  }
  assert.equal(firstPlace(""), undefined);
  assert.equal(firstPlace("    at unknown"), undefined);
});

test("localPath() knows file URLs of this machine only", () => {
  assert.equal(localPath("file:///a/b.ts"), "/a/b.ts");
  assert.equal(localPath("file://host/a/b.ts"), undefined);
  assert.equal(localPath("file:///%zz"), undefined);
  assert.equal(localPath("a/b.ts"), undefined);
});

test("callSite() tells who called, whatever the program made of stacks", () => {
  function above(): string {
    const sites = [callSite(above)];
    return sites[0];
  }
  const here = localPath(import.meta.url);
  const site = above();
  assert.equal(firstPlace(site)?.path, here);
  const errors = Error as { stackTraceLimit?: number; prepareStackTrace?: unknown };
  const { stackTraceLimit, prepareStackTrace } = errors;
  try {
    errors.stackTraceLimit = 0;
    errors.prepareStackTrace = () => [];
    const formatted = above();
    assert.equal(firstPlace(formatted)?.path, here);
    assert.equal(errors.stackTraceLimit, 0);
  } finally {
    errors.stackTraceLimit = stackTraceLimit;
    errors.prepareStackTrace = prepareStackTrace;
  }
});
