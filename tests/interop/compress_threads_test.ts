/**
 * What each method writes at each level by 1, 2 and 3 threads, Python's joblib loads equal:
 * random nested values with an array behind them that is longer than the pieces which threads share.
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { dump, dumpSync, load, loadSync, NDArray, type PyTuple, tuple } from "../../mod.ts";
import { Random } from "../random.ts";
import { freshPath } from "../temporary.ts";
import { build, makePlan, type Plan, PYTHON_PLANS } from "./plans.ts";
import { fromBase64, python, pythonTest } from "./python.ts";

/** All levels of joblib, and the bytes of the array: three pieces of each method at its first level. */
const METHODS: Readonly<Record<string, readonly number[]>> = {
  zlib: [1, 2, 3, 4, 5, 6, 7, 8, 9],
  gzip: [1, 2, 3, 4, 5, 6, 7, 8, 9],
  bz2: [1, 2, 3, 4, 5, 6, 7, 8, 9],
  lzma: [1, 2, 3, 4, 5, 6, 7, 8, 9],
  xz: [1, 2, 3, 4, 5, 6, 7, 8, 9],
  lz4: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
  zstd: [1, 2, 3, 4, 5, 6, 7, 8, 9],
};
const LARGE_BYTES = (5 << 20) / 2;
const PLANS_EACH = 4;

/** joblib has no zstd of its own; this is all that it takes. */
const REGISTER_ZSTD = `
from backports.zstd import ZstdFile
from joblib.compressor import CompressorWrapper
class ZstdWrapper(CompressorWrapper):
    def __init__(self):
        super().__init__(obj=ZstdFile, prefix=b"\\x28\\xb5\\x2f\\xfd", extension=".zst")
    def compressor_file(self, fileobj, compresslevel=None):
        return ZstdFile(fileobj, "wb", level=compresslevel)
    def decompressor_file(self, fileobj):
        return ZstdFile(fileobj, "rb")
joblib.register_compressor("zstd", ZstdWrapper())
`;

interface Case {
  path: string;
  plans: readonly Plan[];
  sha1: string;
}

let seed = 1000;

for (const [method, levels] of Object.entries(METHODS)) {
  pythonTest(
    `joblib.load gives equal what ${method} wrote, by 1, 2 and 3 threads and none`,
    async () => {
      const cases: Case[] = [];
      for (const level of levels) {
        const made = makeCase();
        const compress: [string, number] | string = level === 0 ? method : [method, level];
        for (const threads of [1, 2, 3]) {
          const path = freshPath();
          const warnings: unknown[] = [];
          const onWarning = (warning: unknown) => void warnings.push(warning);
          await dump(made.value, path, { compress, threads, onWarning });
          if (method !== "lz4" && method !== "lzma") assert.deepEqual(warnings, []);
          cases.push({ path, plans: made.plans, sha1: made.sha1 });
        }
        const path = freshPath();
        dumpSync(made.value, path, { compress });
        cases.push({ path, plans: made.plans, sha1: made.sha1 });
      }
      const differences = await python<(string | null)[]>(
        `${PYTHON_PLANS}
${method === "zstd" ? REGISTER_ZSTD : ""}
import hashlib
def check(case):
    try: values, large = joblib.load(case["path"], ensure_native_byte_order=False)
    except Exception as error: return repr(error)
    if hashlib.sha1(large.tobytes()).hexdigest() != case["sha1"]: return "large"
    return difference([build(plan) for plan in case["plans"]], values)
result = [check(case) for case in data]`,
        cases,
      );
      assert.deepEqual(differences, cases.map(() => null));
    },
  );
}

pythonTest("zstd that Python's joblib dumps with a registered ZstdFile is read", async () => {
  const files = await python<string[]>(
    `${PYTHON_PLANS}${REGISTER_ZSTD}
result = []
for level in data:
    value = {"a": [1, "two", None], "x": np.arange(100_000, dtype="i8") % 257}
    result.append(b64(dumped(value, compress=("zstd", level))))`,
    [1, 3, 9],
  );
  const expected = BigInt64Array.from({ length: 100_000 }, (_, i) => BigInt(i % 257));
  for (const file of files) {
    const path = freshPath();
    writeFileSync(path, fromBase64(file));
    for (const value of [loadSync(path), await load(path), await load(readFileSync(path))]) {
      const { a, x } = value as { a: unknown; x: NDArray };
      assert.deepEqual(a, [1, "two", null]);
      assert.deepEqual(x.data, expected);
    }
  }
});

/** Values of the next seeds, and an array: noise, text and runs. */
function makeCase(): { value: PyTuple; plans: readonly Plan[]; sha1: string } {
  const plans = Array.from({ length: PLANS_EACH }, () => makePlan(seed++));
  const large = new Uint8Array(LARGE_BYTES);
  const quarter = LARGE_BYTES / 4;
  large.set(noise(quarter));
  const line = new TextEncoder().encode(`row ${seed}, of words that are said again;\n`);
  for (let at = quarter; at < 2 * quarter; at++) {
    large[at] = line[at % line.length] ^ (at >>> 14 & 3);
  }
  large.fill(seed & 255, 2 * quarter, 3 * quarter);
  large.set(large.subarray(0, quarter), 3 * quarter);
  const array = NDArray.fromBytes(large, {
    dtype: NDArray.zeros(0, "<f4").dtype,
    shape: [large.length / 4],
  });
  const sha1 = createHash("sha1").update(large).digest("hex");
  return { value: tuple(plans.map((plan) => build(plan)), array), plans, sha1 };
}

function noise(length: number): Uint8Array {
  const random = new Random(seed);
  return Uint8Array.from({ length }, () => random.below(256));
}
