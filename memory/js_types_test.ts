/**
 * A value that was stored and loaded is the value: type by type, and random ones.
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import fc from "fast-check";
import { CacheError } from "../errors.ts";
import { NDArray, NumpyScalar } from "../numpy/mod.ts";
import { dumps, loads } from "../persistence/mod.ts";
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
import { type JsTree, jsTypes, restoreJsTypes } from "./js_types.ts";

/** What comes back for `value`, through the text of metadata.json. */
function stored<T>(value: T): T {
  const { tree } = jsTypes(value);
  const loaded = loads(dumps(value));
  if (tree === undefined) return loaded as T;
  return restoreJsTypes(loaded, JSON.parse(JSON.stringify(tree))) as T;
}

/** deepStrictEqual takes a shared buffer for another object's, and bun's some prototypes for one another. */
function same(found: unknown, wanted: unknown): void {
  assert.deepStrictEqual(found, wanted);
  assert.equal(typeof found, typeof wanted);
  if (typeof wanted === "object" && wanted !== null) {
    assert.equal(Object.getPrototypeOf(found), Object.getPrototypeOf(wanted));
  } else assert.ok(Object.is(found, wanted));
}

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

test("what loads as it was needs no tree", () => {
  const value = [1, "a", null, true, { a: [1.5, { b: new Set([1, "x"]) }] }, new Map([[1, 2]])];
  assert.deepEqual(jsTypes(value), { tree: undefined, lost: [] });
  assert.equal(jsTypes([[], {}, tuple(), Uint8Array.of(1), NDArray.from([1, 2])]).tree, undefined);
});

test("the tree does not grow with lists of one kind", () => {
  const size = (value: unknown) => JSON.stringify(jsTypes(value).tree).length;
  const dates = Array.from({ length: 10_000 }, (_, i) => new Date(i));
  assert.ok(size(dates) < 100);
  assert.ok(size(Array.from({ length: 10_000 }, (_, i) => BigInt(i))) < 100);
  assert.ok(size(dates.map((at) => ({ at, tags: new Map([["a", 1]]) }))) < 200);
  assert.ok(size(Object.fromEntries(dates.map((date, i) => [`k${i}`, date]))) < 100);
  assert.ok(size(new Map(dates.map((date, i) => [`k${i}`, date]))) < 100);
  assert.ok(size(new Map(dates.map((date, i) => [i, date]))) < 100);
  assert.ok(size(new Set(dates)) < 100);
  const rows = stored(dates.map((at) => ({ at })));
  assert.ok(rows[0].at instanceof Date && rows.at(-1)!.at.getTime() === 9999);
});

test("depth costs no stack", () => {
  let value: unknown = [new Date(1), undefined];
  for (let i = 0; i < 50_000; i++) value = i % 2 === 0 ? [value] : { v: value };
  let back: unknown = stored(value);
  for (let i = 50_000 - 1; i >= 0; i--) {
    back = i % 2 === 0 ? (back as unknown[])[0] : (back as { v: unknown }).v;
  }
  assert.deepStrictEqual(back, [new Date(1), undefined]);
});

test("keys that an object keeps in order need no order", () => {
  const map = new Map(Array.from({ length: 1000 }, (_, i) => [String(i), i]));
  assert.deepEqual(jsTypes(map).tree, { v: 1, root: 1, shapes: [{ as: "Map" }] });
});

test("a class with a dump or a state of its own answers for itself", () => {
  class Stated {
    content: unknown = 1n;
    getState(): unknown {
      return { content: "own" };
    }
  }
  class Dumped {
    content: unknown = 1n;
  }
  registerClass("larder_js_types.Stated", { type: Stated, load: () => new Stated() });
  registerClass("larder_js_types.Dumped", {
    type: Dumped,
    load: () => new Dumped(),
    dump: ({ content }) => ({ state: { content: Number(content) + 1 } }),
  });
  const value = { stated: new Stated(), dumped: new Dumped(), n: 1n };
  const back = stored(value);
  assert.deepEqual(back, {
    stated: Object.assign(new Stated(), { content: "own" }),
    dumped: Object.assign(new Dumped(), { content: 2 }),
    n: 1n,
  });
});

test("what can't be kept is told, with its place", () => {
  class Odd extends Date {}
  class Unregistered {
    static readonly pyClass = "larder_js_types.Unregistered";
  }
  let read = 0;
  const value = {
    list: [1, Object.assign([1], { extra: 1 })],
    ["a b"]: { [Symbol("s")]: 1 },
    getter: {
      get now() {
        return ++read;
      },
    },
    hidden: Object.defineProperty({}, "h", { value: 1 }),
    map: new Map([["k", Object.assign(new Map(), { extra: 1 })]]),
    set: Object.assign(new Set(), { extra: 1 }),
    date: Object.assign(new Date(0), { extra: 1 }),
    odd: new Odd(0),
    deep: new Map([[1, [new Unregistered()]]]),
  };
  const { lost } = jsTypes(value);
  assert.deepEqual(lost, [
    { path: "$.list[1]", what: "properties of an array beside its items" },
    { path: '$["a b"]', what: "symbol keys" },
    { path: "$.getter", what: "a getter: its value takes its place" },
    { path: "$.hidden", what: "properties that are not enumerable" },
    { path: "$.map.k", what: "properties of a Map" },
    { path: "$.set", what: "properties of a Set" },
    { path: "$.date", what: "properties of a Date" },
    { path: "$.odd", what: "the class Odd" },
    {
      path: "$.deep[0][0]",
      what: "the class larder_js_types.Unregistered: register it with a load function",
    },
  ]);
  assert.equal(read, 0);
});

test("a tree that does not fit is a CacheError, and reaches nothing outside of the value", () => {
  const run = (loaded: unknown, tree: unknown) => () => restoreJsTypes(loaded, tree as JsTree);
  const tree = (...shapes: unknown[]) => ({ v: 1, root: 1, shapes });
  const bad: [unknown, unknown][] = [
    [1, null],
    [1, { v: 2, root: 1, shapes: [] }],
    [1, { v: 1, root: 1, shapes: "x" }],
    [1, tree()],
    [1, tree({})],
    [1, tree(null)],
    [1, tree({ as: "Date" })],
    [1.5, tree({ as: "bigint" })],
    [1, tree({ as: "undefined" })],
    [1, tree({ as: 5 })],
    [1, tree({ as: "constructor" })],
    [{}, tree({ as: "Float64Array" })],
    [NDArray.from([1], "i4"), tree({ as: "Float64Array" })],
    [[1], tree({ as: "Map" })],
    [[1], tree({ as: "null" })],
    [[null], tree({ items: [[0, 2, 2]] }, { as: "undefined" })],
    [[null], tree({ items: [[-1, 1, 2]] }, { as: "undefined" })],
    [[null], tree({ items: [[0, 1, 2], [0, 1, 2]] }, { as: "undefined" })],
    [[null], tree({ items: [[0, 1, 9]] })],
    [[null], tree({ items: [5] })],
    [[null], tree({ items: 5 })],
    [{ a: null }, tree({ props: [["b", 2]] }, { as: "undefined" })],
    [
      { a: null },
      tree({ props: [["__proto__", 2]] }, { props: [["polluted", 3]] }, { as: "null" }),
    ],
    [{ a: null }, tree({ props: [["constructor", 2]] }, { as: "undefined" })],
    [{ a: null }, tree({ props: [7] })],
    [{ a: null }, tree({ props: "ab" })],
    [{ a: 1, b: 2 }, tree({ as: "Map", order: [0, 0] })],
    [{ a: 1, b: 2 }, tree({ as: "Map", order: [0] })],
    [new Set([1, null]), tree({ items: [[0, 2, 2]] }, { as: "bigint" })],
    [new Set([1, 1n]), tree({ items: [[0, 1, 2]] }, { as: "bigint" })],
    [new Map<unknown, unknown>([[1, 1], [1n, 2]]), tree({ keys: [[0, 1, 2]] }, { as: "bigint" })],
    [new Map([[1, 1]]), tree({ keys: [[0, 2, 2]] }, { as: "bigint" })],
    [new PyDate(2020, 1, 1), tree({ as: "Temporal.Now" })],
  ];
  for (const [loaded, broken] of bad) {
    assert.throws(run(loaded, broken), CacheError, JSON.stringify(broken));
  }
  assert.equal(({} as { polluted?: unknown }).polluted, undefined);
  assert.equal(typeof Object.prototype.constructor, "function");
  // shapes that hold themselves end with the value
  const loop: unknown[] = [[[]]];
  assert.throws(run(loop, tree({ items: [[0, 1, 1]] })), CacheError);
});

test("a PyObject keeps what its parts were", () => {
  const object = new PyObject({ callable: new PyGlobal("a", "B"), args: tuple(1n, new Date(0)) });
  object.states.push({ value: { n: 2n, list: [undefined] } });
  same(stored(object), object);
});

const leaf: fc.Arbitrary<unknown> = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.string({ unit: "binary" }),
  fc.constantFrom<unknown>(null, undefined, true, false, -0),
  fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }),
  fc.date({ noInvalidDate: true, min: new Date("0001-01-02"), max: new Date("9999-12-30") }),
  fc.float64Array(),
  fc.int16Array(),
  fc.uint8ClampedArray(),
  fc.uint8Array(),
  fc.bigInt64Array(),
  fc.uint8Array().map((bytes) => bytes.slice().buffer),
  fc.uint8Array().map((bytes) => Buffer.from(bytes)),
  fc.double().map((value) => new PyFloat(value)),
);
const name = fc.oneof(
  fc.string(),
  fc.nat(20).map(String),
  fc.constantFrom("__proto__", "toString"),
);
const { value: anything } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    leaf,
    fc.array(tie("value")),
    fc.sparseArray(tie("value"), { maxNumElements: 4 }),
    fc.array(tie("value")).map((items) => tuple(...items)),
    fc.dictionary(name, tie("value")),
    fc.uniqueArray(fc.tuple(name, tie("value")), { selector: ([key]) => key })
      .map((entries) => new Map(entries)),
    fc.uniqueArray(fc.tuple(fc.oneof(name, fc.bigInt({ min: 2n })), tie("value")), {
      selector: ([key]) => key,
    }).map((entries) => new Map<unknown, unknown>(entries)),
    fc.uniqueArray(fc.oneof(name, fc.bigInt({ min: 2n }))).map((items) => new Set<unknown>(items)),
    tie("value").map((value) => [value, value]),
  ),
}));

test("any value comes back", () => {
  fc.assert(
    fc.property(anything, (value) => {
      assert.deepEqual(jsTypes(value).lost, []);
      same(stored(value), value);
      orderKept(stored(value), value);
    }),
    { numRuns: 300 },
  );
});

test("a damaged tree gives a value or a CacheError", () => {
  const junk = fc.constantFrom<unknown>(-1, 0, 1, 2, 3, 1e9, 0.5, null, "Map", "Date", "x", [], {});
  const before = Reflect.ownKeys(Object.prototype).length;
  let refused = 0;
  fc.assert(
    fc.property(anything, fc.nat(), junk, (value, place, other) => {
      const { tree } = jsTypes(value);
      if (tree === undefined) return;
      const text = JSON.stringify(tree);
      let count = 0;
      JSON.parse(text, () => void count++);
      let at = place % count;
      const broken = JSON.parse(text, (_, part) => at-- === 0 ? other : part) as JsTree;
      try {
        restoreJsTypes(loads(dumps(value)), broken);
      } catch (error) {
        assert.ok(error instanceof CacheError, String(error));
        refused++;
      }
    }),
    { numRuns: 400 },
  );
  assert.ok(refused > 20);
  assert.equal(Reflect.ownKeys(Object.prototype).length, before);
});

/** deepStrictEqual does not look at the order of a Map. */
function orderKept(found: unknown, wanted: unknown): void {
  if (wanted instanceof Map && found instanceof Map) {
    assert.deepStrictEqual([...found.keys()], [...wanted.keys()]);
    for (const [i, item] of [...found.values()].entries()) orderKept(item, [...wanted.values()][i]);
  } else if (Array.isArray(wanted)) {
    for (const i of wanted.keys()) orderKept((found as unknown[])[i], wanted[i]);
  }
}

test("a date of a polyfill loses its class, and says so", () => {
  class PlainDate {
    readonly year = 2020;
    readonly month = 1;
    readonly day = 2;
    get [Symbol.toStringTag](): string {
      return "Temporal.PlainDate";
    }
  }
  const { tree, lost } = jsTypes([new PlainDate()]);
  assert.equal(tree, undefined);
  assert.deepEqual(lost, [
    { path: "$[0]", what: "the class Temporal.PlainDate, which is not this runtime's own" },
  ]);
  assert.deepEqual(loads(dumps([new PlainDate()])), [new PyDate(2020, 1, 2)]);
});
