/** Several dumps one after the other in one file, some of them compressed. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import process from "node:process";
import { test } from "node:test";
import { join } from "../bytes/join.ts";
import { runtime } from "../io/builtin.ts";
import type { DenoFile } from "../io/source.ts";
import { coreCount } from "../io/workers.ts";
import type { NDArray } from "../numpy/mod.ts";
import { freshPath } from "../tests/temporary.ts";
import { dump, dumps, dumpSync } from "./dump.ts";
import { load, loadAll, loadSync } from "./load.ts";
import type { DumpOptions } from "./options.ts";

interface DenoGlobals {
  Deno?: { openSync(path: string, options: object): DenoFile & { close(): void } };
}
const { Deno } = globalThis as unknown as DenoGlobals;

const doubles = Float64Array.from({ length: 200_000 }, (_, i) => Math.sqrt(i));
const VALUES: readonly unknown[] = ["first", doubles, [1, 2, 3], null, doubles.subarray(7)];

const MIXES: Record<string, DumpOptions["compress"][]> = {
  "zlib": ["zlib"],
  "gzip": ["gzip"],
  "uncompressed, gzip and zlib": [false, "gzip", "zlib", false, "gzip"],
  "zlib, gzip and uncompressed": ["zlib", "gzip", "gzip", false, "zlib"],
};

for (const [name, methods] of Object.entries(MIXES)) {
  const parts = VALUES.map((value, i) => dumps(value, { compress: methods[i % methods.length]! }));
  const whole = join(parts);

  test(`loadAll() yields every dump of ${name}`, async () => {
    const path = freshPath();
    writeFileSync(path, whole);
    const sources = [whole, path, streamOf(whole, 1000), streamOf(whole, whole.length)];
    for (const source of [...sources, new Blob([whole.slice()])]) assertValues(await all(source));
    const handle = await open(path);
    assertValues(await all(handle));
    await handle.close();
  });

  test(`a Deno.FsFile is left behind each dump of ${name}`, { skip: !Deno }, async () => {
    const path = freshPath();
    writeFileSync(path, join([Uint8Array.of(9, 9), whole, Uint8Array.of(7, 7)]));
    const file = Deno!.openSync(path, { read: true });
    let end = 2;
    file.seekSync(end, 0);
    const values: unknown[] = [];
    for (const part of parts) {
      values.push(await load(file));
      assert.equal(file.seekSync(0, 1), end += part.length);
    }
    assertValues(values);
    file.seekSync(2, 0);
    let seen = 0;
    for await (const value of loadAll(file)) {
      assert.equal(typeof value, "string");
      if (++seen === 1) break;
    }
    assert.equal(file.seekSync(0, 1), 2 + parts[0].length);
    file.close();
  });
}

test("dump() compresses into an open file behind what is there, and load() reads it", async () => {
  for (const compress of ["gzip", "zlib"] as const) {
    const handle = await open(freshPath(), "w+");
    await handle.write("head");
    await dump(doubles, handle, { compress, threads: 2 });
    dumpSync("second", handle, { compress });
    const { size } = await handle.stat();
    const bytes = new Uint8Array(size);
    await handle.read(bytes, 0, size, 0);
    await handle.close();
    const [first, second] = await all(bytes.subarray(4));
    assert.deepEqual((first as NDArray).data, doubles);
    assert.equal(second, "second");
  }
});

test("dump() and load() at a Deno.FsFile's cursor, compressed", { skip: !Deno }, async () => {
  for (const compress of ["gzip", "zlib"] as const) {
    const options = { create: true, read: true, write: true };
    const file = Deno!.openSync(freshPath(), options);
    file.writeSync(new TextEncoder().encode("head"));
    await dump(doubles, file, { compress });
    const end = file.seekSync(0, 1);
    dumpSync("second", file, { compress });
    file.seekSync(4, 0);
    assert.deepEqual((await load<NDArray>(file)).data, doubles);
    assert.equal(file.seekSync(0, 1), end);
    assert.equal(await load(file), "second");
    file.seekSync(4, 0);
    assert.deepEqual(loadSync<NDArray>(file).data, doubles);
    assert.equal(file.seekSync(0, 1), end);
    assert.equal(loadSync(file), "second");
    file.close();
  }
});

test("one dump in several gzip members is one value", async () => {
  const bytes = dumps(VALUES[2]);
  const stream = new Blob([bytes.subarray(0, 5)]).stream().pipeThrough(
    new CompressionStream("gzip"),
  );
  const first = new Uint8Array(await new Response(stream).arrayBuffer());
  const rest = new Blob([bytes.subarray(5)]).stream().pipeThrough(new CompressionStream("gzip"));
  const second = new Uint8Array(await new Response(rest).arrayBuffer());
  const values = await all(join([first, second, new Uint8Array(20), dumps("end")]));
  assert.deepEqual(values, [VALUES[2], "end"]);
});

test("loadAll() tells damage in the second of two compressed dumps, after the first", async () => {
  for (const compress of ["gzip", "zlib"] as const) {
    const second = dumps(doubles, { compress });
    second[second.length - 5] ^= 1;
    const values: unknown[] = [];
    await assert.rejects(async () => {
      for await (const value of loadAll(join([dumps("first", { compress }), second]))) {
        values.push(value);
      }
    }, { name: "CompressionError" });
    assert.deepEqual(values, ["first"]);
  }
});

test("a program ends that leaves loadAll() in the middle of a large bz2 file", async () => {
  // What can't be compressed: workers start where 8 MiB are left.
  let state = 1;
  const noise = Uint32Array.from(
    { length: 1_500_000 },
    () => state = (Math.imul(state, 1664525) + 1013904223) ^ (state >>> 13),
  );
  const paths = [freshPath(), freshPath("both.joblib"), freshPath("leaves.ts")] as const;
  const [one, both, program] = paths;
  await dump(noise, one, { compress: ["bz2", 1] });
  const bytes = readFileSync(one);
  assert.ok(bytes.length > 5 << 20);
  writeFileSync(both, join([bytes, bytes]));
  writeFileSync(
    program,
    `import { loadAll } from ${JSON.stringify(new URL("./load.ts", import.meta.url).href)};
    import { runningWorkers } from ${
      JSON.stringify(new URL("../io/workers.ts", import.meta.url).href)
    };
    const { value } = await loadAll(${JSON.stringify(both)}).next();
    console.log(value.data.length, runningWorkers() > 0);`,
  );
  const args = runtime() === "deno" ? ["run", "--no-check", "-A", program] : [program];
  const ended = spawnSync(process.execPath, args, { encoding: "utf8", timeout: 20_000 });
  assert.equal(ended.stdout, `1500000 ${coreCount() > 1}\n`, ended.stderr);
  assert.equal(ended.status, 0, ended.stderr);
});

async function all(source: Parameters<typeof loadAll>[0]): Promise<unknown[]> {
  const values: unknown[] = [];
  for await (const value of loadAll(source)) values.push(value);
  return values;
}

function assertValues(values: readonly unknown[]): void {
  assert.equal(values.length, VALUES.length);
  for (const [i, value] of values.entries()) {
    const expected = VALUES[i];
    if (expected instanceof Float64Array) assert.deepEqual((value as NDArray).data, expected);
    else assert.deepEqual(value, expected);
  }
}

function streamOf(bytes: Uint8Array, size: number): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    pull(controller): void {
      if (at >= bytes.length) controller.close();
      else controller.enqueue(bytes.slice(at, at += size));
    },
  });
}
