/** Calls of cached functions: when they run, what they are known by, and what is stored of them. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { NDArray } from "../numpy/mod.ts";
import { load } from "../persistence/mod.ts";
import { PicklingError, PyFloat, tuple } from "../mod.ts";
import { entriesIn, IDENTITY, idsIn, onlyEntry, pause, withMemory } from "./memory_suite.ts";

test("cache() does not run a function twice for equal arguments, whose ids are Python's", async () => {
  await withMemory({}, async ({ memory, folder, warnings }) => {
    const ran: unknown[] = [];
    const f = memory.cache(function f(x: number) {
      ran.push(x);
      return x;
    }, { ...IDENTITY, args: ["x"] });
    assert.deepEqual([await f(1), await f(1), await f(2)], [1, 1, 2]);
    assert.deepEqual(ran, [1, 2]);
    const ids = idsIn(folder);
    assert.ok(ids.includes("d3ffa92536e9b2aeb96c6d0e11ccd857"));
    assert.ok(ids.some((id) => /^fb65b1da.*10b6$/.test(id)));
    assert.deepEqual(warnings, []);
  });
});

test("cache() keeps apart 1, 1.0 and true", async () => {
  await withMemory({}, async ({ memory, folder }) => {
    const f = memory.cache(function f(x: unknown) {
      return String(x);
    }, { ...IDENTITY, args: ["x"] });
    for (const x of [1, new PyFloat(1), true]) await f(x);
    const begins = idsIn(folder).map((id) => id.slice(0, 8));
    assert.deepEqual(begins, ["29bc4ffb", "b5769f30", "d3ffa925"]);
  });
});

test("cache() knows arrays by content, dtype, shape and strides", async () => {
  await withMemory({}, async ({ memory }) => {
    let runs = 0;
    const h = memory.cache(function h(_x: unknown) {
      return ++runs;
    }, IDENTITY);
    const a = NDArray.from([0, 1, 2, 3], { dtype: "float64" });
    for (const same of [a, a.copy(), Float64Array.of(0, 1, 2, 3)]) assert.equal(await h(same), 1);
    assert.equal(await h(a.astype("float32")), 2);
    assert.equal(await h(NDArray.from([[0, 1], [2, 3]], { dtype: "float64" })), 3);
    assert.equal(await h(a.slice({ step: 2 })), 4);
    assert.equal(await h(NDArray.from([0, 2], { dtype: "float64" })), 5);
    assert.equal(await h(Float64Array.of(NaN)), await h(Float64Array.of(NaN)));
    assert.notEqual(await h(Float64Array.of(-0)), await h(Float64Array.of(0)));
    assert.notEqual(await h(Int32Array.of(1)), await h(BigInt64Array.of(1n)));
    assert.notEqual(await h([1, 2]), await h(tuple(1, 2)));
    assert.equal(await h({ a: 1, b: 2 }), await h({ b: 2, a: 1 }));
    assert.equal(await h(new Set([1, 2])), await h(new Set([2, 1])));
  });
});

test("cache() counts a default as if it were given", async () => {
  await withMemory({}, async ({ memory, folder }) => {
    let runs = 0;
    const df = memory.cache(function df(a: number, b = 2) {
      runs++;
      return a + b;
    }, { ...IDENTITY, args: ["a", "b=2"] });
    assert.deepEqual([await df(1), await df(1, 2), runs], [3, 3, 1]);
    assert.deepEqual(idsIn(folder), ["0f2b8227db955581b11071a6cf8988a3"]);
  });
});

test("cache() without args names calls by position, as joblib does for what has no names", async () => {
  await withMemory({}, async ({ memory, folder }) => {
    let runs = 0;
    const f = memory.cache(function f(...args: unknown[]) {
      runs++;
      return args.length;
    }, IDENTITY);
    assert.equal(await f(1, undefined), 2);
    assert.equal(await f(1), 2);
    assert.equal(runs, 1);
    const metadata = JSON.parse(readFileSync(onlyEntry(folder, "metadata.json"), "utf8"));
    assert.deepEqual(metadata.input_args, { "*": "[1]", "**": "{}" });
  });
});

test("cache() leaves joblib's layout: marks, output.pkl, metadata.json", async () => {
  await withMemory({}, async ({ memory, folder }) => {
    const f = memory.cache(function f(x: number) {
      return [x, "text"];
    }, { ...IDENTITY, args: ["x"] });
    const before = Date.now() / 1000;
    await f(1);
    assert.equal(readFileSync(join(folder, ".gitignore")).length, 37);
    assert.ok(existsSync(join(folder, "CACHEDIR.TAG")));
    assert.match(entriesIn(folder)[0], /^js-[^/]+\/tests\/f\/v-[0-9a-f]{12}\/[0-9a-f]{32}$/);
    assert.deepEqual(await load(onlyEntry(folder)), [1, "text"]);
    const metadata = JSON.parse(readFileSync(onlyEntry(folder, "metadata.json"), "utf8"));
    assert.deepEqual(metadata.input_args, { x: "1" });
    assert.ok(metadata.duration >= 0 && metadata.duration < 60);
    assert.ok(metadata.time >= before && metadata.time <= Date.now() / 1000);
  });
});

test("cache() takes the function, its options before or after it, or a cached one", async () => {
  await withMemory({}, async ({ memory }) => {
    let runs = 0;
    function my(x: number, _debug = true) {
      runs++;
      return x;
    }
    const options = { ...IDENTITY, args: ["x", "debug=True"], ignore: ["debug"] };
    const first = memory.cache(options)(my);
    const second = memory.cache(my, options);
    const third = memory.cache(second, options);
    assert.deepEqual([await first(0), await second(0, false), await third(0, true)], [0, 0, 0]);
    assert.equal(runs, 1);
    assert.equal(third.func, my);
    assert.equal(third.name, "my");
    assert.equal(third.length, 1);
  });
});

test("ignore leaves parameters out of the id, as Python does", async () => {
  await withMemory({}, async ({ memory, folder }) => {
    let runs = 0;
    const my = memory.cache(function my_func(_x: number, _debug = true) {
      return ++runs;
    }, { ...IDENTITY, args: ["x", "debug=True"], ignore: ["debug"] });
    for (const debug of [undefined, false, true]) assert.equal(await my(0, debug), 1);
    assert.deepEqual(idsIn(folder), ["eafd7cd8280c6ace8622a25cf1f54934"]);

    let calls = 0;
    const va = memory.cache(function va(x: number, ..._rest: number[]) {
      calls++;
      return x;
    }, { ...IDENTITY, args: ["x", "*args"], ignore: ["*"] });
    await va(1, 2);
    await va(1, 3);
    assert.equal(calls, 1);
  });
});

test("ignore refuses names that the function does not have, and what is no list", async () => {
  await withMemory({}, ({ memory }) => {
    const g = (x: number) => x;
    const options = { ...IDENTITY, name: "g", args: ["x"] };
    assert.throws(() => memory.cache(g, { ...options, ignore: ["nope"] }), {
      name: "TypeError",
      message: /'nope' is not defined for function g\(x\)/,
    });
    assert.throws(() => memory.cache(g, { ...options, ignore: "x" as never }), TypeError);
    assert.throws(
      () => memory.cache((x: number) => x, { ...IDENTITY, name: "m.g", ignore: ["x"] }),
      /^TypeError: Cannot ignore 'x' of m\.g: the option args must tell the parameters/,
    );
  });
});

test("a call with too few or too many arguments does not run the function", async () => {
  await withMemory({}, async ({ memory }) => {
    let runs = 0;
    const f = memory.cache(function f(x: number) {
      runs++;
      return x;
    }, { ...IDENTITY, args: ["x"] });
    await assert.rejects(f(...[] as unknown as [number]), TypeError);
    await assert.rejects(f(...[1, 2] as unknown as [number]), TypeError);
    assert.equal(runs, 0);
  });
});

test("an argument without a hash is a PicklingError that names the parameter", async () => {
  await withMemory({}, async ({ memory }) => {
    let runs = 0;
    const f = memory.cache(function f(_x: unknown) {
      return ++runs;
    }, { ...IDENTITY, args: ["x"] });
    await assert.rejects(f(new WeakMap()), (error: PicklingError) => {
      assert.ok(error instanceof PicklingError);
      assert.match(error.message, /argument "x" of tests\.f\(\)/);
      assert.equal(error.path, "x");
      return true;
    });
    assert.equal(runs, 0);
  });
});

test("the key is taken before the call, so that a changed argument does not matter", async () => {
  await withMemory({}, async ({ memory }) => {
    let runs = 0;
    const g = memory.cache(function g(list: number[]) {
      runs++;
      list.push(1);
      return list.length;
    }, IDENTITY);
    const x = [0];
    const y = [0];
    assert.deepEqual([await g(x), await g(y), runs], [2, 2, 1]);
    assert.deepEqual([x, y], [[0, 1], [0]]);
  });
});

test("an error is not cached, null is", async () => {
  await withMemory({}, async ({ memory, folder }) => {
    let runs = 0;
    const boom = memory.cache(function boom(_x: number) {
      runs++;
      throw new RangeError("boom");
    }, IDENTITY);
    await assert.rejects(boom(1), { name: "RangeError", message: "boom" });
    await assert.rejects(boom(1), RangeError);
    assert.equal(runs, 2);
    assert.deepEqual(entriesIn(folder), []);
    const nil = memory.cache(function nil() {
      runs++;
      return null;
    }, IDENTITY);
    assert.deepEqual([await nil(), await nil(), runs], [null, null, 3]);
  });
});

test("a function that returns a promise is cached by what it resolves with", async () => {
  await withMemory({}, async ({ memory, folder }) => {
    let runs = 0;
    const slow = memory.cache(async function slow(x: number) {
      await pause(1);
      runs++;
      return x * 2;
    }, { ...IDENTITY, args: ["x"] });
    assert.deepEqual([await slow(4), await slow(4), runs], [8, 8, 1]);
    assert.equal(await load(onlyEntry(folder)), 8);
  });
});

test("simultaneous calls run once, each with a value of its own", async () => {
  await withMemory({}, async ({ memory }) => {
    let runs = 0;
    const slow = memory.cache(async function slow(x: number) {
      runs++;
      await pause(20);
      return [x];
    }, IDENTITY);
    const values = await Promise.all([1, 1, 1, 1].map((x) => slow(x)));
    assert.deepEqual(values, [[1], [1], [1], [1]]);
    assert.equal(runs, 1);
    assert.equal(new Set(values).size, 4);
  });
});

test("when a simultaneous call fails the next one runs", async () => {
  await withMemory({}, async ({ memory }) => {
    let runs = 0;
    const flaky = memory.cache(async function flaky() {
      await pause(5);
      if (++runs === 1) throw new Error("first");
      return "fine";
    }, IDENTITY);
    const results = await Promise.allSettled([flaky(), flaky(), flaky()]);
    assert.deepEqual(results.map(({ status }) => status), ["rejected", "fulfilled", "fulfilled"]);
    assert.equal(runs, 2);
  });
});

test("an aborted computation stores nothing, and whoever waits for it computes", async () => {
  await withMemory({}, async ({ memory, folder }) => {
    let runs = 0;
    const f = memory.cache(async function f(x: number, signal: AbortSignal) {
      runs++;
      await pause(20);
      signal.throwIfAborted();
      return x;
    }, { ...IDENTITY, args: ["x", "signal"], ignore: ["signal"] });
    const controller = new AbortController();
    const aborted = f(1, controller.signal);
    const waiting = f(1, new AbortController().signal);
    const reason = new Error("enough");
    controller.abort(reason);
    await assert.rejects(aborted, (error) => error === reason);
    assert.equal(await waiting, 1);
    assert.deepEqual([runs, entriesIn(folder).length], [2, 1]);
    await assert.rejects(f(2, AbortSignal.abort(reason)), (error) => error === reason);
    assert.equal(await f.checkCallInCache(2, controller.signal), false);
  });
});

test("this is handed through to a cached function", async () => {
  await withMemory({}, async ({ memory }) => {
    const counter = {
      step: 3,
      next: memory.cache(function next(this: { step: number }, x: number) {
        return x + this.step;
      }, IDENTITY),
    };
    assert.equal(await counter.next(1), 4);
  });
});

test("a function without names of parameters has the ids of numpy's functions", async () => {
  await withMemory({}, async ({ memory, folder }) => {
    const square = memory.cache((a: NDArray) => a, {
      python: "numpy.square",
      args: ["*args", "**kwargs"],
    });
    await square(NDArray.from([[0, 0, 1], [1, 1, 1], [4, 2, 1]]));
    assert.deepEqual(entriesIn(folder), ["numpy/square/35ff6b81d9208b4a0f9eef4399138246"]);
  });
});

test("a bound function needs a name", async () => {
  await withMemory({}, async ({ memory }) => {
    const add = function add(x: number, y: number): number {
      return x + y;
    };
    assert.throws(() => memory.cache(add.bind(null, 1)), TypeError);
    const next = memory.cache(add.bind(null, 1), { ...IDENTITY, name: "next" });
    const after = memory.cache(add.bind(null, 2), { ...IDENTITY, name: "after" });
    assert.deepEqual([await next(10), await after(10), await next(10)], [11, 12, 11]);
  });
});

test("a cached function has the types of the function", async () => {
  await withMemory({}, async ({ memory }) => {
    const f = memory.cache((x: number, text = "a") => Promise.resolve([x, text] as const), {
      ...IDENTITY,
      name: "f",
    });
    const typed: (x: number, text?: string) => Promise<readonly [number, string]> = f;
    assert.deepEqual(await typed(1), [1, "a"]);
    const sync: (x: number) => string = memory.cacheSync((x: number) => String(x), {
      ...IDENTITY,
      name: "g",
    });
    assert.equal(sync(1), "1");
    // @ts-expect-error -- a text is no number
    assert.equal(sync("1"), "1");
  });
});
