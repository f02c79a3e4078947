import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { test } from "node:test";
import { NpyFormatError, UnsupportedError } from "../errors.ts";
import type { LarderWarning } from "../pickle/mod.ts";
import { DType, MaskedArray, NDArray } from "../numpy/mod.ts";
import { dumps, PyComplex } from "../pickle/mod.ts";
import { npyFile, rawNpy, streamOf } from "../tests/npy.ts";
import { freshPath } from "../tests/temporary.ts";
import { type JaxLoadOptions, load, loadSync } from "./jax.ts";
import { NpzFile } from "./mod.ts";

/** What is stored, its type by default, and with x64. */
const TABLE: readonly [stored: NDArray, name: string, wide: string][] = [
  [NDArray.from([1.5, 2.5]), "float32", "float64"],
  [NDArray.from([0, 1, 2], "int64"), "int32", "int64"],
  [NDArray.from([-1n, -(2n ** 31n), 2n ** 31n - 1n], "int64"), "int32", "int64"],
  [NDArray.from([1, 2 ** 32 - 1], "uint64"), "uint32", "uint64"],
  [NDArray.from([new PyComplex(1, 2)], "complex128"), "complex64", "complex128"],
  [NDArray.from(5), "float32", "float64"],
  [NDArray.zeros([0, 3]), "float32", "float64"],
  [NDArray.from([NaN, Infinity, -Infinity, -0]), "float32", "float64"],
  [NDArray.from([true, false]), "bool", "bool"],
  [NDArray.from([1, 2], "int32"), "int32", "int32"],
  [NDArray.from([1, 2], "int8"), "int8", "int8"],
  [NDArray.from([1, 2], "uint16"), "uint16", "uint16"],
  [NDArray.from([1.5], "float16"), "float16", "float16"],
  [NDArray.from([new PyComplex(1, 2)], "complex64"), "complex64", "complex64"],
  [NDArray.from([1.5, -2], "bfloat16"), "bfloat16", "bfloat16"],
  [NDArray.from([1.5], "float8_e5m2"), "float8_e5m2", "float8_e5m2"],
  [NDArray.from([1, 2], ">i4"), "int32", "int32"],
  [NDArray.from([1, 2], ">i8"), "int64", "int64"],
  [NDArray.from([1, 2], ">f8"), "float64", "float64"],
  [NDArray.from(["a"]), "str32", "str32"],
  [NDArray.from(BigInt64Array.of(1n), "M8[D]"), "datetime64[D]", "datetime64[D]"],
  [NDArray.zeros([2], [["a", "<i8"]]), "void64", "void64"],
  [NDArray.zeros([1], "f16"), "float128", "float128"],
  [NDArray.zeros([1], "V8"), "void64", "void64"],
];
for (const [stored, name, wide] of TABLE) {
  const label = `${stored.dtype} (${stored.shape})`;
  test(`jax.load() makes ${name} of ${label}, ${wide} with x64`, async () => {
    const options: JaxLoadOptions = { onWarning: (warning) => assert.fail(warning.message) };
    const file = npyFile(stored);
    for (const array of [await load<NDArray>(file, options), loadSync<NDArray>(file, options)]) {
      assert.equal(array.dtype.name, name);
      assert.equal(array.dtype.isNative, stored.dtype.isNative);
      assert.deepEqual(array.shape, stored.shape);
      assert.deepEqual(plain(array.toArray()), plain(stored.toArray()));
    }
    const whole = await load<NDArray>(file, { ...options, x64: true });
    assert.equal(whole.dtype.str, stored.dtype.str);
    assert.deepEqual(whole.toArray(), stored.toArray());
  });
}

test("two bytes of true void are bfloat16 as well, as in jax", () => {
  const file = rawNpy(
    "{'descr': '|V2', 'fortran_order': False, 'shape': (1,)}",
    new TextEncoder().encode("ab"),
  );
  const array = loadSync<NDArray>(file);
  assert.equal(array.dtype.name, "bfloat16");
  assert.ok(Math.abs(array.get(0) as number / 1.0376e21 - 1) < 0.01);
  assert.equal(loadSync<NDArray>(file, { x64: true }).dtype.name, "bfloat16");
});

test("void of another size stays void, unless dtype tells what it is", () => {
  const file = rawNpy(
    "{'descr': '<V1', 'fortran_order': False, 'shape': (1,)}",
    Uint8Array.of(0x38),
  );
  assert.equal(loadSync<NDArray>(file).dtype.str, "|V1");
  assert.deepEqual(loadSync<NDArray>(file, { dtype: "float8_e4m3fn" }).toArray(), [1]);
});

test("columns stay columns", () => {
  const stored = NDArray.from([[1, 2, 3], [4, 5, 6]], { dtype: "int64", order: "F" });
  const array = loadSync<NDArray>(npyFile(stored));
  assert.equal(array.order, "F");
  assert.deepEqual(array.toArray(), [[1, 2, 3], [4, 5, 6]]);
});

/** Numbers that 32 bits can't hold: wrapped as in jax, saturated, and how many they are. */
const OVERFLOWS: readonly [NDArray, wrapped: unknown[], saturated: unknown[], count: number][] = [
  [
    NDArray.from([2n ** 40n + 7n, -(2n ** 31n) - 1n, 5n], "int64"),
    [7, 2 ** 31 - 1, 5],
    [2 ** 31 - 1, -(2 ** 31), 5],
    2,
  ],
  [NDArray.from([2n ** 63n + 1n, 3n], "uint64"), [1, 3], [2 ** 32 - 1, 3], 1],
  [
    NDArray.from([1e300, -1e300, 3.4028234e38, Infinity]),
    [Infinity, -Infinity, Math.fround(3.4028234e38), Infinity],
    [3.4028234663852886e38, -3.4028234663852886e38, Math.fround(3.4028234e38), Infinity],
    2,
  ],
];
for (const [stored, wrapped, saturated, count] of OVERFLOWS) {
  test(`${stored.dtype} beyond 32 bits is wrapped with one warning, saturated or an error`, async () => {
    const path = freshPath("large.npy");
    writeFileSync(path, npyFile(stored));
    const warnings: LarderWarning[] = [];
    const onWarning = (warning: LarderWarning) => void warnings.push(warning);
    for (
      const array of [
        await load<NDArray>(path, { onWarning }),
        loadSync<NDArray>(path, { onWarning }),
      ]
    ) {
      assert.deepEqual(array.toArray(), wrapped);
    }
    assert.equal(warnings.length, 2);
    assert.equal(warnings[0].code, "jax-overflow");
    assert.equal(warnings[0].path, path);
    assert.match(warnings[0].message, new RegExp(`^${count} of ${stored.size} numbers`));
    const kept = await load<NDArray>(path, { overflow: "saturate", onWarning });
    assert.deepEqual(kept.toArray(), saturated);
    assert.equal(warnings.length, 2);
    await assert.rejects(load(path, { overflow: "error" }), RangeError);
    const wide = await load<NDArray>(path, { overflow: "error", x64: true });
    assert.deepEqual(wide.toArray(), stored.toArray());
  });
}

test("complex numbers overflow part by part", () => {
  const file = npyFile(NDArray.from([new PyComplex(1e300, 2)], "complex128"));
  const [value] = loadSync<NDArray>(file, { overflow: "saturate" }).toArray() as PyComplex[];
  assert.deepEqual([value.re, value.im], [3.4028234663852886e38, 2]);
  assert.throws(() => loadSync(file, { overflow: "error" }), RangeError);
});

test("objects and pickles are refused unless allowPickle is true", async () => {
  const objects = new NDArray({ dtype: DType.from("O"), shape: [1], objects: [2n ** 70n] });
  for (const bytes of [npyFile(objects), dumps({ a: 1 })]) {
    assert.throws(() => loadSync(bytes), NpyFormatError);
    await assert.rejects(load(streamOf(bytes, 7)), NpyFormatError);
  }
  const options = { allowPickle: true };
  assert.deepEqual(loadSync<NDArray>(npyFile(objects), options).toArray(), [2n ** 70n]);
  assert.deepEqual(await load<unknown>(dumps({ a: 1 }), options), { a: 1 });
});

test("an array that comes out of a pickle is converted too, a masked one is refused", () => {
  const options = { allowPickle: true };
  assert.equal(loadSync<NDArray>(dumps(NDArray.from([1.5])), options).dtype.name, "float32");
  const masked = dumps(new MaskedArray(NDArray.from([1.5])));
  assert.throws(() => loadSync(masked, options), UnsupportedError);
});

test("an mmapMode is accepted, and the array is in memory nevertheless", async () => {
  const path = freshPath("ints.npy");
  writeFileSync(path, npyFile(NDArray.from([1, 2], "int64")));
  for (const mmapMode of ["r", "r+", "c"] as const) {
    const array = await load(path, { mmapMode });
    assert.ok(array instanceof NDArray);
    assert.deepEqual(array.data, Int32Array.of(1, 2));
  }
  assert.throws(() => loadSync(path, { mmapMode: "w+" as never }), RangeError);
});

test("an archive comes out as it is", async () => {
  const empty = Uint8Array.of(0x50, 0x4b, 5, 6, ...new Uint8Array(18));
  const archive = await load(empty);
  assert.ok(archive instanceof NpzFile);
});

test("wrong options are refused", async () => {
  const file = npyFile(NDArray.from([1]));
  await assert.rejects(load(file, { overflow: "clip" as never }), RangeError);
  assert.throws(() => loadSync(file, { X64: true } as never), /use "x64"/);
  assert.throws(() => loadSync(file, { x64: 1 as never }), TypeError);
  await assert.rejects(load(file, { encoding: "utf8" as never }), RangeError);
  await assert.rejects(load("/no/such/file.npy"), { code: "ENOENT" });
});

test("a long header is a LimitError by default, and loads with allowPickle true", () => {
  const names = Array.from({ length: 1000 }, (_, i) => `('f${i}', '<f8')`).join(", ");
  const file = rawNpy(`{'descr': [${names}], 'fortran_order': False, 'shape': (0,)}`);
  assert.throws(() => loadSync(file), { name: "LimitError" });
  assert.deepEqual(loadSync<NDArray>(file, { allowPickle: true }).shape, [0]);
  assert.deepEqual(loadSync<NDArray>(file, { limits: { maxHeaderSize: 1e6 } }).shape, [0]);
});

/** Numbers of 32 and of 64 bits, to be compared. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  return typeof value === "bigint" ? Number(value) : value;
}
