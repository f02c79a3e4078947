/** The command line on caches that Python's joblib.Memory made. */
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { larder } from "../../cli/terminal_suite.ts";
import { freshPath } from "../temporary.ts";
import { python, pythonTest } from "./python.ts";

const MODULE = `
import numpy as np

def scaled(x, factor=2, *rest, offset: float = 1.0,  # "not, a parameter"
           **others):
    return np.arange(4.0) * x * factor + offset

def quiet(data, debug=False):
    return {"data": data, "text": "two"}
`;

const SCRIPT = `
sys.path.insert(0, data["folder"])
import joblib, mod
memory = joblib.Memory(data["location"], verbose=0)
scaled = memory.cache(mod.scaled)
quiet = memory.cache(mod.quiet, ignore=["debug"])
`;

interface Cache {
  readonly folder: string;
  readonly location: string;
}

function makeModule(): Cache {
  const location = freshPath("cache");
  const folder = join(dirname(location), "code");
  mkdirSync(folder);
  writeFileSync(join(folder, "mod.py"), MODULE);
  return { folder, location };
}

pythonTest("larder cache lists, shows and verifies what joblib.Memory stored", async () => {
  const cache = makeModule();
  await python(
    `${SCRIPT}
scaled(1); scaled(2, 3); quiet("hello"); quiet("hello", debug=True)
`,
    cache,
  );
  const at = ["-l", cache.location];
  const { out } = await larder(["cache", "ls", ...at, "--json"]);
  const { functions } = JSON.parse(out) as { functions: Record<string, unknown>[] };
  assert.deepEqual(functions.map(({ name, calls, language }) => [name, calls, language]), [
    ["mod.quiet", 1, "python"],
    ["mod.scaled", 2, "python"],
  ]);
  const shown = await larder(["cache", "show", "mod.scaled", ...at, "--json"]);
  const { entries } = JSON.parse(shown.out) as { entries: { id: string; args: unknown }[] };
  assert.deepEqual(entries.map(({ args }) => args).reverse(), [
    { factor: "2", offset: "1.0", x: "1", "*": "[]", "**": "{}" },
    { factor: "3", offset: "1.0", x: "2", "*": "[]", "**": "{}" },
  ]);
  const one = await larder(["cache", "show", entries[0].id, ...at]);
  assert.match(one.out, /array\(\[ 1\., {2}7\., 13\., 19\.\]\)/);
  const verified = await larder(["cache", "verify", ...at]);
  assert.deepEqual([verified.code, verified.out.split(": ")[1]], [
    0,
    "0 whole, 3 without a checksum, 0 damaged\n",
  ]);
});

pythonTest(
  "larder cache explain computes Python's ids of calls from the stored source",
  async () => {
    const cache = makeModule();
    await python(
      `${SCRIPT}
scaled(1); scaled(2, 3, 4, "five", offset=1.5, key=(1, None)); quiet([1, 2.0, "x"], debug=True)
`,
      cache,
    );
    const calls: [call: string[], code: number][] = [
      [["mod.scaled", "1"], 0],
      [["mod.scaled", "x=1", "factor=2"], 0],
      [["mod.scaled", "1.0"], 1],
      [["mod.scaled", "2", "3", "4", "'five'", "offset=1.5", "key=(1, None)"], 0],
      [["mod.scaled", "2", "3", "4", "'five'", "offset=1.5", "key=[1, null]"], 1],
      [["mod.quiet", '[1, 2.0, "x"]'], 0],
      [["mod.quiet", '[1, 2.0, "x"]', "debug=False"], 0],
      [["mod.quiet", '[1, 2, "x"]'], 1],
    ];
    for (const [call, code] of calls) {
      const told = await larder(["cache", "explain", ...call, "-l", cache.location]);
      assert.equal(told.code, code, `${call.join(" ")}\n${told.out}${told.err}`);
      assert.match(told.out, code === 0 ? /^hit: /m : /^miss: /m);
    }
  },
);

pythonTest(
  "after larder cache gc and rm Python computes again, and only what is gone",
  async () => {
    const cache = makeModule();
    await python(
      `${SCRIPT}
scaled(1); scaled(2); quiet("hello")
`,
      cache,
    );
    const at = ["-l", cache.location];
    assert.equal((await larder(["cache", "rm", "mod.quiet", ...at])).code, 0);
    assert.match((await larder(["cache", "gc", "--items", "1", ...at])).out, /^Removed 1 result/);
    const found = await python<[number, boolean]>(
      `${SCRIPT}
hits = [scaled.check_call_in_cache(1), scaled.check_call_in_cache(2)]
quiet("hello")
result = [sum(hits), quiet.check_call_in_cache("hello")]
`,
      cache,
    );
    assert.deepEqual(found, [1, true]);
  },
);
