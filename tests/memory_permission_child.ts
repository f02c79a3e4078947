/** The program that memory_permission_test.ts starts in Deno: it may touch its cache folder only. */
import { Memory } from "../memory/mod.ts";

const [folder, way] = Deno.args;
const memory = new Memory(folder, { onWarning: ({ message }) => console.log("warning", message) });
let runs = 0;
const options = way === "version" ? { version: 1, module: "job" } : { code: "off" as const };
const f = memory.cache((x: number) => ({ runs: ++runs, data: Float64Array.of(x) }), {
  name: "f",
  ...(way === "source" ? {} : options),
});
const g = memory.cacheSync((x: number) => x + 1, { ...options, name: "g", module: "job" });
await f(1);
const { data } = await f(1);
g(1);
console.log(runs, data, g(1), f.lastCall?.hit, g.lastCall?.hit);
await memory.reduceSize({ itemsLimit: 1 });
console.log((await memory.stats()).items);
await memory.close();
