/**
 * Archives as dictionaries: names, iteration, what members are, closing.
 */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { test } from "node:test";
import { inspect } from "node:util";
import { LarderError, LimitError, NpyFormatError } from "../errors.ts";
import { DType } from "../numpy/dtype.ts";
import { NDArray } from "../numpy/ndarray.ts";
import { npyFile, streamOf } from "../tests/npy.ts";
import { freshPath } from "../tests/temporary.ts";
import { u32, zipFile } from "../tests/zip.ts";
import { NpzFile, openNpz, openNpzSync } from "./npz.ts";
import { savezSync } from "./savez.ts";

const A = NDArray.from([[1, 2, 3], [4, 5, 6]], "int64");
const B = NDArray.from([1, 2], "int64");
const TEXT = new TextEncoder().encode("hi");
const ARCHIVE = zipFile([
  { name: "a.npy", data: npyFile(A) },
  { name: "b.npy", data: npyFile(B), method: 8 },
  { name: "hi.txt", data: TEXT },
]);
const UTF8 = 1 << 11;

test("NpzFile has the face of a dictionary", async () => {
  const npz = await openNpz(ARCHIVE);
  assert(npz instanceof NpzFile);
  assert.deepEqual(npz.files, ["a", "b", "hi.txt"]);
  assert.deepEqual([...npz], ["a", "b", "hi.txt"]);
  assert.deepEqual([...npz.keys()], ["a", "b", "hi.txt"]);
  assert.equal(npz.size, 3);
  for (const name of ["a", "a.npy", "b", "hi.txt"]) assert.equal(npz.has(name), true, name);
  for (const name of ["hi", "c", "", "toString", "__proto__"]) assert.equal(npz.has(name), false);
});

test("get() and getSync() read arrays by their names with and without .npy", async () => {
  const npz = await openNpz(ARCHIVE);
  for (const name of ["a", "a.npy"]) {
    assert.deepEqual((await npz.get<NDArray>(name)).toArray(), A.toArray());
    assert.deepEqual(npz.getSync<NDArray>(name).toArray(), A.toArray());
  }
  assert.deepEqual((await npz.get<NDArray>("b")).toArray(), [1n, 2n]);
  assert.deepEqual(npz.getSync<NDArray>("b").toArray(), [1n, 2n]);
});

test("get() decodes anew each time", async () => {
  const npz = await openNpz(ARCHIVE);
  const first = await npz.get<NDArray>("a");
  first.set(0, 0, 99);
  assert.equal((await npz.get<NDArray>("a")).get(0, 0), 1n);
});

test("get() gives the bytes of what is no .npy file, whatever its name", async () => {
  const npz = await openNpz(zipFile([
    { name: "hi.txt", data: TEXT },
    { name: "c.npy", data: TEXT, method: 8 },
    { name: "folder/", data: new Uint8Array(0) },
    { name: "array", data: npyFile(B) },
  ]));
  assert.deepEqual(npz.files, ["hi.txt", "c", "folder/", "array"]);
  assert.deepEqual(await npz.get("hi.txt"), TEXT);
  assert.deepEqual(npz.getSync("c"), TEXT);
  assert.deepEqual(await npz.get("folder/"), new Uint8Array(0));
  assert.deepEqual(npz.getSync<NDArray>("array").toArray(), [1n, 2n]);
});

test("get() of an unknown name lists those that are known", async () => {
  const npz = await openNpz(ARCHIVE);
  const error = {
    name: "RangeError",
    message: 'Cannot read "zz" of an .npz file: it has a, b, hi.txt',
  };
  await assert.rejects(npz.get("zz"), error);
  assert.throws(() => npz.getSync("zz"), error);
  const many = zipFile(Array.from({ length: 25 }, (_, i) => ({ name: `k${i}`, data: TEXT })));
  assert.throws(() => openNpzSync(many).getSync("k"), /k18, k19 and 5 more$/);
  assert.throws(() => openNpzSync(zipFile([])).getSync("k"), /it is empty/);
});

test("values() and entries() read one member after the other", async () => {
  const npz = openNpzSync(zipFile([
    { name: "x.npy", data: npyFile(B) },
    { name: "y.npy", data: npyFile(A) },
  ]));
  const values: unknown[] = [];
  for await (const value of npz.values<NDArray>()) values.push(value.shape);
  assert.deepEqual(values, [[2], [2, 3]]);
  assert.deepEqual(Array.from(npz.valuesSync<NDArray>(), ({ shape }) => shape), [[2], [2, 3]]);
  const entries: unknown[] = [];
  for await (const [name, value] of npz.entries<NDArray>()) entries.push([name, value.size]);
  assert.deepEqual(entries, [["x", 2], ["y", 6]]);
  assert.deepEqual(
    Array.from(npz.entriesSync<NDArray>(), ([name, value]) => [name, value.size]),
    entries,
  );
});

test("the last member of a name wins, and no member hides behind another's short name", async () => {
  const npz = await openNpz(zipFile([
    { name: "a.npy", data: npyFile(A) },
    { name: "x.npy", data: npyFile(A) },
    { name: "a.npy", data: npyFile(B) },
    { name: "x", data: TEXT },
    { name: "x.npy.npy", data: npyFile(B) },
  ]));
  assert.deepEqual(npz.files, ["a", "x.npy", "x", "x.npy.npy"]);
  assert.deepEqual((await npz.get<NDArray>("a")).toArray(), [1n, 2n]);
  assert.deepEqual(await npz.get("x"), TEXT);
  assert.deepEqual((await npz.get<NDArray>("x.npy")).shape, [2, 3]);
  assert.deepEqual((await npz.get<NDArray>("x.npy.npy")).shape, [2]);
});

test("names are UTF-8 where the archive says so, else of code page 437", async () => {
  const utf8 = await openNpz(zipFile([{ name: "größe.npy", data: npyFile(B), flags: UTF8 }]));
  assert.deepEqual(utf8.files, ["größe"]);
  const dos = await openNpz(zipFile([{ name: "größe.npy", data: npyFile(B) }]));
  assert.deepEqual(dos.files, ["gr├╢├ƒe"]);
  assert.equal((await dos.get<NDArray>("gr├╢├ƒe")).size, 2);
});

test("a name ends at a zero byte, as in Python", async () => {
  const npz = await openNpz(zipFile([{ name: "a.npy\0.exe", data: npyFile(B) }]));
  assert.deepEqual(npz.files, ["a"]);
  assert.equal((await npz.get<NDArray>("a")).size, 2);
});

test("the comment is there, UTF-8 or not", async () => {
  assert.equal((await openNpz(ARCHIVE)).comment, "");
  const comment = new TextEncoder().encode("größe");
  assert.equal((await openNpz(zipFile([], { comment }))).comment, "größe");
  assert.equal((await openNpz(zipFile([], { comment: Uint8Array.of(0x81) }))).comment, "ü");
});

test("NpzFile shows itself as numpy's does", async () => {
  const path = freshPath("123.npz");
  writeFileSync(path, ARCHIVE);
  const npz = await openNpz(path);
  assert.equal(npz.filename, path);
  assert.equal(inspect(npz), `NpzFile '${path}' with keys: a, b, hi.txt`);
  await npz.close();
  const six = zipFile([..."abcdef"].map((name) => ({ name, data: TEXT })));
  assert.equal(inspect(openNpzSync(six)), "NpzFile 'object' with keys: a, b, c, d, e...");
});

test("close() frees the file, may be called twice, and get() says that it was", async () => {
  const path = freshPath("a.npz");
  writeFileSync(path, ARCHIVE);
  const npz = await openNpz(path);
  const before = await npz.get<NDArray>("a");
  await npz.close();
  await npz.close();
  const closed = (error: Error) =>
    error instanceof LarderError && error.message.includes(`"a" of ${path}: the archive is closed`);
  await assert.rejects(npz.get("a"), closed);
  assert.throws(() => npz.getSync("a"), closed);
  assert.deepEqual(npz.files, ["a", "b", "hi.txt"]);
  assert.equal(npz.has("a"), true);
  assert.equal(npz.size, 3);
  assert.equal(before.get(1, 2), 6n);
});

test("Symbol.dispose and Symbol.asyncDispose close", async () => {
  const first = openNpzSync(ARCHIVE);
  first[Symbol.dispose]();
  assert.throws(() => first.getSync("a"), LarderError);
  const second = await openNpz(ARCHIVE);
  await second[Symbol.asyncDispose]();
  await assert.rejects(second.get("a"), LarderError);
});

test("close() lets a get() that is under way come to an end", async () => {
  const path = freshPath("large.npz");
  savezSync(path, { x: new Float64Array(300_000).fill(7), y: [1] });
  const npz = await openNpz(path);
  const reading = npz.get<NDArray>("x").catch((error) => error);
  await npz.close();
  const result = await reading;
  // Whole or an error that tells; never the bytes of a file that was opened since.
  if (result instanceof NDArray) assert.equal(result.get(299_999), 7);
  else assert.match(result.message, /closed/);
});

test("openNpz() reads Blobs, streams, open files and random-access sources", async () => {
  const path = freshPath("a.npz");
  writeFileSync(path, ARCHIVE);
  const handle = await open(path);
  const sources = [
    new Blob([ARCHIVE]),
    streamOf(ARCHIVE, 100),
    handle,
    { size: ARCHIVE.length, read: (start: number, end: number) => ARCHIVE.slice(start, end) },
    new URL(`file://${path}`),
    ARCHIVE.buffer,
  ];
  for (const source of sources) {
    const npz = await openNpz(source);
    assert.deepEqual((await npz.get<NDArray>("a")).toArray(), A.toArray());
    assert.deepEqual((await npz.get<NDArray>("b")).toArray(), B.toArray());
    await npz.close();
  }
  assert.equal((await handle.stat()).size, ARCHIVE.length); // left open
  await handle.close();
});

test("openNpz() keeps no more of a stream than limits.maxBytes", async () => {
  const limits = { maxBytes: ARCHIVE.length - 1 };
  await assert.rejects(openNpz(streamOf(ARCHIVE, 64), { limits }), LimitError);
  await openNpz(streamOf(ARCHIVE, 64), { limits: { maxBytes: ARCHIVE.length } });
});

test("options hold for each member that is read", async () => {
  const objects = zipFile([
    { name: "n.npy", data: npyFile(NDArray.from([1.5, 2], "f8")) },
    { name: "o.npy", data: npyFile(NDArray.from([1, "a", null], "O")) },
  ]);
  const strict = await openNpz(objects, { allowPickle: false });
  assert.equal((await strict.get<NDArray>("n")).get(1), 2);
  await assert.rejects(strict.get("o"), LarderError);
  assert.deepEqual((await openNpz(objects).then((npz) => npz.get<NDArray>("o"))).toArray(), [
    1,
    "a",
    null,
  ]);

  const numbers = zipFile([{ name: "v.npy", data: npyFile(NDArray.zeros([3], "V1")) }]);
  const typed = await openNpz(numbers, { dtype: "float8_e4m3fn" });
  assert.equal((await typed.get<NDArray>("v")).dtype.equals(DType.from("float8_e4m3fn")), true);

  const short = await openNpz(ARCHIVE, { maxHeaderSize: 10 });
  await assert.rejects(short.get("a"), LimitError);
  await assert.rejects(openNpz(ARCHIVE, { mmap_mode: "r" } as object), /use "mmapMode"/);
});

test("an aborted signal ends opening and reading with its reason", async () => {
  const controller = new AbortController();
  const npz = await openNpz(ARCHIVE, { signal: controller.signal });
  controller.abort(new Error("enough"));
  await assert.rejects(npz.get("a"), { message: "enough" });
  await assert.rejects(openNpz(ARCHIVE, { signal: controller.signal }), { message: "enough" });
});

test("an empty archive, and one with something in front, behind and in the comment", async () => {
  assert.deepEqual(openNpzSync(zipFile([])).files, []);
  const data = npyFile(B);
  const frame = {
    prefix: new TextEncoder().encode("#!/bin/sh PK\x03\x04"),
    comment: Uint8Array.of(1, 0x50, 0x4b, 5, 6, ...new Uint8Array(30)),
  };
  for (const wrapped of [frame, { suffix: new Uint8Array(100) }, { count: 7 }]) {
    const npz = await openNpz(zipFile([{ name: "a.npy", data, method: 8 }], wrapped));
    assert.deepEqual((await npz.get<NDArray>("a")).toArray(), [1n, 2n]);
  }
});

test("zip64: numbers of the extra field count where the entry has none", async () => {
  const data = npyFile(B);
  const far = 0xffffffff;
  const centralExtra = Uint8Array.of(
    ...[0x99, 0x99, 2, 0, 1, 1], // another field in front
    ...[1, 0, 16, 0, ...u32(data.length), ...u32(0), ...u32(0), ...u32(0)],
  );
  const npz = await openNpz(zipFile([{
    name: "a.npy",
    data,
    size: far,
    headerOffset: far,
    centralExtra,
  }]));
  assert.deepEqual((await npz.get<NDArray>("a")).toArray(), [1n, 2n]);
  const lacking = centralExtra.slice(0, 6 + 12);
  lacking[8] = 8;
  assert.throws(
    () =>
      openNpzSync(
        zipFile([{ name: "a", data, size: far, headerOffset: far, centralExtra: lacking }]),
      ),
    NpyFormatError,
  );
});
