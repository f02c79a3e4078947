/** Runs test files under one runtime and counts what its JUnit report says. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { countReport } from "./junit.mjs";
import { BUN, DENO, NODE, run } from "./process.mjs";

/** What the tests need: temporary files, other processes, a server of their own, native codecs. */
export const DENO_PERMISSIONS = [
  "--allow-read",
  "--allow-write",
  "--allow-env",
  "--allow-run",
  "--allow-sys",
  "--allow-ffi",
  "--allow-net=127.0.0.1,localhost",
];

// Types are checked by a gate of their own: no runner but Deno's would see them.
const COMMANDS = {
  deno: (report) => [
    DENO,
    ["test", "--no-check", "--reporter=dot", ...DENO_PERMISSIONS, `--junit-path=${report}`],
  ],
  // Bun stops a test after 5 seconds unless told otherwise.
  bun: (report) => [
    BUN,
    [
      "test",
      "--only-failures",
      "--timeout=300000",
      "--reporter=junit",
      `--reporter-outfile=${report}`,
    ],
  ],
  // "dot" is shorter, but keeps back what a module that throws wrote to stderr.
  node: (report) => [
    NODE,
    [
      "--test",
      "--test-reporter=spec",
      "--test-reporter-destination=stdout",
      "--test-reporter=junit",
      `--test-reporter-destination=${report}`,
    ],
  ],
};

/**
 * Run a suite.
 *
 * @param {string} name What the summary calls it.
 * @param {"deno" | "bun" | "node"} runtime
 * @param {string[]} files Test files, relative to the root.
 * @param {Record<string, string>} env
 * @returns {Promise<Suite>}
 *
 * @typedef {{ name: string, passed: number, failed: number, skipped: number, seconds: number,
 *   details: string }} Suite
 */
export async function runSuite(name, runtime, files, env) {
  if (files.length === 0) return failedSuite(name, "there are no test files");
  const folder = await mkdtemp(join(tmpdir(), "larder-report-"));
  try {
    const report = join(folder, "report.xml");
    const [program, args] = COMMANDS[runtime](report);
    const ended = await run(program, [...args, ...files.map((file) => `./${file}`)], { env });
    return judge(name, await readFile(report, "utf8").catch(() => undefined), files, ended);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A suite that could not run counts as one failed test. */
export function failedSuite(name, details, seconds = 0) {
  return { name, passed: 0, failed: 1, skipped: 0, seconds, details };
}

function judge(name, xml, files, { code, output, seconds }) {
  if (xml === undefined) {
    return failedSuite(name, `${output}\nthe runner wrote no report (exit code ${code})`, seconds);
  }
  const { passed, failed, skipped, empty } = countReport(xml, files);
  // Deno leaves a module that throws out of its report, but names it in the text.
  const thrown = [...output.matchAll(/^\.\/(\S+) \(uncaught error\)$/gm)].map(([, file]) => file);
  const dead = new Set([...empty, ...thrown]);
  const details = [...dead].map((file) => `${file}: no test ran, or the module failed`);

  let failures = failed + dead.size;
  if (passed + failed + skipped === 0 && failures === 0) {
    failures = 1;
    details.push("no test ran");
  }
  if (code !== 0 && failures === 0) {
    failures = 1;
    details.push(`the runner ended with exit code ${code} though no test failed`);
  }
  if (failures > 0) details.unshift(withoutMarks(output));
  return { name, passed, failed: failures, skipped, seconds, details: details.join("\n") };
}

/** The runner's text without its marks for single tests: Deno's dots, Node's ticks. */
function withoutMarks(output) {
  const isMark = (line) => /^(?:[.,!]|\s*[✔﹣] .*)$/.test(line);
  return output.split("\n").filter((line) => !isMark(line)).join("\n").trim();
}
