/** What dump and load do with memory: arrays are written from their own, plain pickles hold theirs. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { load, loads, NDArray } from "../mod.ts";
import { arrayOfTyped } from "../numpy/pickle.ts";
import { dumps as pickleDumps } from "../pickle/mod.ts";
import { Pickler } from "../pickle/pickler.ts";
import { rawArray } from "./array_wrapper.ts";

test("an array is handed to the sink from its own memory, without a copy", () => {
  const data = Float64Array.from({ length: 100_000 }, (_, i) => i);
  const pickler = new Pickler({ data }, {}, {
    dialect: "python",
    convert: arrayOfTyped,
    rawArray: (value) => rawArray(value, arrayOfTyped),
  });
  let own = 0;
  for (let piece = pickler.next(); piece !== undefined; piece = pickler.next()) {
    if (piece.buffer === data.buffer) own += piece.length;
  }
  assert.equal(own, data.byteLength);
});

test("a plain pickle with an array is loaded: pickle.dump(obj, f, protocol=5)", async () => {
  const x = BigInt64Array.of(0n, 1n, 2n, 3n);
  const pickle = pickleDumps({ x: NDArray.from(x) }, { protocol: 5 });
  assert.equal(pickle.length, 166); // as Python's own
  assert.deepEqual((await load<{ x: NDArray }>(pickle)).x.data, x);
  assert.equal(loads<{ x: NDArray }>(pickle).x.dtype.str, "<i8");
});
