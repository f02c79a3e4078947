/**
 * numpy's files into a Zarr array and back: zarrita's chunks are data, shape and strides in elements,
 * which an NDArray has under the same names, so that columns need no copy into rows. A file larger than
 * memory goes over chunk by chunk.
 */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { type Memmap, NDArray } from "../mod.ts";
import { load, save } from "../npy/mod.ts";
import { zarrSet } from "./_stand_ins.ts"; // in your program: import { set } from "zarrita"

const folder = await mkdtemp(`${tmpdir()}/larder-`);
const table = NDArray.from([[1, 2, 3], [4, 5, 6]], { dtype: "float32", order: "F" });
await save(`${folder}/table.npy`, table);

// The whole array: column order stays, the strides say so.
const columns = await load<NDArray>(`${folder}/table.npy`);
assert.deepEqual([columns.order, columns.stride], ["F", [1, 2]]);
const whole = zarrSet({ dtype: "float32", shape: [2, 3] }, columns);
assert.deepEqual(whole.values, [1, 2, 3, 4, 5, 6]);

// Piece by piece: each is in memory of its own and begins at its first element.
const map = await load<Memmap>(`${folder}/table.npy`, { mmapMode: "r" });
const rows: (number | bigint)[][] = [];
for await (const part of map.chunks(1)) {
  rows.push(zarrSet({ dtype: part.dtype.name, shape: part.shape }, part).values);
}
map.close();
assert.deepEqual(rows, [[1, 2, 3], [4, 5, 6]]);

// Back: what zarrita's `get` gives is an array for npy.save.
const chunk = { data: Int16Array.of(1, 2, 3, 4), shape: [2, 2], stride: [2, 1] };
await save(`${folder}/chunk.npy`, NDArray.from(chunk.data, { shape: chunk.shape }));
assert.deepEqual((await load<NDArray>(`${folder}/chunk.npy`)).toArray(), [[1, 2], [3, 4]]);
await rm(folder, { recursive: true });
console.log(
  "Checked: an array and its pieces went to Zarr by their strides, and a chunk came back.",
);
