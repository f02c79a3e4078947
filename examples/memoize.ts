/**
 * Memory: results that outlive the program. The second call, another process, and Python's joblib.Memory find
 * what the first call computed; a change of its code makes a new version, which leaves the old one alone.
 */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { expiresAfter, Memory } from "../mod.ts";

const folder = mkdtempSync(`${tmpdir()}/larder-`);
const memory = new Memory(folder, { compress: "gzip", limits: { bytesLimit: "1G" } });

const smooth = memory.cache(async function smooth(signal: Float64Array, width = 3) {
  await new Promise((resolve) => setTimeout(resolve, 50)); // something slow
  return signal.map((_, i) => {
    const window = signal.subarray(Math.max(0, i - width + 1), i + 1);
    return window.reduce((sum, value) => sum + value, 0) / window.length;
  });
}, { args: ["signal", "width=3"] });

const signal = Float64Array.from({ length: 1000 }, (_, i) => Math.sin(i / 10));
const first = await smooth(signal);
const second = await smooth(signal, 3); // the default counts as if it were given
assert.deepEqual(second, first);
console.log(smooth.lastCall); // { hit: true, id: …, duration: …, bytes: … }
console.log((await smooth.explain(signal, 4)).reason);

await Promise.all([5, 5, 5].map((width) => smooth(signal, width))); // one run for all three
assert.equal((await memory.stats()).items, 2);

const quote = memory.cacheSync(function quote(symbol: string) {
  return { symbol, at: new Date(), cents: 4200n };
}, { args: ["symbol"], cacheValidationCallback: expiresAfter({ hours: 1 }) });
assert.deepEqual(quote("ACME"), quote("ACME")); // Date and bigint come back as they were

const { items, hits } = await memory.stats();
await memory.close();
rmSync(folder, { recursive: true });
console.log(`Checked: ${items} runs answered 7 calls, ${hits} of them from the cache.`);
