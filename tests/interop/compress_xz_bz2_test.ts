/**
 * Files of joblib in xz, lzma and bz2, written here and read by Python, and the other way round, at
 * each level, with and without waiting.
 */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { dump, dumpSync, load, loadSync, NDArray } from "../../mod.ts";
import { freshPath } from "../temporary.ts";
import { fromBase64, python, pythonTest } from "./python.ts";

const METHODS: readonly (readonly [name: string, levels: readonly number[]])[] = [
  ["xz", [1, 2, 3, 4, 5, 6, 7, 8, 9]],
  ["lzma", [1, 2, 3, 4, 5, 6, 7, 8, 9]],
  ["bz2", [1, 2, 3, 4, 5, 6, 7, 8, 9]],
];
const LENGTH = 60_000;
const WORDS = Array.from({ length: 2000 }, (_, i) => `word ${i % 37}`);

function makeValue(): { array: NDArray; words: string[] } {
  const numbers = Float64Array.from({ length: LENGTH }, (_, i) => Math.floor(i / 7));
  return { array: NDArray.from(numbers), words: WORDS };
}

for (const [name, levels] of METHODS) {
  pythonTest(`${name}: joblib.load reads what is dumped at each level`, async () => {
    const paths: string[] = [];
    for (const level of levels) {
      const path = freshPath(`async.${level}`);
      await dump(makeValue(), path, { compress: [name, level] });
      const other = freshPath(`sync.${level}`);
      dumpSync(makeValue(), other, { compress: [name, level] });
      paths.push(path, other);
    }
    const extension = freshPath(`value.${name}`);
    await dump(makeValue(), extension);
    paths.push(extension);
    const read = await python<string[]>(
      `
import joblib, numpy
result = []
array = numpy.arange(${LENGTH}) // 7
words = [f"word {i % 37}" for i in range(2000)]
for path in data:
    value = joblib.load(path)
    assert value["words"] == words and numpy.array_equal(value["array"], array), path
    with open(path, "rb") as file:
        result.append(joblib.numpy_pickle_utils._detect_compressor(file))
`,
      paths,
    );
    assert.deepEqual(read, paths.map(() => name));
  });

  pythonTest(`${name}: what joblib.dump writes at each level is read`, async () => {
    const files = await python<string[]>(
      `
import io, joblib, numpy
value = {"array": (numpy.arange(${LENGTH}) // 7).astype("f8"), "words": [f"word {i % 37}" for i in range(2000)]}
result = []
for level in data["levels"]:
    file = io.BytesIO()
    joblib.dump(value, file, compress=(data["name"], level))
    result.append(b64(file.getvalue()))
`,
      { name, levels },
    );
    const expected = makeValue();
    for (const file of files) {
      const path = freshPath();
      writeFileSync(path, fromBase64(file));
      for (const value of [loadSync(path), await load(path), await load(readFileSync(path))]) {
        const { array, words } = value as { array: NDArray; words: string[] };
        assert.deepEqual(words, WORDS);
        assert.deepEqual(array.data, expected.array.data);
      }
    }
  });
}

pythonTest("bz2 of several streams is read by joblib", async () => {
  const path = freshPath("large.bz2");
  const numbers = Float64Array.from({ length: 1_200_000 }, (_, i) => (i * 7919) % 10007);
  await dump(NDArray.from(numbers), path);
  const sum = await python<number>(
    `
import joblib, numpy
value = joblib.load(data)
result = bool(numpy.array_equal(value, (numpy.arange(1_200_000) * 7919) % 10007))
`,
    path,
  );
  assert.equal(sum, true);
});
