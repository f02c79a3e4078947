/**
 * The compressors beside joblib's, in one run: time, size and peak memory, each in a process of its own.
 * `deno task bench compress [--mb 256] [--records 64] [--rounds 3] [--methods zlib,lz4-9] [--json file]`.
 * Both libraries load the file that joblib wrote; times are medians, slow calls are done once.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { compressorNames } from "../compressors/mod.ts";
import type { Task } from "./compress_child.ts";
import type { Dataset, Measured, Report, Row } from "./compress_report.ts";

const METHODS = ["zlib", "gzip", "bz2", "lzma", "xz", "lz4", "lz4-9", "zstd"];
/** A call of more than 4 seconds is not repeated. */
const SLOW = 4000;
const TITLES = { walk: "float64 random walk", records: "records of text and numbers" };

/** Run the bench and print its tables. */
export function compress(args: string[]): void {
  const { values } = parseArgs({
    args,
    options: {
      mb: { type: "string", default: "256" },
      records: { type: "string", default: "64" },
      rounds: { type: "string", default: "3" },
      methods: { type: "string", default: METHODS.join() },
      json: { type: "string" },
    },
  });
  const known = compressorNames();
  const methods = values.methods.split(",").filter((name) => known.includes(name.split("-")[0]));
  const sizes = { walk: Number(values.mb) * 1e6, records: Number(values.records) * 1e6 };
  const folder = mkdtempSync(`${tmpdir()}/larder-bench-`);
  try {
    const report = measureAll({ folder, methods, rounds: Number(values.rounds) }, sizes);
    if (values.json !== undefined) {
      writeFileSync(values.json, `${JSON.stringify(report, undefined, 2)}\n`);
    }
    for (const dataset of report.datasets) console.log(table(dataset));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

interface Plan {
  readonly folder: string;
  readonly methods: readonly string[];
  readonly rounds: number;
}

function measureAll(plan: Plan, sizes: Record<string, number>): Report {
  const python: { methods: string[]; versions: Record<string, string> } = twin(
    "make",
    plan.folder,
    JSON.stringify(sizes),
  );
  const datasets = Object.entries(TITLES).map(([name, title]): Dataset => {
    const raw = `${plan.folder}/${name}.joblib`;
    const rows = plan.methods.flatMap((method) => {
      console.error(`${title}: ${method}`);
      return measureMethod(method, raw, python.methods.includes(method.split("-")[0]), plan);
    });
    return { title, rawBytes: statSync(raw).size, rows };
  });
  const versions = { ...runtime(), ...python.versions };
  return { cores: availableParallelism(), versions, rounds: plan.rounds, datasets };
}

function measureMethod(method: string, raw: string, hasTwin: boolean, plan: Plan): Row[] {
  const [name, level] = method.split("-");
  const base = {
    raw,
    compress: level === undefined ? name : [name, Number(level)] as const,
    rounds: plan.rounds,
    slow: SLOW,
    threads: 1,
  };
  const theirs = `${plan.folder}/by-joblib`;
  const ours = `${plan.folder}/by-larder`;
  const rows: Row[] = [];
  // each dump next to its rival's, so that both meet the same noise
  let joblibDump: Measured | undefined;
  if (hasTwin) joblibDump = twin("measure", taskText({ ...base, action: "dump", path: theirs }));
  const dump = child({ ...base, action: "dump", path: ours });
  if (isThreaded(name)) {
    const byTwo = { ...base, path: ours, threads: 2 };
    rows.push({
      method,
      by: "Larder",
      threads: 2,
      dump: child({ ...byTwo, action: "dump" }),
      size: statSync(ours).size,
      ...(isReadByThreads(name) ? { load: child({ ...byTwo, action: "load" }) } : {}),
    });
  }
  const path = hasTwin ? theirs : ours;
  const load = child({ ...base, action: "load", path });
  rows.unshift({ method, by: "Larder", threads: 1, size: statSync(ours).size, dump, load });
  if (joblibDump !== undefined) {
    const joblibLoad: Measured = twin("measure", taskText({ ...base, action: "load", path }));
    const size = statSync(theirs).size;
    rows.unshift({ method, by: "joblib", threads: 1, size, dump: joblibDump, load: joblibLoad });
  }
  return rows;
}

/** Whether the method has a use for threads; the others ignore the option. */
function isThreaded(name: string): boolean {
  return ["zlib", "gzip", "bz2", "xz", "lz4", "zstd"].includes(name);
}

/** Whether what was written by threads is read by threads. */
function isReadByThreads(name: string): boolean {
  return name === "bz2";
}

function child(task: Task): Measured {
  const script = fileURLToPath(new URL("./compress_child.ts", import.meta.url));
  return JSON.parse(output(process.execPath, [...runtimeFlags(), script, taskText(task)]));
}

function twin<T>(...args: string[]): T {
  const script = fileURLToPath(new URL("./compress_twin.py", import.meta.url));
  return JSON.parse(output(process.env.LARDER_PYTHON ?? "python3", [script, ...args]));
}

function taskText(task: Task): string {
  return JSON.stringify(task);
}

function output(program: string, args: string[]): string {
  return execFileSync(program, args, { encoding: "utf8" });
}

function runtime(): Record<string, string> {
  const { bun, deno, node } = process.versions;
  if (deno !== undefined) return { deno };
  return bun !== undefined ? { bun } : { node };
}

function runtimeFlags(): string[] {
  const { bun, deno } = process.versions;
  if (deno !== undefined) return ["run", "--v8-flags=--expose-gc", "--allow-all"];
  return bun === undefined ? ["--expose-gc"] : [];
}

/** The rows of a dataset as a table in Markdown. */
function table({ title, rawBytes, rows }: Dataset): string {
  const lines = [
    ["method", "threads", "dump", "×", "load", "×", "size", "×", "dump peak", "load peak"],
    ["---", "--:", "--:", "--:", "--:", "--:", "--:", "--:", "--:", "--:"],
  ];
  for (const row of rows) {
    if (row.by === "joblib") continue;
    const rival = rows.find(({ by, method }) => by === "joblib" && method === row.method);
    const speed = (measured?: Measured) =>
      measured === undefined ? "" : `${digits(rawBytes / measured.time / 1000)} MB/s`;
    const faster = (theirs?: Measured, own?: Measured) =>
      theirs === undefined || own === undefined ? "" : (theirs.time / own.time).toFixed(2);
    lines.push([
      row.method,
      String(row.threads),
      speed(row.dump),
      faster(rival?.dump, row.dump),
      speed(row.load),
      faster(rival?.load, row.load),
      `${(row.size / rawBytes * 100).toFixed(1)} %`,
      rival === undefined ? "" : (row.size / rival.size).toFixed(3),
      peaks(row.dump, rival?.dump),
      peaks(row.load, rival?.load),
    ]);
  }
  const widths = lines[0].map((_, i) => Math.max(...lines.map((line) => line[i].length)));
  const text = lines.map((line) =>
    `| ${line.map((cell, i) => cell.padEnd(widths[i])).join(" | ")} |`
  );
  return `\n${title}, ${
    (rawBytes / 1e6).toFixed(0)
  } MB; × is joblib's time, or the size by joblib's\n\n${text.join("\n")}`;
}

function peaks(own?: Measured, rival?: Measured): string {
  if (own?.peak === undefined) return "";
  const theirs = rival?.peak === undefined ? "" : ` (joblib ${mb(rival.peak)})`;
  return `${mb(own.peak)}${theirs} MB`;
}

function mb(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}

function digits(value: number): string {
  return value.toFixed(value < 10 ? 1 : 0);
}
