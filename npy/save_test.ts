import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { NpyFormatError, PicklingError } from "../errors.ts";
import type { DenoFile } from "../io/source.ts";
import { DType, MaskedArray, NDArray, NumpyScalar } from "../numpy/mod.ts";
import { freshPath, neighbours } from "../tests/temporary.ts";
import { load, loadSync, openMemmap, save, saveSync, savez } from "./mod.ts";
import { bytesOf, npyFile } from "../tests/npy.ts";
import { npyByteLength, npyPieces } from "./write_array.ts";

const Deno = (globalThis as {
  Deno?: {
    openSync(path: string, options: object): DenoFile & { close(): void };
  };
}).Deno;

const ARRAY = NDArray.from([[1, 2, 3], [4, 5, 6]], "int64");
const OBJECTS = new NDArray({ dtype: DType.from("O"), shape: [3], objects: [1, "a", null] });

/** sha256 of what np.save writes for ARRAY. */
const DIGEST = "7f7a9cefc8401416";

test("npy.save() appends .npy and writes numpy's bytes", async () => {
  const path = freshPath("123");
  await save(path, ARRAY);
  assert.deepEqual(neighbours(path), ["123.npy"]);
  const bytes = readFileSync(`${path}.npy`);
  assert.equal(bytes.length, 176);
  assert.equal(createHash("sha256").update(bytes).digest("hex").slice(0, 16), DIGEST);
  saveSync(path, ARRAY);
  assert.deepEqual(readFileSync(`${path}.npy`), bytes);
  const back = await load<NDArray>(`${path}.npy`);
  assert.deepEqual([back.dtype.str, back.toArray()], ["<i8", ARRAY.toArray()]);
});

test("npy.save() keeps a name that ends in .npy, also that of a URL", async () => {
  const path = freshPath("a.npy");
  await save(path, ARRAY);
  saveSync(pathToFileURL(path.replace("a.npy", "b.npy")), ARRAY);
  await save(pathToFileURL(path.replace("a.npy", "c.npz")), ARRAY);
  saveSync(pathToFileURL(path.replace("a.npy", "d é")).href, ARRAY);
  assert.deepEqual(neighbours(path), ["a.npy", "b.npy", "c.npz.npy", "d é.npy"]);
});

/** Values, and the descr, shape and elements that come of them. */
const VALUES: readonly [string, unknown, string, unknown][] = [
  ["a Float32Array", Float32Array.of(1.5, 2), "<f4", [1.5, 2]],
  ["a Uint8Array", Uint8Array.of(1, 255), "|u1", [1, 255]],
  ["a Uint8ClampedArray", Uint8ClampedArray.of(7), "|u1", [7]],
  ["a BigUint64Array", BigUint64Array.of(2n ** 63n), "<u8", [2n ** 63n]],
  ["nested numbers", [[1, 2], [3, 4]], "<f8", [[1, 2], [3, 4]]],
  ["nested bigints", [[1n], [2n]], "<i8", [[1n], [2n]]],
  ["strings", ["a", "bcd"], "<U3", ["a", "bcd"]],
  ["booleans", [true, false], "|b1", [true, false]],
  ["a number", 2.5, "<f8", 2.5],
  ["a bigint", 7n, "<i8", 7n],
  ["a string", "text", "<U4", "text"],
  ["a numpy scalar", NumpyScalar.from(3, "int16"), "<i2", 3],
  ["mixed values", [1, "a", null], "|O", [1, "a", null]],
  ["a plain object", { a: 1 }, "|O", { a: 1 }],
  ["an empty list", [], "<f8", []],
];
for (const [name, value, descr, elements] of VALUES) {
  test(`npy.save() takes ${name}`, async () => {
    const path = freshPath("value.npy");
    await save(path, value);
    const array = loadSync<NDArray>(path);
    assert.equal(array.dtype.str, descr);
    assert.deepEqual(array.toArray(), elements);
  });
}

test("npy.save() takes a dtype for what has none", async () => {
  const path = freshPath("value.npy");
  await save(path, [[1, 2], [3, 4]], { dtype: "int16" });
  assert.equal(loadSync<NDArray>(path).dtype.str, "<i2");
  saveSync(path, ARRAY, { dtype: ">f4" });
  assert.equal(loadSync<NDArray>(path).dtype.str, ">f4");
});

test("a masked array is saved as its data, as numpy does, with a warning; objects keep the mask", async () => {
  const path = freshPath("masked.npy");
  const mask = NDArray.from([false, true]);
  const codes: string[] = [];
  const onWarning = ({ code }: { code: string }) => void codes.push(code);
  await save(path, new MaskedArray(NDArray.from([1, 2]), mask), { onWarning });
  assert.deepEqual(codes, ["npy-mask"]);
  assert.deepEqual(loadSync<NDArray>(path).toArray(), [1, 2]);
  const objects = new NDArray({ dtype: DType.from("O"), shape: [2], objects: ["a", "b"] });
  saveSync(path, new MaskedArray(objects, mask));
  const back = loadSync<MaskedArray>(path);
  assert.ok(back instanceof MaskedArray);
  assert.deepEqual(back.toArray(), ["a", null]);
});

test("Fortran order is kept where the array is not in C order as well", () => {
  const header = (array: NDArray) =>
    new TextDecoder("latin1").decode(npyFile(array).subarray(0, 128));
  const columns = NDArray.from([[1, 2, 3], [4, 5, 6]], { order: "F" });
  assert.match(header(columns), /'fortran_order': True/);
  assert.match(header(ARRAY.transpose()), /'fortran_order': True/);
  for (
    const array of [
      ARRAY,
      columns.slice(null, 0),
      columns.slice({ stop: 1 }),
      NDArray.zeros([0, 3]),
    ]
  ) {
    assert.match(header(array), /'fortran_order': False/);
  }
  assert.deepEqual(loadSync<NDArray>(npyFile(columns)).toArray(), columns.toArray());
});

test("strided arrays are written in C order", () => {
  const cube = NDArray.from(Int16Array.from({ length: 24 }, (_, i) => i), { shape: [2, 3, 4] });
  const views = {
    steps: cube.slice(null, { step: 2 }),
    reversed: cube.slice({ step: -1 }),
    transposed: cube.transpose([1, 0, 2]),
    column: cube.slice(null, null, 1),
  };
  for (const [name, view] of Object.entries(views)) {
    const back = loadSync<NDArray>(npyFile(view));
    assert.deepEqual(back.toArray(), view.toArray(), name);
    assert.equal(back.order, "C");
  }
});

test("large arrays are written in pieces of their own memory, strided ones packed piece by piece", () => {
  const large = NDArray.zeros([48, 1 << 20], "u1");
  const pieces = [...npyPieces(large)];
  assert.ok(pieces.slice(1).every((piece) => piece.buffer === large.bytes.buffer));
  assert.ok(pieces.every((piece) => piece.length <= 16 << 20));
  large.set(47, 5, 9);
  const view = large.slice(null, { step: 2, start: 1 });
  const packed = Array.from(npyPieces(view), (piece) => piece.slice());
  assert.ok(packed.length > 2);
  assert.equal(bytesOf(packed).length, npyByteLength(view));
  assert.equal(loadSync<NDArray>(bytesOf(packed)).get(47, 2), 9);
  const wide = NDArray.zeros([2, 40 << 20], "u1").slice(null, { step: 2 });
  assert.equal(bytesOf(npyPieces(wide)).length, npyByteLength(wide));
});

test("npyByteLength() knows the size of what is not pickled", () => {
  assert.equal(npyByteLength(ARRAY), 176);
  assert.equal(npyByteLength(OBJECTS), undefined);
});

test("allowPickle false refuses objects before anything is created", async () => {
  const path = freshPath("objects.npy");
  const options = { allowPickle: false };
  await assert.rejects(save(path, OBJECTS, options), PicklingError);
  assert.throws(() => saveSync(path, [1, "a", null], options), PicklingError);
  assert.deepEqual(neighbours(path), []);
  await save(path, ARRAY, options);
  assert.equal(existsSync(path), true);
});

test("what can't be saved leaves no file, and an old one as it was", async () => {
  const path = freshPath("a.npy");
  writeFileSync(path, "old");
  const ragged = [[1, 2], [3]];
  const overlapping = DType.from({ names: ["a", "b"], formats: ["<i4", "<i4"], offsets: [0, 2] });
  const wrong: readonly [unknown, object][] = [
    [ragged, { name: "RangeError" }],
    [undefined, { name: "TypeError" }],
    [() => 1, { name: "TypeError" }],
    [[new WeakMap()], { name: "PicklingError" }],
    [NDArray.zeros([1], overlapping), { name: "TypeError" }],
  ];
  for (const [value, error] of wrong) {
    await assert.rejects(save(path, value), error);
    assert.throws(() => saveSync(path, value), error);
  }
  await assert.rejects(save(path, [1], { version: 4 as never }), RangeError);
  assert.deepEqual(neighbours(path), ["a.npy"]);
  assert.equal(readFileSync(path, "utf8"), "old");
  await assert.rejects(save(freshPath("no/folder.npy"), [1]), { code: "ENOENT" });
});

test("an open file is written at its cursor and stays open", async () => {
  const path = freshPath("two.npy");
  const handle = await open(path, "w+");
  try {
    await save(handle, ARRAY);
    saveSync(handle, [1]);
  } finally {
    await handle.close();
  }
  const both = bytesOf([npyFile(ARRAY), npyFile(NDArray.from([1]))]);
  assert.deepEqual(new Uint8Array(readFileSync(path)), both);
  if (Deno === undefined) return;
  const file = Deno.openSync(path, { write: true, read: true, truncate: true });
  try {
    await save(file, ARRAY);
    saveSync(file, [1]);
  } finally {
    file.close();
  }
  assert.deepEqual(new Uint8Array(readFileSync(path)), both);
});

test("npy.save() writes to a stream, which stays open", async () => {
  const chunks: Uint8Array[] = [];
  let closed = false;
  const stream = new WritableStream<Uint8Array>({
    write: (chunk) => void chunks.push(chunk),
    close: () => void (closed = true),
  });
  await save(stream, ARRAY);
  await save(stream, OBJECTS);
  assert.equal(closed, false);
  assert.deepEqual(bytesOf(chunks), bytesOf([npyFile(ARRAY), npyFile(OBJECTS)]));
  assert.throws(() => saveSync(stream as never, ARRAY), TypeError);
});

test("npy.save() writes a map of a file, piece by piece, in its order", async () => {
  const path = freshPath("map.npy");
  const columns = NDArray.from([[1, 2, 3], [4, 5, 6]], { order: "F" });
  for (const array of [ARRAY, columns]) {
    saveSync(path, array);
    const map = await openMemmap(path, { mode: "r" });
    const copy = path.replace("map", "copy");
    try {
      await save(copy, map);
      assert.deepEqual(readFileSync(copy), readFileSync(path));
      saveSync(copy, map.slice(null, { step: 2 }));
      assert.deepEqual(loadSync<NDArray>(copy).toArray(), array.slice(null, { step: 2 }).toArray());
      await save(path, map); // over the very file that it reads
      assert.deepEqual(readFileSync(path), Buffer.from(npyFile(array)));
    } finally {
      map.close();
    }
  }
});

test("progress is told, an abort leaves the old file", async () => {
  const path = freshPath("large.npy");
  writeFileSync(path, "old");
  const large = NDArray.zeros([48, 1 << 20], "u1");
  const controller = new AbortController();
  const told: number[] = [];
  const reason = new Error("enough");
  const onProgress = ({ bytes, total }: { bytes: number; total?: number }) => {
    assert.equal(total, large.nbytes + 128);
    told.push(bytes);
    if (told.length === 2) controller.abort(reason);
  };
  await assert.rejects(save(path, large, { onProgress, signal: controller.signal }), reason);
  assert.deepEqual(told, [128, 128 + (16 << 20)]);
  assert.deepEqual(neighbours(path), ["large.npy"]);
  assert.equal(readFileSync(path, "utf8"), "old");
});

test("what a header can't say is told once", async () => {
  const path = freshPath("warn.npy");
  const codes: string[] = [];
  const onWarning = ({ code, path: where }: { code: string; path?: string }) => {
    assert.equal(where, path);
    codes.push(code);
  };
  await save(path, NDArray.zeros([1], [["日", "<f8"]]), { onWarning });
  saveSync(path, NDArray.zeros([1], DType.from("f8", { metadata: { a: 1 } })), { onWarning });
  saveSync(path, new NDArray({ dtype: DType.string(), shape: [1], objects: ["a"] }), { onWarning });
  assert.deepEqual(codes, ["npy-version", "npy-metadata", "npy-pickled"]);
  assert.equal(loadSync<NDArray>(path).dtype.kind, "T");
  assert.throws(() => loadSync(path, { allowPickle: false }), NpyFormatError);
});

test("durability is checked and unknown options name the right one", async () => {
  const path = freshPath("a.npy");
  await save(path, [1], { durability: "full" });
  await assert.rejects(save(path, [1], { durability: "disk" as never }), RangeError);
  assert.throws(() => saveSync(path, [1], { allow_pickle: true } as never), /use "allowPickle"/);
});

test("an abort frees save() and savez() that wait for a stream which takes nothing", async () => {
  const array = NDArray.zeros([500_000], "float64");
  const reason = new Error("stop");
  for (
    const write of [
      save,
      (...[to, , options]: Parameters<typeof save>) => savez(to, { array }, options),
    ]
  ) {
    const controller = new AbortController();
    const stream = new WritableStream<Uint8Array>({
      write() {
        controller.abort(reason);
        return new Promise(() => {});
      },
    });
    const { signal } = controller;
    await assert.rejects(write(stream, array, { signal }), (error) => error === reason);
    assert.equal(stream.locked, false);
  }
});
