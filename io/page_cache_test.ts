/** The page cache alone: what it asks for, and what it forgets. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { PAGE_BYTES, PageCache } from "./_page_cache.ts";

const SIZE = 400 * PAGE_BYTES + 17;

test("the cache keeps 128 pages and forgets those that were not used for longest", async () => {
  const { cache, asked } = counting();
  const touch = async (page: number) => {
    const into = new Uint8Array(2);
    await cache.fill(page * PAGE_BYTES + 5, into);
    assert.deepEqual([...into], [page & 0xff, page & 0xff]);
  };
  for (let page = 0; page < 128; page++) await touch(page);
  await touch(0);
  await touch(200);
  asked.length = 0;
  for (const page of [0, 2, 127, 200]) await touch(page);
  assert.deepEqual(asked, []);
  await touch(1);
  assert.deepEqual(asked, [[PAGE_BYTES, 2 * PAGE_BYTES]]);
});

test("the last page is as short as the file", async () => {
  const { cache, asked } = counting();
  await cache.fill(SIZE - 1, new Uint8Array(1));
  assert.deepEqual(asked, [[400 * PAGE_BYTES, SIZE]]);
});

test("a page that failed is asked for again, and all that waited for it fail", async () => {
  const { cache, asked, fail } = counting();
  fail(new Error("lost"));
  const waiting = [1, 2, 3].map((at) => cache.fill(at, new Uint8Array(2)));
  for (const one of waiting) await assert.rejects(one, { message: "lost" });
  await assert.rejects(cache.fill(10, new Uint8Array(3 * PAGE_BYTES)), { message: "lost" });
  fail(undefined);
  await cache.fill(1, new Uint8Array(2));
  assert.deepEqual(asked.map(([start]) => start), [0, 0, 0]);
});

test("what is known of the start is not asked for; a part of a page isn't kept", async () => {
  const { cache, asked } = counting();
  cache.prime(new Uint8Array(PAGE_BYTES + 10).fill(9));
  const into = new Uint8Array(4);
  await cache.fill(PAGE_BYTES - 2, into);
  assert.deepEqual([...into], [9, 9, 1, 1]);
  assert.deepEqual(asked, [[PAGE_BYTES, 2 * PAGE_BYTES]]);
});

function counting() {
  const asked: [number, number][] = [];
  let failure: Error | undefined;
  const cache = new PageCache(SIZE, async (start, into) => {
    asked.push([start, start + into.length]);
    await Promise.resolve();
    if (failure !== undefined) throw failure;
    for (let i = 0; i < into.length; i += 1) into[i] = Math.floor((start + i) / PAGE_BYTES) & 0xff;
  });
  return { cache, asked, fail: (error: Error | undefined) => failure = error };
}
