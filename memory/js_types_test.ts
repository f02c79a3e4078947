/**
 * A value that was stored and loaded is the value: type by type.
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import { NDArray, NumpyScalar } from "../numpy/mod.ts";
import {
  PyByteArray,
  PyComplex,
  PyCounter,
  PyDate,
  PyDateTime,
  PyDefaultDict,
  PyDeque,
  PyFloat,
  PyFrozenSet,
  PyGlobal,
  PyObject,
  PyOrderedDict,
  PyTimedelta,
  registerClass,
  tuple,
} from "../pickle/mod.ts";
import { jsTypes } from "./js_types.ts";
import { same, stored } from "./js_types_suite.ts";

function holey(): unknown[] {
  const items: unknown[] = [1, undefined, null];
  items[5] = "x";
  items.length = 8;
  return items;
}

const KINDS: Readonly<Record<string, () => unknown>> = {
  "undefined": () => undefined,
  "a small bigint": () => 7n,
  "the largest safe bigint": () => 2n ** 53n - 1n,
  "a large bigint": () => -(2n ** 70n),
  "minus zero": () => -0,
  "NaN": () => NaN,
  "an integral float": () => 1e300,
  "PyFloat": () => new PyFloat(1),
  "PyFloat of minus zero": () => new PyFloat(-0),
  "PyFloat of a NaN with bits": () => new PyFloat(NaN, 0x7ff8000000000abcn),
  "Date": () => new Date(1_600_000_000_123),
  "a Date before 1970": () => new Date(-62_135_596_800_000),
  "ArrayBuffer": () => Uint8Array.of(1, 2).buffer,
  "DataView": () => new DataView(Uint8Array.of(9, 1, 2, 9).buffer, 1, 2),
  "Buffer": () => Buffer.from("text"),
  "Uint8Array": () => Uint8Array.of(1, 2, 3),
  "PyByteArray": () => new PyByteArray([1, 2]),
  "an object without prototype": () => Object.assign(Object.create(null), { a: 1n }),
  "an object with odd names": () => ({ b: 1n, 2: 2n, 1: 1, ["__proto__"]: 3n, constructor: 1n }),
  "holes and undefined": holey,
  "undefined in an object": () => ({ a: undefined, b: null }),
  "an empty Map": () => new Map(),
  "Map of text": () => new Map<string, unknown>([["a", 1n], ["b", 2]]),
  "Map of other keys": () =>
    new Map<unknown, unknown>([[1n, 2n], ["a", 3n], [null, 1], [2.5, -1n]]),
  "Map with Date and undefined as keys": () => new Map([[new Date(0), 1n], [undefined, 2n]]),
  "Map of Maps": () => new Map([["a", new Map([["b", new Map()]])]]),
  "Set": () => new Set<unknown>([1n, "a", undefined, 2.5, new Date(5)]),
  "PyFrozenSet": () => new PyFrozenSet([1n, tuple(2n, "x")]),
  "a tuple": () => tuple(1n, undefined, tuple(new Date(1))),
  "a tuple as a key": () => new Map([[tuple(1n, "a"), tuple(2n)]]),
  "NDArray": () => NDArray.from([[1, 2], [3, 4]]),
  "NDArray of objects": () => NDArray.from([1n, new Map(), "x"], "O"),
  "PyComplex": () => new PyComplex(1, 2),
  "PyDateTime": () => new PyDateTime(2020, 1, 2),
  "PyDate": () => new PyDate(2020, 1, 2),
  "PyTimedelta": () => new PyTimedelta(1),
  "PyGlobal": () => new PyGlobal("a.b", "C"),
  "PyOrderedDict": () => new PyOrderedDict<unknown, unknown>([["2", 1n], ["a", 2n], [1n, 3n]]),
  "PyCounter": () => new PyCounter([["b", 1n], ["2", 3n]]),
  "PyDefaultDict": () => new PyDefaultDict([["b", 1n]]),
  "PyDeque": () => PyDeque.from([1n, new Date(0)]),
  "a lone surrogate": () => ["\ud800", "a\udc00b"],
};

for (const [name, make] of Object.entries(KINDS)) {
  test(`a stored value comes back: ${name}`, () => {
    const { lost } = jsTypes(make());
    assert.deepEqual(lost, []);
    same(stored(make()), make());
    same(stored([make(), { x: make() }]), [make(), { x: make() }]);
    const map = stored(new Map([["k", make()]]));
    assert.ok(map instanceof Map);
    same(map.get("k"), make());
  });
}

const TYPED = [
  ...[Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array],
  ...[Float32Array, Float64Array],
];

for (const Typed of TYPED) {
  test(`a stored value comes back: ${Typed.name}`, () => {
    const view = Typed.from([9, 1, 2, 3, 9]).subarray(1, 4);
    same(stored(view), view);
    same(stored({ a: [new Typed(0), view] }), { a: [new Typed(0), view] });
  });
}

for (const Typed of [BigInt64Array, BigUint64Array]) {
  test(`a stored value comes back: ${Typed.name}`, () => {
    same(stored([Typed.of(1n, 2n ** 63n - 1n)]), [Typed.of(1n, 2n ** 63n - 1n)]);
  });
}

test("a stored value comes back: Float16Array", { skip: !("Float16Array" in globalThis) }, () => {
  const { Float16Array } = globalThis as unknown as { Float16Array: Float32ArrayConstructor };
  same(stored([Float16Array.of(1.5, NaN)]), [Float16Array.of(1.5, NaN)]);
});

test("a stored value comes back: shared memory", () => {
  const shared = new SharedArrayBuffer(8);
  new Uint8Array(shared).set([1, 2, 3]);
  const back = stored([shared, new Uint8Array(shared), new Float64Array(shared)] as const);
  assert.ok(back[0] instanceof SharedArrayBuffer);
  assert.deepEqual([...new Uint8Array(back[0])], [1, 2, 3, 0, 0, 0, 0, 0]);
  assert.ok(back[1].buffer instanceof SharedArrayBuffer);
  assert.ok(back[2] instanceof Float64Array && back[2].buffer instanceof SharedArrayBuffer);
});

test("a stored value comes back: NDArray in foreign byte order, and one that is not writeable", () => {
  const array = NDArray.from([1, 2, 3], ">i4");
  same(stored(array), array);
  const { writeable } = stored(
    new NDArray({ dtype: array.dtype, shape: [3], bytes: array.bytes, writeable: false }),
  );
  assert.equal(writeable, false);
});

for (const dtype of ["float32", "int64", "uint8", "bool", "complex128", "U3"]) {
  test(`a stored value comes back: numpy scalar ${dtype}`, () => {
    const value = { U3: "ab", bool: true, int64: 5n, complex128: new PyComplex(1, 2) }[dtype] ?? 5;
    const back = stored([NumpyScalar.from(value, dtype)])[0];
    assert.ok(back instanceof NumpyScalar);
    assert.equal(back.dtype.str, NumpyScalar.from(value, dtype).dtype.str);
    assert.deepEqual(back.value, value);
  });
}

test("a stored value comes back: Temporal", { skip: !("Temporal" in globalThis) }, () => {
  const texts = {
    PlainDate: ["2020-01-02", "2020-01-02[u-ca=hebrew]"],
    PlainTime: ["01:02:03.000004"],
    PlainDateTime: ["2020-01-02T03:04:05.000006"],
    ZonedDateTime: ["2020-07-02T03:04:05+02:00[Europe/Paris]"],
    Instant: ["2020-01-02T03:04:05.000006Z"],
    Duration: ["PT90M", "-P1DT1S"],
  };
  const { Temporal } = globalThis as unknown as {
    Temporal: Record<string, { from(text: string): object }>;
  };
  for (const [name, all] of Object.entries(texts)) {
    for (const text of all) {
      const [back] = stored([Temporal[name].from(text)]);
      assert.equal(Object.getPrototypeOf(back), Object.getPrototypeOf(Temporal[name].from(text)));
      assert.equal(String(back), text);
    }
  }
});

test("a Map of text keeps the order of its keys, whatever they are", () => {
  const names = ["b", "10", "2", "a", "4294967295", "4294967294", "01", "-1"];
  const map = new Map(names.map((name, i) => [name, BigInt(i)]));
  assert.deepEqual([...stored(map)], [...map]);
  const many = new Map(Array.from({ length: 3000 }, (_, i) => [String((i * 7919) % 3000), i]));
  assert.deepEqual([...stored(many)], [...many]);
});

test("registered classes come back with what is in them", () => {
  class Box {
    content: unknown;
    readonly when: Date = new Date(3);
    self?: Box;
  }
  registerClass("larder_js_types.Box", { type: Box, load: () => new Box() });
  const box = Object.assign(new Box(), { content: [1n, Float32Array.of(1)] });
  box.self = box;
  const back = stored([box, box]);
  assert.ok(back[0] instanceof Box);
  assert.equal(back[0], back[1]);
  assert.equal(back[0].self, back[0]);
  assert.deepEqual(back[0].content, [1n, Float32Array.of(1)]);
  assert.deepEqual(back[0].when, new Date(3));
  assert.deepEqual(jsTypes(box).lost, []);
});

test("shared references and cycles survive", () => {
  const date = new Date(1);
  const inner = new Map<string, unknown>([["date", date]]);
  const outer: Record<string, unknown> = { date, inner, again: [inner, inner] };
  inner.set("outer", outer);
  inner.set("inner", inner);
  outer.self = outer;
  const back = stored(outer) as typeof outer & { inner: typeof inner; again: unknown[] };
  assert.ok(back.inner instanceof Map);
  assert.deepEqual([...back.inner.keys()], ["date", "outer", "inner"]);
  assert.equal(back.self, back);
  assert.equal(back.inner.get("outer"), back);
  assert.equal(back.inner.get("inner"), back.inner);
  assert.equal(back.again[0], back.inner);
  assert.equal(back.again[1], back.inner);
  assert.ok(back.date instanceof Date);
  assert.equal(back.inner.get("date"), back.date);
});

test("a Map that a later place meets first is whole", () => {
  const map = new Map<string, unknown>([["n", 1n]]);
  const list: unknown[] = [map];
  map.set("list", list);
  const back = stored([[map], [list]]) as [[typeof map], [unknown[]]];
  assert.equal(back[0][0].get("n"), 1n);
  assert.equal(back[1][0][0], back[0][0]);
  assert.equal(back[0][0].get("list"), back[1][0]);
});

test("empty bytes, which are one object in Python, come back as what they were", () => {
  const value = () => [new ArrayBuffer(0), Buffer.alloc(0), new Uint8Array(0), new Uint8Array(0)];
  same(stored(value()), value());
  for (const [i, item] of stored(value()).entries()) same(item, value()[i]);
});

test("a PyObject keeps what its parts were", () => {
  const object = new PyObject({ callable: new PyGlobal("a", "B"), args: tuple(1n, new Date(0)) });
  object.states.push({ value: { n: 2n, list: [undefined] } });
  same(stored(object), object);
});
