/** Long loads and dumps: what they tell, how they stop, and that other work runs in between. */
import assert from "node:assert/strict";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { registerCompressor } from "../compressors/mod.ts";
import { runningWorkers } from "../io/workers.ts";
import { NDArray } from "../numpy/mod.ts";
import type { Progress } from "../pickle/driver.ts";
import { freshPath, neighbours } from "../tests/temporary.ts";
import { dump, dumps, dumpSync } from "./dump.ts";
import { load, loadAll, loads, loadSync } from "./load.ts";

/** Some 16 MiB of opcodes. */
const NUMBERS: readonly number[] = Array.from({ length: 3_300_000 }, (_, i) => i + 70_000);
const MIB = 1 << 20;
const METHODS = [false, "zlib", "gzip", "bz2", "lzma", "xz", "lz4", "zstd"] as const;

test("dump() tells its progress in growing steps, the last one the size", async () => {
  const path = freshPath();
  const seen: number[] = [];
  await dump(NUMBERS, path, { onProgress: ({ bytes }) => seen.push(bytes) });
  assertGrowing(seen);
  assert.ok(seen.length >= 8, `${seen.length} steps`);
  assert.equal(seen.at(-1), statSync(path).size);
});

test("dump() of one large array tells its progress and stops in its middle", async () => {
  const array = new Float64Array(8 * MIB);
  for (const compress of [false, "gzip"] as const) {
    const path = freshPath();
    const seen: number[] = [];
    const controller = new AbortController();
    const onProgress = ({ bytes }: Progress) => {
      seen.push(bytes);
      if (bytes > 20 * MIB) controller.abort();
    };
    const dumped = dump(array, path, { compress, onProgress, signal: controller.signal });
    await assert.rejects(dumped, { name: "AbortError" });
    assert.ok(seen.length >= 2 && seen.at(-1)! < array.byteLength, `${seen}`);
    assert.deepEqual(neighbours(path), []);
  }
});

test("dumpSync() tells its progress as dump() does", () => {
  const path = freshPath();
  const seen: number[] = [];
  dumpSync(NUMBERS, path, { onProgress: ({ bytes }) => seen.push(bytes) });
  assertGrowing(seen);
  assert.equal(seen.at(-1), statSync(path).size);
});

test("dump() that compresses tells the bytes before compression", async () => {
  const seen: number[] = [];
  const value = new Float64Array(500_000);
  await dump(value, freshPath(), { compress: 1, onProgress: ({ bytes }) => seen.push(bytes) });
  assert.ok(seen.at(-1)! > value.byteLength);
});

test("load() tells its progress with the total, the last one the whole", async () => {
  const path = freshPath();
  await dump([NUMBERS, new Float64Array(4 * MIB)], path);
  const { size } = statSync(path);
  for (const read of [load, loadSync]) {
    const seen: Progress[] = [];
    await read(path, { onProgress: (progress) => void seen.push({ ...progress }) });
    const bytes = seen.map((progress) => progress.bytes);
    assertGrowing(bytes);
    assert.ok(bytes.length >= 8, `${bytes.length} steps`);
    assert.equal(bytes.at(-1), size);
    assert.ok(seen.every(({ total }) => total === size));
  }
});

test("load() of a stream tells its progress without a total", async () => {
  const seen: Progress[] = [];
  const stream = new Blob([dumps([1, 2])]).stream();
  await load(stream, { onProgress: (progress) => void seen.push(progress) });
  assert.ok(seen.length > 0);
  assert.ok(seen.every((progress) => !("total" in progress)));
});

test("load() of a compressed file tells no total: it is not known before the end", async () => {
  for (const compress of ["zlib", "gzip", "bz2", "lzma", "xz", "lz4", "zstd"]) {
    const path = freshPath();
    await dump("text", path, { compress });
    for (const read of [load, loadSync]) {
      const seen: Progress[] = [];
      await read(path, { onProgress: (progress) => void seen.push({ ...progress }) });
      assert.deepEqual(seen, [{ bytes: dumps("text").length }], compress);
    }
  }
});

test("an error of onProgress stops a dump and leaves the old file", async () => {
  const path = freshPath();
  writeFileSync(path, "old");
  const reason = new Error("enough");
  const options = {
    onProgress: () => {
      throw reason;
    },
  };
  await assert.rejects(dump(NUMBERS, path, options), (error) => error === reason);
  assert.throws(() => dumpSync(NUMBERS, path, options), (error) => error === reason);
  assert.equal(readFileSync(path, "utf8"), "old");
  assert.deepEqual(neighbours(path), ["value.joblib"]);
});

test("a signal that fired before makes every call fail with its reason", async () => {
  const path = freshPath();
  const reason = { why: "not now" };
  const signal = AbortSignal.abort(reason);
  const isReason = (error: unknown) => error === reason;
  await assert.rejects(dump(1, path, { signal }), isReason);
  assert.throws(() => dumpSync(1, path, { signal }), isReason);
  assert.throws(() => dumps(1, { signal }), isReason);
  assert.deepEqual(neighbours(path), []);
  const bytes = dumps(1);
  await assert.rejects(load(bytes, { signal }), isReason);
  await assert.rejects(loadAll(bytes, { signal }).next(), isReason);
  assert.throws(() => loadSync(bytes, { signal }), isReason);
  assert.throws(() => loads(bytes, { signal }), isReason);
});

for (const compress of [false, "gzip"] as const) {
  test(`a signal stops a dump (compress ${compress}) and leaves the old file`, async () => {
    const path = freshPath();
    writeFileSync(path, "old");
    const controller = new AbortController();
    const reason = new Error("stop");
    let steps = 0;
    const onProgress = () => {
      if (++steps === 3) controller.abort(reason);
    };
    const { signal } = controller;
    const dumped = dump(NUMBERS, path, { compress, onProgress, signal });
    await assert.rejects(dumped, (error) => error === reason);
    assert.equal(steps, 3);
    assert.equal(readFileSync(path, "utf8"), "old");
    assert.deepEqual(neighbours(path), ["value.joblib"]);
  });

  test(`a timer can stop a dump (compress ${compress})`, async () => {
    const path = freshPath();
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 0);
    const dumped = dump(NUMBERS, path, { compress, signal: controller.signal });
    await assert.rejects(dumped, { name: "AbortError" });
    assert.equal(existsSync(path), false);
    assert.deepEqual(neighbours(path), []);
  });
}

test("a signal stops a load in its middle", async () => {
  const path = freshPath();
  await dump(NUMBERS, path);
  const reason = new Error("stop");
  for (const source of [path, new Uint8Array(readFileSync(path)), new Blob([readFileSync(path)])]) {
    const controller = new AbortController();
    let steps = 0;
    const onProgress = () => {
      if (++steps === 3) controller.abort(reason);
    };
    const loading = load(source, { onProgress, signal: controller.signal });
    await assert.rejects(loading, (error) => error === reason);
    assert.equal(steps, 3);
  }
});

test("an abort cancels the stream that is being loaded", async () => {
  const controller = new AbortController();
  const reason = new Error("stop");
  let cancelled = false;
  const bytes = dumps(NUMBERS);
  let at = 0;
  const stream = new ReadableStream<Uint8Array>({
    pull(stream) {
      stream.enqueue(bytes.slice(at, at += 100_000));
      if (at === 500_000) controller.abort(reason);
    },
    cancel: () => {
      cancelled = true;
    },
  });
  const loading = load(stream, { signal: controller.signal });
  await assert.rejects(loading, (error) => error === reason);
  assert.equal(cancelled, true);
  assert.equal(stream.locked, false);
});

test("an abort frees a load that waits for a stream which never goes on", async () => {
  const controller = new AbortController();
  const stream = new ReadableStream<Uint8Array>({
    start: (stream) => stream.enqueue(dumps([1, 2, 3]).subarray(0, 5)),
  });
  setTimeout(() => controller.abort(), 20);
  const loading = load(stream, { signal: controller.signal });
  await assert.rejects(loading, { name: "AbortError" });
});

registerCompressor("piped", {
  prefix: Uint8Array.of(0xc1, 0xc2),
  extension: ".piped",
  compress: (bytes) => bytes,
  decompress: (bytes) => bytes,
  compressStream: () => new TransformStream<Uint8Array, Uint8Array>(),
});

for (const method of [...METHODS, "piped"]) {
  test(`an abort frees a dump (compress ${method}) that waits for a stream which takes nothing`, async () => {
    const compress = method && [method, 1] as const;
    const noise = Float64Array.from({ length: 500_000 }, (_, i) => Math.sin(i));
    // stalled by the first bytes, at the end, and by what comes out of threads
    for (const [value, taken] of [[noise, 0], ["text", 0], [noise, 1]] as const) {
      const controller = new AbortController();
      const reason = new Error("stop");
      const { stream, fail } = stalling(taken, () => controller.abort(reason));
      const { signal } = controller;
      const dumped = dump(value, stream, { compress, threads: 2, signal });
      await assert.rejects(dumped, (error) => error === reason);
      assert.equal(stream.locked, false);
      assert.equal(runningWorkers(), 0);
      fail(new Error("gone")); // nobody is told any more
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
  });
}

test("other work runs during dump() and load() of opcodes", async () => {
  const path = freshPath();
  assert.ok(await turnsDuring(() => dump(NUMBERS, path)) >= 8);
  const bytes = new Uint8Array(readFileSync(path));
  assert.ok(await turnsDuring(() => load(path)) >= 8);
  assert.ok(await turnsDuring(() => load(bytes)) >= 8);
});

test("other work runs during dump() and load() of one large array", async () => {
  const path = freshPath();
  const array = new Float64Array(8 * MIB);
  assert.ok(await turnsDuring(() => dump(array, path)) >= 4);
  assert.ok(await turnsDuring(() => load(path)) >= 4);
});

test("other work runs during dump() and load() of a compressed file", async () => {
  const path = freshPath();
  const array = Float64Array.from({ length: MIB }, (_, i) => i % 1000);
  assert.ok(await turnsDuring(() => dump(array, path, { compress: 1 })) >= 4);
  assert.ok(await turnsDuring(() => load(path)) >= 4);
});

test("several loads and dumps at once do not disturb each other", async () => {
  const values = [1, 2, 3, 4].map((fill) => ({
    array: new Float64Array(300_000).fill(fill),
    text: `text ${fill}`.repeat(100_000),
  }));
  const paths = values.map(() => freshPath());
  await Promise.all(values.map((value, i) => dump(value, paths[i], { compress: i % 2 === 0 })));
  const back = await Promise.all(paths.map((path) => load<{ array: NDArray; text: string }>(path)));
  for (const [i, { array, text }] of back.entries()) {
    assert.deepEqual(array.data, values[i].array);
    assert.equal(text, values[i].text);
  }
});

/** A stream that takes so many chunks, and then waits until it fails; `onStall` is told soon after. */
function stalling(
  taken: number,
  onStall: () => void,
): { stream: WritableStream<Uint8Array>; fail(error: Error): void } {
  const { promise, reject } = Promise.withResolvers<void>();
  let count = 0;
  const stream = new WritableStream<Uint8Array>({
    write(): Promise<void> | undefined {
      if (count++ < taken) return undefined;
      setTimeout(onStall, 20);
      return promise;
    },
  });
  return { stream, fail: reject };
}

/** How often the event loop turned while `work` ran. */
async function turnsDuring(work: () => Promise<unknown>): Promise<number> {
  let turns = 0;
  let running = true;
  const turn = () => {
    turns++;
    if (running) setImmediate(turn);
  };
  setImmediate(turn);
  await work();
  running = false;
  return turns;
}

function assertGrowing(values: readonly number[]): void {
  for (let i = 1; i < values.length; i++) assert.ok(values[i] >= values[i - 1], `step ${i}`);
}
