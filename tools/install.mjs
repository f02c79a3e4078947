/** Installs what the lock files say: the runtimes into tools/, the dependencies into the root. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { withLock } from "./lock.mjs";
import { BUN, DENO, NODE, ROOT, run, runOrThrow } from "./process.mjs";

const TOOLS = join(ROOT, "tools");

/** Install the tools where they are missing or old, then the library's dependencies. */
export async function setup() {
  await withLock(join(ROOT, ".cache", "setup.lock"), async () => {
    if (!await toolsAreCurrent()) {
      console.log("Installing the runtimes into tools/node_modules …");
      await runOrThrow("npm", ["ci", "--no-audit", "--no-fund"], { cwd: TOOLS });
    }
    // bun, since npm under an old Node leaves out packages whose engines are newer.
    await runOrThrow(BUN, ["install", "--frozen-lockfile"]);
  });
}

/** Whether tools/node_modules is what the lock says and its runtimes start. */
async function toolsAreCurrent() {
  const lock = await packagesOf(join(TOOLS, "package-lock.json"));
  const installed = await packagesOf(join(TOOLS, "node_modules", ".package-lock.json"));
  if (lock === undefined || installed === undefined) return false;
  for (const [path, wanted] of Object.entries(lock)) {
    if (path === "") continue;
    const found = installed[path];
    // Optional packages are for one platform each: only that of this machine is there.
    if (found === undefined ? !wanted.optional : found.integrity !== wanted.integrity) return false;
  }
  const { devDependencies } = JSON.parse(await readFile(join(TOOLS, "package.json"), "utf8"));
  const answers = await Promise.all([DENO, BUN, NODE].map((path) => run(path, ["--version"])));
  return answers.every(({ code, output }, i) =>
    code === 0 && output.includes(devDependencies[["deno", "bun", "node"][i]])
  );
}

async function packagesOf(path) {
  const text = await readFile(path, "utf8").catch(() => undefined);
  return text === undefined ? undefined : JSON.parse(text).packages;
}

/** Where caches go: outside of the clone, so that a fresh clone finds what an old one made. */
export function cacheFolder() {
  const base = process.env.XDG_CACHE_HOME || join(process.env.HOME ?? ROOT, ".cache");
  return join(base, "larder");
}
