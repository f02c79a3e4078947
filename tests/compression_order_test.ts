/** The methods compared on one value: random arrays, an array of zeros, and a dict of metadata. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type CompressOption, dumps, loads, NDArray } from "../mod.ts";
import { Random } from "./random.ts";

const random = new Random(15);
const CREATED = 1_700_000_000.123456;
const VALUE = {
  arrays: Array.from({ length: 5 }, () => randomArray()),
  zeros: NDArray.zeros([1000, 1000]),
  metadata: { version: "1.0", created: CREATED, tags: ["random", "zeros"] },
};

test("sizes are in joblib's order: bz2 < zlib 6 < gzip < lz4 < none", () => {
  const sizes = ["bz2", ["zlib", 6], "gzip", "lz4", false].map((compress) =>
    size(compress as CompressOption)
  );
  assert.deepEqual(sizes, sizes.toSorted((a, b) => a - b));
  assert.equal(new Set(sizes).size, 5);
});

test("zlib 1 is below lz4, and not below zlib 6", () => {
  const fast = size(["zlib", 1]);
  assert.ok(fast < size("lz4"));
  // doubles of chance: where no level finds anything, codes decide about a byte or two
  assert.ok(fast > size(["zlib", 6]) - 16);
});

for (const compress of ["zlib", "gzip", "bz2", "lz4"]) {
  test(`${compress} keeps the value, a float of its metadata included`, () => {
    const back = loads<typeof VALUE>(dumps(VALUE, { compress }));
    assert.equal(back.metadata.created, CREATED);
    assert.deepEqual(back.metadata, VALUE.metadata);
    assert.deepEqual(back.zeros, VALUE.zeros);
    assert.deepEqual(back.arrays, VALUE.arrays);
  });
}

function size(compress: CompressOption): number {
  return dumps(VALUE, { compress }).length;
}

/** Uniform numbers of 53 random bits below 1, as numpy's. */
function randomArray(): NDArray {
  const number = (): number => (random.below(2 ** 27) * 2 ** 26 + random.below(2 ** 26)) / 2 ** 53;
  return NDArray.from(Array.from({ length: 100 }, () => Array.from({ length: 100 }, number)));
}
