/**
 * All number types of Python's ml_dtypes: each byte is the number that it is there, numbers are rounded to the
 * same bytes, and files go both ways. Where a file does not say its type, none is guessed.
 */
import assert from "node:assert/strict";
import { DType, NDArray, NpyFormatError } from "../../mod.ts";
import * as jax from "../../npy/jax.ts";
import { load, loadSync } from "../../npy/mod.ts";
import { npyFile } from "../npy.ts";
import { Random } from "../random.ts";
import { fromBase64, python, pythonTest, toBase64 } from "./python.ts";

/** Types whose elements are two of these, which numpy itself can't read back. */
const PAIRS = ["bcomplex32", "complex32"];

const SCRIPT = `
import io
import ml_dtypes, numpy as np
def spell(values):
    return [repr(float(v)) for v in values]
types = [n for n in dir(ml_dtypes) if isinstance(getattr(ml_dtypes, n), type) and n not in ("finfo", "iinfo")]
result = []
for name in types:
    dtype = np.dtype(getattr(ml_dtypes, name))
    raw = np.arange(256 if dtype.itemsize == 1 else 65536).astype("<u%d" % min(dtype.itemsize, 2)).tobytes()
    array = np.frombuffer(raw, dtype)
    file = io.BytesIO()
    np.save(file, array)
    pair = dtype.itemsize == 4
    with np.errstate(all="ignore"):
        rounded = None if pair or name.startswith(("int", "uint")) else np.array(data).astype(dtype).tobytes()
    result.append({
        "name": name, "itemsize": dtype.itemsize, "raw": b64(raw), "file": b64(file.getvalue()),
        "numbers": None if pair else spell(array.astype("f8")),
        "rounded": None if rounded is None else b64(rounded),
    })
`;

interface Facts {
  name: string;
  itemsize: number;
  raw: string;
  file: string;
  numbers: string[] | null;
  rounded: string | null;
}

const random = new Random(1);
const NUMBERS: readonly number[] = Array.from({ length: 3000 }, () => {
  const magnitude = 2 ** (random.below(40) - 25) * (1 + random.below(4096) / 4096);
  return random.below(2) === 1 ? -magnitude : magnitude;
});

let facts: Promise<Facts[]> | undefined;
function types(): Promise<Facts[]> {
  return facts ??= python<Facts[]>(SCRIPT, NUMBERS);
}

pythonTest("every element of every type is the number that it is in ml_dtypes", async () => {
  const names = new Set<string>();
  for (const { name, raw, numbers } of await types()) {
    if (numbers === null) continue;
    names.add(name);
    const bytes = fromBase64(raw);
    const dtype = DType.from(name);
    const array = NDArray.fromBytes(bytes, { dtype, shape: [bytes.length / dtype.itemsize] });
    const found = (array.toArray() as number[]).map(repr);
    const wanted = numbers.map((text) => repr(fromRepr(text)));
    assert.deepEqual(found, wanted, name);
  }
  assert.ok(names.size >= 18, [...names].join());
});

pythonTest("numbers are rounded to the elements that ml_dtypes makes of them", async () => {
  for (const { name, rounded } of await types()) {
    if (rounded === null) continue;
    const made = NDArray.from(Float64Array.from(NUMBERS)).astype(name);
    const found = made.tobytes();
    const wanted = fromBase64(rounded);
    for (let i = 0; i < wanted.length; i++) {
      if (found[i] === wanted[i]) continue;
      const at = Math.floor(i / made.itemsize);
      assert.fail(`${name}: ${NUMBERS[at]} became ${found[i]}, in ml_dtypes ${wanted[i]}`);
    }
  }
});

pythonTest("npy.save() writes the bytes of numpy.save for every type", async () => {
  for (const { name, raw, file, itemsize } of await types()) {
    if (PAIRS.includes(name)) continue;
    const bytes = fromBase64(raw);
    const array = NDArray.fromBytes(bytes, {
      dtype: DType.from(name),
      shape: [bytes.length / itemsize],
    });
    assert.equal(toBase64(npyFile(array)), file, name);
  }
});

pythonTest(
  "npy.load() and jax.load() tell bfloat16 and float8_e5m2, guess no other type",
  async () => {
    for (const { name, raw, file } of await types()) {
      if (PAIRS.includes(name)) continue;
      const bytes = fromBase64(file);
      const told = ["bfloat16", "float8_e5m2"].includes(name);
      for (const array of [await load<NDArray>(bytes), await jax.load<NDArray>(bytes)]) {
        assert.equal(array.dtype.ml, told ? name : null, name);
        assert.equal(array.dtype.str, told ? DType.from(name).str : "|V1", name);
        assert.equal(toBase64(array.tobytes()), raw, name);
      }
      for (const loaded of [loadSync<NDArray>, jax.loadSync<NDArray>]) {
        const array = loaded(bytes, { dtype: name });
        assert.equal(array.dtype.ml, name);
        assert.equal(toBase64(array.tobytes()), raw, name);
      }
    }
  },
);

pythonTest("pairs of narrow floats are refused, as by numpy", async () => {
  const seen: string[] = [];
  for (const { name, file } of await types()) {
    if (!PAIRS.includes(name)) continue;
    seen.push(name);
    for (const loaded of [loadSync, jax.loadSync]) {
      assert.throws(() => loaded(fromBase64(file)), NpyFormatError, name);
    }
    assert.throws(() => DType.from(name), TypeError);
  }
  assert.deepEqual(seen, PAIRS);
});

/** Python's repr of a float. */
function fromRepr(text: string): number {
  if (text === "inf") return Infinity;
  return text === "-inf" ? -Infinity : Number(text);
}

function repr(value: number): string {
  return Object.is(value, -0) ? "-0" : String(value);
}
