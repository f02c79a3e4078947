/**
 * Runs the bundle of browser_cases.ts in a world without Node, Deno or Bun: what a bundled library
 * could ask for is hidden first. Its input and what it found are files.
 */
import { readFileSync, writeFileSync } from "node:fs";
import process from "node:process";

const [bundle, input, output] = process.argv.slice(-3);
const files = JSON.parse(readFileSync(input, "utf8"));
const hidden = ["process", "Deno", "Buffer"];
const before = hidden.map((name) => Object.getOwnPropertyDescriptor(globalThis, name));
for (const name of hidden) {
  Object.defineProperty(globalThis, name, { value: undefined, configurable: true });
}
const { findings } = await import(bundle);
const found = await findings(files);
hidden.forEach((name, i) => before[i] && Object.defineProperty(globalThis, name, before[i]));
writeFileSync(output, JSON.stringify(found));
process.exit(0);
