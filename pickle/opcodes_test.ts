/** Every opcode of protocols 0 to 5, read from pickles made by hand. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { raw } from "../tests/raw.ts";
import { UnpicklingError } from "../errors.ts";
import { OPCODES } from "./opcodes.ts";
import { loads } from "./pickle.ts";
import { PyByteArray, PyFrozenSet, PyGlobal, PyObject, PyTuple, tuple } from "./values.ts";

const READ: Record<string, [pickle: string, value: unknown][]> = {
  NONE: [["N.", null]],
  NEWTRUE: [["\x88.", true]],
  NEWFALSE: [["\x89.", false]],
  INT: [
    ["I0\n.", 0],
    ["I-12\n.", -12],
    ["I01\n.", true],
    ["I00\n.", false],
    ["I9007199254740993\n.", 9007199254740993n],
  ],
  LONG: [["L5L\n.", 5], ["L-5\n.", -5], ["L123456789012345678901L\n.", 123456789012345678901n]],
  BININT: [["J\xff\xff\xff\xff.", -1], ["J\x00\x00\x00\x80.", -(2 ** 31)]],
  BININT1: [["K\xff.", 255]],
  BININT2: [["M\xff\xff.", 65535]],
  LONG1: [
    ["\x8a\x00.", 0],
    ["\x8a\x01\xff.", -1],
    ["\x8a\x02\x00\x80.", -32768],
    ["\x8a\x08\x00\x00\x00\x00\x00\x00\x00\x80.", -(2n ** 63n)],
    ["\x8a\x09\x00\x00\x00\x00\x00\x00\x00\x80\x00.", 2n ** 63n],
  ],
  LONG4: [["\x8b\x01\x00\x00\x00\x07.", 7], ["\x8b\x00\x00\x00\x00.", 0]],
  FLOAT: [["F1.5\n.", 1.5], ["F-inf\n.", -Infinity], ["Fnan\n.", NaN], ["F1e-05\n.", 1e-5]],
  BINFLOAT: [["G\x3f\xf8\x00\x00\x00\x00\x00\x00.", 1.5]],
  UNICODE: [["Va\\u2603\\U0001f600\xe9\\x\n.", "a☃😀é\\x"], ["V\n.", ""]],
  BINUNICODE: [["X\x03\x00\x00\x00\xe2\x98\x83.", "☃"]],
  SHORT_BINUNICODE: [["\x8c\x02\xc3\xa9.", "é"], ["\x8c\x00.", ""]],
  BINUNICODE8: [["\x8d\x01\x00\x00\x00\x00\x00\x00\x00a.", "a"]],
  STRING: [["S'a\\n\\x41\\101\\''\n.", "a\nAA'"], ['S"\'"\n.', "'"]],
  BINSTRING: [["T\x02\x00\x00\x00ab.", "ab"]],
  SHORT_BINSTRING: [["U\x02ab.", "ab"]],
  BINBYTES: [["B\x02\x00\x00\x00\x00\xff.", Uint8Array.of(0, 255)]],
  SHORT_BINBYTES: [["C\x01\x07.", Uint8Array.of(7)]],
  BINBYTES8: [["\x8e\x01\x00\x00\x00\x00\x00\x00\x00\x07.", Uint8Array.of(7)]],
  BYTEARRAY8: [["\x96\x01\x00\x00\x00\x00\x00\x00\x00\x07.", new PyByteArray([7])]],
  EMPTY_LIST: [["].", []]],
  APPEND: [["]K\x01a.", [1]]],
  APPENDS: [["](K\x01K\x02e.", [1, 2]], ["](e.", []]],
  LIST: [["(K\x01K\x02l.", [1, 2]], ["(l.", []]],
  EMPTY_TUPLE: [[").", tuple()]],
  TUPLE1: [["K\x01\x85.", tuple(1)]],
  TUPLE2: [["K\x01K\x02\x86.", tuple(1, 2)]],
  TUPLE3: [["K\x01K\x02K\x03\x87.", tuple(1, 2, 3)]],
  TUPLE: [["(K\x01K\x02t.", tuple(1, 2)], ["(t.", tuple()]],
  EMPTY_DICT: [["}.", {}]],
  DICT: [["(U\x01aK\x01d.", { a: 1 }], ["(K\x01K\x02d.", new Map([[1, 2]])]],
  SETITEM: [["}U\x01aK\x01s.", { a: 1 }]],
  SETITEMS: [["}(U\x01aK\x01U\x01bK\x02u.", { a: 1, b: 2 }], ["}(u.", {}]],
  EMPTY_SET: [["\x8f.", new Set()]],
  ADDITEMS: [["\x8f(K\x01K\x02\x90.", new Set([1, 2])]],
  FROZENSET: [["(K\x01\x91.", new PyFrozenSet([1])]],
  POP: [["K\x01K\x020.", 1], ["K\x01(0.", 1]],
  POP_MARK: [["K\x01(K\x02K\x031.", 1]],
  DUP: [["K\x012\x86.", tuple(1, 1)]],
  PUT: [["K\x01p7\ng7\n\x86.", tuple(1, 1)]],
  GET: [["K\x01p0\n0g0\n.", 1]],
  BINPUT: [["K\x01q\x00h\x00\x86.", tuple(1, 1)]],
  BINGET: [["K\x01q\x010h\x01.", 1]],
  LONG_BINPUT: [["K\x01r\x00\x01\x00\x00j\x00\x01\x00\x00\x86.", tuple(1, 1)]],
  LONG_BINGET: [["K\x01q\x000j\x00\x00\x00\x00.", 1]],
  MEMOIZE: [["K\x01\x94h\x00\x86.", tuple(1, 1)]],
  GLOBAL: [["ccollections\nCounter\n.", new PyGlobal("collections", "Counter")]],
  STACK_GLOBAL: [["\x80\x04\x8c\x01a\x8c\x03b.c\x93.", new PyGlobal("a", "b.c")]],
  REDUCE: [["cm\nf\n(K\x01tR.", reduced("reduce", tuple(1))]],
  NEWOBJ: [["cm\nf\n)\x81.", reduced("newobj", tuple())]],
  NEWOBJ_EX: [["cm\nf\n)}\x92.", reduced("newobj_ex", tuple(), {})]],
  INST: [["(K\x01im\nf\n.", reduced("inst", tuple(1))]],
  OBJ: [["(cm\nf\nK\x01o.", reduced("obj", tuple(1))]],
  BUILD: [["cm\nf\n)\x81}b.", withState(reduced("newobj", tuple()), {})]],
  MARK: [["((tt.", tuple(tuple())]],
  PROTO: [["\x80\x05N.", null]],
  FRAME: [["\x80\x04\x95\x02\x00\x00\x00\x00\x00\x00\x00N.", null]],
  STOP: [["N.", null]],
};

function reduced(how: PyObject["how"], args: PyTuple, kwargs?: Record<string, unknown>): PyObject {
  const callable = new PyGlobal("m", "f");
  return new PyObject({ how, callable, args, ...(kwargs === undefined ? {} : { kwargs }) });
}

function withState(object: PyObject, value: unknown): PyObject {
  object.states.push({ value });
  return object;
}

/** Opcodes that need an option, tested below. */
const WITH_OPTIONS = [
  ..."PERSID BINPERSID EXT1 EXT2 EXT4 NEXT_BUFFER READONLY_BUFFER".split(" "),
];

for (const [name, cases] of Object.entries(READ)) {
  test(`loads() carries out ${name}`, () => {
    for (const [pickle, value] of cases) assert.deepEqual(loads(raw(pickle)), value, pickle);
  });
}

test("all opcodes of protocols 0 to 5 are tested here", () => {
  const names = OPCODES.filter((opcode) => opcode !== undefined).map((opcode) => opcode!.name);
  assert.equal(names.length, 68);
  assert.deepEqual(names.sort(), [...Object.keys(READ), ...WITH_OPTIONS].sort());
});

test("each byte that is no opcode is an UnpicklingError that names it", () => {
  for (let byte = 0; byte < 256; byte++) {
    if (OPCODES[byte] !== undefined) continue;
    const hex = byte.toString(16).padStart(2, "0");
    assert.throws(
      () => loads(Uint8Array.of(byte, 0x2e)),
      (error) =>
        error instanceof UnpicklingError && error.offset === 0 &&
        error.message.includes(`invalid opcode 0x${hex}`),
    );
  }
});

test("each opcode that takes values from an empty stack is an UnpicklingError", () => {
  const takers = "0 1 2 . R \x81 \x92 \x93 a e s u \x85 \x86 \x87 t l d b o \x90 \x91 \x94 Q \x98";
  for (const char of takers.split(" ")) {
    assert.throws(() => loads(raw(`${char}.`)), UnpicklingError, char);
  }
});

test("a MARK hides what lies below it", () => {
  for (
    const pickle of ["](a.", "K\x01(\x85.", "K\x01(.", "}K\x01(K\x02s.", "K\x01(2.", "K\x01(\x94."]
  ) {
    assert.throws(() => loads(raw(pickle)), UnpicklingError, pickle);
  }
});

test("an odd number of dict items is an UnpicklingError", () => {
  assert.throws(() => loads(raw("(K\x01d.")), /odd number of items for DICT/);
  assert.throws(() => loads(raw("}(K\x01u.")), /odd number of items for SETITEMS/);
});

test("items for a value that takes none are an UnpicklingError", () => {
  for (const pickle of ["K\x01K\x02a.", ")K\x02a.", "]K\x01K\x02s.", "}(K\x01\x90.", "K\x01}b."]) {
    assert.throws(() => loads(raw(pickle)), UnpicklingError, pickle);
  }
});

test("a call of what is no global, or with arguments that are no tuple, is an UnpicklingError", () => {
  for (
    const pickle of ["K\x01)R.", "cm\nf\n]R.", "cm\nf\nN\x81.", "cm\nf\n)K\x01\x92.", "(K\x01o."]
  ) {
    assert.throws(() => loads(raw(pickle)), UnpicklingError, pickle);
  }
});

test("PROTO above 5 is an UnpicklingError that tells the protocol", () => {
  assert.throws(() => loads(raw("\x80\x06N.")), /pickle protocol 6 is not supported/);
});

test("bad numbers and quotes are UnpicklingErrors", () => {
  for (
    const pickle of [
      "Iabc\n.",
      "I\n.",
      "L1.5L\n.",
      "Fone\n.",
      "Sabc\n.",
      "S'a\n.",
      "pa\n.",
      "g-1\n.",
    ]
  ) {
    assert.throws(() => loads(raw(pickle)), UnpicklingError, pickle);
  }
});

test("text that is not UTF-8 is an UnpicklingError", () => {
  for (const text of ["\xff", "\xc0\x80", "\xe2\x98", "\xf5\x80\x80\x80"]) {
    const pickle = raw(`\x8c${String.fromCharCode(text.length)}${text}.`);
    assert.throws(() => loads(pickle), /not valid UTF-8/);
  }
});

test("negative lengths are UnpicklingErrors", () => {
  for (const pickle of ["T\xff\xff\xff\xffab.", "\x8b\xff\xff\xff\xffab."]) {
    assert.throws(() => loads(raw(pickle)), /negative length/);
  }
});

test("lengths beyond the file are UnpicklingErrors before anything is allocated", () => {
  const huge = "\xff\xff\xff\xff\xff\xff\xff\x7f";
  const starts = [
    "B\xff\xff\xff\xff",
    "X\xff\xff\xff\xff",
    `\x8e${huge}`,
    `\x8d${huge}`,
    `\x96${huge}`,
  ];
  for (
    const start of [...starts, `\x95${huge}`, "\x8b\xff\xff\xff\x7f", "\x8e" + "\xff".repeat(8)]
  ) {
    assert.throws(() => loads(raw(`\x80\x05${start}abc.`)), UnpicklingError, start);
  }
});

test("PERSID and BINPERSID ask persistentLoad", () => {
  const persistentLoad = (id: unknown) => ({ id });
  assert.deepEqual(loads(raw("Pabc\n."), { persistentLoad }), { id: "abc" });
  assert.deepEqual(loads(raw("K\x05Q."), { persistentLoad }), { id: 5 });
});

test("a persistent id may stand for undefined and be memoized", () => {
  assert.deepEqual(
    loads(raw("K\x05Q\x940h\x00\x85."), { persistentLoad: () => undefined }),
    tuple(undefined),
  );
});

test("a persistent id without persistentLoad names the option", () => {
  assert.throws(() => loads(raw("Pabc\n.")), /needs the option `persistentLoad`/);
});

test("EXT1, EXT2 and EXT4 look into extensions", () => {
  const extensions = new Map<number, [string, string]>([
    [1, ["m", "A"]],
    [0x1234, ["m", "B"]],
    [0x12345678, ["m", "C"]],
  ]);
  assert.deepEqual(loads(raw("\x82\x01."), { extensions }), new PyGlobal("m", "A"));
  assert.deepEqual(loads(raw("\x83\x34\x12."), { extensions }), new PyGlobal("m", "B"));
  assert.deepEqual(loads(raw("\x84\x78\x56\x34\x12."), { extensions }), new PyGlobal("m", "C"));
});

test("an extension code that is unknown or not positive is an UnpicklingError", () => {
  assert.throws(() => loads(raw("\x82\x02.")), /code 2 is not registered.*`extensions`/);
  assert.throws(() => loads(raw("\x82\x00.")), /code 0 is not valid/);
  assert.throws(() => loads(raw("\x84\xff\xff\xff\xff.")), /code -1 is not valid/);
});

test("NEXT_BUFFER takes the buffers in order, READONLY_BUFFER makes bytes of one", () => {
  const buffers = [Uint8Array.of(1), Uint8Array.of(2)];
  assert.deepEqual(
    loads(raw("\x80\x05\x97\x97\x98\x86."), { buffers }),
    tuple(new PyByteArray([1]), Uint8Array.of(2)),
  );
});

test("a buffer is not copied", () => {
  const buffer = Uint8Array.of(1, 2, 3);
  const value = loads<Uint8Array>(raw("\x80\x05\x97."), { buffers: [buffer] });
  value[0] = 9;
  assert.equal(buffer[0], 9);
});

test("too few buffers, or none, are UnpicklingErrors that name the option", () => {
  assert.throws(() => loads(raw("\x80\x05\x97.")), /give its `buffers`/);
  assert.throws(() => loads(raw("\x80\x05\x97."), { buffers: [] }), /not enough out-of-band/);
  assert.throws(() => loads(raw("\x80\x05N\x98.")), UnpicklingError);
});
