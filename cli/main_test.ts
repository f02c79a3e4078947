/** The program as it is called, without a process: what it prints, and how it ends. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { larder } from "./terminal_suite.ts";
import { VERSION } from "./version.ts";

test("larder --help, larder cache --help and each command's --help end with 0", async () => {
  const help = await larder(["--help"]);
  assert.deepEqual([help.code, help.err], [0, ""]);
  for (const name of ["ls", "show", "stats", "verify", "gc", "rm", "explain", "dir", "index"]) {
    assert.match(help.out, new RegExp(`^  cache ${name} `, "m"));
    const page = await larder(["cache", name, "--help"]);
    assert.equal(page.code, 0);
    assert.ok(page.out.startsWith(`Usage: larder cache ${name} [OPTIONS]`), page.out);
    assert.match(page.out, /--location DIR/);
  }
  assert.match((await larder(["cache", "-h"])).out, /LARDER_CACHE/);
  assert.match(
    (await larder(["hash", "--help"])).out,
    /^Usage: larder hash \[OPTIONS\] FILE\.\.\./,
  );
  assert.equal((await larder(["--version"])).out, `larder ${VERSION}\n`);
});

test("no line of the help is wider than 80 columns", async () => {
  const pages = [["--help"], ["cache", "--help"], ["hash", "--help"]];
  for (const name of ["ls", "show", "stats", "verify", "gc", "rm", "explain", "dir", "index"]) {
    pages.push(["cache", name, "--help"]);
  }
  for (const page of pages) {
    for (const line of (await larder(page)).out.split("\n")) {
      assert.ok(line.length <= 80, `${line.length}: ${line}`);
    }
  }
});

test("wrong usage ends with 2 and shows the right one on stderr", async () => {
  const wrong: [args: string[], told: RegExp][] = [
    [[], /larder needs a command; commands are cache, hash\nUsage: larder COMMAND/],
    [["cash"], /has no command "cash"/],
    [["cache"], /commands are ls, show, stats, verify, gc, rm, explain, dir, index/],
    [["cache", "list"], /larder cache has no command "list"/],
    [
      ["cache", "ls", "--bogus"],
      /Unknown option '--bogus'; options are --location, .*\nUsage: larder cache ls/,
    ],
    [["cache", "ls", "--sort", "color"], /--sort color: known are name, calls, size/],
    [["cache", "ls", "a", "b"], /takes at most 1 argument: what is "b"\?/],
    [["cache", "dir", "x"], /takes no arguments: what is "x"\?/],
    [["cache", "show"], /larder cache show needs TARGET/],
    [["cache", "rm"], /needs TARGET\.\.\. or --filter/],
    [["cache", "gc", "--bytes", "lots"], /--bytes lots: no size/],
    [["cache", "gc", "--age", "5"], /--age 5: no age/],
    [["cache", "gc", "--items", "-1"], /items/],
    [["cache", "explain", "f", "text"], /text is no value.*'"text"'/],
    [["cache", "explain", "f", "--signature", "1x"], /--signature 1x/],
    [["hash"], /larder hash needs FILE/],
    [["hash", "f", "--name", "crc"], /--name crc: known are md5, sha1, xxh3, blake3/],
  ];
  for (const [args, told] of wrong) {
    const { code, out, err } = await larder(args);
    assert.equal(code, 2, args.join(" "));
    assert.equal(out, "");
    assert.match(err, told);
    assert.match(err, /\nUsage: larder.*\nMore: larder.* --help\n$/);
  }
});

test("a cache that isn't there ends with 1", async () => {
  const { code, out, err } = await larder(["cache", "ls", "--location", "/nowhere/at/all"]);
  assert.deepEqual([code, out], [1, ""]);
  assert.equal(err, "larder: No cache at /nowhere/at/all: there is no such folder\n");
});

test("colours are for terminals without NO_COLOR", async () => {
  const args = ["cache", "ls", "--location", "/nowhere"];
  const escape = "\x1b[";
  assert.ok((await larder(args, { columns: 80 })).err.includes(escape));
  assert.ok(!(await larder(args)).err.includes(escape));
  assert.ok(!(await larder(args, { columns: 80, env: { NO_COLOR: "1" } })).err.includes(escape));
  assert.ok(!(await larder(args, { columns: 80, env: { TERM: "dumb" } })).err.includes(escape));
});
