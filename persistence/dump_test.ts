/** What dump writes, where to, and what it refuses before it touches the target. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { join as joinBytes } from "../bytes/join.ts";
import { PicklingError, UnsupportedError } from "../errors.ts";
import type { DenoFile } from "../io/source.ts";
import { DType, NDArray } from "../numpy/mod.ts";
import { PyByteArray, PyTuple } from "../pickle/mod.ts";
import { freshPath, neighbours } from "../tests/temporary.ts";
import { dump, dumps, dumpSync } from "./dump.ts";
import { load, loadAll, loads, loadSync } from "./load.ts";
import type { DumpOptions } from "./options.ts";

interface DenoGlobals {
  Deno?: { openSync(path: string, options: object): DenoFile & { close(): void } };
}
const { Deno } = globalThis as unknown as DenoGlobals;

const ten = BigInt64Array.from({ length: 10 }, (_, i) => BigInt(i));
const toPersist = [PyTuple.of<unknown>("a", [1, 2, 3]), PyTuple.of<unknown>("b", ten)];

const TEN_SHA256 = "f22dcaaf9e89dc11";
const TO_PERSIST_SHA256 = "a1135808e9d8106f";

test("dump() writes joblib's 305 bytes for ten int64", async () => {
  const path = freshPath();
  assert.deepEqual(await dump(ten, path), [path]);
  assert.equal(statSync(path).size, 305);
  assert.equal(sha256(readFileSync(path)), TEN_SHA256);
});

test("dump() starts an array's data at a multiple of 16", () => {
  assert.deepEqual(dumps(ten).slice(224, 304), new Uint8Array(ten.buffer));
});

test("dump() writes joblib's 349 bytes for the guide's list", async () => {
  const path = freshPath();
  assert.deepEqual(await dump(toPersist, path), [path]);
  assert.equal(statSync(path).size, 349);
  assert.equal(sha256(readFileSync(path)), TO_PERSIST_SHA256);
});

test("dumpSync() and dumps() write the bytes of dump()", () => {
  const path = freshPath();
  assert.deepEqual(dumpSync(toPersist, path), [path]);
  assert.equal(sha256(readFileSync(path)), TO_PERSIST_SHA256);
  assert.equal(sha256(dumps(toPersist)), TO_PERSIST_SHA256);
});

test("dump() takes a file: URL and answers its path", async () => {
  const path = freshPath("with space.joblib");
  assert.deepEqual(await dump(toPersist, pathToFileURL(path)), [path]);
  assert.deepEqual(dumpSync(toPersist, pathToFileURL(path)), [path]);
  assert.equal(sha256(readFileSync(path)), TO_PERSIST_SHA256);
});

test("dump() takes a file: URL spelled as a string", async () => {
  const path = freshPath();
  assert.deepEqual(await dump(1, pathToFileURL(path).href), [path]);
  assert.equal(statSync(path).size, 5);
});

test("dump() writes a WritableStream and leaves it open", async () => {
  const pieces: Uint8Array[] = [];
  let closed = false;
  const stream = new WritableStream<Uint8Array>({
    write: (piece) => void pieces.push(piece.slice()),
    close: () => {
      closed = true;
    },
  });
  assert.deepEqual(await dump(toPersist, stream), []);
  assert.equal(sha256(joinBytes(pieces)), TO_PERSIST_SHA256);
  assert.equal(closed, false);
  assert.equal(stream.locked, false);
});

test("dump() writes a FileHandle at its cursor and leaves it open", async () => {
  const path = freshPath();
  const handle = await open(path, "w+");
  assert.deepEqual(await dump(toPersist, handle), []);
  await handle.write("!");
  await handle.close();
  assert.equal(sha256(readFileSync(path).subarray(0, 349)), TO_PERSIST_SHA256);
  assert.equal(statSync(path).size, 350);
});

test("dump() and load() leave a FileHandle's cursor behind the value", async () => {
  const path = freshPath();
  const handle = await open(path, "w+");
  await handle.write("head");
  assert.deepEqual(await dump([7], handle), []);
  await handle.write("|");
  await handle.close();
  assert.equal(statSync(path).size, 22);
  const reading = await open(path);
  await reading.read(new Uint8Array(4), 0, 4, null);
  assert.deepEqual(await load(reading), [7]);
  const next = new Uint8Array(1);
  await reading.read(next, 0, 1, null);
  assert.deepEqual(next, Uint8Array.of(0x7c));
  await reading.close();
});

test("dumpSync() and loadSync() leave a FileHandle's cursor behind the value", async () => {
  const path = freshPath();
  const handle = await open(path, "w+");
  await handle.write("head");
  assert.deepEqual(dumpSync([7], handle), []);
  await handle.write("|");
  await handle.close();
  const reading = await open(path);
  await reading.read(new Uint8Array(4), 0, 4, null);
  assert.deepEqual(loadSync(reading), [7]);
  const next = new Uint8Array(1);
  await reading.read(next, 0, 1, null);
  assert.deepEqual(next, Uint8Array.of(0x7c));
  await reading.close();
});

test(
  "dump() and load() leave a Deno.FsFile's cursor behind the value",
  { skip: !Deno },
  async () => {
    const file = denoFile(freshPath());
    file.writeSync(new TextEncoder().encode("head"));
    assert.deepEqual(await dump([7], file), []);
    assert.equal(file.seekSync(0, 1), 21);
    file.seekSync(4, 0);
    assert.deepEqual(await load(file), [7]);
    assert.equal(file.seekSync(0, 1), 21);
    file.close();
  },
);

test(
  "dumpSync() and loadSync() leave a Deno.FsFile's cursor behind the value",
  { skip: !Deno },
  () => {
    const file = denoFile(freshPath());
    file.writeSync(new TextEncoder().encode("head"));
    assert.deepEqual(dumpSync([7], file), []);
    assert.equal(file.seekSync(0, 1), 21);
    file.seekSync(4, 0);
    assert.deepEqual(loadSync(file), [7]);
    assert.equal(file.seekSync(0, 1), 21);
    file.close();
  },
);

test("dump() aligns an array to the cursor of an open file", async () => {
  const path = freshPath();
  const handle = await open(path, "w+");
  await dump(ten, handle);
  await dump(ten, handle);
  await handle.close();
  const bytes = readFileSync(path);
  const data = new Uint8Array(ten.buffer);
  assert.deepEqual(new Uint8Array(bytes.subarray(224, 304)), data);
  const second = bytes.indexOf(data, 305);
  assert.equal(second % 16, 0);
});

test("three dumps into one FileHandle load in order, and the fourth load fails", async () => {
  const path = freshPath();
  const handle = await open(path, "w+");
  for (const value of [1, ten, "x"]) await dump(value, handle);
  await handle.close();
  const reading = await open(path);
  assert.equal(await load(reading), 1);
  assertTen(await load(reading));
  assert.equal(await load(reading), "x");
  await assert.rejects(load(reading), { name: "UnpicklingError" });
  await reading.close();
});

for (const method of ["zlib", "gzip", "bz2", "lzma", "xz", "lz4", "zstd"]) {
  test(`dumps by ${method} into one FileHandle load one after the other, in any way`, async () => {
    const path = freshPath();
    const handle = await open(path, "w+");
    await handle.write("head");
    const values = [1, ten, "x".repeat(300_000), [4], null];
    for (const value of values) await dump(value, handle, { compress: [method, 1] });
    await dump(values.length, handle);
    await handle.close();
    const reading = await open(path);
    await reading.read(new Uint8Array(4), 0, 4, null);
    assert.equal(await load(reading), 1);
    assertTen(loadSync(reading));
    const all = loadAll(reading);
    assert.equal((await all.next()).value, values[2]);
    await all.return(undefined);
    assert.deepEqual(await load(reading), [4]);
    assert.equal(loadSync(reading), null);
    assert.equal(await load(reading), values.length);
    await assert.rejects(load(reading), { name: "UnpicklingError" });
    await reading.close();
  });
}

test(
  "three dumps into one Deno.FsFile load in order, and the fourth load fails",
  { skip: !Deno },
  async () => {
    const file = denoFile(freshPath());
    for (const value of [1, ten, "x"]) await dump(value, file);
    file.seekSync(0, 0);
    assert.equal(await load(file), 1);
    assertTen(await load(file));
    assert.equal(await load(file), "x");
    await assert.rejects(load(file), { name: "UnpicklingError" });
    file.close();
  },
);

test("loadAll() yields every dump of a file and ends", async () => {
  const path = freshPath();
  const handle = await open(path, "w+");
  for (const value of [1, ten, "x"]) await dump(value, handle);
  await handle.close();
  for (const source of [path, new Uint8Array(readFileSync(path))]) {
    const values: unknown[] = [];
    for await (const value of loadAll(source)) values.push(value);
    assert.equal(values.length, 3);
    assert.equal(values[0], 1);
    assertTen(values[1]);
    assert.equal(values[2], "x");
  }
});

test("loadAll() of an empty file yields nothing", async () => {
  const path = freshPath();
  writeFileSync(path, "");
  for await (const value of loadAll(path)) assert.fail(`yielded ${value}`);
});

test("loadAll() that is left early lets its stream go", async () => {
  let cancelled = false;
  const stream = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(dumps(5)),
    cancel: () => {
      cancelled = true;
    },
  });
  let seen = 0;
  for await (const value of loadAll(stream)) {
    assert.equal(value, 5);
    if (++seen === 3) break;
  }
  assert.equal(cancelled, true);
  assert.equal(stream.locked, false);
});

/** Options, name of the file, first bytes. */
const HEADERS: readonly [DumpOptions["compress"], string, readonly number[]][] = [
  [undefined, "x.pkl", [0x80, 4]],
  [false, "x.pkl", [0x80, 4]],
  [0, "x.pkl", [0x80, 4]],
  [undefined, "x.compressed", [0x80, 4]],
  [undefined, "x.GZ", [0x80, 4]],
  [true, "x.pkl", [0x78, 0x5e]],
  [true, "x.compressed", [0x78, 0x5e]],
  [1, "x.pkl", [0x78, 0x01]],
  [3, "x.pkl", [0x78, 0x5e]],
  [6, "x.pkl", [0x78, 0x9c]],
  [9, "x.pkl", [0x78, 0xda]],
  ["zlib", "x.pkl", [0x78, 0x5e]],
  [["zlib", 9], "x.pkl", [0x78, 0xda]],
  ["gzip", "x.pkl", [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]],
  [["gzip", 3], "x.gz", [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]],
  [["gzip", 9], "x.pkl", [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 3]],
  [["gzip", 1], "x.pkl", [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 3]],
  [undefined, "x.z", [0x78, 0x5e]],
  [false, "x.z", [0x78, 0x5e]],
  [0, "x.z", [0x78, 0x5e]],
  [6, "x.z", [0x78, 0x9c]],
  [undefined, "x.gz", [0x1f, 0x8b]],
  [false, "x.gz", [0x1f, 0x8b]],
  [9, "x.gz", [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 3]],
  ["gzip", "x.bz2", [0x1f, 0x8b]],
  ["zlib", "x.gz", [0x78, 0x5e]],
  [["gzip", 0], "x.pkl", [0x80, 4]],
  [["gzip", 0], "x.gz", [0x80, 4]],
  [["gzip", 0], "x.xz", [0x80, 4]],
];
for (const [compress, name, first] of HEADERS) {
  const options = compress === undefined ? {} : { compress };
  test(`dump() with compress ${JSON.stringify(compress)} onto ${name} is told by the first bytes`, async () => {
    const path = freshPath(name);
    assert.deepEqual(await dump(toPersist, path, options), [path]);
    const bytes = readFileSync(path);
    assert.deepEqual([...bytes.subarray(0, first.length)], first);
    if (first[0] === 0x80) assert.equal(bytes.length, 349);
    else assert.ok(bytes.length < 349);
    assertToPersist(await load(path));
  });

  test(`dumpSync() with compress ${JSON.stringify(compress)} onto ${name} is told by the first bytes`, () => {
    const path = freshPath(name);
    assert.deepEqual(dumpSync(toPersist, path, options), [path]);
    assert.deepEqual([...readFileSync(path).subarray(0, first.length)], first);
    assertToPersist(loadSync(path));
  });
}

test('compress true, "zlib" and 3 write the same bytes, 1 others', () => {
  const three = dumps(toPersist, { compress: 3 });
  assert.deepEqual(dumps(toPersist, { compress: true }), three);
  assert.deepEqual(dumps(toPersist, { compress: "zlib" }), three);
  assert.notDeepEqual(dumps(toPersist, { compress: 1 }), three);
});

test("a compressed file holds the bytes of the uncompressed one", async () => {
  const compressed = dumps(toPersist, { compress: "gzip" });
  const stream = new Blob([compressed]).stream().pipeThrough(new DecompressionStream("gzip"));
  assert.equal(sha256(new Uint8Array(await new Response(stream).arrayBuffer())), TO_PERSIST_SHA256);
});

test("a compressed dump at a cursor aligns its arrays to its own beginning", async () => {
  const path = freshPath();
  const handle = await open(path, "w+");
  await handle.write("head");
  await dump(toPersist, handle, { compress: "gzip" });
  await handle.close();
  assert.deepEqual(
    new Uint8Array(readFileSync(path).subarray(4)),
    new Uint8Array(dumps(toPersist, { compress: "gzip" })),
  );
});

test("dump() compresses into an open file", async () => {
  const path = freshPath();
  const handle = await open(path, "w+");
  assert.deepEqual(await dump(toPersist, handle, { compress: true }), []);
  await handle.close();
  assert.deepEqual([...readFileSync(path).subarray(0, 2)], [0x78, 0x5e]);
  const reading = await open(path);
  assertToPersist(await load(reading));
  await reading.close();
});

test("random doubles hardly compress, and come back bit for bit", async () => {
  const random = randomDoubles(100_000);
  const path = freshPath();
  await dump(random, path, { compress: 3 });
  const { size } = statSync(path);
  assert.ok(size > 0.9 * random.byteLength && size < random.byteLength, `${size} bytes`);
  assert.deepEqual((await load<NDArray>(path)).data, random);
});

test("the platform's compression streams wrap dump() and load()", async () => {
  const path = freshPath("x.gz");
  const gzip = new CompressionStream("gzip");
  const written = new Response(gzip.readable).arrayBuffer();
  const target = gzip.writable as WritableStream<Uint8Array>;
  assert.deepEqual(await dump(toPersist, target), []);
  await target.close();
  writeFileSync(path, new Uint8Array(await written));
  const source = new Blob([readFileSync(path)]).stream()
    .pipeThrough(new DecompressionStream("gzip"));
  assertToPersist(await load(source));
  assertToPersist(await load(path));
});

for (const method of ["bz2", "lzma", "xz", "lz4"]) {
  test(`compress "${method}" writes what load() reads, or is an UnsupportedError that leaves the target`, async () => {
    const path = freshPath();
    writeFileSync(path, "old");
    try {
      await dump(toPersist, path, { compress: method });
    } catch (error) {
      assert.ok(error instanceof UnsupportedError, String(error));
      assert.match(error.message, new RegExp(method));
      assert.equal(readFileSync(path, "utf8"), "old");
      assert.deepEqual(neighbours(path), ["value.joblib"]);
      return;
    }
    assertToPersist(await load(path));
  });
}

/** What compress may not be, and the kind of the error. */
const REFUSED: readonly [unknown, string][] = [
  [10, "RangeError"],
  [-1, "RangeError"],
  [2.5, "RangeError"],
  [NaN, "RangeError"],
  ["zip", "RangeError"],
  ["GZIP", "RangeError"],
  ["", "RangeError"],
  [["gzip"], "RangeError"],
  [["gzip", 3, 3], "RangeError"],
  [["gzip", 10], "RangeError"],
  [["foo", 3], "RangeError"],
  [[3, "gzip"], "TypeError"],
  [null, "TypeError"],
  [{}, "TypeError"],
];
for (const [compress, name] of REFUSED) {
  test(`compress ${JSON.stringify(compress)} is a ${name} before the target is touched`, async () => {
    const path = freshPath();
    writeFileSync(path, "old");
    const options = { compress } as DumpOptions;
    await assert.rejects(dump(1, path, options), { name });
    assert.throws(() => dumpSync(1, path, options), { name });
    assert.throws(() => dumps(1, options), { name });
    assert.equal(readFileSync(path, "utf8"), "old");
    assert.deepEqual(neighbours(path), ["value.joblib"]);
  });
}

/** Protocol and first bytes. */
const PROTOCOLS: readonly [number | null | undefined, readonly number[]][] = [
  [0, [0x28, 0x6c]],
  [1, [0x5d, 0x71]],
  [2, [0x80, 2]],
  [3, [0x80, 3]],
  [4, [0x80, 4]],
  [5, [0x80, 5]],
  [-1, [0x80, 5]],
  [null, [0x80, 4]],
  [undefined, [0x80, 4]],
];
for (const [protocol, first] of PROTOCOLS) {
  test(`protocol ${protocol} brings the guide's list back`, async () => {
    const path = freshPath();
    await dump(toPersist, path, protocol === undefined ? {} : { protocol });
    assert.deepEqual([...readFileSync(path).subarray(0, 2)], first);
    assertToPersist(await load(path));
    assertToPersist(loadSync(path));
  });
}

for (const protocol of [6, -2, 2.5]) {
  test(`protocol ${protocol} is a RangeError before the target is touched`, async () => {
    const path = freshPath();
    writeFileSync(path, "old");
    await assert.rejects(dump(1, path, { protocol }), { name: "RangeError" });
    assert.equal(readFileSync(path, "utf8"), "old");
  });
}

test("protocol 2 spells modules as Python 2 does", () => {
  const text = new TextDecoder("latin1").decode(dumps(new Set([1]), { protocol: 2 }));
  assert.match(text, /__builtin__/);
});

for (const target of [null, undefined, 5, {}, new Uint8Array(3), true]) {
  test(`a target ${target === null ? null : typeof target} ${String(target)} is a TypeError`, async () => {
    await assert.rejects(dump(1, target as never), { name: "TypeError" });
    assert.throws(() => dumpSync(1, target as never), { name: "TypeError" });
  });
}

test("a URL to write to must be a file: URL", async () => {
  await assert.rejects(dump(1, "https://example.org/x"), { name: "TypeError" });
  await assert.rejects(dump(1, new URL("http://example.org/x")), { name: "TypeError" });
});

test("dumpSync() refuses a WritableStream by naming the asynchronous call", () => {
  assert.throws(() => dumpSync(1, new WritableStream() as never), {
    name: "TypeError",
    message: /asynchronous/,
  });
});

test("a missing folder is ENOENT and nothing is made", async () => {
  const path = freshPath();
  await assert.rejects(dump(1, join(path, "x", "y")), { code: "ENOENT" });
  assert.throws(() => dumpSync(1, join(path, "x", "y")), { code: "ENOENT" });
  assert.deepEqual(neighbours(path), []);
});

test("a folder as target is EISDIR", async () => {
  const path = freshPath();
  mkdirSync(path);
  await assert.rejects(dump(1, path), { code: "EISDIR" });
  assert.throws(() => dumpSync(1, path), { code: "EISDIR" });
});

/** A wrong option, and what the error must name. */
const UNKNOWN: readonly [string, RegExp][] = [
  ["Compress", /Unknown option "Compress" for dump\(\): use "compress"/],
  ["on_progress", /use "onProgress"/],
  ["buffer_callback", /use "bufferCallback"/],
  ["persistent_id", /use "persistentId"/],
  ["level", /known are .*compress/],
];
for (const [name, message] of UNKNOWN) {
  test(`dump() refuses the option "${name}" and names the right one`, async () => {
    const path = freshPath();
    await assert.rejects(dump(1, path, { [name]: 1 } as DumpOptions), {
      name: "TypeError",
      message,
    });
    assert.equal(existsSync(path), false);
  });
}

test("threads are a positive integer", async () => {
  for (const threads of [0, -1, 1.5, NaN, Infinity, "2" as never]) {
    assert.throws(() => dumps(1, { threads }), { name: "RangeError" });
    await assert.rejects(dump(1, freshPath(), { threads }), { name: "RangeError" });
  }
});

for (const durability of ["none", "file", "full"] as const) {
  test(`dump() with durability "${durability}" writes the file`, async () => {
    const path = freshPath();
    await dump(toPersist, path, { durability });
    assert.equal(sha256(readFileSync(path)), TO_PERSIST_SHA256);
    dumpSync(1, path, { durability });
    assert.equal(loadSync(path), 1);
  });
}

test("an unknown durability is a RangeError", () => {
  assert.throws(() => dumps(1, { durability: "maybe" as never }), { name: "RangeError" });
});

test('strings "value" writes equal texts once, "distinct" each time', () => {
  const values = ["ab cd", "ab cd"];
  assert.ok(dumps(values).length < dumps(values, { strings: "distinct" }).length);
  assert.deepEqual(loads(dumps(values, { strings: "distinct" })), values);
  assert.throws(() => dumps(values, { strings: "same" as never }), { name: "RangeError" });
});

test("one array at two places is written twice and loads as two", async () => {
  const array = NDArray.from(Float64Array.of(1, 2));
  const path = freshPath();
  await dump([array, array, { again: array }], path);
  const [first, second, third] = await load<[NDArray, NDArray, { again: NDArray }]>(path);
  first.set(0, 9);
  assert.deepEqual(second.data, Float64Array.of(1, 2));
  assert.deepEqual(third.again.data, Float64Array.of(1, 2));
  assert.notEqual(first.bytes.buffer, second.bytes.buffer);
});

test("a list at two places stays one list", async () => {
  const list = [1];
  const path = freshPath();
  await dump({ a: list, b: list }, path);
  const { a, b } = await load<{ a: number[]; b: number[] }>(path);
  assert.equal(a, b);
});

test("a list that holds itself comes back so", () => {
  const list: unknown[] = [];
  list.push(list);
  const back = loads<unknown[]>(dumps(list));
  assert.equal(back[0], back);
});

test("an array inside an array of objects comes back", () => {
  const inner = NDArray.from(Float32Array.of(1, 2));
  const outer = new NDArray({
    dtype: DType.from("object"),
    shape: [3],
    objects: [inner, null, "x"],
  });
  const back = loads<NDArray>(dumps([outer, ten]));
  const [first, second] = back as unknown as [NDArray, NDArray];
  assert.deepEqual((first.get(0) as NDArray).data, Float32Array.of(1, 2));
  assert.deepEqual([first.get(1), first.get(2)], [null, "x"]);
  assertTen(second);
});

test("a typed array dumps as a 1-D array, a Uint8Array as bytes", () => {
  assert.deepEqual(loads(dumps(Uint8Array.of(1, 2))), Uint8Array.of(1, 2));
  assert.equal(loads<NDArray>(dumps(Uint8ClampedArray.of(1, 2))).dtype.str, "|u1");
  for (
    const [typed, str] of [
      [Int8Array.of(-1), "|i1"],
      [Int16Array.of(-2), "<i2"],
      [Uint16Array.of(2), "<u2"],
      [Int32Array.of(-3), "<i4"],
      [Uint32Array.of(3), "<u4"],
      [BigInt64Array.of(-4n), "<i8"],
      [BigUint64Array.of(4n), "<u8"],
      [Float32Array.of(1.5), "<f4"],
      [Float64Array.of(2.5), "<f8"],
    ] as const
  ) {
    const back = loads<NDArray>(dumps(typed));
    assert.equal(back.dtype.str, str);
    assert.deepEqual(back.data, typed);
  }
});

test("a part of a typed array dumps that part only", () => {
  const part = Float64Array.of(0, 1, 2, 3).subarray(1, 3);
  assert.deepEqual(loads<NDArray>(dumps(part)).data, Float64Array.of(1, 2));
});

test("a typed array inside of a Map and a tuple is an array as well", () => {
  const value = new Map<unknown, unknown>([[1, PyTuple.of(Float32Array.of(0.5))]]);
  const back = loads<Map<number, PyTuple>>(dumps(value));
  assert.deepEqual((back.get(1)![0] as NDArray).data, Float32Array.of(0.5));
});

test("dump() does not hold on to the memory of bytes it wrote", () => {
  const bytes = new PyByteArray([1, 2, 3]);
  const file = dumps([bytes, Float64Array.of(1)]);
  bytes[0] = 9;
  assert.deepEqual(loads<[Uint8Array]>(file)[0], new PyByteArray([1, 2, 3]));
});

/** What has no counterpart in Python. */
const UNPICKLABLE: Record<string, unknown> = {
  "a function": () => 1,
  "a symbol": Symbol("s"),
  "a Promise": Promise.resolve(1),
  "a WeakMap": new WeakMap(),
  "a RegExp": /x/,
  "a URL": new URL("https://example.org"),
  "an Error": new Error("x"),
  "an instance of a class": new (class Plain {})(),
};
for (const [name, value] of Object.entries(UNPICKLABLE)) {
  test(`${name} is a PicklingError with its place, and the target stays`, async () => {
    const path = freshPath();
    writeFileSync(path, "old");
    const nested = { models: [1, { coef: value }] };
    const isRight = (error: unknown) =>
      error instanceof PicklingError && /models\[1\]\.coef/.test(`${error.path} ${error.message}`);
    await assert.rejects(dump(nested, path), isRight);
    assert.throws(() => dumpSync(nested, path), isRight);
    assert.throws(() => dumps(nested), isRight);
    assert.equal(readFileSync(path, "utf8"), "old");
    assert.deepEqual(neighbours(path), ["value.joblib"]);
  });
}

test("a dump that fails late leaves the old file byte for byte and nothing beside it", async () => {
  for (const compress of [false, "gzip"] as const) {
    const path = freshPath();
    writeFileSync(path, "old");
    const value = [randomDoubles(500_000), "x".repeat(3_000_000), { deep: [() => 1] }];
    await assert.rejects(dump(value, path, { compress }), { name: "PicklingError" });
    assert.throws(() => dumpSync(value, path, { compress }), { name: "PicklingError" });
    assert.equal(readFileSync(path, "utf8"), "old");
    assert.deepEqual(neighbours(path), ["value.joblib"]);
  }
});

test("two dumps to one path at once leave one whole file", async () => {
  const path = freshPath();
  const values = [1, 2, 3].map((fill) => new Float64Array(400_000).fill(fill));
  await Promise.all(values.map((value) => dump(value, path)));
  const back = await load<NDArray>(path);
  const { data } = back as unknown as { data: Float64Array };
  assert.deepEqual(data, values[data[0] - 1]);
  assert.deepEqual(neighbours(path), ["value.joblib"]);
});

test("dump() of an instance of a __main__ class warns once with code and path", async () => {
  class Model {
    static pyClass = "__main__.Model";
    a = 1;
  }
  const path = freshPath();
  const warnings: { code: string; path?: string }[] = [];
  const onWarning = (warning: { code: string; path?: string }) => warnings.push(warning);
  await dump([new Model(), new Model()], path, { onWarning });
  assert.deepEqual(warnings.map(({ code, path }) => [code, path]), [["main-class", path]]);
});

function denoFile(path: string): DenoFile & { close(): void } {
  return Deno!.openSync(path, { read: true, write: true, create: true, truncate: true });
}

function assertTen(value: unknown): void {
  assert.ok(value instanceof NDArray);
  assert.equal(value.dtype.str, "<i8");
  assert.deepEqual(value.data, ten);
}

function assertToPersist(value: unknown): void {
  const [[a, list], [b, array]] = value as [PyTuple, PyTuple];
  assert.ok((value as PyTuple[]).every((item) => item instanceof PyTuple));
  assert.deepEqual([a, list, b], ["a", [1, 2, 3], "b"]);
  assertTen(array);
  assert.equal((value as unknown[]).length, 2);
}

/** The first 16 digits. */
function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex").slice(0, 16);
}

function randomDoubles(length: number): Float64Array {
  let state = 1;
  return Float64Array.from({ length }, () => {
    state = Math.imul(state, 1664525) + 1013904223 >>> 0;
    return state / 2 ** 32 + Math.sqrt(state);
  });
}
