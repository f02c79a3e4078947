/** Broken pickles: cut short, with flipped bytes, or read in tiny pieces. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Random } from "../tests/random.ts";
import { raw } from "../tests/raw.ts";
import { LarderError, UnpicklingError } from "../errors.ts";
import type { SyncReader } from "../io/source.ts";
import { PyArray, PyCounter, PyDefaultDict, PyDeque, PyOrderedDict } from "./collections.ts";
import { PyDate, PyDateTime, PyTime, PyTimedelta, PyTimezone } from "./datetime.ts";
import { PickleStream, runAsync, runSync } from "./driver.ts";
import type { UnpickleOptions } from "./options.ts";
import { dumps, loads } from "./pickle.ts";
import { Unpickler } from "./unpickler.ts";
import {
  PyByteArray,
  PyComplex,
  PyFloat,
  PyFrozenSet,
  PyGlobal,
  PyObject,
  PyTuple,
  tuple,
} from "./values.ts";

const PROTOCOLS = [0, 1, 2, 3, 4, 5];

/** A value that needs every kind of opcode which the writer knows. */
function sample(): unknown {
  const shared = [1, 2];
  const object = new PyObject({
    how: "newobj_ex",
    callable: new PyGlobal("m", "Outer.Inner"),
    args: tuple(1) as PyTuple,
    kwargs: new Map([["key", 1]]),
  });
  object.states.push({ value: { me: object } });
  object.items.push(1, 2);
  object.entries.push(["a", 1]);
  const deque = new PyDeque<unknown>();
  deque.push(1, 2);
  const defaults = new PyDefaultDict<unknown, unknown>([["a", []]]);
  defaults.factory = new PyGlobal("builtins", "list");
  return [
    ...[
      null,
      true,
      false,
      0,
      255,
      256,
      -1,
      2 ** 31,
      2n ** 70n,
      -(2n ** 2100n),
      1.5,
      new PyFloat(1),
    ],
    ...["", "a", "text", "é\ud800😀\n\\", "x".repeat(300), new Uint8Array(300), new PyByteArray(3)],
    ...[tuple(), tuple(1), tuple(1, 2), tuple(1, 2, 3), tuple(1, 2, 3, shared), shared],
    ...[{ a: 1, b: shared }, new Map<unknown, unknown>([[1, 2], ["a", 3], [tuple(1), 4]])],
    ...[new Set([1, "b"]), new PyFrozenSet([1]), new PyComplex(1, -2), new PyDate(2024, 1, 1)],
    new PyDateTime(2024, 1, 1, { tzinfo: new PyTimezone(new PyTimedelta(0, 3600), "X") }),
    ...[new PyTime({ hour: 1 }), new PyOrderedDict([[1, 2]]), new PyCounter([["a", 1]])],
    ...[deque, defaults, new PyArray("h", Int16Array.of(1, -2)), object],
  ];
}

for (const protocol of PROTOCOLS) {
  test(`a pickle of protocol ${protocol} cut at any byte is an UnpicklingError`, () => {
    const bytes = dumps(sample(), { protocol });
    for (let end = 0; end < bytes.length; end++) {
      assert.throws(
        () => loads(bytes.subarray(0, end)),
        (error) => error instanceof UnpicklingError && typeof error.offset === "number",
        `cut at ${end} of ${bytes.length}`,
      );
    }
  });

  test(`flipped bytes in protocol ${protocol} give a value or a LarderError`, () => {
    const bytes = dumps(sample(), { protocol });
    const inherited = Reflect.ownKeys(Object.prototype).length;
    const random = new Random(1000 + protocol);
    for (let round = 0; round < 4000; round++) {
      const broken = bytes.slice();
      for (let flips = 1 + random.below(3); flips > 0; flips--) {
        broken[random.below(broken.length)] = random.below(256);
      }
      const options: UnpickleOptions = random.below(2) === 0 ? {} : { exact: true };
      try {
        loads(broken, options);
      } catch (error) {
        if (!(error instanceof LarderError)) {
          throw new Error(`round ${round}: ${[...broken]}`, { cause: error });
        }
      }
    }
    assert.equal(Reflect.ownKeys(Object.prototype).length, inherited);
  });

  test(`protocol ${protocol} read byte by byte gives the same value`, async () => {
    const bytes = dumps([sample(), "x".repeat(70_000), new Uint8Array(70_000)], { protocol });
    for (const step of [1, 3, 1000]) {
      for (const exact of [true, false]) {
        const reader = pieces(bytes, step, exact);
        const stream = new PickleStream(reader);
        const value = runSync(stream.load(new Unpickler({ exact: true })), reader);
        assert.deepEqual(dumps(value, { protocol }), bytes);
      }
    }
    const inner = pieces(bytes, 7, false);
    const reader = {
      remaining: undefined,
      exact: false,
      read: (into: Uint8Array) => Promise.resolve(inner.read(into)),
      unread: () => Promise.resolve(),
      close: () => Promise.resolve(),
    };
    const value = await runAsync(
      new PickleStream(reader).load(new Unpickler({ exact: true })),
      reader,
    );
    assert.deepEqual(dumps(value, { protocol }), bytes);
  });
}

test("random bytes give a value or a LarderError", () => {
  const random = new Random(7);
  const opcodes = dumps(sample()).filter((byte) => byte > 32);
  for (let round = 0; round < 20_000; round++) {
    const bytes = Uint8Array.from(
      { length: 1 + random.below(40) },
      () => random.pick(opcodes as never),
    );
    bytes[bytes.length - 1] = 0x2e;
    try {
      loads(bytes, { extensions: new Map(), persistentLoad: (id) => id });
    } catch (error) {
      if (!(error instanceof LarderError)) throw new Error(`${[...bytes]}`, { cause: error });
    }
  }
});

test("several pickles of one stream are read one after the other, in tiny pieces too", () => {
  const bytes = new Uint8Array([...dumps([1]), ...dumps("two"), ...dumps(3)]);
  const reader = pieces(bytes, 1, false);
  const stream = new PickleStream(reader);
  const values: unknown[] = [];
  while (runSync(stream.hasMore(), reader)) {
    values.push(runSync(stream.load(new Unpickler()), reader));
  }
  assert.deepEqual(values, [[1], "two", 3]);
});

test("a payload of more than a MiB comes through a reader of small pieces", () => {
  const payload = Uint8Array.from({ length: 3_000_000 }, (_, i) => i & 0xff);
  const text = "é".repeat(1_000_000);
  for (const protocol of [2, 3, 4, 5]) {
    const bytes = dumps([payload, text, new PyByteArray(payload)], { protocol });
    const reader = pieces(bytes, 65_537, false);
    const value = runSync(new PickleStream(reader).load(new Unpickler()), reader) as unknown[];
    assert.deepEqual(value[0], payload);
    assert.equal(value[1], text);
    assert.deepEqual(value[2], new PyByteArray(payload));
  }
});

test("a stream that ends early inside a large payload is an UnpicklingError", () => {
  const bytes = dumps(new Uint8Array(2_000_000)).subarray(0, 1_500_000);
  const reader = pieces(bytes, 100_000, false);
  assert.throws(
    () => runSync(new PickleStream(reader).load(new Unpickler()), reader),
    (error) => error instanceof UnpicklingError && /the file ends after/.test(error.message),
  );
});

test("a length that a stream does not keep costs no more memory than what came", () => {
  for (const start of ["\x80\x04\x95", "\x80\x05\x8d", "\x80\x05\x8e", "\x80\x05\x96"]) {
    const bytes = raw(`${start}\0\0\0\0\x10\0\0\0${"N".repeat(60)}`); // 64 GiB
    const reader = pieces(bytes, 1, false);
    let largest = 0;
    const read = (into: Uint8Array) => {
      largest = Math.max(largest, into.buffer.byteLength);
      return reader.read(into);
    };
    const stream = new PickleStream(reader);
    assert.throws(
      () => runSync(stream.load(new Unpickler()), { ...reader, read }),
      UnpicklingError,
    );
    assert.ok(largest <= 4 * 2 ** 20, `${largest} bytes`);
  }
});

test("a line of many MiB is read in time that grows with its length", () => {
  const bytes = dumps(["x".repeat(5_000_000), 2n ** 400n], { protocol: 0 });
  const reader = pieces(bytes, 65_536, false);
  const value = runSync(new PickleStream(reader).load(new Unpickler()), reader);
  assert.deepEqual(dumps(value, { protocol: 0 }), bytes);
});

/** A reader that gives at most `step` bytes a call. */
function pieces(bytes: Uint8Array, step: number, exact: boolean): SyncReader {
  let at = 0;
  return {
    remaining: undefined,
    exact,
    read(into) {
      const count = Math.min(step, into.length, bytes.length - at);
      into.set(bytes.subarray(at, at + count));
      at += count;
      return count;
    },
    unread(count) {
      at -= count;
    },
    close() {},
  };
}
