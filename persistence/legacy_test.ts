/** Files by joblib before 0.10, made here by hand: companions beside the pickle, and "ZF" files. */
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { deflateSync } from "node:zlib";
import { CompressionError, LimitError, UnpicklingError, UnsafeGlobalError } from "../errors.ts";
import { DType, NDArray } from "../numpy/mod.ts";
import type { LarderWarning } from "../pickle/context.ts";
import { PyGlobal, PyObject, PyTuple } from "../pickle/mod.ts";
import { dumps as picklePlain } from "../pickle/pickle.ts";
import { freshPath } from "../tests/temporary.ts";
import { load, loads, loadSync } from "./load.ts";

const quiet = { onWarning: () => {} };
const NPY = npy("<i4", [2], [1, 0, 0, 0, 2, 0, 0, 0]);

test("arrays in .npy files beside the pickle are found by their names", async () => {
  const path = withCompanions(["old.pkl_01.npy", "old.pkl_02.npy"]);
  for (const source of [path, pathToFileURL(path)]) {
    for (const back of [await load<NDArray[]>(source, quiet), loadSync<NDArray[]>(source, quiet)]) {
      assert.deepEqual(back.map((array) => array.toArray()), [[1, 2], [1, 2]]);
    }
  }
});

test("an old file warns once, with code and path", async () => {
  const path = withCompanions(["old.pkl_01.npy", "old.pkl_02.npy"]);
  for (const read of [load, loadSync]) {
    const warnings: LarderWarning[] = [];
    await read(path, { onWarning: (warning) => void warnings.push(warning) });
    assert.deepEqual(warnings.map(({ code, path }) => ({ code, path })), [
      { code: "old-format", path },
    ]);
  }
});

test("a companion of foreign byte order comes out native, or as stored", async () => {
  const path = withCompanions(["old.pkl_01.npy"], npy(">i2", [2], [0, 1, 0, 2]));
  const [native] = await load<NDArray[]>(path, quiet);
  assert.equal(native.dtype.str, "<i2");
  const [stored] = await load<NDArray[]>(path, { ...quiet, ensureNativeByteOrder: false });
  assert.equal(stored.dtype.str, ">i2");
  assert.deepEqual([native.toArray(), stored.toArray()], [[1, 2], [1, 2]]);
});

test("a companion of objects holds Python's values", async () => {
  const objects = new NDArray({
    dtype: DType.from("object"),
    shape: [2],
    objects: [new Set([1]), null],
  });
  const pickle = picklePlain(objects, { protocol: 2 });
  const path = withCompanions(["old.pkl_01.npy"], npy("|O", [2], pickle));
  const [array] = await load<NDArray[]>(path, quiet);
  assert.deepEqual(array.toArray(), [new Set([1]), null]);
});

test("a companion that is missing is ENOENT", async () => {
  const path = freshPath("old.pkl");
  writeFileSync(path, picklePlain([wrapper("gone.npy")], { protocol: 2 }));
  await assert.rejects(load(path, quiet), { code: "ENOENT" });
  assert.throws(() => loadSync(path, quiet), { code: "ENOENT" });
});

test("a companion of a source without a path is an UnpicklingError that names it", async () => {
  const bytes = picklePlain([wrapper("old.pkl_01.npy")], { protocol: 2 });
  const isRight = (error: unknown) =>
    error instanceof UnpicklingError && error.message.includes("old.pkl_01.npy");
  assert.throws(() => loads(bytes, quiet), isRight);
  await assert.rejects(load(bytes, quiet), isRight);
  await assert.rejects(load(new Blob([bytes]).stream(), quiet), isRight);
});

for (const name of ["../secret.npy", "/etc/passwd", "a/b.npy", "..\\b.npy", "c:x", "..", "a\0b"]) {
  test(`a companion ${JSON.stringify(name)} may not leave the folder`, async () => {
    const path = freshPath("old.pkl");
    mkdirSync(join(dirname(path), "a"));
    writeFileSync(path, picklePlain([wrapper(name)], { protocol: 2 }));
    await assert.rejects(load(path, quiet), UnsafeGlobalError);
    assert.throws(() => loadSync(path, quiet), UnsafeGlobalError);
  });
}

test("a companion that is no .npy file is an NpyFormatError", async () => {
  const path = withCompanions(["old.pkl_01.npy"], new TextEncoder().encode("text"));
  await assert.rejects(load(path, quiet), { name: "NpyFormatError" });
});

for (const protocol of [0, 1, 2, 3]) {
  test(`companions are found from a pickle of protocol ${protocol}`, async () => {
    const path = withCompanions(["old.pkl_01.npy"], NPY, protocol);
    const [array] = await load<NDArray[]>(path, quiet);
    assert.deepEqual(array.toArray(), [1, 2]);
  });
}

test("a ZF file is a length as text and a zlib stream", async () => {
  const pickle = picklePlain({ a: [1, "x"] }, { protocol: 2 });
  for (const length of [pickle.length.toString(16), `${pickle.length.toString(16)}L`]) {
    for (const spaces of [19, 20]) {
      const file = zf(pickle, length, spaces);
      assert.deepEqual(await load(file), { a: [1, "x"] });
      assert.deepEqual(loads(file), { a: [1, "x"] });
    }
  }
});

test("a ZF file loads from a path and from a stream", async () => {
  const path = freshPath("old.pkl");
  const file = zf(picklePlain([7], { protocol: 2 }));
  writeFileSync(path, file);
  assert.deepEqual(await load(path), [7]);
  assert.deepEqual(loadSync(path), [7]);
  assert.deepEqual(await load(new Blob([file]).stream()), [7]);
});

test("a ZF file whose length is wrong is an UnpicklingError", async () => {
  const file = zf(picklePlain([7], { protocol: 2 }), "99");
  await assert.rejects(load(file), UnpicklingError);
  assert.throws(() => loads(file), UnpicklingError);
});

test("a ZF file that is cut is a typed error", () => {
  const file = zf(picklePlain(["text".repeat(100)], { protocol: 2 }));
  assert.throws(() => loads(file.subarray(0, 30)), CompressionError);
  assert.throws(() => loads(file.subarray(0, 10)), CompressionError);
  assert.throws(() => loads(file.subarray(0, 4)), UnpicklingError);
});

test("limits.maxBytes stops a ZF bomb", async () => {
  const file = zf(picklePlain("x".repeat(5_000_000), { protocol: 2 }));
  await assert.rejects(load(file, { limits: { maxBytes: 100_000 } }), LimitError);
  assert.throws(() => loads(file, { limits: { maxBytes: 100_000 } }), LimitError);
});

test("a compressed array beside a ZF file is found", async () => {
  const path = freshPath("old.pkl");
  const wrapper = new PyObject({
    callable: new PyGlobal("joblib.numpy_pickle", "ZNDArrayWrapper"),
  });
  const dtype = DType.from("<i4");
  wrapper.states.push({
    value: new Map<string, unknown>([
      ["filename", "old.pkl_01.npy.z"],
      ["init_args", PyTuple.of<unknown>(new PyGlobal("numpy", "ndarray"), PyTuple.of(0), "b")],
      ["state", PyTuple.of<unknown>(1, PyTuple.of(3), dtype, false)],
    ]),
  });
  writeFileSync(path, zf(picklePlain({ array: wrapper }, { protocol: 2 })));
  writeFileSync(`${path}_01.npy.z`, zf(new Uint8Array(Int32Array.of(1, 2, 3).buffer)));
  const { array } = await load<{ array: NDArray }>(path, quiet);
  assert.deepEqual(array.toArray(), [1, 2, 3]);
  assert.deepEqual(loadSync<{ array: NDArray }>(path, quiet).array.toArray(), [1, 2, 3]);
});

test("text of Python 2 that is not ASCII names the option `encoding`", async () => {
  // protocol 2: SHORT_BINSTRING "caf\xe9"
  const file = Uint8Array.of(0x80, 2, 0x55, 4, 0x63, 0x61, 0x66, 0xe9, 0x2e);
  await assert.rejects(load(file), { name: "UnpicklingError", message: /encoding: "latin1"/ });
  assert.equal(loads(file, { encoding: "latin1" }), "café");
  assert.deepEqual(loads(file, { encoding: "bytes" }), Uint8Array.of(0x63, 0x61, 0x66, 0xe9));
});

test("text of Python 2 that is ASCII needs no option", () => {
  assert.equal(loads(Uint8Array.of(0x80, 2, 0x55, 2, 0x6f, 0x6b, 0x2e)), "ok");
});

function npy(descr: string, shape: number[], data: ArrayLike<number>): Uint8Array {
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${shape},), }\n`;
  const head = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, text.length & 255, text.length >> 8];
  return Uint8Array.of(...head, ...new TextEncoder().encode(text), ...Array.from(data));
}

function withCompanions(names: string[], content: Uint8Array = NPY, protocol = 2): string {
  const path = freshPath("old.pkl");
  writeFileSync(path, picklePlain(names.map(wrapper), { protocol }));
  for (const name of names) writeFileSync(join(dirname(path), name), content);
  return path;
}

function wrapper(filename: string): PyObject {
  const made = new PyObject({ callable: new PyGlobal("joblib.numpy_pickle", "NDArrayWrapper") });
  made.states.push({
    value: new Map<string, unknown>([
      ["filename", filename],
      ["subclass", new PyGlobal("numpy", "ndarray")],
      ["allow_mmap", true],
    ]),
  });
  return made;
}

/** `spaces`: width of the length; Python 2 had one more. */
function zf(
  content: Uint8Array,
  length = content.length.toString(16),
  spaces = 19,
): Uint8Array<ArrayBuffer> {
  const head = `ZF${`0x${length}`.padEnd(spaces)}`;
  return Uint8Array.of(...new TextEncoder().encode(head), ...deflateSync(content));
}
