/**
 * A cache folder that joblib.Memory and Larder share: what one computed is a hit for the other, and joblib
 * counts, evicts and clears what Larder stored.
 */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { loads, NDArray } from "../../mod.ts";
import { MemorizedResult, Memory } from "../../memory/mod.ts";
import { IDENTITY } from "../../memory/memory_suite.ts";
import { freshPath } from "../temporary.ts";
import { fromBase64, python, pythonTest, toBase64 } from "./python.ts";
import { dumps } from "../../mod.ts";

const MODULE = `
import numpy as np
ran = []
def inner(x):
    ran.append(("inner", x))
    return x + 1
def outer(x, y=2, *args, k=3, **kw):
    ran.append(("outer", x))
    return {"sum": x + y + k + sum(args), "kw": kw}
def table(n):
    ran.append(("table", n))
    return {"a": np.arange(n, dtype="float64"), "name": "t", "t": (1, None)}
class K:
    def __init__(self, k):
        self.k = k
    def times(self, x):
        return x * self.k
`;

/** A folder with the module `pm`, and a cache. */
function place(): { folder: string; cache: string } {
  const cache = freshPath("cache");
  const folder = dirname(cache);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "pm.py"), MODULE);
  return { folder, cache };
}

const IMPORT = `
sys.path.insert(0, data["folder"])
import pm
from joblib import Memory
memory = Memory(data["cache"], verbose=0)
`;

pythonTest("what Python computed is a hit here, by the function's folder", async () => {
  const where = place();
  await python(
    `${IMPORT}
memory.cache(pm.inner)(1)
memory.cache(pm.outer)(1)
memory.cache(pm.outer)(1, 5, 6, k=4, z="a")
memory.cache(pm.outer, ignore=["y"])(7)
memory.cache(pm.table)(3)
`,
    where,
  );
  const before = readFileSync(join(where.cache, "joblib/pm/inner/func_code.py"), "utf8");
  const memory = new Memory(where.cache, { onWarning: (warning) => assert.fail(warning.message) });
  const never = () => {
    throw new Error("it was computed");
  };
  const inner = memory.cache(never, { python: "pm.inner", args: ["x"] });
  assert.equal(await inner(...[1] as unknown as []), 2);
  const args = ["x", "y=2", "*args", "k=3", "**kw"];
  const outer = memory.cache(never, { python: "pm.outer", args }) as unknown as (
    ...args: unknown[]
  ) => Promise<unknown>;
  assert.deepEqual(await outer(1), { sum: 6, kw: {} });
  assert.deepEqual(await outer(1, 2), { sum: 6, kw: {} });
  assert.deepEqual(await outer(1, 5, 6, { k: 4, z: "a" }), { sum: 16, kw: { z: "a" } });
  const ignoring = memory.cache(never, { python: "pm.outer", args, ignore: ["y"] });
  assert.deepEqual(await ignoring(...[7, 100] as unknown as []), { sum: 12, kw: {} });
  const sync = memory.cacheSync(never, { python: "pm.table", args: ["n"] });
  const table = sync(...[3] as unknown as []) as { a: NDArray };
  assert.deepEqual(table.a.data, Float64Array.of(0, 1, 2));
  await assert.rejects(inner(...[2] as unknown as []), /it was computed/);
  await memory.close();
  const after = readFileSync(join(where.cache, "joblib/pm/inner/func_code.py"), "utf8");
  assert.equal(after, before);
});

pythonTest("what Larder computed is a hit in Python, which does not run", async () => {
  const where = place();
  // Python runs once, so that its func_code.py is there.
  await python(`${IMPORT}\nmemory.cache(pm.inner)(0)\nmemory.cache(pm.table)(0)`, where);
  const memory = new Memory(where.cache, { onWarning: (warning) => assert.fail(warning.message) });
  const inner = memory.cache((x: number) => x + 1, { python: "pm.inner", args: ["x"] });
  const table = memory.cacheSync(
    (n: number) => ({ a: NDArray.zeros([n], "float64"), name: "from here", t: null }),
    { python: "pm.table", args: ["n"] },
  );
  for (const x of [1, 2, 3]) await inner(x);
  table(2);
  const found = await python<
    { values: number[]; table: unknown; ran: unknown[]; checks: boolean[] }
  >(
    `${IMPORT}
inner, table = memory.cache(pm.inner), memory.cache(pm.table)
checks = [inner.check_call_in_cache(x) for x in (1, 2, 3, 4)]
values = [inner(x) for x in (1, 2, 3)]
t = table(2)
shelved = inner.call_and_shelve(3)
result = {"values": values, "table": [t["a"].tolist(), str(t["a"].dtype), t["name"], t["t"]],
  "ran": pm.ran, "checks": checks, "shelved": shelved.get(), "meta": sorted(shelved.metadata)}
`,
    where,
  );
  assert.deepEqual(
    found,
    {
      values: [2, 3, 4],
      table: [[0, 0], "float64", "from here", null],
      ran: [],
      checks: [true, true, true, false],
      shelved: 4,
      meta: ["crc32", "duration", "input_args", "output", "time"],
    } as unknown as typeof found,
  );
  await memory.close();
});

/** The twin of the module's class. */
class K {
  static readonly pyClass = "pm.K";
  readonly k: number;

  constructor(k: number) {
    this.k = k;
  }
}

pythonTest("methods of Python's share results, keyed on their instances", async () => {
  const where = place();
  await python(`${IMPORT}\nmemory.cache(pm.K(2).times)(3)`, where);
  const memory = new Memory(where.cache, { onWarning: (warning) => assert.fail(warning.message) });
  const ran: number[] = [];
  const times = memory.cache((self: K, x: number) => {
    ran.push(x);
    return x * self.k;
  }, { python: "pm.K.times", args: ["self", "x"] });
  assert.deepEqual([await times(new K(2), 3), await times(new K(5), 3)], [6, 15]);
  assert.deepEqual(ran, [3]);
  const found = await python<unknown>(
    `${IMPORT}
result = [memory.cache(pm.K(k).times).check_call_in_cache(3) for k in (2, 5, 7)]
`,
    where,
  );
  assert.deepEqual(found, [true, true, false]);
  await memory.close();
});

pythonTest("expires_after and metadata work on entries of Larder's", async () => {
  const where = place();
  await python(`${IMPORT}\nmemory.cache(pm.inner)(0)`, where);
  const memory = new Memory(where.cache);
  await memory.cache((x: number) => x + 1, { python: "pm.inner", args: ["x"] })(5);
  const found = await python<unknown>(
    `${IMPORT}
from joblib import expires_after
young = memory.cache(pm.inner, cache_validation_callback=expires_after(hours=1))
old = memory.cache(pm.inner, cache_validation_callback=expires_after(seconds=-1))
result = [young(5), list(pm.ran), old(5), list(pm.ran)]
`,
    where,
  );
  assert.deepEqual(found, [6, [], 6, [["inner", 5]]]);
  await memory.close();
});

pythonTest("an entry without func_code.py survives Python's first look", async () => {
  const where = place();
  const codes: string[] = [];
  const memory = new Memory(where.cache, { onWarning: ({ code }) => codes.push(code) });
  await memory.cache((x: number) => x + 1, { python: "pm.inner", args: ["x"] })(5);
  assert.deepEqual(codes, ["no-func-code"]);
  const found = await python<unknown>(
    `${IMPORT}
inner = memory.cache(pm.inner)
result = [inner.check_call_in_cache(5), inner(5), pm.ran]
`,
    where,
  );
  assert.deepEqual((found as unknown[]).slice(1), [6, []]);
  await memory.close();
});

pythonTest("joblib counts, evicts and clears what Larder stored", async () => {
  const where = place();
  const memory = new Memory(where.cache);
  const f = memory.cache((x: number) => new Float64Array(1000).fill(x), {
    ...IDENTITY,
    name: "f",
  });
  for (let i = 0; i < 6; i++) await f(i);
  const left = await python<number[]>(
    `${IMPORT}
before = memory.store_backend.get_items()
memory.reduce_size(items_limit=2)
after = memory.store_backend.get_items()
result = [len(before), len(after), sum(item.size for item in before)]
`,
    where,
  );
  assert.deepEqual(left.slice(0, 2), [6, 2]);
  assert.ok(left[2] > 48_000);
  assert.equal((await memory.stats()).items, 2);
  let runs = 0;
  for (let i = 0; i < 6; i++) if (!await f.checkCallInCache(i)) runs++;
  assert.equal(runs, 4);
  await python(`${IMPORT}\nmemory.clear(warn=False)`, where);
  assert.equal((await memory.stats()).items, 0);
  assert.deepEqual(await f(1), new Float64Array(1000).fill(1));
  assert.equal(await f.checkCallInCache(1), true);
  await memory.close();
});

pythonTest("Larder evicts and clears what Python stored, and keeps func_code.py", async () => {
  const where = place();
  await python(`${IMPORT}\nf = memory.cache(pm.inner)\nfor i in range(5): f(i)`, where);
  const memory = new Memory(where.cache);
  const inner = memory.cache((x: number) => x, { python: "pm.inner", args: ["x"] });
  assert.equal((await memory.reduceSize({ itemsLimit: 3 })).items, 3);
  await inner.clear();
  assert.equal((await memory.stats()).items, 0);
  assert.ok(existsSync(join(where.cache, "joblib/pm/inner/func_code.py")));
  await memory.close();
});

pythonTest("memory.results() lists and loads Python's results by arguments", async () => {
  const where = place();
  await python(
    `${IMPORT}
memory.cache(pm.outer)(1)
memory.cache(pm.outer)(2, k=5)
`,
    where,
  );
  const memory = new Memory(where.cache);
  const results = memory.results<{ sum: number }>("pm.outer", {
    args: ["x", "y=2", "*args", "k=3", "**kw"],
  });
  assert.equal((await results.get(1)).sum, 6);
  assert.equal((await results.get(2, 2, { k: 5 })).sum, 9);
  assert.deepEqual([await results.has(1), await results.has(9)], [true, false]);
  await assert.rejects(results.get(9), { name: "CacheError" });
  const named = { x: 1, y: 2, "*": [], k: 3, "**": {} };
  assert.equal((await memory.results<{ sum: number }>("pm.outer").getNamed(named)).sum, 6);
  await assert.rejects(memory.results("pm.outer").get(1), TypeError);
  const listed: unknown[] = [];
  for await (const reference of results.list()) {
    listed.push([(reference.metadata.input_args as { x: string }).x, (await reference.get()).sum]);
  }
  assert.deepEqual(listed.sort(), [["1", 6], ["2", 9]]);
  assert.match(await results.code() as string, /^def outer\(x, y=2/);
  await memory.close();
});

pythonTest("a Memory and its references go through pickles in both directions", async () => {
  const where = place();
  const memory = new Memory(where.cache, { compress: ["gzip", 3] });
  await python(`${IMPORT}\nmemory.cache(pm.inner)(0)`, where);
  const inner = memory.cache((x: number) => x + 1, { python: "pm.inner", args: ["x"] });
  const reference = await inner.callAndShelve(8);
  const found = await python<{ value: number; func: string; memory: unknown; pickles: string[] }>(
    `${IMPORT}
import pickle, joblib
reference, theirs = pickle.loads(unb64(data["reference"])), pickle.loads(unb64(data["memory"]))
mine = memory.cache(pm.inner).call_and_shelve(20)
result = {
  "value": reference.get(), "func": reference.func, "id": reference.args_id,
  "memory": [theirs.location, theirs.compress, theirs.cache(pm.inner)(8), list(pm.ran)],
  "pickles": [b64(pickle.dumps(mine)), b64(pickle.dumps(memory))],
}
`,
    {
      ...where,
      reference: toBase64(dumps(reference)),
      memory: toBase64(dumps(memory)),
    },
  );
  assert.equal(found.value, 9);
  assert.equal(found.func, "pm/inner");
  assert.deepEqual(found.memory, [where.cache, ["gzip", 3], 9, [["inner", 20]]]);
  const mine = loads<MemorizedResult<number>>(fromBase64(found.pickles[0]));
  assert.ok(mine instanceof MemorizedResult);
  assert.equal(await mine.get(), 21);
  const theirs = loads<Memory>(fromBase64(found.pickles[1]));
  assert.ok(theirs instanceof Memory);
  assert.equal(theirs.location, where.cache);
  assert.equal(await theirs.results<number>("pm.inner", { args: ["x"] }).get(20), 21);
  await theirs.close();
  await memory.close();
});

pythonTest("Python loads the results of our own functions too", async () => {
  const where = place();
  const memory = new Memory(where.cache, { compress: true });
  const f = memory.cache((x: number) => ({ x, when: new Date(0), map: new Map([["a", 1n]]) }), {
    ...IDENTITY,
    name: "f",
  });
  const reference = await f.callAndShelve(1) as MemorizedResult;
  const path = join(memory.store!.location, reference.func, reference.argsId, "output.pkl");
  const text = await python<string>(`import joblib\nresult = repr(joblib.load(data))`, path);
  assert.equal(
    text,
    "{'x': 1, 'when': datetime.datetime(1970, 1, 1, 0, 0, tzinfo=datetime.timezone.utc), 'map': {'a': 1}}",
  );
  await memory.close();
});
