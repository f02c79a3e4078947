/**
 * The Python of the interop tests: a virtual environment with the pinned joblib and numpy.
 * Its name holds a digest of the pins, so that clones share it and a new pin makes a new one.
 */
import { createHash } from "node:crypto";
import { readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { cacheFolder } from "./install.mjs";
import { withLock } from "./lock.mjs";
import { ROOT, run, runOrThrow } from "./process.mjs";

const REQUIREMENTS = join(ROOT, "tests", "interop", "requirements.txt");

/**
 * Find or make the Python environment. A Python named by LARDER_PYTHON is taken as it is.
 *
 * @returns {Promise<{ python?: string, problem?: string }>} Its interpreter, or why there is none.
 */
export async function findPython() {
  if (process.env.LARDER_PYTHON) return { python: process.env.LARDER_PYTHON };
  const version = await run("python3", ["--version"]);
  if (version.code !== 0) return { problem: "python3 is not installed" };
  try {
    const text = await readFile(REQUIREMENTS, "utf8");
    const digest = createHash("sha256").update(text + version.output.trim()).digest("hex");
    const folder = join(cacheFolder(), `venv-${digest.slice(0, 12)}`);
    return { python: await withLock(`${folder}.lock`, () => ensureEnvironment(folder)) };
  } catch (error) {
    return { problem: error.message };
  }
}

async function ensureEnvironment(folder) {
  const python = join(folder, ...(process.platform === "win32" ? ["Scripts"] : ["bin"]), "python");
  // The file tells that the install came to its end; the import, that nothing moved since.
  const ready = join(folder, "larder-ready");
  if (await exists(ready) && await imports(python)) return python;

  console.log("Making the Python environment of the interop tests …");
  await rm(folder, { recursive: true, force: true });
  await makeEnvironment(folder, python);
  if (!await imports(python)) throw new Error("the new Python environment cannot import joblib");
  await writeFile(ready, "");
  return python;
}

async function makeEnvironment(folder, python) {
  const install = ["install", "--quiet", "--disable-pip-version-check", "-r", REQUIREMENTS];
  if ((await run("python3", ["-m", "venv", folder])).code === 0) {
    await runOrThrow(python, ["-m", "pip", ...install]);
    return;
  }
  // Debian keeps ensurepip in a package of its own; the pip of the system can do its work.
  await rm(folder, { recursive: true, force: true });
  await runOrThrow("python3", ["-m", "venv", "--without-pip", folder]);
  await runOrThrow("python3", ["-m", "pip", "--python", python, ...install]);
}

async function imports(python) {
  return (await run(python, ["-c", "import joblib, numpy, lz4.frame"])).code === 0;
}

function exists(path) {
  return stat(path).then(() => true, () => false);
}
