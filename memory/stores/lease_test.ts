/** One computation for each key, within a thread and between those that a claimant stands for. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Claimant, LeaseTable } from "./lease.ts";

/** A world in which others have some keys. */
class Others implements Claimant {
  readonly taken = new Set<string>();
  readonly ours = new Set<string>();
  #freed: (() => void)[] = [];

  claim(key: string): boolean {
    if (this.taken.has(key)) return false;
    assert.ok(!this.ours.has(key), "claimed twice");
    this.ours.add(key);
    return true;
  }

  async waitFor(key: string, signal: AbortSignal | undefined): Promise<void> {
    while (!this.claim(key)) {
      await new Promise<void>((resolve, reject) => {
        this.#freed.push(resolve);
        signal?.addEventListener("abort", () => reject(signal.reason));
      });
    }
  }

  waitForSync(key: string): void {
    this.taken.delete(key);
    this.claim(key);
  }

  release(key: string): void {
    assert.ok(this.ours.delete(key), "released what is not ours");
  }

  free(key: string): void {
    this.taken.delete(key);
    for (const resume of this.#freed.splice(0)) resume();
  }
}

test("a key goes from call to call without being given back in between", async () => {
  const others = new Others();
  const table = new LeaseTable(others);
  const first = await table.lease("k");
  const second = table.lease("k");
  first.release();
  assert.deepEqual([...others.ours], ["k"]);
  (await second).release();
  assert.deepEqual([...others.ours], []);
  assert.equal(table.size, 0);
});

test("a call waits for others, and those behind it for the call", async () => {
  const others = new Others();
  others.taken.add("k");
  const table = new LeaseTable(others);
  let waits = 0;
  const onWait = () => waits++;
  const calls = [table.lease("k", { onWait }), table.lease("k", { onWait })];
  await Promise.resolve();
  others.free("k");
  for (const call of calls) {
    const lease = await call;
    assert.equal(lease.waited, true);
    lease.release();
  }
  assert.equal(waits, 2);
  assert.equal(table.size, 0);
});

test("when a call that waits for others is aborted, the next one waits for them", async () => {
  const others = new Others();
  others.taken.add("k");
  const table = new LeaseTable(others);
  const controller = new AbortController();
  const first = table.lease("k", { signal: controller.signal });
  const second = table.lease("k");
  controller.abort(new Error("as told"));
  await assert.rejects(first, /as told/);
  others.free("k");
  (await second).release();
  assert.equal(table.size, 0);
  assert.equal(others.ours.size, 0);
});

test("a claimant that fails leaves nothing behind", async () => {
  const others = new Others();
  const table = new LeaseTable(others);
  others.claim = () => {
    throw new Error("as told");
  };
  await assert.rejects(table.lease("k"), /as told/);
  assert.throws(() => table.leaseSync("k"), /as told/);
  assert.equal(table.size, 0);
});

test("a synchronous call waits for others, but not while its own thread has unfinished calls", async () => {
  const others = new Others();
  const table = new LeaseTable(others);
  others.taken.add("k");
  const unfinished = await table.lease("other");
  // Whoever has "k" may be waiting for "other", which can't go on while this thread is blocked.
  assert.equal(table.leaseSync("k"), undefined);
  unfinished.release();
  const lease = table.leaseSync("k")!;
  assert.equal(lease.waited, true);
  const inner = table.leaseSync("k2")!; // calls within calls may wait
  assert.equal(table.leaseSync("k"), undefined);
  inner.release();
  lease.release();
  assert.equal(table.size, 0);
});
