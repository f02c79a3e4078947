import assert from "node:assert/strict";
import { test } from "node:test";
import { named, SourceProject } from "./project_suite.ts";

const LOOP = "for (const k of [1, 2]) memory.cache(function f(x) { return x * k; });";
const PLAIN = "for (const k of [1, 2]) memory.cache(function f(x) { return x * 2; });";

test("copies of a function that differ by what they close over never share an id", () => {
  const project = new SourceProject({});
  const scope = project.root;
  const first = named("f");
  project.cache(LOOP, "f");
  project.cacheFunction(first, LOOP, { scope });
  project.cacheFunction(first, LOOP, { scope });
  assert.throws(() => project.cacheFunction(named("f"), LOOP, { scope }), {
    name: "CacheError",
    message: 'Cannot cache "f" of src/job.ts twice: it was cached before with another "k"; ' +
      "give each a name of its own, or deps",
  });
  project.cacheFunction(named("f"), LOOP, { scope, name: "f2" });
  project.cacheFunction(named("f"), LOOP, { scope: `${scope}2` });
  const [one, two] = [1, 2].map((k) =>
    project.cacheFunction(named("f"), LOOP, { scope, deps: [k] }).fingerprint
  );
  assert.notEqual(one, two);
});

test("copies of a function that close over nothing are one function", () => {
  const project = new SourceProject({});
  const scope = project.root;
  const [one, two] = [project.cache(PLAIN, "f", { scope }), project.cache(PLAIN, "f", { scope })];
  assert.deepEqual(one, two);
  for (const options of [{ version: 1 }, { code: "off" as const }]) {
    project.cache(PLAIN, "f", { scope, ...options });
    project.cache(PLAIN, "f", { scope, ...options });
  }
});

test("copies of one version whose source nobody knows are refused", () => {
  const project = new SourceProject({});
  const options = { scope: project.root, version: 1, module: "m" };
  project.cache("", "f", options);
  assert.throws(() => project.cache("", "f", options), {
    name: "CacheError",
    message: /twice: another function has the same name and version; give each a name/,
  });
});

test("two functions of one name are kept apart and warned of", () => {
  const project = new SourceProject({});
  const scope = project.root;
  const text = "{ m.cache(function f() { 1 }) } { m.cache2(function f() { 2 }) }";
  const functions = [named("f"), named("f")];
  const one = project.cache(text, "f", { scope });
  const first = project.cacheFunction(functions[0], text, { scope });
  const second = project.cacheFunction(functions[1], text, { scope }, "cache2(");
  assert.deepEqual([one.warnings, first.warnings], [[], []]);
  assert.notEqual(first.folder, second.folder);
  assert.deepEqual(second.warnings.map(({ code }) => code), ["same-name"]);
});

test("two texts never share a version, a module or nothing at all", () => {
  const project = new SourceProject({});
  const scope = project.root;
  const text = "{ m.cache(function f() { 1 }) } { m.cache2(function f() { 2 }) }";
  project.cache(text, "f", { scope });
  for (const options of [{ version: 1 }, { code: "off" as const }, { code: "module" as const }]) {
    const functions = [named("f"), named("f")]; // held: what is gone shares nothing
    project.cacheFunction(functions[0], text, { scope, ...options });
    assert.throws(
      () => project.cacheFunction(functions[1], text, { scope, ...options }, "cache2("),
      { name: "CacheError", message: /twice: another function has the same name and version/ },
    );
  }
});
