import assert from "node:assert/strict";
import { test } from "node:test";
import { CacheError } from "../../errors.ts";
import { identify } from "./identify.ts";
import { named, SourceProject } from "./project_suite.ts";

const SOURCE = `import { Memory } from "@larder/joblib";
const memory = new Memory("cache");
const K = 3;
function scale(x: number): number {
  return x * K;
}
export const job = memory.cache(async function job(x: number): Promise<number> {
  return scale(x) + 1; // one more
});
`;

test("identify() names a function by project, module, name and source", () => {
  const project = new SourceProject({}, "@me/demo");
  const { source, ...identity } = project.cache(SOURCE, "job");
  assert.deepEqual(identity, {
    name: "job",
    module: "src/job.ts",
    project: "@me+demo",
    folder: "js-@me+demo/src/job.ts/job/v-c93c12d3f899",
    fingerprint: "c93c12d3f899",
    warnings: [],
  });
  assert.equal(source?.path, project.path("src/job.ts"));
  assert.equal(source?.line, 7);
  assert.match(source!.text, /^async function job\(x[^]*\/\/ one more\n\}$/);
});

test("a fingerprint does not see comments, white space and places", () => {
  const project = new SourceProject({});
  const { fingerprint } = project.cache(SOURCE, "job");
  const changed = [
    SOURCE.replace("// one more", "/* one\n more */"),
    SOURCE.replaceAll("\n", "\r\n"),
    `// first\n\n\n${SOURCE}`,
    SOURCE.replace("x * K", "x\n      *    K"),
    SOURCE.replace("const K = 3;\n", "").concat("const K = 3;\n"),
    SOURCE.concat("export function other(): void {}\n"),
    SOURCE.replace('"cache"', '"elsewhere", { verbose: 1 }'),
  ];
  for (const text of changed) {
    assert.equal(project.cache(text, "job").fingerprint, fingerprint, text);
  }
});

test("a fingerprint sees the function and the declarations that it names", () => {
  const project = new SourceProject({});
  const changed = [
    SOURCE,
    SOURCE.replace("+ 1;", "+ 2;"),
    SOURCE.replace("x * K", "x * K * 1"),
    SOURCE.replace("K = 3", "K = 4"),
    SOURCE.replace("async function", "function"),
  ];
  const fingerprints = changed.map((text) => project.cache(text, "job").fingerprint);
  assert.equal(new Set(fingerprints).size, changed.length);
});

test("a fingerprint does not depend on the place of the project", () => {
  const [one, other] = [new SourceProject({}), new SourceProject({})];
  assert.deepEqual(one.cache(SOURCE, "job").folder, other.cache(SOURCE, "job").folder);
});

test("version stands for the source, as a text or a number", () => {
  const project = new SourceProject({});
  const first = project.cache(SOURCE, "job", { version: 1 });
  assert.equal(first.source, undefined);
  assert.equal(first.fingerprint, project.cache("other", "job", { version: "1" }).fingerprint);
  assert.notEqual(first.fingerprint, project.cache(SOURCE, "job", { version: 2 }).fingerprint);
});

test('code "off" sees nothing, "module" the whole file', () => {
  const project = new SourceProject({});
  assert.equal(project.cache(SOURCE, "job", { code: "off" }).fingerprint, "000000000000");
  const other = `${SOURCE}export const more = 1;\n`;
  const [one, two, same] = [SOURCE, other, `${SOURCE} // only said`].map((text) =>
    project.cache(text, "job", { code: "module" }).fingerprint
  );
  assert.notEqual(one, two);
  assert.equal(one, same);
});

test('code "graph" follows local imports, types apart', () => {
  const text = `import { mean } from "./mean.js";\nimport type { T } from "./gone.ts";\n` +
    `export * from "../lib/index.ts"; import fs from "node:fs";\n` +
    `const f = memory.cache(function f(x) { return mean(x); });\n`;
  const project = new SourceProject({
    "src/mean.ts": `export { mean } from "./deep.ts"; import "./mean.js";`,
    "src/deep.ts": "export const mean = (x) => x;",
    "lib/index.ts": `import data from "./data.json" with { type: "json" };`,
    "lib/data.json": "[1]",
  });
  const fingerprint = (): string => project.cache(text, "f", { code: "graph" }).fingerprint;
  const first = fingerprint();
  assert.equal(fingerprint(), first);
  project.write({ "src/deep.ts": "export const mean = (x) => 2 * x;" });
  const second = fingerprint();
  project.write({ "lib/data.json": "[1, 2]" });
  assert.equal(new Set([first, second, fingerprint()]).size, 3);
  assert.deepEqual(project.cache(text, "f", { code: "graph" }).warnings, []);
  project.write({ "lib/index.ts": `import "./gone.ts";` });
  assert.throws(fingerprint, (error: CacheError) => {
    assert.match(error.message, /^Cannot read \.\/gone\.ts, which \S+lib\/index\.ts imports/);
    return error instanceof CacheError;
  });
});

test("a function that is imported is read where it is declared", () => {
  const project = new SourceProject({
    "src/all.ts": `export { default as mean } from "./mean";`,
    "src/mean.ts": "export default function mean(x) { return x; }",
  });
  const text = `import { mean } from "./all.ts";\nmemory.cache(mean);`;
  const { module, source } = project.cache(text, "mean");
  assert.equal(module, "src/job.ts");
  assert.equal(source?.path, project.path("src/mean.ts"));
  assert.equal(source?.text, "function mean(x) { return x; }");
});

test("module is taken as it is, or is the file of import.meta", () => {
  const project = new SourceProject({ "lib/stats.ts": "export function f() {}" });
  const text = "memory.cache(function f() {})";
  const given = project.cache(text, "f", { module: "stats.core" });
  assert.equal(given.folder, `js-demo/stats.core/f/v-${given.fingerprint}`);
  assert.equal(given.fingerprint, project.cache(text, "f").fingerprint);
  const url = `file://${project.path("lib/stats.ts")}`;
  const meta = project.cache(text, "f", { module: { url } });
  assert.equal(meta.module, "lib/stats.ts");
  assert.equal(meta.source?.path, project.path("lib/stats.ts"));
  assert.equal(project.cache(text, "f", { module: url }).module, "lib/stats.ts");
  const far = project.cache(text, "f", { module: { url: "https://x.org/a/b.ts?c" }, version: 1 });
  assert.match(far.folder, /^js-local\/https:\/x\.org\/a\/b\.ts\/f\/v-/);
});

test("names are made safe for a folder", () => {
  const project = new SourceProject({}, "a/../b\\c");
  const options = { name: "..", module: "../x\u0000/\ud800", version: 1 };
  const { folder, fingerprint } = project.cache("", "f", options);
  assert.equal(folder, `js-a+..+b%5Cc/%../x%00/\ufffd/%../v-${fingerprint}`);
});

test("a function without a name of its own needs one", () => {
  const project = new SourceProject({});
  const text = "memory.cache((x) => x + 1)";
  for (const name of ["", "bound f", "anonymous"]) {
    assert.throws(() => project.cache(text, name), TypeError);
  }
  const { source, fingerprint } = project.cache(text, "", { name: "next" });
  assert.equal(source?.text, "(x) => x + 1");
  assert.notEqual(
    fingerprint,
    project.cache("memory.cache((x) => x + 2)", "", { name: "n" }).fingerprint,
  );
});

test("a name that the source does not declare is refused", () => {
  const project = new SourceProject({});
  assert.throws(() => project.cache("memory.cache(wrap(k))", "a"), {
    name: "TypeError",
    message: /"a", a name that .*src\/job.ts does not declare/,
  });
  assert.throws(() => project.cache("memory.cache(wrap(k))", "longer"), {
    name: "CacheError",
    message: /^Cannot find the source of "longer" in .*: give module: import.meta/,
  });
});

test("a module that is no local file must be named", () => {
  const message = /give module: import\.meta, or a name for the module$/;
  const places = [
    "",
    "    at https://x.org/a.ts:1:1",
    "    at eval (eval at f (file:///a.ts:1:1), <anonymous>:1:1)",
  ];
  for (const callSite of places) {
    assert.throws(() => identify(named("f"), { callSite, version: 1 }), {
      name: "TypeError",
      message,
    });
    const { folder, fingerprint } = identify(named("f"), {
      callSite,
      version: 1,
      module: "m",
      scope: callSite,
    });
    assert.equal(folder, `js-local/m/f/v-${fingerprint}`);
  }
  assert.throws(
    () => identify(named("f"), { module: { url: "data:text/javascript,1" }, version: 1 }),
    {
      name: "TypeError",
    },
  );
});

test("a bundle must be named", () => {
  const project = new SourceProject({});
  const parts = "// src/a.ts\nvar f = 1;\n// src/b.ts\nmemory.cache(function f() {});\n";
  const long = `memory.cache(function f() {});${"x();".repeat(1000)}`;
  for (const text of [parts, long]) {
    assert.throws(() => project.cache(text, "f"), {
      name: "TypeError",
      message: /looks like a bundle/,
    });
    assert.equal(project.cache(text, "f", { module: "m" }).source?.text, "function f() {}");
  }
});

test("a source that can't be read asks for a version", () => {
  const project = new SourceProject({});
  const options = { module: { url: `file://${project.path("gone.ts")}` } };
  const message = /^Cannot read the source of "f", .*gone\.ts: .* give a version or code: "off"$/;
  assert.throws(() => project.cache("", "f", options), { name: "CacheError", message });
  assert.throws(() => identify(named("f"), { module: "m" }), { name: "CacheError" });
  assert.equal(project.cache("", "f", { ...options, code: "off" }).fingerprint, "000000000000");
});

test("options that make no sense are refused", () => {
  const refused: [object, RegExp][] = [
    [{ Version: 1 }, /Unknown option "Version" for identify\(\): use "version"/],
    [{ code: "all" }, /Cannot use code "all"/],
    [{ name: "" }, /Cannot use "" as a name/],
    [{ module: 5 }, /must be import\.meta or a text/],
    [{ module: "/" }, /Cannot use "\/" as the name of a module/],
    [{ version: {} }, /Cannot use version/],
    [{ deps: "x" }, /must be an array/],
  ];
  for (const [options, message] of refused) {
    assert.throws(() => identify(named("f"), options as never), { message });
  }
});
