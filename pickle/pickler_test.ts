/** What the writer makes of values, and which it refuses. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { LarderError, PicklingError } from "../errors.ts";
import { dis, genops } from "./dis.ts";
import { PickleBuffer } from "./pickle_buffer.ts";
import { dumps, loads } from "./pickle.ts";
import { PyByteArray, PyComplex, PyFloat, PyGlobal, PyObject, PyTuple, tuple } from "./values.ts";

const PROTOCOLS = [0, 1, 2, 3, 4, 5];

function opcodes(bytes: Uint8Array): string[] {
  return [...genops(bytes)].map(({ opcode }) => opcode.name);
}

function refusal(value: unknown): PicklingError {
  try {
    dumps(value);
  } catch (error) {
    if (error instanceof PicklingError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

test("the protocol is 4, null means 4 and -1 means 5", () => {
  assert.equal(dumps(1)[1], 4);
  assert.equal(dumps(1, { protocol: null })[1], 4);
  assert.equal(dumps(1, { protocol: -1 })[1], 5);
  for (const protocol of [6, -2, 1.5, NaN]) {
    assert.throws(() => dumps(1, { protocol }), RangeError);
  }
});

test("an unknown option is a TypeError that names the right one", () => {
  const wrong: [object, RegExp][] = [
    [{ buffer_callback: 1 }, /"buffer_callback" for dumps\(\): use "bufferCallback"/],
    [{ fix_imports: true }, /use "fixImports"/],
    [{ protocoll: 2 }, /known are protocol,/],
  ];
  for (const [options, message] of wrong) {
    assert.throws(
      () => dumps(1, options),
      (error) => error instanceof TypeError && message.test(error.message),
    );
  }
});

test("a value without a counterpart is refused with its place and what to do", () => {
  class Mine {}
  const values = [
    () => 1,
    Symbol("s"),
    Promise.resolve(),
    /x/,
    new WeakMap(),
    new Error("e"),
    new URL("http://a/"),
    new Mine(),
    (function* () {})(),
  ];
  for (const value of values) {
    const error = refusal({ models: [1, { coef_: value }] });
    assert.equal(error.path, "$.models[1].coef_");
    assert.match(error.message, /at \$\.models\[1\]\.coef_: .*(registerClass|counterpart)/);
  }
});

test("the place in a value names odd keys, tuples, Maps and instances", () => {
  const bad = () => {};
  assert.equal(refusal(bad).path, "$");
  assert.equal(refusal({ "a b": bad }).path, '$["a b"]');
  assert.equal(refusal([tuple(1, bad)]).path, "$[0][1]");
  assert.match(refusal([[], new Map([[1, bad]])]).path!, /^\$\[1\]/);
  const object = new PyObject({ callable: new PyGlobal("m", "C") });
  object.states.push({ value: { x: bad } });
  assert.match(refusal(object).path!, /x/);
});

test("an invalid Date is refused with its place", () => {
  const error = refusal([new Date(NaN)]);
  assert.equal(error.path, "$[0]");
  assert.match(error.message, /invalid Date/);
});

test("errors of the writer are LarderErrors with their class's name", () => {
  const error = refusal(Symbol());
  assert.ok(error instanceof LarderError);
  assert.equal(error.name, "PicklingError");
});

test("ints take the shortest opcode", () => {
  const cases: [number | bigint, string][] = [
    [0, "BININT1"],
    [255, "BININT1"],
    [256, "BININT2"],
    [65535, "BININT2"],
    [65536, "BININT"],
    [-1, "BININT"],
    [2 ** 31 - 1, "BININT"],
    [-(2 ** 31), "BININT"],
    [2 ** 31, "LONG1"],
    [Number.MAX_SAFE_INTEGER, "LONG1"],
    [5n, "BININT1"],
    [-1n, "BININT"],
    [2n ** 2039n - 1n, "LONG1"],
    [2n ** 2039n, "LONG4"],
  ];
  for (const [value, name] of cases) {
    const bytes = dumps(value, { protocol: 2 });
    assert.equal(opcodes(bytes)[1], name, `${value}`);
    assert.equal(BigInt(loads<number>(bytes)), BigInt(value));
  }
});

test("numbers that are no safe integer are floats", () => {
  for (const value of [1.5, 2 ** 53, 1e300, NaN, Infinity, -Infinity, -0, new PyFloat(1)]) {
    assert.equal(opcodes(dumps(value, { protocol: 2 }))[1], "BINFLOAT");
  }
  assert.ok(Object.is(loads(dumps(-0)), -0));
});

test("bits of an unusual NaN survive an exact load and dump", () => {
  const nan = new PyFloat(NaN, 0x7ff0000000000001n);
  const back = loads<PyFloat>(dumps(nan), { exact: true });
  assert.equal(back.bits, 0x7ff0000000000001n);
  assert.deepEqual(dumps(back), dumps(nan));
  assert.equal(loads(dumps(NaN), { exact: true }), NaN);
});

test("exact keeps 1.0 apart from 1", () => {
  const value = [1, new PyFloat(1), new PyFloat(-0), 1.5];
  assert.deepEqual(loads(dumps(value), { exact: true }), value);
  assert.deepEqual(loads(dumps(value)), [1, 1, -0, 1.5]);
});

test("all kinds of binary values are bytes", () => {
  const bytes = Uint8Array.of(1, 2, 3);
  const values = [bytes, bytes.buffer, new DataView(bytes.buffer), bytes.subarray(0)];
  for (const value of values) {
    for (const protocol of PROTOCOLS) assert.deepEqual(loads(dumps(value, { protocol })), bytes);
  }
  const shared = new SharedArrayBuffer(3);
  new Uint8Array(shared).set(bytes);
  assert.deepEqual(loads(dumps(shared)), bytes);
  assert.deepEqual(loads(dumps(bytes.subarray(1, 2))), Uint8Array.of(2));
});

test("a bytearray stays one in every protocol", () => {
  for (const protocol of PROTOCOLS) {
    for (const value of [new PyByteArray(0), new PyByteArray([0, 255])]) {
      const back = loads(dumps(value, { protocol }));
      assert.ok(back instanceof PyByteArray);
      assert.deepEqual(back, value);
    }
  }
});

test("complex numbers are read back in every protocol", () => {
  for (const protocol of PROTOCOLS) {
    for (
      const value of [new PyComplex(1, -2), new PyComplex(0.5, -0), new PyComplex(NaN, Infinity)]
    ) {
      assert.deepEqual(loads(dumps(value, { protocol })), value);
    }
  }
});

test("lone surrogates and astral characters survive every protocol", () => {
  const texts = [
    "\ud800",
    "\udfff",
    "a\ud83d",
    "\ude00b",
    "😀",
    "\ufffd",
    "\0\n\r\x1a\\u0041",
    "\ufeffx",
  ];
  for (const protocol of PROTOCOLS) {
    for (const text of texts) {
      assert.equal(loads(dumps(text, { protocol })), text);
      assert.deepEqual(loads(dumps({ [text]: text }, { protocol })), { [text]: text });
    }
  }
});

test("text and bytes of any size survive every protocol", () => {
  for (const length of [255, 256, 21_844, 21_846, 65_535, 65_536, 65_537, 1_048_576, 3_000_000]) {
    for (const protocol of PROTOCOLS) {
      const value = ["a", "x".repeat(length), "é".repeat(length >> 1), new Uint8Array(length), "z"];
      const back = loads<unknown[]>(dumps(value, { protocol }));
      assert.ok(value.every((item, i) => typeof item !== "string" || back[i] === item));
      assert.equal((back[3] as Uint8Array).length, length);
    }
  }
});

test("no frame of more than its target and one object, and payloads of 64 KiB stand outside", () => {
  const bytes = dumps(
    [..."x".repeat(200_000), new Uint8Array(65_536), "end"].map((c, i) => [c, i]),
  );
  let frameEnd = 2;
  for (const { opcode, argument, offset, end } of genops(bytes)) {
    if (opcode.name === "FRAME") {
      assert.equal(offset, frameEnd);
      assert.ok(Number(argument) < 65_536 + 32);
      frameEnd = end + Number(argument);
    } else if (opcode.name === "BINBYTES") {
      assert.equal(offset, frameEnd);
      frameEnd = end;
    } else if (opcode.name !== "PROTO") assert.ok(end <= frameEnd);
  }
  assert.equal(frameEnd, bytes.length);
});

test("a pickle of fewer than 4 bytes has no FRAME", () => {
  assert.deepEqual(opcodes(dumps(null)), ["PROTO", "NONE", "STOP"]);
  assert.deepEqual(opcodes(dumps([])), ["PROTO", "EMPTY_LIST", "MEMOIZE", "STOP"]);
  assert.deepEqual(opcodes(dumps(256)), ["PROTO", "FRAME", "BININT2", "STOP"]);
});

test("extensions are written as EXT1, EXT2 and EXT4, from protocol 2 on", () => {
  const extensions = new Map([
    [1, ["m", "A"]],
    [0x100, ["m", "B"]],
    [0x10000, ["m", "C"]],
  ] as [number, [string, string]][]);
  const value = ["A", "B", "C", "D"].map((name) => new PyGlobal("m", name));
  for (const protocol of PROTOCOLS) {
    const bytes = dumps(value, { protocol, extensions });
    const found = opcodes(bytes).filter((name) => name.startsWith("EXT"));
    assert.deepEqual(found, protocol < 2 ? [] : ["EXT1", "EXT2", "EXT4"]);
    assert.deepEqual(loads(bytes, { extensions }), value);
  }
});

test("persistentId stores elsewhere what it answers an id for", () => {
  const elsewhere = new Map<unknown, unknown>([["id1", { big: true }]]);
  const big = elsewhere.get("id1");
  for (const protocol of PROTOCOLS) {
    const bytes = dumps([big, { key: big }, 1], {
      protocol,
      persistentId: (value) => value === big ? "id1" : undefined,
    });
    const back = loads<unknown[]>(bytes, { persistentLoad: (id) => elsewhere.get(id) });
    assert.equal(back[0], big);
    assert.equal((back[1] as { key: unknown }).key, big);
  }
});

test("persistent ids of protocol 0 must be lines of ASCII", () => {
  for (const id of ["a\nb", "é"]) {
    assert.throws(() => dumps(1, { protocol: 0, persistentId: () => id }), PicklingError);
  }
  assert.equal(
    loads(dumps(1, { protocol: 0, persistentId: () => 7 }), { persistentLoad: String }),
    "7",
  );
});

test("a persistent id may be any value from protocol 1 on", () => {
  for (const id of ["é", 7, 2n ** 70n, true, tuple("a", 1)]) {
    const bytes = dumps(null, { persistentId: (value) => value === null ? id : undefined });
    assert.deepEqual(loads(bytes, { persistentLoad: (given) => given }), id);
  }
});

test("buffers go out of band and come back from buffers", () => {
  const data = Uint8Array.of(1, 2, 3);
  const taken: Uint8Array[] = [];
  const bytes = dumps([new PickleBuffer(data), new PickleBuffer(data, true)], {
    protocol: 5,
    bufferCallback: (buffer) => void taken.push(buffer),
  });
  assert.deepEqual(opcodes(bytes).filter((name) => name.includes("BUFFER")), [
    "NEXT_BUFFER",
    "NEXT_BUFFER",
    "READONLY_BUFFER",
  ]);
  assert.equal(taken[0], data);
  const back = loads<Uint8Array[]>(bytes, { buffers: taken });
  assert.ok(back[0] instanceof PyByteArray && !(back[1] instanceof PyByteArray));
  assert.deepEqual([...back[0]], [1, 2, 3]);
});

test("a buffer stays in the stream where bufferCallback answers true, or there is none", () => {
  const value = [new PickleBuffer(Uint8Array.of(1)), new PickleBuffer(Uint8Array.of(2), true)];
  for (const options of [{ protocol: 5, bufferCallback: () => true }, { protocol: 5 }]) {
    assert.deepEqual(loads(dumps(value, options)), [new PyByteArray([1]), Uint8Array.of(2)]);
  }
});

test("buffers need protocol 5", () => {
  assert.throws(() => dumps(new PickleBuffer(Uint8Array.of(1))), /needs protocol 5/);
  assert.throws(() => dumps(1, { bufferCallback: () => {} }), RangeError);
});

test("a nested class is spelled for each protocol and read back", () => {
  const inner = new PyGlobal("m", "Outer.Inner.Innermost");
  for (const protocol of PROTOCOLS) {
    const back = loads<PyGlobal[]>(dumps([inner, inner], { protocol }));
    assert.deepEqual(back, [inner, inner]);
  }
});

test("a global whose name is not ASCII needs protocol 3", () => {
  const value = new PyGlobal("modül", "Klasse");
  for (const protocol of [3, 4, 5]) assert.deepEqual(loads(dumps(value, { protocol })), value);
  for (const protocol of [0, 1, 2]) assert.throws(() => dumps(value, { protocol }), /not ASCII/);
});

test("a PyObject of each kind is read back as it was, in every protocol", () => {
  const callable = new PyGlobal("m", "C");
  const args = tuple(1, "a") as PyTuple;
  const made = [
    new PyObject({ how: "newobj", callable }),
    new PyObject({ how: "newobj", callable, args }),
    new PyObject({ how: "newobj_ex", callable, args, kwargs: new Map([["k", 1]]) }),
    new PyObject({ how: "reduce", callable, args }),
    new PyObject({
      how: "reconstructor",
      callable,
      args: tuple(new PyGlobal("builtins", "object"), null) as PyTuple,
    }),
    new PyObject({ how: "inst", callable, args }),
    new PyObject({ how: "obj", callable, args }),
  ];
  for (const object of made) {
    object.states.push({ value: new Map([["x", 1]]) });
    object.items.push(1, 2);
    object.entries.push([1, 2]);
    for (const protocol of PROTOCOLS) {
      const bytes = dumps(object, { protocol });
      const back = loads<PyObject>(bytes, { exact: true });
      assert.equal(back.get("x"), 1);
      assert.deepEqual([back.items, back.entries], [[1, 2], [[1, 2]]]);
      assert.deepEqual(dumps(back, { protocol }), bytes, dis(bytes));
    }
  }
});

test("the pieces of a large pickle are those of a small buffer", () => {
  const records = Array.from(
    { length: 60_000 },
    (_, i) => ({ id: i, name: `n${i}`, values: [i, i / 2] }),
  );
  for (const protocol of PROTOCOLS) {
    assert.deepEqual(loads(dumps(records, { protocol })), records);
  }
});

test("a pickle that is made while another is does not share its memory", () => {
  const parts: Uint8Array[] = [];
  class Nested {
    static pyClass = "m.Nested";
    getState(): unknown {
      parts.push(dumps({ inner: "a", b: [1, 2] }));
      return { text: "outer" };
    }
  }
  const alone = dumps({ inner: "a", b: [1, 2] });
  const once = dumps(["before", new Nested(), "after", new Nested()]);
  assert.deepEqual(parts, [alone, alone]);
  assert.deepEqual(dumps(["before", new Nested(), "after", new Nested()]), once);
  assert.deepEqual(dumps({ inner: "a", b: [1, 2] }), alone);
  assert.equal((loads<unknown[]>(once)[3] as PyObject).get("text"), "outer");
});
