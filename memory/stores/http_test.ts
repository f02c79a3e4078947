/** The store behind a URL passes the reading half of the suite, whatever the server can do. */
import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { CacheError, UnsupportedError } from "../../errors.ts";
import { freshPath } from "../../tests/temporary.ts";
import { FileStore } from "./file.ts";
import { HttpStore, writeIndex } from "./http.ts";
import { pattern, readingSuite } from "./store_suite.ts";

interface Site {
  readonly url: string;
  readonly seen: { method: string; path: string; range: string | undefined }[];
  close(): Promise<void>;
}

/** Offers a store's files as a static web server does. */
async function serve(store: FileStore, ranges: boolean, status?: number): Promise<Site> {
  const seen: Site["seen"] = [];
  const server: Server = createServer((request, response) => {
    const path = decodeURIComponent(request.url!);
    const { range } = request.headers;
    seen.push({ method: request.method!, path, range });
    if (status !== undefined) return void response.writeHead(status).end();
    const key = path.replace(/^\/cache\/joblib\//, "");
    const info = store.sync.stat(key);
    if (info === undefined) return void response.writeHead(404).end("none");
    const { bytes } = store.sync.get(key)!;
    const headers = { "last-modified": new Date(info.modified).toUTCString(), etag: info.version };
    const [, start, end] = /^bytes=(\d+)-(\d+)$/.exec(ranges ? range ?? "" : "") ?? [];
    if (start === undefined) {
      const length = { "content-length": bytes.length, ...headers };
      return void response.writeHead(200, length).end(request.method === "HEAD" ? "" : bytes);
    }
    if (Number(start) >= bytes.length) {
      const all = { "content-range": `bytes */${bytes.length}` };
      return void response.writeHead(416, all).end();
    }
    const part = bytes.subarray(Number(start), Number(end) + 1);
    response.writeHead(206, {
      "content-range": `bytes ${start}-${Number(start) + part.length - 1}/${bytes.length}`,
      "content-length": part.length,
      ...headers,
    }).end(part);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/cache`,
    seen,
    async close(): Promise<void> {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function siteOf(files: ReadonlyMap<string, Uint8Array>, ranges: boolean, status?: number) {
  const files_ = new FileStore(freshPath("joblib"));
  for (const [key, bytes] of files) await files_.put(key, bytes);
  await writeIndex(files_);
  const site = await serve(files_, ranges, status);
  const store = new HttpStore(`${site.url}/joblib/`);
  const close = async () => {
    await site.close();
    await files_.close();
  };
  return { site, store, close };
}

for (const ranges of [true, false]) {
  readingSuite(`HttpStore ${ranges ? "with" : "without"} ranges`, async (files) => {
    const { store, close } = await siteOf(files, ranges);
    store.close = close;
    return store;
  });
}

test("HttpStore asks for no more than it needs", async () => {
  const { site, store, close } = await siteOf(new Map([["a/b", pattern(100_000)]]), true);
  await store.get("a/b", { start: 10, end: 20 });
  assert.deepEqual(site.seen, [
    { method: "GET", path: "/cache/joblib/a/b", range: "bytes=10-19" },
  ]);
  assert.equal((await store.get("a/b", { start: 0, end: 10 }))!.whole, undefined);
  await close();
});

test("HttpStore hands on what a server sent anyway", async () => {
  const { store, close } = await siteOf(new Map([["a/b", pattern(100)]]), false);
  const stored = await store.get("a/b", { start: 10, end: 20 });
  assert.equal(stored!.bytes.length, 10);
  assert.equal(stored!.whole!.length, 100);
  await close();
});

test("HttpStore can't be written to", async () => {
  const { store, close } = await siteOf(new Map(), true);
  assert.equal(store.writable, false);
  await assert.rejects(store.put(), UnsupportedError);
  await assert.rejects(store.putIfAbsent(), UnsupportedError);
  await assert.rejects(store.replaceIfUnchanged(), UnsupportedError);
  await assert.rejects(store.delete(), UnsupportedError);
  await close();
});

test("HttpStore tells what a server answered", async () => {
  const { store, close } = await siteOf(new Map([["a/b", pattern(1)]]), true, 503);
  await assert.rejects(store.get("a/b"), (error: Error) => {
    assert.ok(error instanceof CacheError);
    assert.match(error.message, /the server answered 503/);
    return true;
  });
  await close();
  await assert.rejects(store.get("a/b"), CacheError); // nobody answers any more
});

test("HttpStore without an index says how to make one", async () => {
  const files = new FileStore(freshPath("joblib"));
  await files.put("a/b", pattern(1));
  const site = await serve(files, true);
  const store = new HttpStore(`${site.url}/joblib`);
  await assert.rejects(async () => {
    for await (const _ of store.list(""));
  }, /it has no larder-index.json, which writeIndex\(\) makes/);
  assert.equal(await writeIndex(files), 1);
  assert.equal(await writeIndex(files), 1); // itself is not in it
  const keys: string[] = [];
  for await (const { key } of store.list("")) keys.push(key);
  assert.deepEqual(keys, ["a/b"]);
  await files.put("larder-index.json", new TextEncoder().encode("[]"));
  await assert.rejects(async () => {
    for await (const _ of store.list(""));
  }, CacheError);
  await site.close();
  await files.close();
});

test("HttpStore takes no longer answer than it is told", async () => {
  const { site, close } = await siteOf(new Map([["a/b", pattern(100_000)]]), true);
  const store = new HttpStore(`${site.url}/joblib`, { maxBytes: 1000 });
  await assert.rejects(store.get("a/b"), /longer than 1000 bytes/);
  assert.equal((await store.get("a/b", { start: 0, end: 1000 }))!.bytes.length, 1000);
  await close();
});

test("HttpStore sends the headers it is given, by the function it is given", async () => {
  const calls: unknown[] = [];
  const store = new HttpStore("https://example.org/c/joblib", {
    headers: { authorization: "Bearer x" },
    fetch: (url, init) => {
      calls.push([url, init.headers]);
      return Promise.resolve(new Response(null, { status: 404 }));
    },
  });
  assert.equal(await store.get("a b/<c>"), undefined);
  assert.deepEqual(calls, [
    ["https://example.org/c/joblib/a%20b/%3Cc%3E", { authorization: "Bearer x" }],
  ]);
  assert.throws(
    () => new HttpStore("https://example.org", { Fetch: 1 } as never),
    /Unknown option/,
  );
});
