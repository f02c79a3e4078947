/** Workers: who calls what, what comes back, and that none is left. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { inflateRawSync } from "node:zlib";
import { freshPath } from "../tests/temporary.ts";
import { runtime } from "./builtin.ts";
import { coreCount, openWorkers, runningWorkers, type WorkerTask } from "./workers.ts";

const DEFLATE: WorkerTask = { module: "node:zlib", name: "deflateRawSync" };

test("a machine has a core at least", () => {
  assert.ok(Number.isInteger(coreCount()) && coreCount() >= 1);
});

test("workers call a built-in module's function", async () => {
  const workers = await openWorkers(DEFLATE, 2);
  try {
    const inputs = [1, 2, 3, 4, 5].map((byte) => new Uint8Array(100_000).fill(byte));
    const outputs = await Promise.all(inputs.map((bytes) => workers.run([bytes, { level: 9 }])));
    for (const [i, output] of outputs.entries()) {
      assert.ok(inputs[i].length > output.length);
      assert.deepEqual(new Uint8Array(inflateRawSync(output)), inputs[i]);
    }
  } finally {
    workers.release();
  }
});

test("buffers that are transferred are not copied", async () => {
  const workers = await openWorkers(DEFLATE, 1);
  const bytes = new Uint8Array(1000);
  await workers.run([bytes], [bytes.buffer]);
  workers.release();
  assert.equal(bytes.length, 0);
});

test("workers end with the last that uses them", async () => {
  const first = await openWorkers(DEFLATE, 1);
  const second = await openWorkers(DEFLATE, 2);
  assert.equal(runningWorkers(), 2);
  first.release();
  first.release();
  assert.equal(runningWorkers(), 2);
  assert.ok((await second.run([new Uint8Array(10)])).length > 0);
  second.release();
  assert.equal(runningWorkers(), 0);
  await assert.rejects(second.run([new Uint8Array(10)]), { message: /has ended/ });
});

test("a call that is open when the workers are released fails", async () => {
  const workers = await openWorkers(DEFLATE, 1);
  const call = workers.run([new Uint8Array(1 << 20)]);
  workers.release();
  await assert.rejects(call, { message: /released/ });
});

test("workers whose signal fired before are not started", async () => {
  const reason = new Error("stop");
  const opened = openWorkers(DEFLATE, 2, AbortSignal.abort(reason));
  await assert.rejects(opened, (error) => error === reason);
  assert.equal(runningWorkers(), 0);
});

test("workers that had nothing to do for a while can be called again", async () => {
  const workers = await openWorkers(DEFLATE, 2);
  try {
    const bytes = new Uint8Array(1000).fill(7);
    for (let i = 0; i < 2; i++) {
      const outputs = await Promise.all([workers.run([bytes]), workers.run([bytes])]);
      for (const output of outputs) assert.deepEqual(new Uint8Array(inflateRawSync(output)), bytes);
      await new Promise((resolve) => setTimeout(resolve, 700));
    }
  } finally {
    workers.release();
  }
});

test("a program ends whose workers are never released", () => {
  const path = freshPath("forgets.ts");
  writeFileSync(
    path,
    `import { openWorkers } from ${JSON.stringify(new URL("./workers.ts", import.meta.url).href)};
    const workers = await openWorkers({ module: "node:zlib", name: "deflateRawSync" }, 2);
    const { length } = await workers.run([new Uint8Array(1000)]);
    console.log(length > 0);`,
  );
  const args = runtime() === "deno" ? ["run", "--no-check", "--allow-read", path] : [path];
  const ended = spawnSync(process.execPath, args, { encoding: "utf8", timeout: 20_000 });
  assert.deepEqual([ended.stdout, ended.signal, ended.status], ["true\n", null, 0], ended.stderr);
});

test("what can't be called is told before the first call", async () => {
  for (const module of ["node:nonsense", "node:zlib", "file:///nowhere/at/all.js"]) {
    await assert.rejects(openWorkers({ module, name: "missing" }, 2), Error);
  }
  assert.equal(runningWorkers(), 0);
});

test("workers call functions of our modules and tell their errors", async () => {
  const module = new URL("./worker_tasks_suite.ts", import.meta.url).href;
  const doubling = await openWorkers({ module, name: "doubled" }, 1);
  assert.deepEqual(await doubling.run([Uint8Array.of(1, 2)]), Uint8Array.of(2, 4));
  const cutting = await openWorkers({ module, name: "part" }, 1);
  assert.deepEqual(await cutting.run([Uint8Array.of(1, 2, 3, 4)]), Uint8Array.of(2, 3));
  const broken = await openWorkers({ module, name: "failing" }, 1);
  await assert.rejects(broken.run([]), { message: /RangeError: as told/ });
  for (const workers of [doubling, cutting, broken]) workers.release();
  assert.equal(runningWorkers(), 0);
});

test("Deno is not made to ask for a module", { skip: runtime() !== "deno" }, () => {
  const module = new URL("./worker_tasks_suite.ts", import.meta.url);
  const path = freshPath("asks.ts");
  writeFileSync(
    path,
    `import { openWorkers } from ${JSON.stringify(new URL("./workers.ts", import.meta.url).href)};
    const task = { module: ${JSON.stringify(module.href)}, name: "doubled" };
    await openWorkers(task, 1).then(
      (workers) => workers.release(),
      (error) => console.log(error.message),
    );`,
  );
  const args = ["run", "--no-check", "--no-prompt", `--deny-read=${fileURLToPath(module)}`, path];
  const { stdout } = spawnSync(process.execPath, args, { encoding: "utf8" });
  assert.match(stdout, /^Deno may not read file:.*worker_tasks_suite\.ts: allow --allow-read/);
});
