/** Child processes: started, captured, timed; and where the pinned runtimes are. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** Root of the clone. */
export const ROOT = fileURLToPath(new URL("..", import.meta.url));

const BIN = join(ROOT, "tools", "node_modules", ".bin");

/** The pinned runtimes. The node that starts these tools may be too old to run the library. */
export const DENO = join(BIN, "deno");
export const BUN = join(BIN, "bun");
export const NODE = join(BIN, "node");

/**
 * Run a program to its end. Without `show` its output is captured, both streams in one.
 *
 * @param {string} program
 * @param {string[]} args
 * @param {{ cwd?: string, env?: Record<string, string>, show?: boolean, minutes?: number }} options
 * @returns {Promise<{ code: number, output: string, seconds: number }>}
 */
export function run(program, args, { cwd = ROOT, env = {}, show = false, minutes = 12 } = {}) {
  const started = performance.now();
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd,
      env: childEnv(env, show),
      stdio: show ? "inherit" : ["ignore", "pipe", "pipe"],
      shell: process.platform === "win32", // npm and the .bin entries are .cmd files there
    });
    let output = "";
    child.stdout?.setEncoding("utf8").on("data", (text) => output += text);
    child.stderr?.setEncoding("utf8").on("data", (text) => output += text);
    const timer = setTimeout(() => {
      output += `\n${program} was stopped after ${minutes} minutes\n`;
      child.kill("SIGKILL");
    }, minutes * 60_000);
    const end = (code) => {
      clearTimeout(timer);
      resolve({ code, output, seconds: (performance.now() - started) / 1000 });
    };
    child.on("error", (error) => {
      output += `Cannot start ${program}: ${error.message}\n`;
      end(127);
    });
    child.on("close", (code, signal) => {
      if (signal !== null) output += `\n${program} ended by ${signal}\n`;
      end(code ?? 1);
    });
  });
}

/** Run a program and throw with its output when it fails. */
export async function runOrThrow(program, args, options) {
  const result = await run(program, args, options);
  if (result.code === 0) return result;
  throw new Error(`${program} ${args.join(" ")} failed (${result.code})\n${result.output}`);
}

/** Run jobs, `width` at a time, and return their results in order. */
export async function pool(jobs, width) {
  const results = [];
  let next = 0;
  const worker = async () => {
    while (next < jobs.length) {
      const index = next++;
      results[index] = await jobs[index]();
    }
  };
  await Promise.all(Array.from({ length: width }, worker));
  return results;
}

function childEnv(extra, show) {
  // Tests that start another runtime find the pinned one here.
  const env = { ...process.env, LARDER_DENO: DENO, LARDER_BUN: BUN, LARDER_NODE: NODE, ...extra };
  if (!show) {
    env.NO_COLOR = "1"; // captured text is searched and printed later
    delete env.FORCE_COLOR;
  }
  return env;
}
