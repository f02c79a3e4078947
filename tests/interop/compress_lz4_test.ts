/**
 * Files of joblib in lz4, written here and read by Python, and the other way round, at each level,
 * with and without waiting; frames of python-lz4 of all kinds.
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { compressorByName } from "../../compressors/mod.ts";
import { dump, dumpSync, load, loadSync, NDArray } from "../../mod.ts";
import { Random } from "../random.ts";
import { freshPath } from "../temporary.ts";
import { fromBase64, python, pythonTest, toBase64 } from "./python.ts";

const LEVELS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
const LENGTH = 200_000;

interface Value {
  array: NDArray;
  words: string[];
}

function makeValue(): Value {
  const numbers = Float64Array.from({ length: LENGTH }, (_, i) => Math.floor(i / 7));
  const words = Array.from({ length: 2000 }, (_, i) => `word ${i % 37}`);
  return { array: NDArray.from(numbers), words };
}

function assertValue(value: Value): void {
  const expected = makeValue();
  assert.deepEqual(value.array.data, expected.array.data);
  assert.deepEqual(value.words, expected.words);
}

pythonTest("joblib.load reads the lz4 that is dumped at each level", async () => {
  const paths: string[] = [freshPath("value.lz4")];
  await dump(makeValue(), paths[0]);
  for (const level of LEVELS.slice(1)) {
    const [later, now] = [freshPath(`async.${level}`), freshPath(`sync.${level}`)];
    await dump(makeValue(), later, { compress: ["lz4", level], threads: 2 });
    dumpSync(makeValue(), now, { compress: ["lz4", level] });
    paths.push(later, now);
  }
  const methods = await python<string[]>(
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
  assert.deepEqual(methods, paths.map(() => "lz4"));
});

pythonTest("the lz4 that joblib.dump writes at each level is read", async () => {
  const files = await python<string[]>(
    `
import io, joblib, numpy
value = {"array": (numpy.arange(${LENGTH}) // 7).astype("f8"), "words": [f"word {i % 37}" for i in range(2000)]}
result = []
for level in data:
    file = io.BytesIO()
    joblib.dump(value, file, compress=("lz4", level) if level else "lz4")
    result.append(b64(file.getvalue()))
`,
    LEVELS,
  );
  for (const file of files) {
    const path = freshPath();
    writeFileSync(path, fromBase64(file));
    assertValue(await load<Value>(path));
    assertValue(loadSync<Value>(path));
    assertValue(await load<Value>(new Blob([fromBase64(file) as Uint8Array<ArrayBuffer>])));
  }
});

pythonTest("frames of python-lz4 of all kinds are read, and ours by python-lz4", async () => {
  const payloads = [0, 1, 70_000, 1_000_000].flatMap((length) => [noise(length), text(length)]);
  const answers = await python<{ frames: string[]; sha1: string }[]>(
    `
import hashlib, itertools, lz4.frame
result = []
for payload, packed in data:
    raw = unb64(payload)
    frames = []
    for size, linked, check, block_check, store in itertools.product((4, 5, 6, 7), *[(False, True)] * 4):
        frames.append(b64(lz4.frame.compress(raw, block_size=size, block_linked=linked,
            content_checksum=check, block_checksum=block_check, store_size=store)))
    unpacked = [lz4.frame.decompress(unb64(frame)) for frame in packed]
    assert all(one == raw for one in unpacked)
    result.append({"frames": frames, "sha1": hashlib.sha1(raw).hexdigest()})
`,
    await Promise.all(payloads.map(async (payload) => [
      toBase64(payload),
      await Promise.all(LEVELS.map(async (level) => toBase64(await lz4.compress(payload, level)))),
    ])),
  );
  for (const { frames, sha1 } of answers) {
    for (const frame of frames) {
      const bytes = await lz4.decompress(fromBase64(frame));
      assert.equal(createHash("sha1").update(bytes).digest("hex"), sha1);
    }
  }
});

const lz4 = compressorByName("lz4");

function noise(length: number): Uint8Array {
  const random = new Random(length);
  return Uint8Array.from({ length }, () => random.below(256));
}

function text(length: number): Uint8Array {
  const random = new Random(length);
  const words = ["larder ", "pickle ", "array ", "of ", "the ", "0.125 ", "aaaaaaaaaaaaaaaa"];
  let all = "";
  while (all.length < length) all += random.pick(words);
  return new TextEncoder().encode(all.slice(0, length));
}
