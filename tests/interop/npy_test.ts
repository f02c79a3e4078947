/**
 * `.npy` files handed to Python's numpy and back: headers and whole files are the same bytes, and what
 * numpy saves is read with its type, order and values.
 */
import assert from "node:assert/strict";
import { DType, NDArray, NpyFormatError, tuple } from "../../mod.ts";
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

/** Headers to be damaged, and what is put into them. */
const TEXTS = [
  "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }",
  "{'descr': [('a', '<i4'), ('', '|V3'), (('T', 'b'), '>f8', (2,))], 'fortran_order': True, 'shape': (2L, 1), }",
  "{'descr': [('p', [('x', '<f4')]), ('m', '<M8[25ns]', (2, 2))], 'fortran_order': False, 'shape': (), }",
  "{'shape': (0x3,), \"descr\": u'|S4', 'fortran_order': False}",
  "{'descr': 'f4,(2,)i2', 'fortran_order': False, 'shape': (1,), }",
];
const PARTS = [
  ...Array.from("()[]{},:'\" \t\n\\0123456789LxXoOuUrRTFNe+-_.#<>|=fiSVM"),
  ...["True", "False", "None", "'descr'", "(1,)", "'<i4'", "[]", "{}", "\\x41", "\\'", "1_0", "-1"],
  ...["0b1", "'a'", ", ", "'|V2'", "('z', '<i2')", "[25s]", "M8", "\0", "é"],
];

pythonTest("damaged headers are read as numpy reads them, or refused", async () => {
  const texts = Array.from({ length: 8000 }, (_, seed) => damaged(new Random(seed)));
  const headers = await python<(string | null)[]>(
    `${PYTHON_NPY}
from numpy.lib import _format_impl as f
result = []
for text in data:
    raw = text.encode("latin1")
    try: a = np.load(io.BytesIO(b"\\x93NUMPY\\x01\\x00" + len(raw).to_bytes(2, "little") + raw + bytes(3000)))
    except Exception: result.append(None)
    else:
        out = io.BytesIO()
        f.write_array_header_1_0(out, f.header_data_from_array_1_0(a))
        result.append(b64(out.getvalue()))`,
    texts,
  );
  let refused = 0;
  for (const [i, text] of texts.entries()) {
    const latin1 = Uint8Array.from(text, (char) => char.charCodeAt(0));
    const size = [latin1.length & 255, latin1.length >> 8];
    const start = Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, ...size);
    let array: NDArray;
    try {
      array = loadSync<NDArray>(bytesOf([start, latin1, new Uint8Array(3000)]), {
        allowPickle: false,
      });
    } catch (error) {
      assert.ok(error instanceof NpyFormatError, `${JSON.stringify(text)}: ${error}`);
      if (headers[i] !== null) refused++;
      continue;
    }
    if (/f1'/.test(text)) continue; // float8_e5m2, which numpy can't read
    assert.notEqual(headers[i], null, `numpy refuses ${JSON.stringify(text)}`);
    const { dtype, shape } = array;
    const written = writeHeader({ dtype, shape, fortranOrder: array.order === "F" });
    assert.equal(toBase64(written), headers[i], JSON.stringify(text));
  }
  // such as "<5M8[ns]": what numpy takes by accident
  const read = headers.filter((header) => header !== null).length;
  assert.ok(read > 500 && refused < read / 50, `${refused} of ${read} refused`);
});

function damaged(random: Random): string {
  let text = random.pick(TEXTS);
  for (let times = random.pick([1, 1, 1, 2, 3]); times > 0; times--) {
    const at = random.below(text.length + 1);
    const cut = random.pick([0, 1, 1, random.below(12)]);
    const part = random.below(3) > 0 ? random.pick(PARTS) : "";
    text = text.slice(0, at) + part + text.slice(at + cut);
  }
  return text;
}

function objects(values: unknown[], shape: number[] = [values.length]): NDArray {
  return new NDArray({ dtype: DType.from("O"), shape, objects: values });
}

/** The type that a file tells: numpy's headers have no names for those of ml_dtypes. */
function asStored(dtype: DType): DType {
  return readHeader(writeHeader({ dtype, shape: [] })).dtype;
}
