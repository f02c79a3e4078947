/** The file store: the suite of all stores, and what only files can do or suffer. */
import assert from "node:assert/strict";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { CacheError } from "../../errors.ts";
import { freshPath } from "../../tests/temporary.ts";
import { FileStore } from "./file.ts";
import { pattern, storeSuite } from "./store_suite.ts";

const ID = "0123456789abcdef0123456789abcdef";
const beside = () => new Map([["metadata.json", pattern(7)]]);

storeSuite("FileStore", () => Promise.resolve(new FileStore(freshPath("joblib"))));
storeSuite(
  "FileStore with durability full",
  () => Promise.resolve(new FileStore(freshPath("joblib"), { durability: "full" })),
);

test("FileStore makes nothing before something is stored", async () => {
  const root = freshPath("joblib");
  const store = new FileStore(root);
  await store.get("a/b");
  for await (const _ of store.list(""));
  assert.equal(existsSync(root), false);
  await store.close();
  assert.equal(existsSync(root), false);
});

test("FileStore marks a cache folder as joblib does, and leaves marks that are there", async () => {
  const root = freshPath("joblib");
  const store = new FileStore(root);
  await store.put("a/b", pattern(1));
  const mark = readFileSync(join(dirname(root), ".gitignore"));
  assert.equal(mark.length, 37);
  assert.equal(mark.toString(), "# Created by joblib automatically.\n*\n");
  const tag = readFileSync(join(dirname(root), "CACHEDIR.TAG"), "utf8");
  assert.ok(tag.startsWith("Signature: 8a477f597d28d172789f06886806bc55\n"));
  await store.delete("");
  assert.ok(existsSync(join(dirname(root), ".gitignore")));
  await store.close();

  const own = freshPath("cache"); // not called joblib: the marks go inside
  mkdirSync(own);
  writeFileSync(join(own, ".gitignore"), "mine");
  const second = new FileStore(own);
  await second.put("a/b", pattern(1));
  assert.equal(readFileSync(join(own, ".gitignore"), "utf8"), "mine");
  assert.ok(existsSync(join(own, "CACHEDIR.TAG")));
  await second.delete("");
  const left = readdirSync(own).sort();
  assert.deepEqual(left, [".gitignore", ".larder", "CACHEDIR.TAG"]);
  await second.close();
});

test("FileStore has joblib's layout and leaves no other files in it", async () => {
  const root = freshPath("joblib");
  const store = new FileStore(root);
  await store.putIfAbsent(`pkg/mod/f/${ID}/output.pkl`, pattern(5), { beside });
  const files = readdirSync(join(root, "pkg/mod/f", ID)).sort();
  assert.deepEqual(files, ["metadata.json", "output.pkl"]);
  assert.equal(store.path(`pkg/mod/f/${ID}/output.pkl`), join(root, "pkg/mod/f", ID, "output.pkl"));
  await store.close();
  const leftovers = ["sessions", "tmp", "locks"].flatMap((part) =>
    readdirSync(join(root, ".larder", part))
  );
  assert.deepEqual(leftovers, []);
});

test("FileStore goes on when its folder is emptied by force", async () => {
  const root = freshPath("joblib");
  const store = new FileStore(root);
  await store.put("a/b", pattern(1));
  const lease = await store.lease("k");
  rmSync(root, { recursive: true }); // as Python's Memory.clear() does
  await store.put("a/b", pattern(2));
  assert.equal((await store.get("a/b"))!.size, 2);
  const other = await store.lease("k2");
  lease.release();
  other.release();
  await store.close();
});

test("FileStore makes a folder again that is removed while an entry is written", async () => {
  const root = freshPath("joblib");
  const store = new FileStore(root);
  const key = `m/f/${ID}/output.pkl`;
  await store.putIfAbsent(key, async (sink) => {
    await sink.write(pattern(3));
    rmSync(join(root, "m"), { recursive: true, force: true });
  }, { beside });
  assert.equal((await store.get(key))!.size, 3);
  // the entry's folder exists, and vanishes between the metadata and the content
  mkdirSync(join(root, "m/g", ID), { recursive: true });
  writeFileSync(join(root, "m/g", ID, "output.pkl.0-1-2"), "of Python");
  assert.equal(await store.putIfAbsent(`m/g/${ID}/output.pkl`, pattern(4), { beside }), true);
  assert.deepEqual(readdirSync(join(root, "m/g", ID)).sort(), [
    "metadata.json",
    "output.pkl",
    "output.pkl.0-1-2",
  ]);
  await store.close();
});

test("FileStore sets a damaged file aside unless it was replaced", async () => {
  const root = freshPath("joblib");
  const store = new FileStore(root);
  await store.put("a/output.pkl", pattern(5));
  const { version } = (await store.stat("a/output.pkl"))!;
  await store.put("a/output.pkl", pattern(6));
  assert.equal(await store.setAside("a/output.pkl", version), undefined);
  assert.equal((await store.get("a/output.pkl"))!.size, 6);
  const aside = await store.setAside("a/output.pkl", (await store.stat("a/output.pkl"))!.version);
  assert.equal(statSync(aside!).size, 6);
  assert.equal(await store.get("a/output.pkl"), undefined);
  assert.equal(await store.setAside("a/output.pkl", version), undefined);
  await store.close();
});

test("FileStore removes the folders of our own versions that become empty", async () => {
  const root = freshPath("joblib");
  const store = new FileStore(root);
  await store.put(`js-p/m/f/v-0123456789ab/${ID}/output.pkl`, pattern(1));
  await store.put(`js-p/m/f/v-ba9876543210/${ID}/output.pkl`, pattern(1));
  await store.put(`pkg/f/${ID}/output.pkl`, pattern(1));
  await store.delete(`js-p/m/f/v-0123456789ab/${ID}`);
  assert.deepEqual(readdirSync(join(root, "js-p/m/f")), ["v-ba9876543210"]);
  store.sync.delete(`js-p/m/f/v-ba9876543210/${ID}`);
  assert.equal(existsSync(join(root, "js-p")), false);
  await store.delete(`pkg/f/${ID}`);
  assert.ok(existsSync(join(root, "pkg/f"))); // Python's functions stay
  await store.close();
});

test("FileStore tells why something can't be stored", async () => {
  const root = freshPath("joblib");
  writeFileSync(root, "a file where the folder should be");
  const store = new FileStore(root, { onWarning() {} });
  await assert.rejects(
    store.put("a/b", pattern(1)),
    (error: CacheError & { cause: { code: string } }) => {
      assert.ok(error instanceof CacheError);
      assert.equal(error.path, join(root, "a/b"));
      return ["EEXIST", "ENOTDIR"].includes(error.cause.code);
    },
  );
  assert.throws(() => store.sync.putIfAbsent("a/b", pattern(1)), CacheError);
  const lease = await store.lease("k"); // a computation must not fail for that
  lease.release();
  store.sync.lease("k")!.release();
  await store.close();
});

// The rights of files don't bind the superuser.
const bound = process.platform !== "win32" && process.getuid?.() !== 0;
test("FileStore reads a folder that can't be written to", { skip: !bound }, async () => {
  const root = freshPath("joblib");
  mkdirSync(join(root, "a"), { recursive: true });
  writeFileSync(join(root, "a/b"), "1");
  chmodSync(root, 0o555);
  const store = new FileStore(root, { onWarning() {} });
  assert.equal((await store.get("a/b"))!.size, 1);
  (await store.lease("k")).release();
  store.usage.hit("a");
  store.usage.flush();
  await assert.rejects(store.put("c/d", pattern(1)), CacheError);
  await store.close();
  chmodSync(root, 0o755);
});

test("FileStore refuses options that it does not know", () => {
  assert.throws(() => new FileStore("x", { sync: true } as never), /Unknown option "sync"/);
  assert.throws(() => new FileStore("x", { durability: "all" as never }), RangeError);
});
