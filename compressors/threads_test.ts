/** Segments: in whose thread they are compressed, how long they are, in which order they come out. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { runtime } from "../io/builtin.ts";
import { openReader } from "../io/source.ts";
import { coreCount, runningWorkers } from "../io/workers.ts";
import { parallelSegments, type SegmentMethod } from "./_threads.ts";
import { collector, drain, PAYLOAD } from "./deflate_suite.ts";
import { compressSink, decompressReader } from "./streams.ts";

type Args = [segment: Uint8Array];

function method(
  compress: SegmentMethod<Args>["compress"],
  where: SegmentMethod<Args>["where"],
): SegmentMethod<Args> {
  return {
    name: "test",
    segmentBytes: 10,
    where,
    args: (segment) => segment.length === 0 ? undefined : [segment],
    compress,
    head: () => Uint8Array.of(100),
    tail: () => Uint8Array.of(200),
  };
}

test("segments come out in order whichever is done first, and so many work at a time", async () => {
  for (const threads of [1, 2, 4]) {
    let running = 0;
    let most = 0;
    const compress = async (segment: Uint8Array): Promise<Uint8Array> => {
      most = Math.max(most, ++running);
      for (let turns = 7 - segment[0] % 7; turns > 0; turns--) {
        await new Promise((resolve) => setImmediate(resolve));
      }
      running--;
      return segment;
    };
    const out = collector();
    const sink = parallelSegments(out.later, method(compress, "threads"), { threads });
    const bytes = Uint8Array.from({ length: 95 }, (_, i) => i);
    await sink.write(bytes.subarray(0, 3));
    await sink.write(bytes.subarray(3));
    await sink.close();
    assert.deepEqual(out.bytes(), Uint8Array.of(100, ...bytes, 200));
    assert.equal(most, threads);
  }
});

test("no more threads than there are segments, 16 or as many as cores, whatever is asked for", async () => {
  for (const segments of [2, 100]) {
    let running = 0;
    let most = 0;
    const compress = async (): Promise<Uint8Array> => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 5));
      running--;
      return new Uint8Array(0);
    };
    const out = collector();
    const sink = parallelSegments(out.later, method(compress, "threads"), { threads: 1000 });
    await sink.write(new Uint8Array(segments * 10));
    await sink.close();
    assert.ok(most > 1 && most <= Math.min(segments + 1, Math.max(16, coreCount())), `${most}`);
  }
});

test("an error of a segment is told, and the sink can be aborted", async () => {
  const out = collector();
  const broken = method(() => Promise.reject(new Error("broken")), "threads");
  const sink = parallelSegments(out.later, broken, { threads: 2 });
  await assert.rejects(async () => {
    await sink.write(new Uint8Array(100));
    await sink.close();
  }, { message: "broken" });
  await sink.abort();
  assert.equal(out.aborted(), true);
});

test("where no worker starts one thread does it, and that is said once", async () => {
  const places = [{ module: "node:nonsense", name: "none" }, "nowhere"] as const;
  for (const where of places) {
    const warnings: string[] = [];
    const out = collector();
    const sink = parallelSegments(out.later, method((segment) => segment, where), {
      threads: 3,
      onWarning: ({ code, message }) => warnings.push(`${code}: ${message}`),
    });
    await sink.write(new Uint8Array(95));
    await sink.close();
    assert.equal(out.bytes().length, 97);
    assert.equal(warnings.length, 1);
    assert.match(warnings[0], /^threads: test is compressed by 1 thread, not 3: /);
    assert.equal(runningWorkers(), 0);
  }
});

test("a sink that is aborted before it has begun can be", async () => {
  const out = collector();
  await compressSink(out.later, "gzip", 1, { threads: 2 }).abort();
  assert.equal(out.aborted(), true);
});

test("other work has its turn for each megabyte that is compressed in this thread", async () => {
  const turns = countTurns();
  const sink = compressSink(collector().later, "gzip", 1, { threads: 1 });
  for (let i = 0; i < 4; i++) await sink.write(PAYLOAD);
  await sink.close();
  // 12 segments; elsewhere than in Deno a thread compresses, and turns come as it ends
  assert.ok(turns.end() >= (runtime() === "deno" ? 12 : 1));
});

test("other work has its turn for each megabyte that is decompressed", async () => {
  const turns = countTurns();
  const bytes = gzipSync(new Uint8Array(16 << 20));
  const reader = decompressReader(await openReader(bytes), "gzip");
  assert.equal((await drain(reader)).length, 16 << 20);
  assert.ok(turns.end() >= 16);
});

/** Counts the turns of the event loop: no clock, so that a slow machine tells the same. */
function countTurns(): { end(): number } {
  let count = 0;
  let going = true;
  function turn(): void {
    count++;
    if (going) setImmediate(turn);
  }
  setImmediate(turn);
  return {
    end(): number {
      going = false;
      return count;
    },
  };
}
