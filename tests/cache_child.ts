/** The program that the tests of the cache start in several runtimes, and kill. */
import { appendFileSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { Memory } from "../memory/mod.ts";
import { Entries } from "../memory/stores/entries.ts";
import { FileStore } from "../memory/stores/file.ts";
import { CACHING, isRight, metadata, pause, pauseSync, valueOf } from "./cache_plan.ts";

const [mode, root, key, argument] = process.argv.slice(2);
const folder = dirname(root);

const modes: Record<string, () => Promise<void>> = {
  /** Have a lease until the end. */
  async hold() {
    await new FileStore(root).lease(key);
    say("held");
    setInterval(() => {}, 1000);
  },

  /** Take a lease, and end without giving it back. */
  async leave() {
    await new FileStore(root).lease(key);
  },

  /** Count hits, and end by itself. */
  hit() {
    const { usage } = new FileStore(root);
    for (let i = 0; i < Number(argument); i++) usage.hit(key, 1000 + i);
    return Promise.resolve();
  },

  /** Count a hit, and end by an error. */
  async fail() {
    await modes.hit();
    setTimeout(() => {
      throw new Error("nobody caught this");
    });
  },

  /** Write without end. */
  async endless() {
    let told = 0;
    const store = new FileStore(root);
    await store.lease(key);
    await new Entries(store).write(key, async (target) => {
      const file = target as { write(bytes: Uint8Array): Promise<number> };
      for (;;) {
        told += await file.write(new Uint8Array(1 << 20));
        if (told === 4 << 20) say("under way");
      }
    }, { metadata });
  },

  /** Have all results, computing those that nobody has. */
  async work() {
    const memory = new Memory(folder, { onWarning: ({ message }) => note("warning", message) });
    const compute = argument === "sync"
      ? memory.cacheSync((i: number) => {
        begin(i);
        pauseSync(30);
        return valueOf(i);
      }, CACHING)
      : memory.cache(async (i: number) => {
        begin(i);
        await pause(30);
        return valueOf(i);
      }, CACHING);
    for (const i of JSON.parse(key) as number[]) {
      const value = await compute(i);
      if (compute.lastCall?.hit === false) note("end", i);
      if (!isRight(i, value)) note("torn", i);
    }
    await memory.close();
  },
};

function begin(i: number): void {
  note("start", i);
  say(`start ${i}`);
}

function say(text: string): void {
  writeSync(1, `${text}\n`);
}

/** A line in the log that all processes share; one write, so that lines stay whole. */
function note(what: string, which: unknown): void {
  appendFileSync(join(folder, "log"), `${Date.now()} ${process.pid} ${what} ${which}\n`);
}

await modes[mode]();
