/**
 * Where no worker starts, threads falls back to one: the same file, told once, by each method whose
 * threads are workers; without any permission Deno neither asks nor fails for them.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { test } from "node:test";
import { runtime } from "../io/builtin.ts";
import { runningWorkers } from "../io/workers.ts";
import type { LarderWarning } from "../pickle/context.ts";
import { freshPath, neighbours } from "../tests/temporary.ts";
import { dump, dumps } from "./dump.ts";
import { load } from "./load.ts";

const VALUE = Float64Array.from({ length: 350_000 }, (_, i) => i % 1000);

/** Method and level: whose threads are workers, and in which runtimes. */
const METHODS: readonly [method: string, level: number, byWorkers: readonly string[]][] = [
  ["zlib", 1, ["deno"]],
  ["gzip", 1, ["deno"]],
  ["bz2", 1, ["deno", "bun", "node"]],
  ["zstd", 1, ["deno"]],
  ["xz", 1, []], // the threads of its package
];

for (const [method, level, byWorkers] of METHODS) {
  test(`dump() by ${method} with threads where no worker starts is written by one, said once`, async () => {
    const expected = freshPath();
    await dump(VALUE, expected, { compress: [method, level], threads: 1 });
    const path = freshPath();
    const warnings: LarderWarning[] = [];
    await withoutWorkers(() =>
      dump(VALUE, path, {
        compress: [method, level],
        threads: 3,
        onWarning: (warning) => void warnings.push(warning),
      })
    );
    assert.deepEqual(readFileSync(path), readFileSync(expected));
    assert.equal(runningWorkers(), 0);
    const told = warnings.map(({ code, path }) => ({ code, path }));
    assert.deepEqual(told, byWorkers.includes(runtime()) ? [{ code: "threads", path }] : []);
    for (const { message } of warnings) {
      assert.match(
        message,
        new RegExp(`^${method} is compressed by 1 thread, not 3: .*no workers`),
      );
    }
  });
}

test("load() of bz2 where no worker starts decodes here", async () => {
  const path = freshPath();
  await dump(VALUE, path, { compress: ["bz2", 1] });
  const back = await withoutWorkers(() => load<{ data: Float64Array }>(path));
  assert.deepEqual(back.data, VALUE);
  assert.equal(runningWorkers(), 0);
});

test("console.warn tells of missing workers once for a path", async () => {
  const path = freshPath();
  const told: unknown[] = [];
  const { warn } = console;
  console.warn = (...parts: unknown[]) => void told.push(parts.join(" "));
  try {
    await withoutWorkers(async () => {
      for (let i = 0; i < 3; i++) {
        await dump(VALUE, path, { compress: ["bz2", 1], threads: 2 });
      }
    });
  } finally {
    console.warn = warn;
  }
  assert.equal(told.length, 1, told.join("\n"));
});

test("Deno without permissions compresses by one thread, and says so", {
  skip: runtime() !== "deno" && "Deno only",
}, () => {
  const script = `
import { dump, dumps, loads } from ${JSON.stringify(new URL("./mod.ts", import.meta.url).href)};
const value = Float64Array.from({ length: 350_000 }, (_, i) => i % 1000);
const told = {};
for (const method of ["gzip", "zstd", "bz2", "xz"]) {
  const parts = [];
  const target = new WritableStream({ write: (part) => void parts.push(part.slice()) });
  told[method] = [];
  await dump(value, target, {
    compress: [method, 1], threads: 2, onWarning: ({ code }) => told[method].push(code),
  }).then(
    async () => {
      const { data } = loads(new Uint8Array(await new Blob(parts).arrayBuffer()));
      told[method].push(data.length === value.length && data.every((x, i) => x === value[i]));
    },
    (error) => told[method].push(error.name + ": " + error.message),
  );
}
console.log(JSON.stringify(told));
`;
  const path = freshPath("alone.ts");
  writeFileSync(path, script);
  // a Deno that is started by a test has its rights, unless they are taken away
  const denied = ["read", "write", "env", "ffi", "sys", "net", "run"].map((right) =>
    `--deny-${right}`
  );
  const args = ["run", "--no-check", "--no-prompt", ...denied, path];
  const output = execFileSync(process.execPath, args);
  const { gzip, zstd, bz2, xz } = JSON.parse(output.toString()) as Record<string, unknown[]>;
  assert.deepEqual(gzip, [true]); // its workers need a module of the runtime only
  assert.deepEqual(zstd, ["threads", true]);
  assert.match(String(bz2), /^UnsupportedError: Cannot write bz2: .*--allow-read/);
  assert.match(String(xz), /^UnsupportedError: Cannot write xz: .*--allow-ffi/);
});

test("dumps() and small dumps never start a worker", async () => {
  const path = freshPath();
  await withoutWorkers(async () => {
    const options = {
      compress: "gzip",
      threads: 4,
      onWarning: ({ message }: LarderWarning): never => {
        throw new Error(message);
      },
    };
    await dump([1, 2, 3], path, options);
    dumps(VALUE, options);
  });
  assert.deepEqual(neighbours(path), ["value.joblib"]);
});

/** Run `work` where threads can't be had from the runtime. */
async function withoutWorkers<T>(work: () => Promise<T>): Promise<T> {
  const world = globalThis as { Worker?: unknown };
  const { Worker } = world;
  const { getBuiltinModule } = process;
  class NoWorker {
    constructor() {
      throw new Error("there are no workers here");
    }
  }
  world.Worker = NoWorker;
  process.getBuiltinModule =
    ((name: string) =>
      name === "node:worker_threads"
        ? { Worker: NoWorker }
        : getBuiltinModule.call(process, name)) as typeof getBuiltinModule;
  try {
    return await work();
  } finally {
    world.Worker = Worker;
    process.getBuiltinModule = getBuiltinModule;
  }
}
