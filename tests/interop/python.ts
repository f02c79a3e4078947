/**
 * The Python of the interop tests. Its start takes longer than most of what it is asked for, so a test
 * hands over all its cases in one call: a script, JSON in, JSON out. Bytes travel as base64.
 */
import { Buffer } from "node:buffer";
import { spawn } from "node:child_process";
import process from "node:process";
import { test } from "node:test";

/** The interpreter, where the tests were given one. */
const PYTHON: string | undefined = process.env.LARDER_PYTHON;
const REQUIRED = process.env.LARDER_REQUIRE === "1";

const MINUTES = 5;

/** What stands in front of each script: `data` is its input, `result` its answer. */
const PRELUDE = `
import base64, json, sys
answer, sys.stdout = sys.stdout, sys.stderr
data = json.load(sys.stdin)
result = None
def b64(raw): return base64.b64encode(raw).decode()
unb64 = base64.b64decode
`;
const POSTLUDE = `
json.dump(result, answer)
answer.flush()
`;

/** A test that needs Python: skipped with a notice where there is none, failed where one is required. */
export function pythonTest(name: string, run: () => Promise<void>): void {
  if (PYTHON === undefined && !REQUIRED) {
    test(name, { skip: "LARDER_PYTHON names no Python" }, () => {});
  } else test(name, run);
}

/**
 * Run a script to its end.
 *
 * @param script Python: reads `data`, sets `result`; `b64` and `unb64` spell bytes.
 * @param data What `data` is in the script.
 * @returns What the script left in `result`.
 */
export async function python<T>(script: string, data: unknown = null): Promise<T> {
  if (PYTHON === undefined) {
    throw new Error("LARDER_REQUIRE is 1, but LARDER_PYTHON names no Python");
  }
  const env = { ...process.env, PYTHONHASHSEED: "0", PYTHONIOENCODING: "utf-8" };
  const child = spawn(PYTHON, ["-c", PRELUDE + script + POSTLUDE], { env });
  const timer = setTimeout(() => child.kill("SIGKILL"), MINUTES * 60_000);
  let output = "";
  let errors = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => output += text);
  child.stderr.setEncoding("utf8").on("data", (text: string) => errors += text);
  child.stdin.on("error", () => {}); // a script that fails early does not read its input
  child.stdin.end(JSON.stringify(data));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  }).finally(() => clearTimeout(timer));
  if (code !== 0) throw new Error(`Python ended with ${code}:\n${errors}`);
  return JSON.parse(output) as T;
}

/** Bytes as JSON carries them. */
export function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64");
}

/** Bytes that Python answered. */
export function fromBase64(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "base64"));
}
