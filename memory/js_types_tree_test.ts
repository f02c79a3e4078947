/**
 * What stands about a value's types: how small it is, what is lost, and damaged trees; random values.
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import fc from "fast-check";
import { CacheError } from "../errors.ts";
import { NDArray } from "../numpy/mod.ts";
import { dumps, loads } from "../persistence/mod.ts";
import { PyDate, PyFloat, registerClass, tuple } from "../pickle/mod.ts";
import { type JsTree, jsTypes, restoreJsTypes } from "./js_types.ts";
import { same, stored } from "./js_types_suite.ts";

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
