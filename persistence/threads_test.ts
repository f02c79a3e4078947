/** Threads change how fast a compressed file is written, never what is in it. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { gunzipSync, inflateSync } from "node:zlib";
import { runningWorkers } from "../io/workers.ts";
import type { NDArray } from "../numpy/mod.ts";
import { Random } from "../tests/random.ts";
import { freshPath, neighbours } from "../tests/temporary.ts";
import { dump, dumps, dumpSync } from "./dump.ts";
import { load, loadSync } from "./load.ts";

/** A bit more than eight segments, half of it noise. */
const LARGE = new Float64Array((1 << 20) + 77);
const random = new Random(5);
for (let i = 0; i < 1 << 19; i++) LARGE[i] = random.below(2 ** 32);

const METHODS = { gzip: gunzipSync, zlib: inflateSync };

for (const [method, unpacked] of Object.entries(METHODS)) {
  test(`${method} by any number of threads is the same`, async () => {
    const digests = new Set<string>();
    for (const threads of [undefined, 1, 2, 5]) {
      const path = freshPath();
      const options = threads === undefined ? {} : { threads };
      await dump(LARGE, path, { compress: [method, 1], ...options, onWarning: noWarning });
      assert.equal(digest(unpacked(readFileSync(path))), digest(dumps(LARGE)));
      assert.deepEqual((await load<NDArray>(path)).data, LARGE);
      assert.equal(runningWorkers(), 0);
      digests.add(digest(readFileSync(path)));
    }
    assert.equal(digests.size, 1);
  });
}

test("synchronous calls take threads and use one", () => {
  const options = { compress: ["gzip", 1], threads: 2, onWarning: noWarning } as const;
  const path = freshPath();
  dumpSync(LARGE, path, options);
  assert.equal(digest(readFileSync(path)), digest(dumps(LARGE, { ...options, threads: 1 })));
  assert.deepEqual(loadSync<NDArray>(path).data, LARGE);
});

test("several dumps by threads at once do not disturb each other", async () => {
  const parts = [0, 1, 2, 3].map((i) => LARGE.subarray(i << 17, (i + 3) << 17));
  const paths = parts.map(() => freshPath());
  await Promise.all(
    parts.map((part, i) => dump(part, paths[i], { compress: ["gzip", 1], threads: 1 + i })),
  );
  for (const [i, path] of paths.entries()) {
    assert.deepEqual((await load<NDArray>(path)).data, parts[i]);
  }
  assert.equal(runningWorkers(), 0);
});

test("an abort and an error end the workers and leave the old file", async () => {
  for (const threads of [1, 2]) {
    const path = freshPath();
    await dump("old", path);
    const controller = new AbortController();
    await assert.rejects(
      dump(LARGE, path, {
        compress: ["gzip", 1],
        threads,
        signal: controller.signal,
        onProgress: ({ bytes }) => bytes > 3 << 20 && controller.abort(new Error("enough")),
      }),
      { message: "enough" },
    );
    const full = new WritableStream<Uint8Array>({
      write(piece): void {
        if (piece.length > 10_000) throw new Error("full");
      },
    });
    await assert.rejects(dump(LARGE, full, { compress: ["gzip", 1], threads }), {
      message: "full",
    });
    assert.equal(await load(path), "old");
    assert.deepEqual(neighbours(path), ["value.joblib"]);
    assert.equal(runningWorkers(), 0);
  }
});

test("a dump by threads tells its progress up to the size before compression", async () => {
  const told: number[] = [];
  const onProgress = ({ bytes }: { bytes: number }): void => void told.push(bytes);
  await dump(LARGE, freshPath(), { compress: ["gzip", 1], threads: 2, onProgress });
  assert.equal(told.at(-1), dumps(LARGE).length);
  assert.ok(told.length >= 8 && told.every((bytes, i) => i === 0 || bytes > told[i - 1]));
});

function digest(bytes: Uint8Array): string {
  return createHash("sha1").update(bytes).digest("hex");
}

function noWarning(warning: { message: string }): never {
  throw new Error(warning.message);
}
