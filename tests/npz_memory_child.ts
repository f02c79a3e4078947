/**
 * Writes or reads an archive that is larger than what it may take, and prints by how many MiB the
 * process grew at its peak. Run as a process of its own, so that nothing else counts.
 */
import { readFileSync, rmSync } from "node:fs";
import process from "node:process";
import { NDArray } from "../numpy/ndarray.ts";
import { openNpz, openNpzSync } from "../npy/npz.ts";
import { savez, savezCompressed, savezCompressedSync, savezSync } from "../npy/savez.ts";

const MIB = 1024 * 1024;
const [what, path] = process.argv.slice(2);
const COUNT = 12;
const QUICK = { level: 1 };

/** 24 MiB that deflate makes to about a third. */
const array = NDArray.from(Float64Array.from({ length: 3 * MIB }, (_, i) => (i * 7919) % 65_537));

function* arrays(): Generator<[string, NDArray]> {
  for (let i = 0; i < COUNT; i++) yield [`a${i}`, array];
}

function stream(): WritableStream<Uint8Array> {
  return new WritableStream({ write: () => new Promise((resolve) => setTimeout(resolve, 0)) });
}

const runs: Record<string, () => Promise<void> | void> = {
  "savez": () => savez(path, arrays()),
  "savezSync": () => savezSync(path, arrays()),
  "savez to a stream": () => savez(stream(), arrays()),
  "savezCompressed": () => savezCompressed(path, arrays(), QUICK),
  "savezCompressedSync": () => savezCompressedSync(path, arrays(), QUICK),
  "savezCompressed to a stream": () => savezCompressed(stream(), arrays(), QUICK),
  "get": () => read(path, "async"),
  "getSync": () => read(path, "sync"),
};

// once, so that our own code is there
await savezCompressed(path, { a: new Float64Array(10) });
openNpzSync(path).closeSync();
if (what.startsWith("get")) await savezCompressed(path, [array]);
const before = kibibytes("VmRSS");
await runs[what]();
console.log((kibibytes("VmHWM") - before) / 1024);
rmSync(path, { force: true });

/** Into the memory of the array that is there already: what is left to see is the way to it. */
async function read(path: string, how: "async" | "sync"): Promise<void> {
  const npz = await openNpz(path, { into: () => array.bytes.buffer as ArrayBuffer });
  for (let i = 0; i < COUNT; i++) {
    if (how === "sync") npz.getSync("arr_0");
    else await npz.get("arr_0");
  }
  await npz.close();
}

/** A line of Linux' account of this process. */
function kibibytes(name: string): number {
  const status = readFileSync("/proc/self/status", "utf8");
  return Number(new RegExp(`^${name}:\\s*(\\d+)`, "m").exec(status)![1]);
}
