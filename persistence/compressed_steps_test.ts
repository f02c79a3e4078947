/**
 * Long dumps and loads by each method: the size of the steps between which other work has its turn,
 * what they tell, and how a signal stops them, in one thread and in two.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { compressorByName, decompressReader } from "../compressors/mod.ts";
import { openReader } from "../io/source.ts";
import { runningWorkers } from "../io/workers.ts";
import type { NDArray } from "../numpy/mod.ts";
import type { Progress } from "../pickle/driver.ts";
import { freshPath, neighbours } from "../tests/temporary.ts";
import { dump, dumps } from "./dump.ts";
import { load } from "./load.ts";

const METHODS: readonly string[] = ["zlib", "gzip", "bz2", "lzma", "xz", "lz4", "zstd"];
const MIB = 1 << 20;
/** Three whole steps and a rest; more than one segment of each method at level 1. */
const VALUE = Float64Array.from({ length: (3 << 17) + 1000 }, (_, i) => i % 1000);
const TOTAL = dumps(VALUE).length;
/** What is decompressed at once; 1 MiB where nothing else is said, which lz4 does in no time. */
const SLICE_BYTES: Readonly<Record<string, number>> = { lz4: 4 * MIB };
const LONG_VALUE = Float64Array.from({ length: (12 << 17) + 1000 }, (_, i) => i % 1000);

for (const method of METHODS) {
  for (const threads of [1, 2]) {
    const options = { compress: [method, 1], threads, onWarning: () => {} } as const;

    test(`dump() by ${method}, threads ${threads}: steps of a megabyte, other work between them`, async () => {
      const turns = countTurns();
      const seen: { bytes: number; turn: number }[] = [];
      await dump(VALUE, freshPath(), {
        ...options,
        onProgress: ({ bytes }) => seen.push({ bytes, turn: turns.count }),
      });
      turns.end();
      assert.equal(seen.at(-1)!.bytes, TOTAL);
      assert.ok(seen.length >= Math.ceil(TOTAL / MIB), `${seen.length} steps`);
      for (const [i, { bytes, turn }] of seen.entries()) {
        const before = seen[i - 1] ?? { bytes: 0, turn: -1 };
        assert.ok(bytes > before.bytes && bytes - before.bytes <= MIB, `step ${i}: ${bytes}`);
        assert.ok(turn > before.turn, `nothing else ran before step ${i}`);
      }
    });

    test(`a signal stops dump() by ${method}, threads ${threads}, with its reason`, async () => {
      for (const old of [false, true]) {
        const path = freshPath();
        if (old) await dump("old", path);
        const controller = new AbortController();
        const reason = { why: "enough" };
        let steps = 0;
        const dumped = dump(VALUE, path, {
          ...options,
          signal: controller.signal,
          onProgress: () => ++steps === 3 && controller.abort(reason),
        });
        await assert.rejects(dumped, (error) => error === reason);
        assert.equal(steps, 3);
        assert.deepEqual(neighbours(path), old ? ["value.joblib"] : []);
        if (old) assert.equal(await load(path), "old");
        assert.equal(runningWorkers(), 0);
      }
    });

    test(`a signal at the last step of dump() by ${method}, threads ${threads}, leaves no file`, async () => {
      const path = freshPath();
      const controller = new AbortController();
      const dumped = dump(VALUE, path, {
        ...options,
        signal: controller.signal,
        onProgress: ({ bytes }) => bytes === TOTAL && controller.abort(),
      });
      await assert.rejects(dumped, { name: "AbortError" });
      assert.deepEqual(neighbours(path), []);
      assert.equal(runningWorkers(), 0);
    });
  }

  const slice = SLICE_BYTES[method] ?? MIB;
  const value = slice === MIB ? VALUE : LONG_VALUE;

  test(`load() by ${method}: other work has its turn for each slice, and progress grows to the end`, async () => {
    const path = freshPath();
    await dump(value, path, { compress: [method, 1] });
    const total = dumps(value).length;
    for (const source of [path, readFileSync(path), new Blob([readFileSync(path)])]) {
      const turns = countTurns();
      const seen: Progress[] = [];
      const onProgress = (step: Progress): void => void seen.push({ ...step });
      const back = await load<NDArray>(source, { onProgress });
      turns.end();
      assert.deepEqual(back.data, value);
      assert.ok(turns.count >= Math.floor(total / slice), `${turns.count} turns`);
      assert.ok(seen.length >= 2, `${seen.length} steps`);
      assert.deepEqual(seen.at(-1), { bytes: total });
      for (let i = 1; i < seen.length; i++) assert.ok(seen[i].bytes > seen[i - 1].bytes);
    }
  });

  test(`a read of ${method} gives a slice at most, and other work runs before the next`, async () => {
    const bytes = await compressorByName(method).compress(dumps(value), 1);
    const reader = decompressReader(await openReader(bytes), method);
    const into = new Uint8Array(16 * MIB);
    const turns = countTurns();
    let since = 0;
    let total = 0;
    for (let turn = 0;;) {
      const count = await reader.read(into);
      if (count === 0) break;
      assert.ok(count <= slice, `${count} bytes at once`);
      total += count;
      since += count;
      if (since >= slice) {
        assert.ok(turns.count > turn, `nothing else ran up to byte ${total}`);
        turn = turns.count;
        since = 0;
      }
    }
    turns.end();
    await reader.close();
    assert.equal(total, dumps(value).length);
  });

  test(`a signal stops load() by ${method} with its reason`, async () => {
    const path = freshPath();
    await dump(VALUE, path, { compress: [method, 1] });
    const bytes = readFileSync(path);
    for (const source of [path, bytes, new Blob([bytes]), new Blob([bytes]).stream()]) {
      const controller = new AbortController();
      const reason = { why: "enough" };
      const { signal } = controller;
      const loading = load(source, { signal, onProgress: () => controller.abort(reason) });
      await assert.rejects(loading, (error) => error === reason);
      assert.equal(runningWorkers(), 0);
    }
  });
}

/** Counts the turns of the event loop: no clock, so that a slow machine tells the same. */
function countTurns(): { count: number; end(): void } {
  let going = true;
  const turns = { count: 0, end: (): void => void (going = false) };
  function turn(): void {
    turns.count++;
    if (going) setImmediate(turn);
  }
  setImmediate(turn);
  return turns;
}
