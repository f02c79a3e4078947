/** Checks that are no tests: layout, lint, types, documentation, and whether it would publish. */
import { entryPoints, libraryFiles } from "./files.mjs";
import { DENO, run } from "./process.mjs";
import { DENO_PERMISSIONS } from "./suites.mjs";

/**
 * The gates, as jobs.
 *
 * @param {Record<string, string>} env
 * @returns {Promise<(() => Promise<Gate>)[]>}
 *
 * @typedef {{ name: string, ok: boolean, seconds: number, details: string }} Gate
 */
export async function gates(env) {
  const entries = await entryPoints();
  const library = await libraryFiles();
  const commands = {
    "deno fmt": ["fmt", "--check"],
    "deno lint": ["lint"],
    "deno check": ["check"],
    "deno doc --lint": ["doc", "--lint", ...entries],
    "deno test --doc": ["test", "--doc", ...DENO_PERMISSIONS, ...library],
    "deno publish": ["publish", "--dry-run", "--allow-dirty"],
  };
  return Object.entries(commands).map(([name, args]) => async () => {
    const { code, output, seconds } = await run(DENO, args, { env, minutes: 10 });
    return { name, ok: code === 0, seconds, details: code === 0 ? "" : output.trim() };
  });
}
