/** One of several processes that ask for the same key: leaves a mark when it computes. */
import { appendFileSync } from "node:fs";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { Memory } from "../memory/mod.ts";

const [folder, log] = process.argv.slice(2);
const memory = new Memory(folder);
const slow = memory.cache(async (x: number) => {
  appendFileSync(log, "x");
  await sleep(1000);
  return x;
}, { name: "slow", module: "bench", version: 1 });
await slow(1);
await memory.close();
