/** The commands that remove from a cache, on caches that the store made. */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { id, json, larder, makeCache, twoFunctions, V1, V2 } from "./terminal_suite.ts";

test("gc keeps the cache within limits, the oldest goes first", async () => {
  const location = await makeCache({
    [`m/f/${id("1")}`]: { value: "x".repeat(2000) },
    [`m/f/${id("2")}`]: { value: "x".repeat(2000) },
    [`m/f/${id("3")}`]: { value: "x".repeat(2000) },
  });
  for (const digit of ["1", "2", "3"]) {
    const used = new Date(Date.now() - (10 - Number(digit)) * 86_400_000);
    utimesSync(`${location}/joblib/m/f/${id(digit)}/output.pkl`, used, used);
  }
  const dry = await larder(["cache", "gc", "-l", location, "--items", "2", "--dry-run"]);
  assert.match(dry.out, new RegExp(`^m/f/${id("1")}  .* used 1w ago\nWould remove 1 result, `));
  assert.ok(existsSync(`${location}/joblib/m/f/${id("1")}`));
  const age = await larder(["cache", "gc", "-l", location, "--age", "8.5d", "--json"]);
  const { removed, left } = json(age.out) as {
    removed: { key: string }[];
    left: { items: number };
  };
  assert.deepEqual(removed.map(({ key }) => key), [`m/f/${id("1")}`]);
  assert.equal(left.items, 2);
  await larder(["cache", "gc", "-l", location, "--bytes", "3K"]);
  assert.ok(!existsSync(`${location}/joblib/m/f/${id("2")}`));
  assert.ok(existsSync(`${location}/joblib/m/f/${id("3")}`));
  const none = await larder(["cache", "gc", "-l", location]);
  assert.match(none.out, /^Removed 0 results, 0 B.*; 1 result, /);
});

test("gc collects what dead processes left behind", async () => {
  const location = await makeCache({ [`m/f/${id("1")}`]: {} });
  const larderFolder = `${location}/joblib/.larder`;
  mkdirSync(`${larderFolder}/damaged`, { recursive: true });
  const draft = `${larderFolder}/sessions/0123456789abcdef-1`;
  writeFileSync(draft, "");
  utimesSync(draft, new Date(0), new Date(0));
  mkdirSync(`${larderFolder}/tmp/0123456789abcdef-1`);
  writeFileSync(`${larderFolder}/tmp/0123456789abcdef-1/0`, "half");
  const { code, out } = await larder(["cache", "gc", "-l", location]);
  assert.equal(code, 0);
  assert.match(out, /and 1 leftover of dead processes/);
  assert.ok(!existsSync(draft));
});

test("a cache that only Python used gets nothing of ours by being looked at", async () => {
  const location = await makeCache({ [`m/f/${id("1")}`]: {} });
  const larderFolder = `${location}/joblib/.larder`;
  rmSync(larderFolder, { recursive: true });
  for (
    const args of [["ls"], ["stats"], ["show", "f"], ["verify"], ["gc"], ["explain", "f"], ["dir"]]
  ) {
    assert.equal((await larder(["cache", ...args, "-l", location])).code, 0, args[0]);
    assert.ok(!existsSync(larderFolder), args[0]);
  }
});

test("rm removes a function, and nothing of the functions inside of it", async () => {
  const location = await makeCache({
    [`m/outer/${id("1")}`]: {},
    [`m/outer/<locals>/inner/${id("2")}`]: {},
  });
  const code_ = `${location}/joblib/m/outer/func_code.py`;
  writeFileSync(code_, "# first line: 1\n");
  const dry = await larder(["cache", "rm", "m.outer", "-l", location, "-n"]);
  assert.deepEqual(dry.out.split("\n").slice(0, 1), ["m.outer  1 result"]);
  assert.ok(existsSync(code_));
  assert.equal((await larder(["cache", "rm", "m.outer", "-l", location])).code, 0);
  assert.ok(!existsSync(code_));
  assert.ok(!existsSync(`${location}/joblib/m/outer/${id("1")}`));
  assert.ok(existsSync(`${location}/joblib/m/outer/<locals>/inner/${id("2")}`));
});

test("rm takes versions, ids and patterns", async () => {
  const location = await twoFunctions();
  const left = async () => {
    const { out } = await larder(["cache", "stats", "-l", location, "--json"]);
    return json(out).calls;
  };
  await larder(["cache", "rm", `js-app/src/a.ts/fit/${V1}`, "-l", location]);
  assert.equal(await left(), 3);
  assert.ok(existsSync(`${location}/joblib/js-app/src/a.ts/fit/${V2}`));
  await larder(["cache", "rm", "bbbb", "-l", location]);
  assert.equal(await left(), 2);
  const { out } = await larder(["cache", "rm", "-f", "FIT", "--json", "-l", location]);
  assert.equal((json(out).removed as unknown[]).length, 2);
  assert.equal(await left(), 0);
  const none = await larder(["cache", "rm", "pkg.mod.fit", "-l", location]);
  assert.equal(none.code, 1);
  assert.match(none.err, /No function pkg\.mod\.fit in this cache/);
});

test("rm asks where somebody can answer, unless --yes is given", async () => {
  const location = await twoFunctions();
  const args = ["cache", "rm", "aaaa", "-l", location];
  const refused = await larder(args, { answer: "n" });
  assert.equal(refused.code, 1);
  assert.match(refused.err, /Remove 1 result, .*\? \[y\/N\] Nothing was removed/);
  assert.match((await larder(args, { answer: "yes" })).out, /^Removed 1 result/m);
  const sure = await larder(["cache", "rm", "bbbb", "--yes", "-l", location], { answer: "n" });
  assert.match(sure.out, /^Removed 1 result/m);
});

test("one id of several functions has to be told apart", async () => {
  const location = await makeCache({ [`m/f/${id("1")}`]: {}, [`m/g/${id("1")}`]: {} });
  const both = await larder(["cache", "rm", "11111", "-l", location]);
  assert.equal(both.code, 1);
  assert.match(both.err, /11111 means 2 entries:\n {2}m\/f\/1{32}\n {2}m\/g\/1{32}\n/);
  assert.equal((await larder(["cache", "rm", "m.g/1111", "-l", location])).code, 0);
  assert.ok(existsSync(`${location}/joblib/m/f/${id("1")}`));
});
