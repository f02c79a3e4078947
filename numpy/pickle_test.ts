import { test } from "node:test";
import assert from "node:assert/strict";
import { LimitError, UnpicklingError, UnsupportedError } from "../errors.ts";
import { BUILTIN_GLOBALS } from "../pickle/builtins.ts";
import { INERT, type LoadContext } from "../pickle/context.ts";
import { picklerBytes, unpickleBytes } from "../pickle/pickle.ts";
import { PyByteArray, PyComplex, PyGlobal, PyTuple, tuple } from "../pickle/values.ts";
import { DType } from "./dtype.ts";
import { MaskedArray } from "./masked.ts";
import { NDArray } from "./ndarray.ts";
import { arrayOfTyped, numpyGlobals } from "./pickle.ts";
import { NumpyScalar } from "./scalar.ts";

const globals = new Map([...BUILTIN_GLOBALS, ...numpyGlobals]);

/** Pickles by CPython 3.11 with numpy 2.4, which Python loads and dumps to the same bytes. */
const PICKLES: [name: string, protocol: number, base64: string][] = [
  // np.arange(6,dtype='<i2').reshape(2,3)
  [
    "int16 in C order",
    4,
    "gASVlwAAAAAAAACMFm51bXB5Ll9jb3JlLm11bHRpYXJyYXmUjAxfcmVjb25zdHJ1Y3SUk5SMBW51bXB5lIwHbmRh" +
    "cnJheZSTlEsAhZRDAWKUh5RSlChLAUsCSwOGlGgDjAVkdHlwZZSTlIwCaTKUiYiHlFKUKEsDjAE8lE5OTkr/////" +
    "Sv////9LAHSUYolDDAAAAQACAAMABAAFAJR0lGIu",
  ],
  // np.asfortranarray(np.arange(6,dtype='<i2').reshape(2,3))
  [
    "int16 in Fortran order",
    2,
    "gAJjbnVtcHkuX2NvcmUubXVsdGlhcnJheQpfcmVjb25zdHJ1Y3QKcQBjbnVtcHkKbmRhcnJheQpxAUsAhXECY19j" +
    "b2RlY3MKZW5jb2RlCnEDWAEAAABicQRYBgAAAGxhdGluMXEFhnEGUnEHh3EIUnEJKEsBSwJLA4ZxCmNudW1weQpk" +
    "dHlwZQpxC1gCAAAAaTJxDImIh3ENUnEOKEsDWAEAAAA8cQ9OTk5K/////0r/////SwB0cRBiiGgDWAwAAAAAAAMA" +
    "AQAEAAIABQBxEWgFhnESUnETdHEUYi4=",
  ],
  // np.arange(3,dtype='f4')
  [
    "float32 in a buffer",
    5,
    "gAWVgAAAAAAAAACME251bXB5Ll9jb3JlLm51bWVyaWOUjAtfZnJvbWJ1ZmZlcpSTlCiWDAAAAAAAAAAAAAAAAACA" +
    "PwAAAECUjAVudW1weZSMBWR0eXBllJOUjAJmNJSJiIeUUpQoSwOMATyUTk5OSv////9K/////0sAdJRiSwOFlIwB" +
    "Q5R0lFKULg==",
  ],
  // np.arange(8,dtype='u1').reshape(2,2,2).transpose(1,0,2)
  [
    "permuted axes in a buffer",
    5,
    "gAWViAAAAAAAAACME251bXB5Ll9jb3JlLm51bWVyaWOUjAtfZnJvbWJ1ZmZlcpSTlCiWCAAAAAAAAAAAAQIDBAUG" +
    "B5SMBW51bXB5lIwFZHR5cGWUk5SMAnUxlImIh5RSlChLA4wBfJROTk5K/////0r/////SwB0lGJLAksCSwKHlIwB" +
    "S5RLAUsASwKHlHSUUpQu",
  ],
  // np.frombuffer(b'abcd','u1')
  [
    "read-only buffer",
    5,
    "gAWVcQAAAAAAAACME251bXB5Ll9jb3JlLm51bWVyaWOUjAtfZnJvbWJ1ZmZlcpSTlChDBGFiY2SUjAVudW1weZSM" +
    "BWR0eXBllJOUjAJ1MZSJiIeUUpQoSwOMAXyUTk5OSv////9K/////0sAdJRiSwSFlIwBQ5R0lFKULg==",
  ],
  // np.array([[1,'x'],[None,2.5]],dtype=object,order='F')
  [
    "objects",
    4,
    "gASVnAAAAAAAAACMFm51bXB5Ll9jb3JlLm11bHRpYXJyYXmUjAxfcmVjb25zdHJ1Y3SUk5SMBW51bXB5lIwHbmRh" +
    "cnJheZSTlEsAhZRDAWKUh5RSlChLAUsCSwKGlGgDjAVkdHlwZZSTlIwCTziUiYiHlFKUKEsDjAF8lE5OTkr/////" +
    "Sv////9LP3SUYohdlChLAYwBeJROR0AEAAAAAAAAZXSUYi4=",
  ],
  // np.array([(1,None,2.0,'2020-01-02')],dtype=[('a','<i4'),('o','O'),('f','<f8'),('d','M8[D]')])
  [
    "records with objects",
    4,
    "gASVgQEAAAAAAACMFm51bXB5Ll9jb3JlLm11bHRpYXJyYXmUjAxfcmVjb25zdHJ1Y3SUk5SMBW51bXB5lIwHbmRh" +
    "cnJheZSTlEsAhZRDAWKUh5RSlChLAUsBhZRoA4wFZHR5cGWUk5SMA1YyOJSJiIeUUpQoSwOMAXyUTiiMAWGUjAFv" +
    "lIwBZpSMAWSUdJR9lChoEWgMjAJpNJSJiIeUUpQoSwOMATyUTk5OSv////9K/////0sAdJRiSwCGlGgSaAyMAk84" +
    "lImIh5RSlChLA2gQTk5OSv////9K/////0s/dJRiSwSGlGgTaAyMAmY4lImIh5RSlChLA2gaTk5OSv////9K////" +
    "/0sAdJRiSwyGlGgUaAyMAk04lImIh5RSlChLBGgaTk5OSv////9K/////0sATihDAUSUSwFLAUsBdJSGlHSUYksU" +
    "hpR1SxxLAUsbdJRiiV2UKEsBTkdAAAAAAAAAAIwIZGF0ZXRpbWWUjARkYXRllJOUQwQH5AEClIWUUpR0lGF0lGIu",
  ],
  // np.array([(1,2.5)],dtype=np.dtype({'names':['a','b'],'formats':['i1','<f8']},align=True))[:0]
  [
    "aligned struct",
    4,
    "gASV5gAAAAAAAACMFm51bXB5Ll9jb3JlLm11bHRpYXJyYXmUjAxfcmVjb25zdHJ1Y3SUk5SMBW51bXB5lIwHbmRh" +
    "cnJheZSTlEsAhZRDAWKUh5RSlChLAUsAhZRoA4wFZHR5cGWUk5SMA1YxNpSJiIeUUpQoSwOMAXyUTowBYZSMAWKU" +
    "hpR9lChoEWgMjAJpMZSJiIeUUpQoSwNoEE5OTkr/////Sv////9LAHSUYksAhpRoEmgMjAJmOJSJiIeUUpQoSwOM" +
    "ATyUTk5OSv////9K/////0sAdJRiSwiGlHVLEEsIS5B0lGKJQwCUdJRiLg==",
  ],
  // np.array([1,2],'M8[10s]')
  [
    "10-second dates",
    4,
    "gASVqQAAAAAAAACMFm51bXB5Ll9jb3JlLm11bHRpYXJyYXmUjAxfcmVjb25zdHJ1Y3SUk5SMBW51bXB5lIwHbmRh" +
    "cnJheZSTlEsAhZRDAWKUh5RSlChLAUsChZRoA4wFZHR5cGWUk5SMAk04lImIh5RSlChLBIwBPJROTk5K/////0r/" +
    "////SwBOKEMBc5RLCksBSwF0lIaUdJRiiUMQAQAAAAAAAAACAAAAAAAAAJR0lGIu",
  ],
  // np.array(['a',None],dtype=np.dtypes.StringDType(na_object=None))
  [
    "strings of any length",
    4,
    "gASVoQAAAAAAAACMFm51bXB5Ll9jb3JlLm11bHRpYXJyYXmUjAxfcmVjb25zdHJ1Y3SUk5SMBW51bXB5lIwHbmRh" +
    "cnJheZSTlEsAhZRDAWKUh5RSlChLAUsChZSMFW51bXB5Ll9jb3JlLl9pbnRlcm5hbJSMHl9jb252ZXJ0X3RvX3N0" +
    "cmluZ2R0eXBlX2t3YXJnc5STlEsBToaUUpSJXZQojAFhlE5ldJRiLg==",
  ],
  // np.array([1.5,-2],dtype=ml_dtypes.bfloat16)
  [
    "bfloat16",
    4,
    "gASVmwAAAAAAAACMFm51bXB5Ll9jb3JlLm11bHRpYXJyYXmUjAxfcmVjb25zdHJ1Y3SUk5SMBW51bXB5lIwHbmRh" +
    "cnJheZSTlEsAhZRDAWKUh5RSlChLAUsChZRoA4wFZHR5cGWUk5SMCW1sX2R0eXBlc5SMCGJmbG9hdDE2lJOUiYiH" +
    "lFKUKEsDjAE8lE5OTksCSwJLQHSUYolDBMA/AMCUdJRiLg==",
  ],
  // np.ma.array([1.5,2.5],mask=[0,1],fill_value=9)
  [
    "masked array",
    4,
    "gASVAAEAAAAAAACMDW51bXB5Lm1hLmNvcmWUjA5fbWFyZWNvbnN0cnVjdJSTlCiMCG51bXB5Lm1hlIwLTWFza2Vk" +
    "QXJyYXmUk5SMBW51bXB5lIwHbmRhcnJheZSTlEsAhZSMAWKUdJRSlChLAUsChZRoBowFZHR5cGWUk5SMAmY4lImI" +
    "h5RSlChLA4wBPJROTk5K/////0r/////SwB0lGKJQxAAAAAAAAD4PwAAAAAAAARAlEMCAAGUjBZudW1weS5fY29y" +
    "ZS5tdWx0aWFycmF5lIwMX3JlY29uc3RydWN0lJOUaAhLAIWUQwFilIeUUpQoSwEpaBKJQwgAAAAAAAAiQJR0lGJ0" +
    "lGIu",
  ],
  // [np.int64(2**62),np.float32(1.5),np.str_('hi'),np.datetime64('2020-01-01'),np.bool_(True),np.complex64(1-2j),np.bytes_(b'ab')]
  [
    "scalars",
    4,
    "gASVoQEAAAAAAABdlCiMFm51bXB5Ll9jb3JlLm11bHRpYXJyYXmUjAZzY2FsYXKUk5SMBW51bXB5lIwFZHR5cGWU" +
    "k5SMAmk4lImIh5RSlChLA4wBPJROTk5K/////0r/////SwB0lGJDCAAAAAAAAABAlIaUUpRoA2gGjAJmNJSJiIeU" +
    "UpQoSwNoCk5OTkr/////Sv////9LAHSUYkMEAADAP5SGlFKUaANoBowCVTKUiYiHlFKUKEsDaApOTk5LCEsESwh0" +
    "lGJDCGgAAABpAAAAlIaUUpRoA2gGjAJNOJSJiIeUUpQoSwRoCk5OTkr/////Sv////9LAE4oQwFElEsBSwFLAXSU" +
    "hpR0lGJDCFZHAAAAAAAAlIaUUpRoA2gGjAJiMZSJiIeUUpQoSwOMAXyUTk5OSv////9K/////0sAdJRiQwEBlIaU" +
    "UpRoA2gGjAJjOJSJiIeUUpQoSwNoCk5OTkr/////Sv////9LAHSUYkMIAACAPwAAAMCUhpRSlGgDaAaMAlMylImI" +
    "h5RSlChLA2gqTk5OSwJLAUsAdJRiQwJhYpSGlFKUZS4=",
  ],
  // [np.dtype('>i4'),np.dtype(('f8',(2,3))),np.dtype({'names':['x'],'formats':['<i2'],'titles':['T'],'offsets':[2],'itemsize':8})]
  [
    "dtypes",
    4,
    "gASV4QAAAAAAAABdlCiMBW51bXB5lIwFZHR5cGWUk5SMAmk0lImIh5RSlChLA4wBPpROTk5K/////0r/////SwB0" +
    "lGJoA4wDVjQ4lImIh5RSlChLA4wBfJRoA4wCZjiUiYiHlFKUKEsDjAE8lE5OTkr/////Sv////9LAHSUYksCSwOG" +
    "lIaUTk5LMEsISwB0lGJoA4wCVjiUiYiHlFKUKEsDaAxOjAF4lIWUfZQoaBhoA4wCaTKUiYiHlFKUKEsDaBBOTk5K" +
    "/////0r/////SwB0lGJLAowBVJSHlGgfaCB1SwhLAUsQdJRiZS4=",
  ],
  // [{'radius':1},np.dtype([(''.join(['rad','ius']),'f8'),('q','f8')])]
  [
    "a field with a name of its own",
    4,
    "gASViQAAAAAAAABdlCh9lIwGcmFkaXVzlEsBc4wFbnVtcHmUjAVkdHlwZZSTlIwDVjE2lImIh5RSlChLA4wBfJROjAZy" +
    "YWRpdXOUjAFxlIaUfZQoaApoBYwCZjiUiYiHlFKUKEsDjAE8lE5OTkr/////Sv////9LAHSUYksAhpRoC2gQSwiGlHVL" +
    "EEsBSxB0lGJlLg==",
  ],
];

function bytesOf(name: string): Uint8Array {
  const found = PICKLES.find(([known]) => known === name)!;
  return Uint8Array.from(atob(found[2]), (char) => char.charCodeAt(0));
}

function load(name: string, exact = false): unknown {
  return unpickleBytes(bytesOf(name), { globals, exact });
}

for (const [name, protocol] of PICKLES) {
  test(`a pickle of ${name} dumps back to the same bytes`, () => {
    const dumped = picklerBytes(load(name, true), { protocol }, {});
    assert.deepEqual([...dumped], [...bytesOf(name)]);
  });
}

test("arrays come with their order and values", () => {
  const c = load("int16 in C order") as NDArray;
  assert.deepEqual([c.order, c.toArray()], ["C", [[0, 1, 2], [3, 4, 5]]]);
  const f = load("int16 in Fortran order") as NDArray;
  assert.deepEqual([f.order, f.toArray()], ["F", [[0, 1, 2], [3, 4, 5]]]);
  const k = load("permuted axes in a buffer") as NDArray;
  assert.deepEqual(k.toArray(), [[[0, 1], [4, 5]], [[2, 3], [6, 7]]]);
  const o = load("objects") as NDArray;
  assert.deepEqual([o.order, o.toArray()], ["F", [[1, "x"], [null, 2.5]]]);
});

test("a buffer is writeable where Python's is", () => {
  assert.equal((load("float32 in a buffer") as NDArray).writeable, true);
  assert.equal((load("read-only buffer") as NDArray).writeable, false);
});

test("scalars are plain values, or NumpyScalar with exact", () => {
  const plain = load("scalars") as unknown[];
  assert.deepEqual(plain.slice(0, 3), [2n ** 62n, 1.5, "hi"]);
  assert.deepEqual(plain.slice(4), [true, new PyComplex(1, -2), Uint8Array.of(97, 98)]);
  assert.ok(plain[3] instanceof NumpyScalar);
  assert.equal(String(plain[3]), "2020-01-01");
  const exact = load("scalars", true) as NumpyScalar[];
  assert.deepEqual(exact.map((scalar) => scalar.dtype.str), [
    "<i8",
    "<f4",
    "<U2",
    "<M8[D]",
    "|b1",
    "<c8",
    "|S2",
  ]);
  assert.equal(Number(exact[1]) + 1, 2.5);
});

test("masked values are null", () => {
  const masked = load("masked array") as MaskedArray;
  assert.deepEqual(masked.toArray(), [1.5, null]);
  assert.equal(masked.get(1), null);
  assert.deepEqual(masked.filled().toArray(), [1.5, 9]);
  assert.deepEqual(masked.data.toArray(), [1.5, 2.5]);
});

test("StringDType keeps what stands for a missing string", () => {
  const array = load("strings of any length") as NDArray;
  assert.deepEqual(array.toArray(), ["a", null]);
  assert.equal(String(array.dtype), "StringDType(na_object=None)");
});

test("dtypes keep offsets, titles and sub-arrays", () => {
  const [foreign, sub, struct] = load("dtypes") as DType[];
  assert.equal(foreign.str, ">i4");
  assert.deepEqual([sub.base.str, sub.shape], ["<f8", [2, 3]]);
  assert.deepEqual(struct.titles, ["T"]);
  assert.equal(struct.fields!.get("x")!.offset, 2);
});

test("a typed array is a 1-D array, a Uint8Array is bytes", () => {
  assert.equal(arrayOfTyped(Float32Array.of(1))!.dtype.str, "<f4");
  assert.equal(arrayOfTyped(Uint8ClampedArray.of(1))!.dtype.str, "|u1");
  assert.equal(arrayOfTyped(new Uint8Array(1)), undefined);
  assert.equal(arrayOfTyped({}), undefined);
});

function context(options: Partial<LoadContext> = {}): LoadContext {
  return {
    exact: false,
    dicts: "object",
    encoding: "ASCII",
    protocol: 4,
    limits: {},
    offset: 0,
    warn: () => {},
    fail: (message) => new UnpicklingError(message),
    unsupported: (message) => new UnsupportedError(message),
    bytesOf: () => undefined,
    ...options,
  };
}

function build(state: PyTuple, options?: Partial<LoadContext>): NDArray {
  const args = tuple(new PyGlobal("numpy", "ndarray"), tuple(0), Uint8Array.of(98));
  const entry = globals.get("numpy.core.multiarray._reconstruct")!;
  const array = entry.reduce!(args, context(options)) as NDArray;
  array.__setstate__(state, context(options));
  return array;
}

test("foreign-endian states turn native, as numpy does", () => {
  const state = tuple(1, tuple(2), DType.from(">u2"), false, Uint8Array.of(0, 1, 0, 2));
  const array = build(state);
  assert.equal(array.dtype, DType.from("u2"));
  assert.deepEqual(array.data, Uint16Array.of(1, 2));
});

test("Python 2 states hold text for bytes, and may lack a version", () => {
  assert.deepEqual(build(tuple(tuple(2), DType.from("u1"), 0, "a\xff")).toArray(), [
    97,
    255,
  ]);
});

test("an array of objects may contain itself", () => {
  const args = tuple(new PyGlobal("numpy", "ndarray"), tuple(0), Uint8Array.of(98));
  const array = globals.get("numpy._core.multiarray._reconstruct")!
    .reduce!(args, context()) as NDArray;
  array.__setstate__(tuple(1, tuple(1), DType.from("O"), false, [array]), context());
  assert.equal(array.get(0), array);
});

test("states that do not fit are refused", () => {
  const u1 = DType.from("u1");
  const bytes = new Uint8Array(3);
  const states: unknown[][] = [
    [1, tuple(2), u1, false, bytes],
    [1, tuple(-3), u1, false, bytes],
    [1, tuple(2n ** 62n, 8), u1, false, bytes],
    [1, tuple(2 ** 40, 2 ** 40), u1, false, bytes],
    [2, tuple(3), u1, false, bytes],
    [1, tuple(3), "u1", false, bytes],
    [1, tuple(3), u1, false, [1, 2, 3]],
    [1, tuple(3), DType.from("O"), false, [1, 2]],
    [1, tuple(3), DType.from("O"), false, bytes],
    [1, tuple(0.5), u1, false, bytes],
  ];
  for (const state of states) {
    assert.throws(() => build(PyTuple.from(state) as PyTuple), UnpicklingError);
  }
  const deep = tuple(1, PyTuple.from({ length: 65 }, () => 1), u1, false, bytes);
  assert.throws(() => build(deep), LimitError);
  const flat = tuple(1, tuple(1, 3), u1, false, bytes);
  assert.throws(() => build(flat, { limits: { maxNdim: 1 } }), LimitError);
});

test("buffers that do not fit are refused", () => {
  const entry = globals.get("numpy._core.numeric._frombuffer")!;
  const buffer = new PyByteArray(8);
  const u2 = DType.from("u2");
  const bad: unknown[][] = [
    [buffer, u2, tuple(5), "C"],
    [buffer, DType.from("O"), tuple(1), "C"],
    [buffer, u2, tuple(2, 2), "K", tuple(0, 0)],
    [buffer, u2, tuple(2, 2), "K", tuple(0)],
  ];
  for (const args of bad) {
    assert.throws(() => entry.reduce!(PyTuple.from(args) as PyTuple, context()), UnpicklingError);
  }
  assert.equal(entry.reduce!(tuple("x", u2, tuple(1), "C"), context()), INERT);
});

test("dtype states that lie are refused", () => {
  const state = (...items: unknown[]) => PyTuple.from(items) as PyTuple;
  const i4 = DType.from("i4");
  const make = (type: string) =>
    globals.get("numpy.dtype")!.reduce!(state(type, false, true), context()) as DType;
  const fields = new Map([["a", tuple(i4, 6)]]);
  const bad: [string, PyTuple][] = [
    ["V8", state(3, "|", null, tuple("a"), fields, 8, 1, 16)],
    ["V8", state(3, "|", null, tuple("b"), fields, 8, 1, 16)],
    ["V8", state(3, "|", tuple(i4, tuple(3)), null, null, 8, 1, 0)],
    ["U2", state(3, "<", null, null, null, -8, 4, 8)],
    ["U2", state(3, "<", null, null, null, 7, 4, 8)],
    ["i4", state(3, "?", null, null, null, -1, -1, 0)],
    ["i4", state(9, "<", null, null, null, -1, -1, 0)],
    ["M8", state(4, "<", null, null, null, -1, -1, 0, state(null, state("xx", 1, 1, 1)))],
  ];
  for (const [type, lie] of bad) {
    assert.throws(() => make(type).__setstate__(lie, context()), UnpicklingError);
  }
  assert.throws(() => make("x9"), UnpicklingError);
});

test("a file's flags do not turn bytes into objects", () => {
  const dtype = globals.get("numpy.dtype")!
    .reduce!(tuple("V8", false, true), context()) as DType;
  const fields = new Map([["a", tuple(DType.from("i8"), 0)]]);
  dtype.__setstate__(tuple(3, "|", null, tuple("a"), fields, 8, 1, 63), context());
  assert.equal(dtype.hasObject, false);
});

test("old dtype states and dates are read", () => {
  const make = (type: string) =>
    globals.get("numpy.dtype")!.reduce!(tuple(type, 0, 1), context()) as DType;
  const five = make("i4");
  five.__setstate__(tuple(">", null, null, -1, -1), context());
  assert.equal(five.str, ">i4");
  const named = make("V4");
  const fields = new Map<unknown, unknown>([["a", tuple(DType.from("i4"), 0)], [-1, [
    "a",
  ]]]);
  named.__setstate__(tuple(1, "|", null, fields, 4, 1), context());
  assert.deepEqual(named.names, ["a"]);
  const date = make("M8");
  const unit = tuple(new TextEncoder().encode("ns"), 1, 1, 1);
  const meta = tuple({}, unit);
  date.__setstate__(tuple(4, "<", null, null, null, -1, -1, 0, meta), context());
  assert.equal(date.str, "<M8[ns]");
});

test("classes of others stay inert", () => {
  const { reduce } = globals.get("numpy._core.multiarray._reconstruct")!;
  const args = tuple(new PyGlobal("mine", "Array"), tuple(0), Uint8Array.of(98));
  assert.equal(reduce!(args, context()), INERT);
  const masked = globals.get("numpy.ma.core._mareconstruct")!.reduce!;
  const base = new PyGlobal("numpy", "ndarray");
  assert.equal(
    masked(tuple(new PyGlobal("m", "X"), base, tuple(0), "b"), context()),
    INERT,
  );
});

test("numpy's own subclasses keep their class", () => {
  const { reduce } = globals.get("numpy._core.multiarray._reconstruct")!;
  const old = new PyGlobal("numpy.matrixlib.defmatrix", "matrix");
  const array = reduce!(tuple(old, tuple(0), Uint8Array.of(98)), context()) as NDArray;
  assert.equal(array.pyClass?.className, "numpy.matrix");
});
