/**
 * The one entry to Larder's tooling: `node tools/run.mjs <verb>`. Runs on plain Node 20 with
 * nothing installed; it installs what it needs and hands the work to the pinned runtimes.
 */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { testFiles } from "./files.mjs";
import { gates } from "./gates.mjs";
import { setup } from "./install.mjs";
import { build, testPacked } from "./packed.mjs";
import { DENO, pool, ROOT, run } from "./process.mjs";
import { findPython } from "./python.mjs";
import { DENO_PERMISSIONS, failedSuite, runSuite } from "./suites.mjs";

const VERBS = {
  setup: ["install the runtimes and the dependencies", setup],
  demo: ["run examples/quickstart.ts", demo],
  test: ["run all tests under Deno, Bun and Node", () => test({})],
  fast: ["run the tests under Deno only, without Python", fast],
  bench: ["run bench/main.ts; arguments are passed on", bench],
  build: ["compile the npm package into dist/", buildDist],
  ci: ["run all tests and all gates; nothing may be missing", ci],
};

// Two: a suite mostly waits for one core, and small machines have two.
const WIDTH = 2;

const [verb, ...rest] = process.argv.slice(2);
const [, action] = Object.hasOwn(VERBS, verb ?? "") ? VERBS[verb] : [];
try {
  process.exitCode = action === undefined ? usage() : (await action(rest)) ?? 0;
} catch (error) {
  console.error(error.message);
  // Who reads the last line must not take a run that never began for one without failures.
  if (["test", "fast", "ci"].includes(verb)) console.log("0 passed, 1 failed");
  process.exitCode = 1;
}

function usage() {
  const lines = Object.entries(VERBS).map(([name, [text]]) => `  ${name.padEnd(6)} ${text}`);
  console.error(`Usage: node tools/run.mjs <verb>\n\n${lines.join("\n")}`);
  return 2;
}

async function demo() {
  await setup();
  return await runProgram("examples/quickstart.ts", [], [
    "--allow-read",
    "--allow-write",
    "--allow-env",
  ]);
}

async function bench(args) {
  await setup();
  return await runProgram("bench/main.ts", args, DENO_PERMISSIONS);
}

/** Run a program under Deno with Python at hand, or without where there is none. */
async function runProgram(file, args, permissions) {
  const { python, problem } = await findPython();
  const env = python === undefined ? {} : { LARDER_PYTHON: python };
  const allowed = [...permissions];
  if (python === undefined) console.log(`Without Python: ${firstLine(problem)}`);
  else if (!allowed.includes("--allow-run")) allowed.push(`--allow-run=${python}`);
  const { code } = await run(DENO, ["run", ...allowed, file, ...args], { env, show: true });
  return code;
}

async function buildDist() {
  await setup();
  await build();
}

async function fast() {
  await setup();
  const { portable } = await testFiles();
  return close([await announced(() => runSuite("deno", "deno", portable, {}))]);
}

async function ci() {
  return await test({ required: true });
}

/** Run all suites; when `required`, run the gates too, and whatever is missing is a failure. */
async function test({ required = false }) {
  await setup();
  const { python, problem } = await findPython();
  const env = {};
  if (python !== undefined) env.LARDER_PYTHON = python;
  if (required) env.LARDER_REQUIRE = "1";

  const { portable, interop } = await testFiles();
  const suites = [
    () => runSuite("deno", "deno", portable, env),
    () => runSuite("bun", "bun", portable, env),
    () => runSuite("node", "node", portable, env),
    () => runInterop(interop, python, problem, env),
    testPacked,
  ];
  if (required) suites.unshift(checkCorpus);
  const count = suites.length;
  const checks = required ? await gates(env) : [];
  const jobs = [...suites, ...checks].map((job) => () => announced(job));
  const results = await pool(jobs, WIDTH);
  return close(results.slice(0, count), results.slice(count));
}

async function runInterop(files, python, problem, env) {
  const name = "interop (deno)";
  if (python !== undefined) return await runSuite(name, "deno", files, env);
  if (env.LARDER_REQUIRE) return failedSuite(name, `there is no Python: ${problem}`);
  const details = `Skipped, since there is no Python: ${firstLine(problem)}`;
  return { name, passed: 0, failed: 0, skipped: files.length, seconds: 0, details };
}

/** Tests skip their corpus where it is absent; a full check must not pass that way. */
async function checkCorpus() {
  const found = await stat(join(ROOT, "..", "shared", "fixtures")).then(() => true, () => false);
  if (!found) return failedSuite("corpus", "../shared/fixtures is missing");
  return { name: "corpus", passed: 1, failed: 0, skipped: 0, seconds: 0, details: "" };
}

/** Do a suite or a gate and print how it went. */
async function announced(job) {
  const done = await job();
  const time = `${done.seconds.toFixed(1)} s`;
  if ("ok" in done) {
    console.log(`gate  ${done.name.padEnd(18)} ${done.ok ? "ok" : "FAILED"} (${time})`);
  } else {
    const { name, passed, failed, skipped } = done;
    const count = passed + failed + skipped;
    const parts = [`${count} ${count === 1 ? "test" : "tests"}`];
    if (failed > 0) parts.push(`${failed} FAILED`);
    if (skipped > 0) parts.push(`${skipped} skipped`);
    console.log(`suite ${name.padEnd(18)} ${parts.join(", ")} (${time})`);
  }
  if (done.details !== "") console.log(indent(done.details));
  return done;
}

/** Print the closing line and return the exit code. */
function close(suites, checks = []) {
  const sum = (field) => suites.reduce((total, suite) => total + suite[field], 0);
  const [passed, failed, skipped] = [sum("passed"), sum("failed"), sum("skipped")];
  const refused = checks.filter(({ ok }) => !ok);
  if (refused.length > 0) {
    console.log(`gates that failed: ${refused.map(({ name }) => name).join(", ")}`);
  }
  console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
  return failed > 0 || refused.length > 0 || passed === 0 ? 1 : 0;
}

function indent(text) {
  return text.split("\n").map((line) => line === "" ? "" : `    ${line}`).join("\n");
}

function firstLine(text) {
  return text.split("\n", 1)[0];
}
