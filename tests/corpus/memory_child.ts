/**
 * Loads the files given as arguments, one after the other, and prints by how many MiB the process grew at
 * its peak. Run as a process of its own, so that nothing else counts.
 */
import { readFileSync } from "node:fs";
import process from "node:process";
import { loads, loadSync } from "../../mod.ts";
import { openNpzSync } from "../../npy/npz.ts";

const MIB = 1024 * 1024;
const [kind, limit, ...paths] = process.argv.slice(2);
const options = {
  exact: true,
  onWarning: () => {},
  ...(limit === "0" ? {} : { limits: { maxBytes: Number(limit) } }),
};

loads(Uint8Array.of(0x80, 4, 0x4b, 7, 0x2e), options); // so that our own code is there
const before = kibibytes("VmRSS");
for (const path of paths) {
  try {
    if (kind === "pickle") loads(new Uint8Array(readFileSync(path)), options);
    else if (kind === "npz") { for (const _ of openNpzSync(path, options).valuesSync()); }
    else loadSync(path, options);
  } catch {
    // what it came to is another test's matter
  }
}
console.log((kibibytes("VmHWM") - before) * 1024 / MIB);

/** A line of Linux' account of this process. */
function kibibytes(name: string): number {
  const status = readFileSync("/proc/self/status", "utf8");
  return Number(new RegExp(`^${name}:\\s*(\\d+)`, "m").exec(status)![1]);
}
