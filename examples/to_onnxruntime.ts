/**
 * numpy's files as inputs of an ONNX model: npy.load keeps the types, of which onnxruntime has all with 64
 * bits too, and its data and shape are a tensor's. The outputs go back by npy.save, whatever their type.
 */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { NDArray } from "../mod.ts";
import { load, type NpzFile, save, savez } from "../npy/mod.ts";
import { ortTensor } from "./_stand_ins.ts"; // in your program: new Tensor(…) of "onnxruntime-web" or "-node"

const folder = await mkdtemp(`${tmpdir()}/larder-`);
await savez(`${folder}/inputs.npz`, {
  image: NDArray.from(Float32Array.of(0, 0.25, 0.5, 0.75), { shape: [1, 2, 2] }),
  ids: BigInt64Array.of(101n, 2n ** 40n, 102n),
  mask: NDArray.from([1, 0, 1], "bool"),
  half: NDArray.from([[0.5, 1.5], [2.5, 3.5]], { dtype: "float16", order: "F" }),
});

const inputs: Record<string, ReturnType<typeof ortTensor>> = {};
{
  const archive = await load<NpzFile>(`${folder}/inputs.npz`);
  for await (const [name, stored] of archive.entries<NDArray>()) {
    const array = stored.contiguous(); // C order; no copy where it is so already
    inputs[name] = ortTensor(array.dtype.name, array.data, array.shape);
  }
  await archive.close();
}
assert.deepEqual(inputs.ids, { dtype: "int64", shape: [3], values: [101n, 2n ** 40n, 102n] });
assert.deepEqual(inputs.mask, { dtype: "bool", shape: [3], values: [1, 0, 1] });
assert.deepEqual(inputs.image.shape, [1, 2, 2]);
assert.equal(inputs.half.values.length, 4);

// an output of the model: typed data and dims
const output = { data: Float32Array.of(0.1, 0.9, 0.8, 0.2), dims: [2, 2] };
await save(`${folder}/output.npy`, NDArray.from(output.data, { shape: output.dims }));
const saved = await load<NDArray>(`${folder}/output.npy`);
await rm(folder, { recursive: true });
assert.deepEqual([saved.data, saved.shape], [output.data, output.dims]);
console.log(
  "Checked: float32, int64, bool and float16 tensors out of an archive, and an output back.",
);
