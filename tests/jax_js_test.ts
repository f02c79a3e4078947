/**
 * What jax.load gives goes into an accelerator library as it is: @jax-js/jax takes the data and the shape,
 * computes with them on its WebAssembly backend, and what it gives back is saved for numpy.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { NDArray } from "../mod.ts";
import { load, loadSync } from "../npy/jax.ts";
import * as npy from "../npy/mod.ts";
import { freshPath } from "./temporary.ts";

// the library names Float16Array without a look whether there is one
const skip = "Float16Array" in globalThis ? false : "@jax-js/jax needs Float16Array";
/** The arrays that the library takes. */
type Data = Float32Array<ArrayBuffer>;

const jax = skip === false ? await import("@jax-js/jax") : undefined as never;
const np = jax?.numpy;
await jax?.init("wasm");

/** A file as numpy.save makes it, loaded as jax does. */
async function loaded(array: NDArray): Promise<NDArray> {
  const path = freshPath("array.npy");
  npy.saveSync(path, array);
  return await load<NDArray>(path);
}

for (
  const [dtype, made] of [
    ["float64", "float32"],
    ["int64", "int32"],
    ["uint64", "uint32"],
    ["float32", "float32"],
    ["float16", "float16"],
    ["int32", "int32"],
    ["uint32", "uint32"],
  ] as const
) {
  test(`jax.load() of ${dtype} goes into @jax-js/jax as ${made}`, { skip }, async () => {
    const stored = NDArray.from([[1, 2, 3], [4, 5, 6]], dtype);
    const { data, shape } = await loaded(stored);
    const array = np.array(data as Data, { shape });
    assert.deepEqual([array.dtype, array.shape], [made, [2, 3]]);
    const found = await array.data();
    assert.deepEqual([...found], [1, 2, 3, 4, 5, 6]);
    assert.equal(found.constructor, data.constructor);
  });
}

test("with x64 true @jax-js/jax gets float64", { skip }, async () => {
  const path = freshPath("array.npy");
  npy.saveSync(path, Float64Array.of(0.1, 0.2));
  const { data, shape } = loadSync<NDArray>(path, { x64: true });
  const array = np.array(data as unknown as Data, { shape });
  assert.equal(array.dtype, "float64");
  assert.deepEqual(await array.data(), Float64Array.of(0.1, 0.2));
});

test("columns and scalars go into @jax-js/jax by contiguous()", { skip }, async () => {
  const stored = NDArray.from([[1, 2, 3], [4, 5, 6]], { dtype: "float32", order: "F" });
  const columns = await loaded(stored);
  assert.equal(columns.order, "F");
  const rows = columns.contiguous();
  const array = np.array(rows.data as Data, { shape: rows.shape });
  assert.deepEqual([...await array.data()], [1, 2, 3, 4, 5, 6]);
  const scalar = await loaded(NDArray.from(2.5));
  const zero = np.array(scalar.data as Data, { shape: scalar.shape });
  assert.deepEqual([zero.shape, [...await zero.data()]], [[], [2.5]]);
});

test("types that @jax-js/jax lacks go into it by astype()", { skip }, async () => {
  for (const [dtype, as] of [["bfloat16", "float32"], ["bool", "int32"], ["int8", "int32"]]) {
    const stored = await loaded(NDArray.from([0, 1, 1], dtype));
    assert.equal(stored.dtype.name, dtype);
    const array = np.array(stored.astype(as).data as Data, { shape: stored.shape });
    assert.deepEqual([array.dtype, [...await array.data()]], [as, [0, 1, 1]]);
  }
});

test("@jax-js/jax computes with it, and the result is saved for numpy", { skip }, async () => {
  const { data, shape } = await loaded(NDArray.from([[1, 2], [3, 4]]));
  const matrix = np.array(data as Data, { shape });
  const product = np.matmul(matrix, np.array(Float32Array.of(10, 100)));
  const result = new Float32Array(await product.data() as Float32Array);
  const path = freshPath("product.npy");
  await npy.save(path, NDArray.from(result, { shape: [2] }));
  const saved = await npy.load<NDArray>(path);
  assert.deepEqual([saved.dtype.str, saved.toArray()], ["<f4", [210, 430]]);
});
