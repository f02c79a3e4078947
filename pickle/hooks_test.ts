/** The seams of the pickler, each by itself; hash/ uses them together. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { PicklingError } from "../errors.ts";
import { PyOrderedDict } from "./collections.ts";
import { dis } from "./dis.ts";
import type { PicklerHooks } from "./hooks.ts";
import { Op } from "./opcodes.ts";
import { picklerBytes } from "./pickle.ts";
import { BYTE, SAVE } from "./spelling.ts";
import { PyGlobal } from "./values.ts";

/** The names of the opcodes with their arguments, without PROTO and STOP. */
function opcodes(value: unknown, hooks: PicklerHooks): string[] {
  const text = dis(picklerBytes(value, { protocol: 3 }, { dialect: "python", ...hooks }));
  const lines = text.trimEnd().split("\n").slice(1, -2);
  return lines.map((line) => line.slice(7).trim().replace(/ +/g, " "));
}

/** Keys and values in turn, sorted by key. */
function sortedItems(entries: Iterable<readonly [unknown, unknown]>): unknown[] {
  return [...entries].sort((a, b) => String(a[0]) < String(b[0]) ? -1 : 1).flat();
}

test("keyOrder says in which order an ordinary object is written", () => {
  const hooks = { keyOrder: (keys: string[]) => keys.sort() };
  assert.deepEqual(
    picklerBytes({ b: [1], a: { d: 2, c: 3 } }, { protocol: 3 }, hooks),
    picklerBytes({ a: { c: 3, d: 2 }, b: [1] }, { protocol: 3 }, {}),
  );
});

test("itemOrder says in which order Maps and the entries of objects are written", () => {
  const hooks = { itemOrder: sortedItems };
  const entries: [string, unknown][] = [["b", [1]], ["c", 5], ["a", new Map([["x", 1]])]];
  const sorted = sortedItems(entries);
  const pairs = [0, 2, 4].map((i) => [sorted[i], sorted[i + 1]] as [string, unknown]);
  for (const dict of [Map, PyOrderedDict] as (new (from: typeof pairs) => object)[]) {
    const written = picklerBytes(new dict(entries), { protocol: 3 }, hooks);
    assert.deepEqual(written, picklerBytes(new dict(pairs), { protocol: 3 }, {}));
  }
});

test("itemOrder may leave nothing of a dict", () => {
  assert.deepEqual(opcodes(new Map([[1, 2]]), { itemOrder: () => [] }), [
    "} EMPTY_DICT",
    "q BINPUT 0",
  ]);
});

test("memoize: objects keeps text and bytes out of the memo, and refers to lists", () => {
  const bytes = Uint8Array.of(1);
  const list = ["ab", bytes];
  assert.deepEqual(opcodes([list, list, "ab", bytes], { memoize: "objects" }), [
    ...["] EMPTY_LIST", "q BINPUT 0", "( MARK", "] EMPTY_LIST", "q BINPUT 1", "( MARK"],
    ...['X BINUNICODE "ab"', 'C SHORT_BINBYTES b"\\x01"', "e APPENDS (MARK at 9)", "h BINGET 1"],
    ...['X BINUNICODE "ab"', 'C SHORT_BINBYTES b"\\x01"', "e APPENDS (MARK at 5)"],
  ]);
});

test("memoize: none refers to nothing", () => {
  const list = [new PyGlobal("m", "f")];
  const hooks = { memoize: "none" } as const;
  const copies = [[new PyGlobal("m", "f")], [new PyGlobal("m", "f")]];
  const written = opcodes([list, list], hooks);
  assert.deepEqual(written, opcodes(copies, hooks));
  assert.ok(!written.some((line) => /PUT|GET/.test(line)));
});

test("reduce spells an object, or leaves nothing of it", () => {
  const one = new PyGlobal("m", "one");
  const none = new PyGlobal("m", "none");
  const hooks: PicklerHooks = {
    reduce: (value) => value === one ? [SAVE, 1, BYTE, Op.TUPLE1] : value === none ? [] : undefined,
  };
  assert.deepEqual(opcodes(one, hooks), ["K BININT1 1", "\\x85 TUPLE1"]);
  assert.deepEqual(picklerBytes(none, { protocol: 3 }, hooks), Uint8Array.of(0x80, 3, 0x2e));
});

test("instance changes what is written of an object of a class", () => {
  class Empty {
    static pyClass = "m.Empty";
  }
  const hooks: PicklerHooks = { instance: ({ state: _, ...others }) => others };
  assert.deepEqual(opcodes(new Empty(), hooks), [
    ...['c GLOBAL "m Empty"', "q BINPUT 0", ") EMPTY_TUPLE", "\\x81 NEWOBJ", "q BINPUT 1"],
  ]);
});

test("action names what failed, and fail() tells the place", () => {
  assert.throws(
    () => picklerBytes({ a: [() => 1] }, {}, { action: "hash" }),
    (error: PicklingError) =>
      error.path === "$.a[0]" && error.message.startsWith("Cannot hash the value at $.a[0]: "),
  );
  const hooks: PicklerHooks = {
    reduce(value, pickler) {
      throw pickler.fail(`no ${String(value)}`);
    },
  };
  assert.throws(
    () => picklerBytes([new PyGlobal("m", "f")], {}, hooks),
    /Cannot pickle the value at \$\[0\]: no m\.f/,
  );
});
