import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { withLock } from "./lock.mjs";

test("withLock() lets one holder in at a time", async () => {
  const folder = await mkdtemp(join(tmpdir(), "larder-lock-"));
  const events: string[] = [];
  const hold = (name: string): Promise<void> =>
    withLock(join(folder, "lock"), async () => {
      events.push(`${name} in`);
      await sleep(20);
      events.push(`${name} out`);
    });
  await Promise.all([hold("a"), hold("b")]);
  const [first, second] = events[0] === "a in" ? ["a", "b"] : ["b", "a"];
  assert.deepEqual(events, [`${first} in`, `${first} out`, `${second} in`, `${second} out`]);
  await rm(folder, { recursive: true });
});

test("withLock() takes over from a holder that died", async () => {
  const folder = await mkdtemp(join(tmpdir(), "larder-lock-"));
  await mkdir(join(folder, "lock"));
  await writeFile(join(folder, "lock", "pid"), "999999999");
  assert.equal(await withLock(join(folder, "lock"), () => Promise.resolve(7)), 7);
  await rm(folder, { recursive: true });
});
