/**
 * Hostile files may not make the process grow beyond what the manifest grants. Measured under Deno on
 * Linux, in processes of their own: broken folders as a whole, files that aim at memory one by one.
 */
import { execFile } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { test } from "node:test";
import { promisify } from "node:util";
import { byFolder, corpusTest, entries, type Entry, pathOf, Tally } from "./corpus.ts";

const run = promisify(execFile);
const CHILD = fileURLToPath(new URL("memory_child.ts", import.meta.url));
const AT_ONCE = 4;
const AIMED: readonly string[] = ["bomb", "resource", "depth", "sharing"];

if (!("Deno" in globalThis) || process.platform !== "linux") {
  test("memory is measured under Deno on Linux", { skip: "another runtime" }, () => {});
}

const measured = "Deno" in globalThis && process.platform === "linux"
  ? entries.filter(({ must, kind }) =>
    must?.maxMemoryMB !== undefined && ["pickle", "joblib", "npz"].includes(kind)
  )
  : [];

for (const [folder, group] of byFolder(measured)) {
  corpusTest(`load() stays within the memory granted to ${folder}`, async () => {
    const tally = new Tally(`${folder}: within their memory`);
    const aimed = group.filter(({ must }) => AIMED.includes(must!.kind));
    const others = group.filter(({ must }) => !AIMED.includes(must!.kind));
    const batches = aimed.map((entry) => [entry]);
    if (others.length > 0) batches.push(others);
    for (let i = 0; i < batches.length; i += AT_ONCE) {
      await Promise.all(
        batches.slice(i, i + AT_ONCE).map(async (batch) =>
          tally.note(batch.length === 1 ? batch[0].path : folder, await memoryProblem(batch))
        ),
      );
    }
    tally.check();
  });
}

async function memoryProblem(batch: readonly Entry[]): Promise<string | undefined> {
  const granted = Math.min(...batch.map(({ must }) => must!.maxMemoryMB!));
  const limit = batch[0].must!.kind === "bomb" ? 64 * 1024 * 1024 : 0;
  const { stdout } = await run(process.execPath, [
    "run",
    "--no-check",
    "--allow-all", // Deno guards /proc more than other files
    CHILD,
    batch[0].kind,
    String(limit),
    ...batch.map(pathOf),
  ]);
  const grown = Number(stdout);
  return grown <= granted ? undefined : `grew by ${grown.toFixed(0)} MiB of ${granted}`;
}
