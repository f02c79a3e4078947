/** Options, limits and what errors tell. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { LimitError, UnpicklingError } from "../errors.ts";
import { raw } from "../tests/raw.ts";
import { dumps, loads } from "./pickle.ts";

test("an unknown option is a TypeError that names the right one", () => {
  const wrong: [object, RegExp][] = [
    [{ fix_imports: true }, /"fix_imports" for loads\(\): use "fixImports"/],
    [{ unknown_classes: "error" }, /use "unknownClasses"/],
    [{ Encoding: "ASCII" }, /use "encoding"/],
    [{ colour: 1 }, /known are exact, dicts/],
  ];
  for (const [options, message] of wrong) {
    assert.throws(
      () => loads(raw("N."), options),
      (error) => error instanceof TypeError && message.test(error.message),
    );
  }
});

test("a value that an option does not take is a RangeError that lists those it does", () => {
  const wrong = [{ dicts: "maps" }, { unknownClasses: "warn" }, { dangerous: true }];
  for (const options of wrong) {
    assert.throws(
      () => loads(raw("N."), options as never),
      (error) => error instanceof RangeError && /known are "/.test(error.message),
    );
  }
});

test("limits.maxBytes holds the whole stream", () => {
  const bytes = dumps(["x".repeat(1000)]);
  assert.equal(loads<string[]>(bytes, { limits: { maxBytes: bytes.length } }).length, 1);
  for (const maxBytes of [0, 10, 1000, bytes.length - 1]) {
    assert.throws(
      () => loads(bytes, { limits: { maxBytes } }),
      (error) => error instanceof LimitError && /limits\.maxBytes/.test(error.message),
    );
  }
});

test("limits.maxItems counts the items of all containers", () => {
  const values = [
    [1, 2, 3],
    { a: 1, b: 2, c: 3 },
    new Map([[1, 1], [2, 2], [3, 3]]),
    new Set([1, 2, 3]),
    [[1], [2]].flat().concat(3),
  ];
  for (const value of values) {
    for (const protocol of [0, 2, 4]) {
      const bytes = dumps(value, { protocol });
      assert.throws(
        () => loads(bytes, { limits: { maxItems: 2 } }),
        (error) => error instanceof LimitError && /limits\.maxItems 2/.test(error.message),
      );
    }
    loads(dumps(value), { limits: { maxItems: 3 } });
  }
});

test("limits.maxDepth holds the nesting of the value", () => {
  let deep: unknown = 1;
  for (let i = 0; i < 5; i++) deep = i % 2 === 0 ? [deep] : { a: deep };
  assert.deepEqual(loads(dumps(deep), { limits: { maxDepth: 5 } }), deep);
  assert.throws(
    () => loads(dumps(deep), { limits: { maxDepth: 4 } }),
    (error) => error instanceof LimitError && /limits\.maxDepth 4/.test(error.message),
  );
});

test("a cycle is no endless depth", () => {
  const list: unknown[] = [];
  list.push(list);
  assert.equal(loads<unknown[]>(dumps(list), { limits: { maxDepth: 3 } }).length, 1);
});

test("limits.maxDepth meets a list with very many items without running out of stack", () => {
  const wide = { a: Array.from({ length: 300_000 }, () => []) };
  loads(dumps(Object.fromEntries(wide.a.map((item, i) => [`k${i}`, item]))), {
    limits: { maxDepth: 3 },
  });
});

test("an error tells the failed action, the opcode and its place", () => {
  assert.throws(
    () => loads(raw("\x80\x04K\x01K\x02a.")),
    (error) => {
      assert.ok(error instanceof UnpicklingError);
      assert.deepEqual(
        [error.name, error.offset, error.opcode],
        ["UnpicklingError", 6, "APPEND"],
      );
      assert.match(error.message, /^Cannot unpickle: .* \(APPEND at byte 6\)$/);
      return true;
    },
  );
});

test("a truncated pickle tells what is missing and where", () => {
  assert.throws(() => loads(raw("")), /Cannot read pickle at byte 0: the file ends/);
  assert.throws(() => loads(raw("\x80\x04C\x05ab")), /ends after 4 of 7 bytes needed/);
});

test("what follows the pickle is ignored", () => {
  assert.equal(loads(raw("K\x01.garbage")), 1);
});

test("an ArrayBuffer and a view into one are read", () => {
  const bytes = dumps([1]);
  assert.deepEqual(loads(bytes.buffer), [1]);
  const padded = new Uint8Array(bytes.length + 7);
  padded.set(bytes, 3);
  assert.deepEqual(loads(padded.subarray(3, 3 + bytes.length)), [1]);
});
