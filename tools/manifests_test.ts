import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { VERSION } from "../cli/version.ts";

function read(path: string): string {
  return readFileSync(new URL(`../${path}`, import.meta.url), "utf8");
}

const npm = JSON.parse(read("package.json"));
const deno = JSON.parse(read("deno.json"));

test("package.json and deno.json agree on name, version and licence", () => {
  for (const field of ["name", "version", "license"]) assert.equal(npm[field], deno[field], field);
});

test("package.json exports the compiled form of what deno.json exports", () => {
  const compiled = Object.entries<string>(deno.exports).map(([subpath, source]) => {
    const path = source.replace("./", "./dist/").replace(/\.ts$/, "");
    return [subpath, { types: `${path}.d.ts`, default: `${path}.js` }];
  });
  assert.deepEqual(npm.exports, Object.fromEntries(compiled));
});

test("tsconfig.build.json compiles every entry point", () => {
  const config = JSON.parse(read("tsconfig.build.json").replace(/^\s*\/\/.*$/gm, ""));
  const entries = Object.values<string>(deno.exports).map((path) => path.replace("./", ""));
  assert.deepEqual(config.files, entries);
});

test("the program is compiled from an entry point, and tells the package's version", () => {
  assert.deepEqual(npm.bin, { larder: npm.exports["./cli"].default.replace("./", "") });
  assert.equal(VERSION, npm.version);
});

test("the lock files name no registry", () => {
  assert.doesNotMatch(read("bun.lock"), /https?:/);
  assert.doesNotMatch(read("tools/package-lock.json"), /"resolved"/);
});

test("bun.lock has the native codecs of all platforms, whichever one it was made on", () => {
  const { packages } = JSON.parse(read("bun.lock").replace(/,(\s*[\]}])/g, "$1"));
  const [, , { optionalDependencies }] = packages["@napi-rs/lzma"];
  // the package for WebAssembly would bring others, for browsers, where nothing is written by it
  const wanted = Object.keys(optionalDependencies).filter((name) => !name.includes("wasm32"));
  assert.ok(wanted.length > 10);
  for (const name of wanted) {
    assert.equal(packages[name]?.[0], `${name}@${optionalDependencies[name]}`);
    const { os, cpu } = packages[name][2];
    assert.ok(name.startsWith(`@napi-rs/lzma-${os}-`) && name.includes(cpu), name);
  }
});
