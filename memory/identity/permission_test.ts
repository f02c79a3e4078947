/** Deno only: nothing is read, and nobody is asked, where the permission is missing. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { SourceProject } from "./project_suite.ts";

const CHILD = fileURLToPath(new URL("./permission_child_suite.ts", import.meta.url));
const inDeno = { skip: !("Deno" in globalThis) };

interface Told {
  results: string[][];
  touched: string[];
}

function run(project: SourceProject, permissions: readonly string[]): Told {
  const args = [
    "run",
    "--no-check",
    "--no-prompt",
    ...permissions,
    CHILD,
    project.path("src/job.ts"),
  ];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: "utf8" })) as Told;
}

function makeProject(): SourceProject {
  return new SourceProject({ "src/job.ts": "cache(function f() {})" });
}

test(
  "without --allow-read a version or code off is enough, and no file is looked at",
  inDeno,
  () => {
    const project = makeProject();
    const { results, touched } = run(project, [`--allow-read=${CHILD}`]);
    assert.match(
      results[0][0],
      /^CacheError: Cannot read the source of "f", .*: allow to read it, or give/,
    );
    const whole = `js-local${project.path("src/job.ts")}/f/v-`;
    assert.deepEqual(results.slice(1), [[whole, "module-path"], ["js-local/m/f/v-"]]);
    assert.deepEqual(touched, []);
  },
);

test("--allow-read of the project is enough for all", inDeno, () => {
  const project = makeProject();
  const { results, touched } = run(project, [`--allow-read=${project.root}`]);
  const folder = "js-demo/src/job.ts/f/v-";
  assert.deepEqual(results, [[folder], [folder], ["js-demo/m/f/v-"]]);
  assert.ok(touched.every((path) => path.startsWith(project.root)), String(touched));
});

test("--allow-read of the sources alone gives the whole path", inDeno, () => {
  const project = makeProject();
  const { results, touched } = run(project, [`--allow-read=${project.path("src")}`]);
  const whole = `js-local${project.path("src/job.ts")}/f/v-`;
  assert.deepEqual(results.slice(0, 2), [[whole, "module-path"], [whole, "module-path"]]);
  assert.ok(touched.every((path) => path.startsWith(project.path("src"))), String(touched));
});
