/**
 * Builds the npm package, packs it, and uses the tarball from a project of its own under each
 * runtime. Only here do `exports`, `files` and the compiled code meet what a user installs.
 */
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { BUN, DENO, NODE, ROOT, run, runOrThrow } from "./process.mjs";
import { failedSuite } from "./suites.mjs";

/** joblib.hash([1, 2]). */
const HASH_OF_TWO = "ad6352385cc5e69d5c24fad28c7fd226";
const TSC = join(ROOT, "node_modules", "typescript", "bin", "tsc");

/** Compile the library into `folder`. */
export async function build(folder = join(ROOT, "dist")) {
  await rm(folder, { recursive: true, force: true });
  await runOrThrow(NODE, [TSC, "-p", "tsconfig.build.json", "--outDir", folder]);
}

/** Test the packed package: its modules and its program, one test a runtime each. */
export async function testPacked() {
  const name = "packed tarball";
  const started = performance.now();
  const seconds = () => (performance.now() - started) / 1000;
  const folder = await mkdtemp(join(tmpdir(), "larder-packed-"));
  try {
    const tarball = await pack(join(folder, "package"), folder);
    const project = join(folder, "project");
    const subpaths = await install(tarball, project);
    await writeFile(join(project, "smoke.mjs"), smokeScript(subpaths));
    const runs = [
      await run(DENO, ["run", "--allow-read", "--allow-write", "--allow-env", "smoke.mjs"], {
        cwd: project,
      }),
      await run(BUN, ["smoke.mjs"], { cwd: project }),
      await run(NODE, ["smoke.mjs"], { cwd: project }),
    ];
    const bad = runs.filter(({ code, output }) => code !== 0 || output.trim() !== "ok");
    const programs = await runProgram(project);
    bad.push(...programs.filter(({ code, output }) => code !== 0 || output.trim() !== HASH_OF_TWO));
    return {
      name,
      passed: runs.length + programs.length - bad.length,
      failed: bad.length,
      skipped: 0,
      seconds: seconds(),
      details: bad.map(({ output }) => output).join("\n"),
    };
  } catch (error) {
    return { ...failedSuite(name, error.message, seconds()), failed: 6 };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Run the program of the package on a file that smoke.mjs left, by a link as npm makes one. */
async function runProgram(project) {
  const { name, bin } = JSON.parse(
    await readFile(join(project, "node_modules", "@larder", "joblib", "package.json"), "utf8"),
  );
  const program = join(project, "node_modules", name, bin.larder);
  const link = join(project, "node_modules", ".bin", "larder");
  await mkdir(dirname(link), { recursive: true });
  await symlink(program, link);
  const args = ["hash", "two.joblib"];
  return [
    await run(DENO, ["run", "--no-prompt", "--allow-read=two.joblib", program, ...args], {
      cwd: project,
    }),
    await run(BUN, [link, ...args], { cwd: project }),
    await run(NODE, [link, ...args], { cwd: project }),
  ];
}

/** Stage the package beside the clone, so that a test never touches the dist/ somebody is using. */
async function pack(stage, folder) {
  await mkdir(stage, { recursive: true });
  await build(join(stage, "dist"));
  const manifest = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8"));
  delete manifest.scripts;
  await writeFile(join(stage, "package.json"), JSON.stringify(manifest, null, 2));
  for (const name of ["README.md", "CHANGELOG.md", "LICENSE"]) {
    await cp(join(ROOT, name), join(stage, name)).catch(() => {});
  }
  await runOrThrow("npm", ["pack", "--pack-destination", folder], { cwd: stage });
  const packed = (await readdir(folder)).find((name) => name.endsWith(".tgz"));
  if (packed === undefined) throw new Error("npm pack made no tarball");
  return join(folder, packed);
}

/** Put the tarball and its dependencies in place by hand: no registry is asked. */
async function install(tarball, project) {
  const modules = join(project, "node_modules");
  const target = join(modules, "@larder", "joblib");
  await mkdir(target, { recursive: true });
  await runOrThrow("tar", ["-xzf", tarball, "-C", target, "--strip-components=1"]);
  const manifest = JSON.parse(await readFile(join(target, "package.json"), "utf8"));
  await assertTyped(target, manifest);
  for (const name of Object.keys(manifest.dependencies ?? {})) await copyPackage(name, modules);
  await writeFile(
    join(project, "package.json"),
    JSON.stringify({ type: "module", dependencies: { [manifest.name]: manifest.version } }),
  );
  return Object.keys(manifest.exports);
}

async function assertTyped(folder, manifest) {
  for (const [subpath, { types }] of Object.entries(manifest.exports)) {
    await readFile(join(folder, types)).catch(() => {
      throw new Error(`The tarball has no ${types}, the types of "${subpath}"`);
    });
  }
}

async function copyPackage(name, modules) {
  const target = join(modules, name);
  await mkdir(dirname(target), { recursive: true });
  await cp(join(ROOT, "node_modules", name), target, { recursive: true, dereference: true });
  const { dependencies = {} } = JSON.parse(await readFile(join(target, "package.json"), "utf8"));
  for (const inner of Object.keys(dependencies)) await copyPackage(inner, modules);
}

function smokeScript(subpaths) {
  const names = subpaths.map((subpath) => `@larder/joblib${subpath.slice(1)}`);
  return `import assert from "node:assert/strict";
import { dumps, loads } from "@larder/joblib";
import { writeFileSync } from "node:fs";

assert.deepEqual(loads(dumps({ a: [1, 2, 3] })), { a: [1, 2, 3] });
writeFileSync("two.joblib", dumps([1, 2]));
for (const name of ${JSON.stringify(names)}) {
  assert.ok(Object.keys(await import(name)).length > 0, name);
}
console.log("ok");
`;
}
