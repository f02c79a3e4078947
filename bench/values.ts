/**
 * Larder beside Python's joblib and pickle, in one run: the same values, the same files, medians, and
 * ratios (above 1: Larder is faster). `deno task bench [--scale 0.1] [--rounds 3] [names…]`.
 */
import { execFileSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { dump, dumpSync, load, loadSync, type NDArray } from "../mod.ts";
import { median } from "./measure.ts";

interface Row {
  what: string;
  larder: number;
  rival: string;
  python: number;
}

const NAMES = ["records", "forest", "small_arrays", "large_array"];

const { values, positionals } = parseArgs({
  options: {
    scale: { type: "string", default: "1" },
    rounds: { type: "string", default: "5" },
    json: { type: "boolean", default: false },
  },
  allowPositionals: true,
});
const rounds = Number(values.rounds);
const folder = mkdtempSync(`${tmpdir()}/larder-bench-`);
const rows: Row[] = [];
const notes: string[] = [];
try {
  for (const name of positionals.length > 0 ? positionals : NAMES) await workload(name);
} finally {
  rmSync(folder, { recursive: true });
}
if (values.json) console.log(JSON.stringify(rows));
else printRows();

async function workload(name: string): Promise<void> {
  const python = twin(name);
  const path = `${folder}/${name}.joblib`;
  const out = `${folder}/${name}.larder.joblib`;
  const exact = name === "forest" ? { exact: true } : {};
  const loadTime = await median(rounds, () => loadSync(path, exact));
  const loadAsync = await median(rounds, () => load(path, exact));
  const value = loadSync(path, exact);
  const dumpTime = await median(rounds, () => dumpSync(value, out));
  const dumpAsync = await median(rounds, () => dump(value, out));
  row(`${name}: loadSync`, loadTime, "joblib.load", python);
  row(`${name}: load`, loadAsync, "joblib.load", python);
  row(`${name}: dumpSync`, dumpTime, "joblib.dump", python);
  row(`${name}: dump`, dumpAsync, "joblib.dump", python);
  if (name === "records") {
    const plain = `${folder}/records.pkl`;
    row(`${name}: loadSync`, await median(rounds, () => loadSync(plain)), "pickle.load", python);
    row(`${name}: dumpSync`, dumpTime, "pickle.dump", python);
  }
  if (name === "large_array") await largeArray(path, value as NDArray, python);
}

/** What bounds an eager load: filling a fresh buffer; and what a reused buffer saves. */
async function largeArray(
  path: string,
  array: NDArray,
  python: Record<string, number>,
): Promise<void> {
  const floor = await median(rounds, () => fillFresh(path));
  const eager = await median(rounds, () => loadSync(path));
  const warm = new ArrayBuffer(array.nbytes);
  new Uint8Array(warm).fill(1);
  const into = await median(rounds, () => loadSync(path, { into: () => warm }));
  row("large_array: loadSync", eager, "floor (fresh buffer)", { "floor (fresh buffer)": floor });
  row("large_array: loadSync into", into, "joblib.load", python);
  const script = fileURLToPath(new URL("./peak.ts", import.meta.url));
  const run = process.execPath.endsWith("deno") ? ["run", "--allow-all"] : [];
  const peak = Number(execFileSync(process.execPath, [...run, script, path], { encoding: "utf8" }));
  notes.push(
    `large_array: peak memory of loadSync is ${(peak / array.nbytes).toFixed(3)}× the array`,
  );
}

function fillFresh(path: string): Uint8Array {
  const bytes = new Uint8Array(statSync(path).size);
  const fd = openSync(path, "r");
  for (let at = 0; at < bytes.length;) {
    at += readSync(fd, bytes, at, Math.min(8 << 20, bytes.length - at), at);
  }
  closeSync(fd);
  return bytes;
}

function twin(name: string): Record<string, number> {
  const script = fileURLToPath(new URL("./twin.py", import.meta.url));
  const text = execFileSync(
    process.env.LARDER_PYTHON ?? "python3",
    [script, folder, name, values.scale, String(rounds)],
    { encoding: "utf8" },
  );
  return JSON.parse(text);
}

function row(what: string, larder: number, rival: string, python: Record<string, number>): void {
  rows.push({ what, larder, rival, python: python[rival] });
}

function printRows(): void {
  console.log(
    `${"".padEnd(28)}${"Larder".padStart(12)}${"rival".padStart(12)}${
      "ratio".padStart(9)
    }  rival is`,
  );
  for (const { what, larder, rival, python } of rows) {
    console.log(
      what.padEnd(28) + ms(larder) + ms(python) + `${(python / larder).toFixed(2)}×`.padStart(9) +
        `  ${rival}`,
    );
  }
  for (const note of notes) console.log(note);
}

function ms(time: number): string {
  return `${time.toFixed(time < 10 ? 2 : 0)} ms`.padStart(12);
}
