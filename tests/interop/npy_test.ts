/**
 * `.npy` files handed to Python's numpy and back: headers and whole files are the same bytes, and what
 * numpy saves is read with its type, order and values.
 */
import assert from "node:assert/strict";
import { DType, NDArray, tuple } from "../../mod.ts";
import { load, loadSync, readHeader, writeHeader } from "../../npy/mod.ts";
import { Random } from "../random.ts";
import { bytesOf, npyFile, streamOf } from "../npy.ts";
import {
  hasGaps,
  makeArray,
  makeShape,
  makeType,
  PYTHON_NPY,
  toArray,
  toDType,
} from "./npy_plans.ts";
import { fromBase64, python, pythonTest, toBase64 } from "./python.ts";

const HEADERS = Array.from({ length: 1500 }, (_, seed) => {
  const random = new Random(seed);
  const shape = makeShape(random, 5).map((n) => n * random.pick([1, 1, 1, 10 ** random.below(15)]));
  const version = random.pick([null, null, null, 1, 2, 3] as const);
  return { type: makeType(random, 3), shape, fortranOrder: random.below(2) === 1, version };
});
const ARRAYS = Array.from({ length: 1000 }, (_, seed) => makeArray(new Random(seed)));

pythonTest("writeHeader() writes what numpy writes, for random types and shapes", async () => {
  const expected = await python<(string | null)[]>(
    `${PYTHON_NPY}
from numpy.lib import _format_impl as f
result = []
for h in data:
    d = {"shape": tuple(h["shape"]), "fortran_order": h["fortranOrder"], "descr": f.dtype_to_descr(to_dtype(h["type"]))}
    out = io.BytesIO()
    try:
        f._write_array_header(out, d, (h["version"], 0) if h["version"] else None)
        result.append(b64(out.getvalue()))
    except ValueError: result.append(None)`,
    HEADERS,
  );
  for (const [i, { type, shape, fortranOrder, version }] of HEADERS.entries()) {
    const dtype = toDType(type);
    const write = () =>
      writeHeader({ dtype, shape, fortranOrder }, version === null ? {} : { version });
    if (expected[i] === null) {
      assert.throws(write, RangeError, `seed ${i}`);
      continue;
    }
    const header = write();
    assert.equal(toBase64(header), expected[i], `seed ${i}: ${dtype}`);
    if (shape.reduce((size, length) => size * Math.max(length, 1), 1) >= 2 ** 63) continue;
    const read = readHeader(header);
    assert.deepEqual([read.shape, read.fortranOrder], [shape, fortranOrder], `seed ${i}`);
    assert.equal(String(read.dtype), String(asStored(dtype)), `seed ${i}`);
  }
});

pythonTest("npy.save() writes the bytes that numpy.save writes", async () => {
  const expected = await python<string[]>(
    `${PYTHON_NPY}\nresult = [b64(saved(to_array(plan))) for plan in data]`,
    ARRAYS,
  );
  for (const [i, plan] of ARRAYS.entries()) {
    const file = npyFile(toArray(plan));
    assert.equal(toBase64(file), expected[i], `seed ${i}: ${JSON.stringify(plan)}`);
  }
});

pythonTest("numpy.load reads what npy.save() wrote: type, order and values", async () => {
  const cases = ARRAYS.map((plan) => {
    return { plan, gaps: hasGaps(plan.type), file: toBase64(npyFile(toArray(plan))) };
  });
  const wrong = await python<string[]>(
    `${PYTHON_NPY}
result = []
for i, case in enumerate(data):
    a = to_array(case["plan"])
    if "<f1" in str(a.dtype.descr): continue # numpy reads no float8_e5m2
    file = unb64(case["file"])
    tail = lambda raw: raw[len(raw) - a.nbytes:]
    order = lambda x: x.flags.f_contiguous and not x.flags.c_contiguous
    b = np.load(io.BytesIO(file))
    plain = np.lib.format.descr_to_dtype(np.lib.format.dtype_to_descr(a.dtype))
    # where numpy copies a struct, it leaves the gaps between its fields as they happen to be
    gaps = case["gaps"]
    if b.dtype != plain or b.shape != a.shape or not gaps and tail(saved(b)) != tail(file) or order(b) != order(a):
        result.append(f"seed {i}: {a.dtype} {a!r} became {b!r}")`,
    cases,
  );
  assert.deepEqual(wrong, []);
});

pythonTest("npy.load() reads what numpy.save wrote: type, order and values", async () => {
  const files = await python<string[]>(
    `${PYTHON_NPY}\nresult = [b64(saved(to_array(plan))) for plan in data]`,
    ARRAYS,
  );
  for (const [i, plan] of ARRAYS.entries()) {
    const file = fromBase64(files[i]);
    const array = toArray(plan);
    for (const back of [loadSync<NDArray>(file), await load<NDArray>(streamOf(file, 100))]) {
      assert.equal(String(back.dtype), String(asStored(array.dtype)), `seed ${i}`);
      assert.deepEqual(back.shape, array.shape, `seed ${i}`);
      assert.equal(back.order, array.order === "F" ? "F" : "C", `seed ${i}`);
      assert.deepEqual(back.tobytes("C"), array.tobytes("C"), `seed ${i}`);
    }
  }
});

/** Arrays of objects: Python's spelling, and what they are here. */
const OBJECTS: readonly [expression: string, NDArray][] = [
  ["np.array([1, 'a', None], object)", objects([1, "a", null])],
  ["np.array([[1, 2], [3, 'x']], object)", objects([1, 2, 3, "x"], [2, 2])],
  ["np.array([], object)", objects([])],
  ["np.array(None, object)", objects([null], [])],
  [
    "np.array([2**80, True, 1.5, b'raw', 2**40], object)",
    objects([
      2n ** 80n,
      true,
      1.5,
      new TextEncoder().encode("raw"),
      2 ** 40,
    ]),
  ],
  [
    "np.array([{'a': [1, 2], 'b': (3, 'c')}, [], ()], object)",
    objects([
      { a: [1, 2], b: tuple(3, "c") },
      [],
      tuple(),
    ]),
  ],
  [
    "np.array({'weights': np.arange(3, dtype='f4')}, object)",
    objects([
      { weights: Float32Array.of(0, 1, 2) },
    ], []),
  ],
  ["np.array(['x' * 70000, 'y' * 300], object)", objects(["x".repeat(70000), "y".repeat(300)])],
];

pythonTest("arrays of objects are the same bytes, and are read back", async () => {
  const files = await python<string[]>(
    `${PYTHON_NPY}\nresult = [b64(saved(eval(text))) for text in data]`,
    OBJECTS.map(([expression]) => expression),
  );
  for (const [i, [expression, array]] of OBJECTS.entries()) {
    assert.equal(toBase64(npyFile(array)), files[i], expression);
    const back = loadSync<NDArray>(fromBase64(files[i]), { exact: true });
    assert.equal(toBase64(npyFile(back)), files[i], `${expression}, loaded and saved`);
  }
});

pythonTest("strings of any length are saved as a pickle that numpy reads", async () => {
  const array = new NDArray({ dtype: DType.string(), shape: [2], objects: ["a", "é☃"] });
  const [text, file] = await python<[string, string]>(
    `${PYTHON_NPY}
a = np.load(io.BytesIO(unb64(data)), allow_pickle=True)
result = [str(a.dtype) + " " + " ".join(a.tolist()), b64(saved(np.array(["x", "yz"], np.dtypes.StringDType())))]`,
    toBase64(npyFile(array)),
  );
  assert.equal(text, "StringDType() a é☃");
  assert.deepEqual(loadSync<NDArray>(fromBase64(file)).toArray(), ["x", "yz"]);
});

pythonTest("several arrays in one file are read one after the other, by both", async () => {
  const arrays = ARRAYS.slice(0, 40).filter(({ type }) => !JSON.stringify(type).includes("e5m2"));
  const all = bytesOf(arrays.map((plan) => npyFile(toArray(plan))));
  const same = await python<boolean>(
    `${PYTHON_NPY}
out, f = io.BytesIO(), io.BytesIO(unb64(data["file"]))
for plan in data["plans"]: np.save(out, to_array(plan))
result = out.getvalue() == f.getvalue() and all(np.load(f).tobytes() == to_array(p).tobytes() for p in data["plans"])`,
    { file: toBase64(all), plans: arrays },
  );
  assert.equal(same, true);
});

function objects(values: unknown[], shape: number[] = [values.length]): NDArray {
  return new NDArray({ dtype: DType.from("O"), shape, objects: values });
}

/** The type that a file tells: numpy's headers have no names for those of ml_dtypes. */
function asStored(dtype: DType): DType {
  return readHeader(writeHeader({ dtype, shape: [] })).dtype;
}
