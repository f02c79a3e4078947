/** Maps the file given as argument, looks at both ends, and prints by how many MB the process grew. */
import { readFileSync } from "node:fs";
import process from "node:process";
import { dumps, load, type Memmap } from "../mod.ts";

const [path] = process.argv.slice(2);
// once, so that our own code is there
(await load<Memmap>(dumps(new Float64Array(10)), { mmapMode: "r" })).get(3);
const before = kilobytes();
const map = await load<Memmap>(path, { mmapMode: "r" });
if (map.get(0) !== 0 || map.get(map.size - 1) !== 0) throw new Error("other numbers");
console.log((kilobytes() - before) / 1000);
map.close();

/** Resident memory by Linux' account. */
function kilobytes(): number {
  return Number(/^VmRSS:\s*(\d+)/m.exec(readFileSync("/proc/self/status", "utf8"))![1]) * 1.024;
}
