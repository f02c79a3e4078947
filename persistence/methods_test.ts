/**
 * Each compressor by each of its spellings: what the first bytes say, that it comes back equal
 * whatever the file is called, and the values of joblib's documentation.
 */
import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import type { NDArray } from "../numpy/mod.ts";
import { PyTuple } from "../pickle/mod.ts";
import { Random } from "../tests/random.ts";
import { freshPath } from "../tests/temporary.ts";
import { dump, dumps, dumpSync } from "./dump.ts";
import { load, loadSync } from "./load.ts";
import type { DumpOptions } from "./options.ts";

const ten = BigInt64Array.from({ length: 10 }, (_, i) => BigInt(i));
const toPersist = [PyTuple.of<unknown>("a", [1, 2, 3]), PyTuple.of<unknown>("b", ten)];
const PLAIN_BYTES = 349;
const XZ_FLAGS = [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 0, 4, 0xe6, 0xd6, 0xb4, 0x46];

/** Compress, name of the file, first bytes; the level where the format shows it. */
const SPELLINGS: readonly [DumpOptions["compress"], string, readonly number[]][] = [
  [undefined, "x.bz2", [0x42, 0x5a, 0x68, 0x39]],
  [false, "x.bz2", [0x42, 0x5a, 0x68, 0x39]],
  [0, "x.bz2", [0x42, 0x5a, 0x68, 0x39]],
  [4, "x.bz2", [0x42, 0x5a, 0x68, 0x34]],
  ["bz2", "x.pkl", [0x42, 0x5a, 0x68, 0x39]],
  [["bz2", 3], "x.bz2", [0x42, 0x5a, 0x68, 0x33]],
  [["bz2", 9], "x.gz", [0x42, 0x5a, 0x68, 0x39]],
  [undefined, "x.lzma", [0x5d, 0, 0, 0x80, 0]],
  ["lzma", "x.pkl", [0x5d, 0, 0, 0x80, 0]],
  [1, "x.lzma", [0x5d, 0, 0, 0x10, 0]],
  [["lzma", 3], "x.pkl", [0x5d, 0, 0, 0x40, 0]],
  [undefined, "x.xz", [...XZ_FLAGS, 2, 0, 0x21, 1, 0x16]],
  ["xz", "x.lzma", [...XZ_FLAGS, 2, 0, 0x21, 1, 0x16]],
  [1, "x.xz", [...XZ_FLAGS, 2, 0, 0x21, 1, 0x10]],
  [undefined, "x.lz4", [4, 0x22, 0x4d, 0x18]],
  [["lz4", 1], "x.pkl", [4, 0x22, 0x4d, 0x18]],
  ["lz4", "x.pkl", [4, 0x22, 0x4d, 0x18]],
  [undefined, "x.zst", [0x28, 0xb5, 0x2f, 0xfd]],
  ["zstd", "x.pkl", [0x28, 0xb5, 0x2f, 0xfd]],
  [["bz2", 0], "x.bz2", [0x80, 4]],
  [["lz4", 0], "x.lz4", [0x80, 4]],
  [["lzma", 0], "x.xz", [0x80, 4]],
];

for (const [compress, name, first] of SPELLINGS) {
  test(`compress ${JSON.stringify(compress)} onto ${name} is told by the first bytes`, async () => {
    const options = compress === undefined ? {} : { compress };
    const path = freshPath(name);
    assert.deepEqual(await dump(toPersist, path, options), [path]);
    const now = freshPath(name);
    assert.deepEqual(dumpSync(toPersist, now, options), [now]);
    for (const file of [path, now]) {
      const bytes = readFileSync(file);
      assert.deepEqual([...bytes.subarray(0, first.length)], first);
      assert.ok(first[0] === 0x80 ? bytes.length === PLAIN_BYTES : bytes.length < PLAIN_BYTES);
      assertToPersist(await load(file));
      assertToPersist(loadSync(file));
    }
  });
}

/** The values of `compress` in joblib's documentation, and the first bytes that each writes. */
const DOCUMENTED: readonly [DumpOptions["compress"] & unknown, readonly number[]][] = [
  [false, [0x80, 4]],
  [true, [0x78, 0x5e]],
  [1, [0x78, 0x01]],
  [6, [0x78, 0x9c]],
  [9, [0x78, 0xda]],
  ["zlib", [0x78, 0x5e]],
  ["gzip", [0x1f, 0x8b]],
  [["gzip", 9], [0x1f, 0x8b]],
  ["bz2", [0x42, 0x5a, 0x68, 0x39]],
  [["bz2", 9], [0x42, 0x5a, 0x68, 0x39]],
  ["lzma", [0x5d, 0]],
  ["xz", XZ_FLAGS],
  ["lz4", [4, 0x22, 0x4d, 0x18]],
];

for (const [compress, first] of DOCUMENTED) {
  test(`a value with an array comes back bit for bit with compress ${JSON.stringify(compress)}`, async () => {
    const value = { array: randomDoubles(1000), metadata: { version: 1 } };
    const path = freshPath("data.pkl");
    assert.deepEqual(await dump(value, path, { compress }), [path]);
    assert.deepEqual([...readFileSync(path).subarray(0, first.length)], first);
    for (const back of [await load(path), loadSync(path)]) {
      const { array, metadata } = back as { array: NDArray; metadata: unknown };
      assert.deepEqual(array.data, value.array);
      assert.deepEqual(array.shape, [1000]);
      assert.deepEqual(metadata, { version: 1 });
    }
  });
}

test("the documentation's first value takes joblib's 8277 bytes, and exact keeps its number", async () => {
  const value = { array: randomDoubles(1000), metadata: { version: 1 } };
  const bytes = dumps(value);
  assert.equal(bytes.length, 8277);
  assert.deepEqual([...bytes.subarray(0, 4)], [0x80, 4, 0x95, 0xdd]);
  const back = await load<typeof value>(bytes);
  assert.deepEqual(Object.keys(back), ["array", "metadata"]);
  assert.equal(back.metadata.version, 1);
  const exact = await load<Map<string, Map<string, unknown>>>(bytes, { exact: true });
  assert.equal(exact.get("metadata")!.get("version"), 1);
});

test("a file is told by its first bytes, whatever its name says", async () => {
  const methods = ["zlib", "gzip", "bz2", "lzma", "xz", "lz4", "zstd"];
  const names = ["x.pkl", "x.z", "x.gz", "x.bz2", "x.lzma", "x.xz", "x.lz4", "x.zst", "x.npy"];
  for (const compress of [false, ...methods]) {
    const path = freshPath("made");
    await dump(toPersist, path, { compress });
    for (const name of names) {
      const other = join(dirname(path), name);
      copyFileSync(path, other);
      assertToPersist(loadSync(other));
      assertToPersist(await load(other));
    }
  }
});

test("batches in lz4 with zero-padded names are listed and loaded one by one", async () => {
  const folder = join(dirname(freshPath()), "processed_batches");
  mkdirSync(folder);
  const file = (id: number): string => join(folder, `batch_${String(id).padStart(4, "0")}.pkl`);
  for (let i = 0; i < 6; i++) {
    const batch = BigInt64Array.of(BigInt(i), BigInt(i), BigInt(i));
    await dump(batch, file(i), { compress: "lz4" });
    assert.deepEqual([...readFileSync(file(i)).subarray(0, 4)], [4, 0x22, 0x4d, 0x18]);
  }
  assert.equal(readdirSync(folder).sort()[5], "batch_0005.pkl");
  assert.deepEqual((await load<NDArray>(file(5))).data, BigInt64Array.of(5n, 5n, 5n));
});

test("random doubles become hardly smaller by any method", async () => {
  const array = randomDoubles(1000);
  for (const compress of ["zlib", "gzip", "bz2", "lzma", "xz", "lz4", "zstd"]) {
    const path = freshPath();
    await dump({ array }, path, { compress });
    const { size } = statSync(path);
    assert.ok(
      size > 0.85 * array.byteLength && size < 1.15 * array.byteLength,
      `${compress} ${size}`,
    );
  }
});

function assertToPersist(value: unknown): void {
  const [[a, list], [b, array]] = value as [PyTuple<unknown>, PyTuple<unknown>];
  assert.deepEqual([a, list, b], ["a", [1, 2, 3], "b"]);
  assert.deepEqual((array as NDArray).data, ten);
}

function randomDoubles(length: number): Float64Array {
  const random = new Random(length);
  const next = (): number => (random.below(2 ** 27) * 2 ** 26 + random.below(2 ** 26)) / 2 ** 53;
  return Float64Array.from({ length }, next);
}
