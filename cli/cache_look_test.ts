/** The commands that look into a cache, on caches that the store made. */
import assert from "node:assert/strict";
import {
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { Memory } from "../memory/mod.ts";
import { freshPath } from "../tests/temporary.ts";
import { id, json, larder, makeCache, twoFunctions } from "./terminal_suite.ts";

test("ls lists functions with calls, size, hits and the time that hits saved", async () => {
  const location = await twoFunctions();
  const { code, out, err } = await larder(["cache", "ls", "-l", location]);
  assert.deepEqual([code, err], [0, ""]);
  const [head, js, python] = out.split("\n");
  assert.match(head, /^FUNCTION +CALLS +SIZE +AGE +USED +HITS +SAVED$/);
  assert.match(js, /^js-app\/src\/a\.ts\/fit \(2 versions\) +2 +\d+ B .* 1 +2\.0 s$/);
  assert.match(python, /^pkg\.mod\.fit +2 +3\.\d KiB .* 3 +6\.0 s$/);
});

test("ls --json has a shape that stays", async () => {
  const location = await twoFunctions();
  const { out } = await larder(["cache", "ls", "-l", location, "--json", "--sort", "saved"]);
  const { functions, ...rest } = json(out) as { functions: Record<string, unknown>[] };
  assert.deepEqual(rest, { location: `${location}/joblib` });
  const [first, second] = functions.map(({ bytes, stored, used, ...others }) => {
    assert.ok(typeof bytes === "number" && bytes > 0);
    for (const moment of [stored, used]) assert.match(String(moment), /^\d{4}-.*Z$/);
    return others;
  });
  assert.deepEqual(first, {
    name: "pkg.mod.fit",
    id: "pkg/mod/fit",
    language: "python",
    versions: 1,
    calls: 2,
    hits: 3,
    saved: 6,
  });
  assert.deepEqual(second, {
    name: "js-app/src/a.ts/fit",
    id: "js-app/src/a.ts/fit",
    language: "js",
    versions: 2,
    calls: 2,
    hits: 1,
    saved: 2,
  });
});

test("ls sorts, turns round, and filters by a part or a pattern", async () => {
  const location = await makeCache({
    [`m/small/${id("1")}`]: { value: "x" },
    [`m/large/${id("1")}`]: { value: "x".repeat(5000) },
    [`n/middle/${id("1")}`]: { value: "x".repeat(500) },
  });
  const names = async (...args: string[]) => {
    const { out } = await larder(["cache", "ls", "-l", location, ...args]);
    return out.split("\n").slice(1, -1).map((line) => line.split(" ")[0]);
  };
  assert.deepEqual(await names("--sort", "size"), ["m.large", "n.middle", "m.small"]);
  assert.deepEqual(await names("--sort", "size", "-r"), ["m.small", "n.middle", "m.large"]);
  assert.deepEqual(await names(), ["m.large", "m.small", "n.middle"]);
  assert.deepEqual(await names("--filter", "m.*"), ["m.large", "m.small"]);
  assert.deepEqual(await names("MIDD"), ["n.middle"]);
  const none = await larder(["cache", "ls", "-l", location, "nothing"]);
  assert.deepEqual([none.code, none.out], [1, ""]);
});

test("ls tells what nothing matches", async () => {
  const location = await twoFunctions();
  const { code, out, err } = await larder(["cache", "ls", "fi", "-l", location, "-f", "fit*"]);
  assert.deepEqual([code, out], [1, ""]);
  assert.equal(err, `No function's name matches "fit*" in ${location}/joblib\n`);
});

test("on a terminal no line of ls is wider than the terminal", async () => {
  const location = await makeCache({ [`${"package/".repeat(20)}function/${id("1")}`]: {} });
  const { out } = await larder(["cache", "ls", "-l", location], {
    columns: 60,
    env: { NO_COLOR: "1" },
  });
  for (const line of out.split("\n")) assert.ok(line.length <= 60, line);
  assert.match(out, /…[a-z.]+\.function/);
  assert.match(out, /1 function, 1 call, /);
});

test("stats adds up", async () => {
  const location = await twoFunctions();
  const { code, out } = await larder(["cache", "stats", "-l", location, "--json"]);
  assert.equal(code, 0);
  const { bytes, oldest, newest, used, ...sums } = json(out);
  assert.ok((bytes as number) > 3000);
  for (const moment of [oldest, newest, used]) assert.match(String(moment), /^\d{4}-.*Z$/);
  assert.deepEqual(sums, {
    location: `${location}/joblib`,
    functions: 2,
    versions: 3,
    calls: 4,
    incomplete: 0,
    hits: 4,
    saved: 8,
    computing: 96,
  });
  assert.match((await larder(["cache", "stats", "-l", location])).out, /^time saved +8\.0 s$/m);
});

test("show lists a function's results by their arguments, the newest first", async () => {
  const location = await twoFunctions();
  const { code, out } = await larder(["cache", "show", "pkg.mod.fit", "-l", location]);
  assert.equal(code, 0);
  const [head, newest, oldest] = out.split("\n");
  assert.match(head, /^ID +ARGUMENTS +SIZE +AGE +USED +HITS +TOOK$/);
  assert.match(newest, /^b{32} +x='two', y=\[1\] .* 0 +1m 30s$/);
  assert.match(oldest, /^a{32} +x=1 .* 3 +2\.0 s$/);
  const both = await larder(["cache", "show", "*fit", "-l", location]);
  assert.deepEqual(both.out.match(/^function .*/gm), [
    "function  js-app/src/a.ts/fit",
    "function  pkg.mod.fit",
  ]);
  assert.match(both.out, /^ID +VERSION +ARGUMENTS/m);
  const some = await larder(["cache", "show", "mod.fit", "-l", location, "-f", "two", "--json"]);
  const { entries } = json(some.out) as { entries: Record<string, unknown>[] };
  assert.deepEqual(entries.map(({ id, args, took }) => ({ id, args, took })), [
    { id: id("b"), args: { x: "'two'", y: "[1]" }, took: 90 },
  ]);
});

test("show tells all about one result, with its value", async () => {
  const location = await makeCache({
    [`m/f/${id("a")}`]: {
      value: { deep: [1, "two\x1b[31m", null], data: Float64Array.of(0.5, 1.5) },
      metadata: { input_args: { x: "'\x1b[2J'" } },
    },
    [`m/f/${id("b")}`]: {},
  });
  const { code, out } = await larder(["cache", "show", "aaaa", "-l", location]);
  assert.equal(code, 0);
  assert.match(out, /^function +m\.f$/m);
  assert.match(out, /^stored +2023-11-14 22:13:20Z, /m);
  assert.match(out, /^state +whole, by its checksum$/m);
  assert.match(out, /^ {2}x +'\\x1b\[2J'$/m);
  assert.match(out, /deep: \[ 1, 'two\\x1[bB]\[31m', null \]/);
  assert.match(out, /array\(\[0\.5, 1\.5\]\)/);
  assert.ok(!out.includes("\x1b"));
});

test("show gives a result the types that its function returned", async () => {
  const location = freshPath("cache");
  const memory = new Memory(location);
  const value = { data: Float64Array.of(0.5), map: new Map([["k", 1n]]), gone: undefined };
  const f = memory.cache(() => value, { name: "f", module: "m", version: 1 });
  await f();
  await memory.close();
  const { code, out } = await larder(["cache", "show", f.lastCall!.id, "-l", location]);
  assert.equal(code, 0);
  assert.match(out, /data: Float64Array\(1\) \[ 0\.5 \]/);
  assert.match(out, /map: Map\(1\) \{ ['"]k['"] => 1n \}/);
  assert.match(out, /gone: undefined/);
});

test("show tells of types that don't fit a result", async () => {
  const location = await makeCache({
    [`m/f/${id("a")}`]: { value: 1, metadata: { js: { root: "no tree" } } },
  });
  const { code, out } = await larder(["cache", "show", "aaaa", "-l", location]);
  assert.equal(code, 1);
  assert.match(out, /^can't be loaded: Cannot restore the types/m);
});

test("a look counts as no hit and leaves the time of the last use", async () => {
  const location = await makeCache({ [`m/f/${id("a")}`]: {} });
  const path = `${location}/joblib/m/f/${id("a")}/output.pkl`;
  const before = new Date("2024-01-01T00:00:00Z");
  utimesSync(path, before, before);
  for (const args of [["show", "aaaa"], ["verify"], ["ls"], ["show", "f"], ["stats"]]) {
    await larder(["cache", ...args, "-l", location]);
    assert.equal(statSync(path).atimeMs, before.getTime(), args[0]);
  }
  const { out } = await larder(["cache", "show", "aaaa", "-l", location, "--json"]);
  assert.equal(json(out).hits, 0);
});

test("verify finds damage, names it, and ends with 1", async () => {
  const location = await twoFunctions();
  const whole = await larder(["cache", "verify", "-l", location]);
  assert.equal(whole.code, 0);
  assert.match(whole.out, /^4 results, .*: 4 whole, 0 without a checksum, 0 damaged\n$/);
  const path = `${location}/joblib/pkg/mod/fit/${id("a")}/output.pkl`;
  truncateSync(path, 100);
  const bad = await larder(["cache", "verify", "-l", location]);
  assert.equal(bad.code, 1);
  assert.match(bad.out, new RegExp(`^damaged  pkg/mod/fit/${id("a")}\n4 results, .* 1 damaged\n$`));
  assert.equal(statSync(path).size, 100); // nothing was changed
  const told = await larder(["cache", "verify", "fit", "-l", location, "--json"]);
  assert.equal(told.code, 1);
  assert.deepEqual((json(told.out).damaged as unknown[]).length, 1);
  assert.equal((await larder(["cache", "verify", "a.ts.fit", "-l", location])).code, 0);
  const shown = await larder(["cache", "show", "aaaa", "-l", location]);
  assert.equal(shown.code, 1);
  assert.match(shown.out, /^state +damaged$/m);
});

test("dir prints the folder of the entries, which LARDER_CACHE can name", async () => {
  const location = await makeCache({ [`m/f/${id("1")}`]: {} });
  const told = await larder(["cache", "dir", "-l", location]);
  assert.deepEqual([told.code, told.out], [0, `${location}/joblib\n`]);
  const env = { LARDER_CACHE: location };
  assert.equal((await larder(["cache", "dir"], { env })).out, `${location}/joblib\n`);
  assert.equal(
    (await larder(["cache", "dir", "-l", `${location}/joblib/`])).out,
    `${location}/joblib\n`,
  );
  const empty = freshPath("empty");
  mkdirSync(empty);
  const none = await larder(["cache", "dir", "-l", empty]);
  assert.equal(none.code, 1);
  assert.match(none.err, /it holds no folder joblib, and nothing marks it as a cache/);
});

test("what a metadata file says is never trusted", async () => {
  const odd = { duration: "long", time: -5, input_args: ["x"] };
  const location = await makeCache({
    [`m/f/${id("a")}`]: {},
    [`m/f/${id("b")}`]: { metadata: odd },
  });
  writeFileSync(`${location}/joblib/m/f/${id("a")}/metadata.json`, "{ no json");
  const { code, out } = await larder(["cache", "show", "f", "-l", location]);
  assert.equal(code, 0);
  assert.match(out, /^a{32} +\? /m);
  assert.match(out, /^b{32} +\? /m);
  assert.equal((await larder(["cache", "stats", "-l", location])).code, 0);
  assert.ok(readFileSync(`${location}/joblib/m/f/${id("a")}/metadata.json`).length > 0);
});

test("a cache behind a URL can be looked into, and not changed", async () => {
  const location = await makeCache({ [`m/f/${id("a")}`]: { value: [1, "two"] } });
  const listed = await larder(["cache", "index", "-l", location]);
  assert.deepEqual([listed.code, listed.out], [0, `Listed 2 files of ${location}/joblib\n`]);
  const server = createServer((request, response) => {
    const path = `${location}${decodeURIComponent(request.url!)}`;
    if (!existsSync(path)) return void response.writeHead(404).end();
    response.end(request.method === "HEAD" ? "" : readFileSync(path));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  try {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    assert.match((await larder(["cache", "ls", "-l", url])).out, /^m\.f +1 /m);
    const shown = await larder(["cache", "show", "aaaa", "-l", url]);
    assert.match(shown.out, /^state +whole, by its checksum$/m);
    assert.match(shown.out, /^\[ 1, 'two' \]$/m);
    assert.equal((await larder(["cache", "verify", "-l", url])).code, 0);
    const refused = await larder(["cache", "rm", "m.f", "-l", url]);
    assert.deepEqual([refused.code, /read over http/.test(refused.err)], [1, true]);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});
