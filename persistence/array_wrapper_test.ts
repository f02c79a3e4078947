/** The wrapper of joblib's arrays: its layout in the file, and wrappers that say nonsense. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { LimitError, UnpicklingError } from "../errors.ts";
import { DType, NDArray } from "../numpy/mod.ts";
import { PyGlobal, PyObject, PyTuple } from "../pickle/mod.ts";
import { dumps as picklePlain } from "../pickle/pickle.ts";
import { dumps } from "./dump.ts";
import { load, loads } from "./load.ts";

const DATA = Uint8Array.from({ length: 6 }, (_, i) => 0xa0 + i);

for (let length = 0; length < 40; length++) {
  test(`data starts at a multiple of 16 behind a text of ${length}`, () => {
    const bytes = dumps(["t".repeat(length), new Uint8ClampedArray(DATA)]);
    const at = indexOf(bytes, DATA);
    assert.equal(at % 16, 0);
    let padding = 0;
    while (bytes[at - 1 - padding] === 0xff) padding++;
    assert.ok(padding >= 1 && padding <= 16);
    assert.equal(bytes[at - 1 - padding], padding);
  });
}

test("the padding is one to sixteen bytes, never none", () => {
  const lengths = new Set<number>();
  for (let length = 0; length < 40; length++) {
    const bytes = dumps(["t".repeat(length), new Uint8ClampedArray(DATA)]);
    const at = indexOf(bytes, DATA);
    let padding = 0;
    while (bytes[at - 1 - padding] === 0xff) padding++;
    lengths.add(padding);
  }
  assert.deepEqual([...lengths].sort((a, b) => a - b), Array.from({ length: 16 }, (_, i) => i + 1));
});

test("an array without elements has padding and no data", () => {
  const bytes = dumps(NDArray.zeros([0, 3]));
  assert.equal(bytes.at(-1), 0x2e);
  assert.equal(bytes.at(-2), 0xff);
  assert.deepEqual(loads<NDArray>(bytes).shape, [0, 3]);
});

test("the wrapper's keys stand in joblib's order", () => {
  const text = new TextDecoder("latin1").decode(dumps(Float64Array.of(1)));
  const places = [
    "subclass",
    "shape",
    "order",
    "dtype",
    "allow_mmap",
    "numpy_array_alignment_bytes",
  ].map((key) => text.indexOf(key));
  assert.ok(places.every((place, i) => place > (places[i - 1] ?? 0)), `${places}`);
});

test("an array of objects is a pickle of protocol 5 without padding", () => {
  const array = new NDArray({ dtype: DType.from("object"), shape: [2], objects: [1, "a"] });
  const bytes = dumps(array, { protocol: 2 });
  assert.ok(indexOf(bytes, Uint8Array.of(0x62, 0x80, 0x05)) > 0);
  assert.deepEqual(loads<NDArray>(bytes).toArray(), [1, "a"]);
});

test("a numpy.matrix keeps its class in the file", () => {
  const matrix = new NDArray({
    dtype: DType.from("int32"),
    shape: [1, 2],
    bytes: new Uint8Array(8),
    pyClass: new PyGlobal("numpy", "matrix"),
  });
  const text = new TextDecoder("latin1").decode(dumps(matrix));
  assert.match(text, /numpy.*matrix/s);
  assert.deepEqual(loads<NDArray>(dumps(matrix)).shape, [1, 2]);
});

test("another subclass of ndarray is left to numpy's own pickling", () => {
  const array = new NDArray({
    dtype: DType.from("int32"),
    shape: [2],
    bytes: new Uint8Array(8),
    pyClass: new PyGlobal("mine", "Array"),
  });
  const text = new TextDecoder("latin1").decode(dumps(array));
  assert.doesNotMatch(text, /NumpyArrayWrapper/);
  assert.match(text, /_reconstruct/);
});

test("a file without alignment, as joblib 0.10 to 1.1 wrote, has its data right behind", async () => {
  const file = join(wrapper({ numpy_array_alignment_bytes: undefined }), Uint8Array.of(1, 2, 3));
  for (const array of [await load<NDArray>(file), loads<NDArray>(file)]) {
    assert.deepEqual(array.toArray(), [1, 2, 3]);
  }
});

test("an alignment of None has its data right behind", () => {
  const file = join(wrapper({ numpy_array_alignment_bytes: null }), Uint8Array.of(1, 2, 3));
  assert.deepEqual(loads<NDArray>(file).toArray(), [1, 2, 3]);
});

test("keys in another order are read by name", () => {
  const state = { order: "C", dtype: DType.from("uint8"), allow_mmap: true, shape: PyTuple.of(3) };
  const file = join(wrapperOf(state), Uint8Array.of(1, 2, 3));
  assert.deepEqual(loads<NDArray>(file).toArray(), [1, 2, 3]);
});

test("Fortran order is read column by column", () => {
  const state = { shape: PyTuple.of(2, 2), order: "F", numpy_array_alignment_bytes: null };
  const file = join(wrapper(state), Uint8Array.of(1, 2, 3, 4));
  assert.deepEqual(loads<NDArray>(file).toArray(), [[1, 3], [2, 4]]);
});

for (const module of ["sklearn.externals.joblib.numpy_pickle", "joblib.numpy_pickle_compat"]) {
  test(`a wrapper of ${module} is known`, () => {
    const file = join(
      wrapper({ numpy_array_alignment_bytes: null }, module),
      Uint8Array.of(1, 2, 3),
    );
    assert.deepEqual(loads<NDArray>(file).toArray(), [1, 2, 3]);
  });
}

/** States that no joblib writes. */
const NONSENSE: Record<string, Record<string, unknown>> = {
  "no dtype": { dtype: undefined },
  "a dtype that is text": { dtype: "u1" },
  "no shape": { shape: undefined },
  "a shape that is a list": { shape: [3] },
  "a negative length": { shape: PyTuple.of(-1) },
  "a length that is no integer": { shape: PyTuple.of(1.5) },
  "a length that is text": { shape: PyTuple.of("3") },
  "a huge length": { shape: PyTuple.of(2 ** 50) },
  "a product of lengths beyond all files": { shape: PyTuple.of(2 ** 40, 2 ** 40, 2 ** 40) },
  "more data than there is": { shape: PyTuple.of(100) },
};
for (const [name, state] of Object.entries(NONSENSE)) {
  test(`a wrapper with ${name} is an UnpicklingError`, async () => {
    const padded = Uint8Array.of(1, 0xff, 1, 2, 3);
    const file = join(wrapper(state), padded);
    assert.throws(() => loads(file), UnpicklingError);
    await assert.rejects(load(new Blob([file]).stream()), UnpicklingError);
  });
}

for (const length of [0, 17, 255]) {
  test(`a padding of ${length} bytes is an UnpicklingError`, () => {
    const file = join(wrapper({}), Uint8Array.of(length, ...new Uint8Array(300)));
    assert.throws(() => loads(file), UnpicklingError);
  });
}

test("more than 64 axes are a LimitError", () => {
  const shape = PyTuple.from(Array.from({ length: 65 }, () => 1));
  assert.throws(() => loads(join(wrapper({ shape }), new Uint8Array(20))), LimitError);
});

test("a wrapper whose state is no dict is an UnpicklingError", () => {
  assert.throws(() => loads(wrapperOf([1, 2])), UnpicklingError);
});

test("an array of objects whose pickle holds no array is an UnpicklingError", () => {
  const file = join(wrapper({ dtype: DType.from("object") }), picklePlain(7, { protocol: 5 }));
  assert.throws(() => loads(file), UnpicklingError);
});

test("arrays of objects nested deep are read without recursion", () => {
  let value: unknown = 1;
  for (let i = 0; i < 200; i++) {
    value = new NDArray({ dtype: DType.from("object"), shape: [1], objects: [value] });
  }
  let depth = 0;
  for (let at = loads(dumps(value)); at instanceof NDArray; at = at.get(0)) depth++;
  assert.equal(depth, 200);
});

/** A plain pickle of a wrapper, without its STOP; three bytes unless `state` says otherwise. */
function wrapper(state: Record<string, unknown>, module?: string): Uint8Array {
  return wrapperOf({
    subclass: new PyGlobal("numpy", "ndarray"),
    shape: PyTuple.of(3),
    order: "C",
    dtype: DType.from("uint8"),
    allow_mmap: true,
    numpy_array_alignment_bytes: 16,
    ...state,
  }, module);
}

function wrapperOf(state: object, module = "joblib.numpy_pickle"): Uint8Array {
  const object = new PyObject({ callable: new PyGlobal(module, "NumpyArrayWrapper") });
  const value = Array.isArray(state)
    ? state
    : new Map(Object.entries(state).filter(([, item]) => item !== undefined));
  object.states.push({ value });
  // protocol 3 has no frames that would have to end with the wrapper
  return picklePlain(object, { protocol: 3 }).slice(0, -1);
}

function join(head: Uint8Array, data: Uint8Array): Uint8Array<ArrayBuffer> {
  return Uint8Array.of(...head, ...data, 0x2e);
}

function indexOf(bytes: Uint8Array, part: Uint8Array): number {
  for (let at = 0; at + part.length <= bytes.length; at++) {
    if (part.every((byte, i) => bytes[at + i] === byte)) return at;
  }
  return -1;
}
