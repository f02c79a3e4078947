/** A cache folder that several processes use: leases, leftovers of the dead, counts. */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Entries } from "../memory/stores/entries.ts";
import { FileStore } from "../memory/stores/file.ts";
import { ended, RUNTIMES, says, startChild } from "./cache_children.ts";
import { pause } from "./cache_plan.ts";
import { freshPath } from "./temporary.ts";

const KEY = "m/f/0123456789abcdef0123456789abcdef";

/** What a session is that was opened a while ago. */
function age(root: string): void {
  const folder = join(root, ".larder/sessions");
  for (const name of readdirSync(folder)) {
    const past = Date.now() / 1000 - 60;
    utimesSync(join(folder, name), past, past);
  }
}

function inFolder(root: string, part: string): string[] {
  return readdirSync(join(root, ".larder", part));
}

for (const runtime of RUNTIMES) {
  const name = runtime.split("/").at(-1)!;

  test(`a lease that ${name} has is waited for, and taken over when it is killed`, async () => {
    const root = freshPath("joblib");
    const store = new FileStore(root);
    const child = startChild(["hold", root, KEY], runtime);
    const end = ended(child);
    await says(child, "held");
    let done = false;
    let waits = 0;
    const waiting = store.lease(KEY, { onWait: () => waits++ }).finally(() => done = true);
    const { signal } = new AbortController();
    const controller = new AbortController();
    await pause(150);
    assert.equal(done, false);
    const aborted = store.lease(`${KEY}0`, { signal }); // other keys are free
    (await aborted).release();
    const other = startChild(["hold", root, `${KEY}1`]); // one of this runtime, to be aborted
    const otherEnd = ended(other);
    await says(other, "held");
    const given = store.lease(`${KEY}1`, { signal: controller.signal });
    controller.abort(new Error("as told"));
    await assert.rejects(given, /as told/);
    other.kill("SIGKILL");
    await otherEnd;
    child.kill("SIGKILL");
    assert.equal((await end).signal, "SIGKILL");
    const lease = await waiting;
    assert.equal(lease.waited, true);
    assert.equal(waits, 1);
    lease.release();
    const again = store.sync.lease(`${KEY}1`)!; // of the dead too
    assert.equal(again.waited, true);
    again.release();
    assert.equal(inFolder(root, "locks").length, 0);
    await store.close();
  });

  test(`what ${name} left behind when it was killed is collected`, async () => {
    const root = freshPath("joblib");
    const child = startChild(["endless", root, KEY], runtime);
    const end = ended(child);
    await says(child, "under way");
    child.kill("SIGKILL");
    await end;
    const [session] = inFolder(root, "sessions");
    assert.deepEqual(inFolder(root, "tmp"), [session]);
    assert.equal(inFolder(root, "locks").length, 1);
    assert.match(session, new RegExp(`^[0-9a-f]{16}-\\d+$`));
    age(root);
    const store = new FileStore(root);
    assert.equal(await new Entries(store).open(KEY), undefined);
    await store.put("a/b", Uint8Array.of(1)); // the first thing that is stored looks around
    assert.equal(existsSync(join(root, ".larder/tmp", session)), false);
    assert.deepEqual(inFolder(root, "locks"), []);
    assert.equal(inFolder(root, "sessions").includes(session), false);
    await store.close();
    assert.deepEqual(inFolder(root, "sessions"), []);
  });

  test(`${name} gives back what it has when it ends by itself, and writes its counts`, async () => {
    const root = freshPath("joblib");
    const { code, errors } = await ended(startChild(["leave", root, KEY], runtime));
    assert.equal(errors, "");
    assert.equal(code, 0);
    for (const part of ["locks", "sessions", "tmp"]) assert.deepEqual(inFolder(root, part), []);
    for (const hits of ["3", "4"]) {
      const { errors, output } = await ended(startChild(["hit", root, KEY, hits], runtime));
      assert.equal(errors + output, "");
    }
    const store = new FileStore(root);
    store.usage.hit(KEY, 500);
    assert.deepEqual([...store.usage.read()], [[KEY, { hits: 8, last: 1003 }]]);
    await store.close();
  });

  test(`${name} writes its counts when an error ends it`, async () => {
    const root = freshPath("joblib");
    const { code, errors } = await ended(startChild(["fail", root, KEY, "2"], runtime));
    assert.equal(code, 1);
    assert.match(errors, /nobody caught this/);
    const store = new FileStore(root);
    assert.deepEqual([...store.usage.read()], [[KEY, { hits: 2, last: 1001 }]]);
    await store.close();
  });
}

test("the living are never collected, however old", async () => {
  const root = freshPath("joblib");
  const child = startChild(["endless", root, KEY]);
  const end = ended(child);
  await says(child, "under way");
  age(root);
  const store = new FileStore(root);
  assert.equal(await store.collect(), 0);
  assert.equal(inFolder(root, "locks").length, 1);
  assert.ok(inFolder(root, "tmp").length >= 1);
  child.kill("SIGKILL");
  await end;
  assert.ok(await store.collect() >= 2);
  await store.close();
});

test("thousands of keys can be leased at once", async () => {
  const root = freshPath("joblib");
  const store = new FileStore(root);
  const leases = await Promise.all(
    Array.from({ length: 3000 }, (_, i) => store.lease(`m/f/${i}`)),
  );
  assert.equal(inFolder(root, "locks").length, 3000);
  for (const lease of leases) lease.release();
  assert.equal(inFolder(root, "locks").length, 0);
  await store.close();
});

test("counts of programs that ended are folded, and never counted twice", async () => {
  const root = freshPath("joblib");
  const store = new FileStore(root);
  for (let i = 0; i < 20; i++) {
    const other = new FileStore(root);
    other.usage.hit(KEY, 1000 + i);
    other.usage.hit(`m/f/gone${i}`, 2000);
    other.usage.flush();
    await other.close();
  }
  await store.put(`${KEY}/output.pkl`, Uint8Array.of(1));
  assert.equal(store.usage.read().get(KEY)!.hits, 20);
  await store.close(); // ends the session, which all of them shared
  const next = new FileStore(root);
  const [log] = inFolder(root, "usage");
  const text = readFileSync(join(root, ".larder/usage", log), "utf8");
  await next.collect();
  assert.deepEqual(inFolder(root, "usage"), ["merged.log"]);
  assert.deepEqual([...next.usage.read()], [[KEY, { hits: 20, last: 1019 }]]);
  assert.ok(text.length > readFileSync(join(root, ".larder/usage/merged.log")).length);
  await next.close();
});
