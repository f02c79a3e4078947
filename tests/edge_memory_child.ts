/**
 * Reads a cache behind a URL where the runtime offers no built-in module, as at the edge, and prints what it
 * found. For edge_memory_test.ts.
 */
import process from "node:process";

const url = process.argv[2];
Object.assign((globalThis as { process?: object }).process!, { getBuiltinModule: undefined });
const { Memory } = await import("../memory/mod.ts");

const warnings: string[] = [];
const far = new Memory(url, { onWarning: ({ code }) => warnings.push(code) });
const results = far.results<number>("pm.inner", { args: ["x", "y=2"] });
const listed: [unknown, number][] = [];
for await (const reference of results.list()) {
  listed.push([reference.metadata.input_args, await reference.get()]);
}
const computed = far.cache((_x: number) => -1, { python: "pm.inner", args: ["x", "y=2"] });
const got = await results.get(1);
const has = [await results.has(1), await results.has(2)];
const called = [await computed(1), computed.lastCall?.hit, await computed(2)];
console.log(JSON.stringify({ got, has, listed, called, warnings }));
