/** Arrays of archives that are read without a reader: the same arrays, and the same errors, as with one. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { NDArray } from "../numpy/ndarray.ts";
import { Random } from "../tests/random.ts";
import { freshPath } from "../tests/temporary.ts";
import { openNpz, openNpzSync, savezCompressedSync, savezSync } from "./mod.ts";

const random = new Random(7);
const ARRAYS: Readonly<Record<string, NDArray>> = {
  long: NDArray.from(Float64Array.from({ length: 30_000 }, () => random.below(1000) / 8)),
  fortran: NDArray.from(
    Array.from({ length: 100 }, (_, i) => Array.from({ length: 90 }, (_, j) => i * j)),
    { dtype: ">f4", order: "F" },
  ),
  short: NDArray.from([1, 2, 3]),
  empty: NDArray.zeros([0, 4]),
  scalar: NDArray.from(2.5),
  text: NDArray.from(Array.from({ length: 5000 }, (_, i) => `text ${i}`)),
  objects: NDArray.from([1, "a", null], "O"),
};

for (const save of [savezSync, savezCompressedSync]) {
  const path = freshPath("arrays.npz");
  save(path, ARRAYS);

  test(`${save.name}(): arrays read at once are what was saved`, async () => {
    const archive = await openNpz(path);
    const together = await Promise.all(archive.files.map((name) => archive.get<NDArray>(name)));
    for (const [i, [name, saved]] of Object.entries(ARRAYS).entries()) {
      for (const array of [together[i], archive.getSync<NDArray>(name)]) {
        assert.equal(array.dtype.equals(saved.dtype), true, name);
        assert.deepEqual([array.shape, array.order], [saved.shape, saved.order], name);
        assert.deepEqual(array.toArray(), saved.toArray(), name);
      }
    }
    await archive.close();
  });

  test(`${save.name}(): arrays have memory of their own`, async () => {
    const archive = await openNpz(path);
    for (const name of ["long", "short", "fortran"]) {
      for (const array of [await archive.get<NDArray>(name), archive.getSync<NDArray>(name)]) {
        assert.equal(array.bytes.buffer.byteLength, array.nbytes, name);
      }
    }
    await archive.close();
  });

  test(`${save.name}(): a damaged member is the same error awaited or not`, async () => {
    const bytes = new Uint8Array(readFileSync(path));
    let refused = 0;
    for (let at = 60; at < 120_000; at += 1997) {
      const damaged = bytes.slice();
      damaged[at] ^= 0x10;
      const answers: unknown[] = [];
      for (const read of [readAwaited, readNow]) answers.push(await read(damaged));
      assert.deepEqual(answers[0], answers[1], `byte ${at}`);
      if (typeof answers[0] === "string") refused++;
    }
    assert.ok(refused > 5, `${refused} refused`);
  });
}

async function readAwaited(bytes: Uint8Array): Promise<unknown> {
  try {
    return (await (await openNpz(bytes)).get<NDArray>("long")).tobytes();
  } catch (error) {
    return String(error);
  }
}

function readNow(bytes: Uint8Array): unknown {
  try {
    return openNpzSync(bytes).getSync<NDArray>("long").tobytes();
  } catch (error) {
    return String(error);
  }
}
