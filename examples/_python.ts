/**
 * Asks Python: the one named by LARDER_PYTHON, else python3, where it has joblib and scikit-learn 1.9
 * (an older one can't read the models in data/).
 */
import { spawnSync } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";

const PYTHON = process.env.LARDER_PYTHON ?? "python3";
const PROBE = "import joblib, sklearn; assert sklearn.__version__ >= '1.9'";

/** Run a script and return what it prints; undefined where there is no such Python. */
export function python(script: URL, ...args: string[]): string | undefined {
  if (!mayRun() || run("-c", PROBE).status !== 0) return undefined;
  const { status, stdout, stderr } = run(fileURLToPath(script), ...args);
  if (status !== 0) throw new Error(`Python failed:\n${stderr}`);
  return stdout.trimEnd();
}

function run(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  // Text beyond ASCII, whatever the locale; no word about the version of scikit-learn; no .pyc files.
  return spawnSync(PYTHON, ["-X", "utf8", "-W", "ignore", "-B", ...args], { encoding: "utf8" });
}

/** Deno would ask whether it may start a program; without that permission, do without Python. */
function mayRun(): boolean {
  if (typeof Deno === "undefined") return true;
  return Deno.permissions.querySync({ name: "run", command: PYTHON }).state === "granted";
}
