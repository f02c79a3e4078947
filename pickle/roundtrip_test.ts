/** Any value comes back equal, whatever the protocol and the dialect. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { PyArray, PyCounter, PyDefaultDict, PyDeque, PyOrderedDict } from "./collections.ts";
import { PyDate, PyDateTime, PyTime, PyTimedelta, PyTimezone } from "./datetime.ts";
import { loads, picklerBytes } from "./pickle.ts";
import { PyByteArray, PyComplex, PyFloat, PyFrozenSet, PyGlobal, PyTuple } from "./values.ts";

const PROTOCOLS = [0, 1, 2, 3, 4, 5];

const text = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 6 }).map((units) =>
    String.fromCharCode(...units)
  ),
  fc.constantFrom("__proto__", "constructor", "toString", "", "1", "0"),
);
const safe = fc.maxSafeInteger();
const big = fc.bigInt({ min: -(2n ** 80n), max: 2n ** 80n }).filter((value) =>
  BigInt(Number(value)) !== value || !Number.isSafeInteger(Number(value))
);
const float = fc.double().filter((value) => !Number.isInteger(value));
const time = fc.record({
  hour: fc.integer({ min: 0, max: 23 }),
  microsecond: fc.integer({ min: 0, max: 999_999 }),
  tzinfo: fc.constantFrom(
    null,
    new PyTimezone(new PyTimedelta(0, 3600)),
    new PyTimezone(new PyTimedelta(0, 60), "n"),
  ),
});
const scalar = fc.oneof(
  fc.constantFrom(null, true, false),
  safe,
  big,
  float,
  text,
  fc.double({ noNaN: true }).map((value) => new PyFloat(value)).filter((value) =>
    Number.isInteger(Number(value))
  ),
  fc.uint8Array().map((bytes) => Uint8Array.from(bytes)),
  fc.uint8Array().map((bytes) => new PyByteArray(bytes)),
  fc.tuple(fc.double(), fc.double()).map(([re, im]) => new PyComplex(re, im)),
  fc.constantFrom(new PyGlobal("m", "Name"), new PyGlobal("a.b", "Outer.Inner")),
  fc.date({ min: new Date("0001-02-01"), max: new Date("9999-01-01"), noInvalidDate: true }).map(
    (date) => new PyDate(date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()),
  ),
  time.map((fields) => new PyTime(fields)),
  time.map((fields) => new PyDateTime(2024, 2, 29, fields)),
  fc.tuple(fc.integer({ min: -999, max: 999 }), fc.integer({ min: 0, max: 86_399 })).map(
    ([days, seconds]) => new PyTimedelta(days, seconds),
  ),
  fc.float64Array().map((data) => new PyArray("d", Float64Array.from(data))),
  fc.bigInt64Array().map((data) => new PyArray("q", BigInt64Array.from(data))),
);
const key = fc.oneof(text, safe, fc.tuple(text, safe).map((pair) => PyTuple.from<unknown>(pair)));

function uniqueKeys(keys: unknown[]): unknown[] {
  const seen = new Set<string>();
  return keys.filter((one) => {
    const name = Array.isArray(one) ? JSON.stringify([...one]) : `${typeof one}${String(one)}`;
    return !seen.has(name) && seen.add(name);
  });
}

const { value } = fc.letrec((tie) => {
  const items = fc.array(tie("value"), { maxLength: 5 });
  const pairs = fc.array(fc.tuple(key, tie("value")), { maxLength: 5 });
  const entries = (list: [unknown, unknown][]) => {
    const known = new Set(uniqueKeys(list.map(([one]) => one)));
    return list.filter(([one]) => known.delete(one));
  };
  return {
    value: fc.oneof(
      { maxDepth: 4, depthIdentifier: "value" },
      scalar,
      items,
      items.map((list) => PyTuple.from<unknown>(list)),
      // the exact load makes Maps of all dicts
      pairs.map((list) => new Map(entries(list))),
      fc.array(fc.tuple(text, tie("value")), { maxLength: 5 }).map((list) =>
        new Map(entries(list))
      ),
      fc.array(key, { maxLength: 5 }).map((list) => new Set(uniqueKeys(list))),
      fc.array(key, { maxLength: 5 }).map((list) => new PyFrozenSet(uniqueKeys(list))),
      pairs.map((list) => new PyOrderedDict(entries(list))),
      pairs.map((list) => new PyCounter(entries(list) as never)),
      pairs.map((list) => {
        const made = new PyDefaultDict<unknown, unknown>(entries(list));
        made.factory = new PyGlobal("builtins", "list");
        return made;
      }),
      items.map((list) => {
        const made = new PyDeque<unknown>();
        for (const item of list) made.push(item);
        return made;
      }),
    ),
  };
});

for (const dialect of ["c", "python"] as const) {
  for (const protocol of PROTOCOLS) {
    test(`exact: any value comes back equal, protocol ${protocol}, dialect ${dialect}`, () => {
      fc.assert(
        fc.property(value, (given) => {
          const bytes = picklerBytes(given, { protocol }, { dialect });
          const back = loads(bytes, { exact: true });
          assert.deepEqual(back, given);
          assert.deepEqual(picklerBytes(back, { protocol }, { dialect }), bytes);
        }),
        { numRuns: 150, seed: 42 + protocol },
      );
    });
  }
}

test("JSON comes back equal without exact", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom(...PROTOCOLS), (given, protocol) => {
      assert.deepEqual(loads(picklerBytes(given, { protocol }, {})), given);
    }),
    { numRuns: 500, seed: 7 },
  );
});

test("equal strings written apart come back equal", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (given) => {
      assert.deepEqual(loads(picklerBytes(given, { strings: "distinct" }, {})), given);
    }),
    { numRuns: 200, seed: 8 },
  );
});
