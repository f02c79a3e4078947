/**
 * The texts are joblib's, and the levels at which they come.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Logger, Report } from "./report.ts";
import { parseSignature } from "./signature.ts";

const CALL = {
  path: "vm.g",
  name: "g",
  args: [1, { kw: "x" }],
  signature: parseSignature(["x", "*", "kw=None"], "g"),
};

/** What is told at a level. */
function told(verbose: number, use: (report: Report) => void, started?: number): string[] {
  const texts: string[] = [];
  use(new Report(verbose, (text) => texts.push(text), started));
  return texts;
}

/** A miss, a hit, and what else there is to tell. */
function everything(report: Report): void {
  report.querying(CALL, "id", "place");
  report.computing("g", "id", "place");
  report.calling(CALL);
  report.called("g", 75.04);
  report.persisting("place/id");
  report.loading("g", "place/id");
  report.loaded("g", 0.01);
  report.clearing("vm/g");
}

/** Their first words. */
function kinds(verbose: number): string[] {
  return told(verbose, everything).map((text) =>
    /Querying|Computing|Calling|Persisting|Loading|cache loaded|Clearing/.exec(text)?.[0] ??
      "called"
  );
}

test("each level tells more", () => {
  assert.deepEqual(kinds(0), []);
  assert.deepEqual(kinds(1), ["Calling", "called", "Clearing"]);
  assert.deepEqual(kinds(2), ["Calling", "called", "Loading", "Clearing"]);
  assert.deepEqual(kinds(4), kinds(2));
  assert.deepEqual(kinds(5), ["Calling", "called", "Loading", "cache loaded", "Clearing"]);
  assert.deepEqual(kinds(10), kinds(5));
  const all = [
    "Computing",
    "Calling",
    "called",
    "Persisting",
    "Loading",
    "cache loaded",
    "Clearing",
  ];
  assert.deepEqual(kinds(11), all);
  assert.deepEqual(kinds(19), all);
  assert.deepEqual(kinds(20), ["Querying", ...all]);
});

test("a call that runs is told as joblib tells it", () => {
  const texts = told(1, (report) => {
    report.calling(CALL);
    report.called("g", 75.04);
  });
  assert.deepEqual(texts, [
    `${"_".repeat(80)}\n[Memory] Calling vm.g...\ng(1, kw='x')`,
    `${"_".repeat(80 - 18)}g - 75.0s, 1.3min`.slice(-80).padStart(80, "_"),
  ]);
  assert.equal(texts[1].length, 80);
});

test("a hit is told with the time since the Memory was made, and where it lies from 10 on", () => {
  const started = Date.now() - 120_000;
  const hit = (verbose: number) =>
    told(verbose, (report) => report.loading("g", "place/id"), started)[0];
  assert.equal(hit(2), "[Memory]120.0s, 2.0min  : Loading g...");
  assert.equal(hit(10), "[Memory]120.0s, 2.0min  : Loading g from place/id");
  const [loaded] = told(5, (report) => report.loaded("g", 0));
  assert.equal(loaded, "g cache loaded - 0.0s, 0.0min".padStart(80, "_"));
});

test("the other texts are joblib's", () => {
  assert.deepEqual(told(11, (report) => report.persisting("place/id")), ["Persisting in place/id"]);
  assert.deepEqual(told(0, (report) => report.flushing()), [
    "[Memory]: Flushing completely the cache",
  ]);
  assert.deepEqual(told(1, (report) => report.clearing("vm/g")), [
    "[Memory]: Clearing function cache identified by vm/g",
  ]);
  const [query] = told(20, (report) => report.querying(CALL, "id", "place"));
  assert.match(query, /^\[Memory\]: Querying g with signature\ng\(1, kw='x'\)\./);
  assert.match(query, /\(argument hash id\)\n\nThe store location is place\.$/);
});

test("long arguments are cut, and stand on lines of their own", () => {
  const [text] = told(
    1,
    (report) =>
      report.calling({ path: "g", name: "g", args: ["x".repeat(3000), "y".repeat(90), 1] }),
  );
  const wanted = `g('${"x".repeat(699)}..., \n'${"y".repeat(90)}', \n1)`;
  assert.equal(text.slice(text.indexOf("g(")), wanted);
});

test("with() keeps the logger and the start", () => {
  const texts: string[] = [];
  const logger: Logger = (text) => texts.push(text);
  const report = new Report(0, logger, Date.now() - 60_000);
  report.loading("g", "f");
  report.with(2).loading("g", "f");
  assert.deepEqual(texts, ["[Memory]60.0s, 1.0min   : Loading g..."]);
});

test("console.log takes the texts where there is no logger", () => {
  const texts: unknown[] = [];
  const { log } = console;
  console.log = (text: unknown) => texts.push(text);
  try {
    new Report(1).clearing("a/b");
  } finally {
    console.log = log;
  }
  assert.deepEqual(texts, ["[Memory]: Clearing function cache identified by a/b"]);
});
