import assert from "node:assert/strict";
import { plainHeader } from "./_plain_header.ts";
import { type Literal, parseLiteral } from "./literal.ts";
import { test } from "node:test";
import { LimitError, NpyFormatError } from "../errors.ts";
import { isNpy, readHeader } from "./header.ts";

const TEXT = "{'descr': '<i4', 'fortran_order': True, 'shape': (2, 3), }\n";

for (const version of [1, 2, 3]) {
  test(`readHeader() reads version ${version}.0`, () => {
    const header = readHeader(npy(TEXT, version));
    assert.equal(header.dtype.str, "<i4");
    assert.equal(header.fortranOrder, true);
    assert.deepEqual(header.shape, [2, 3]);
    assert.equal(header.version, version);
    assert.equal(header.dataOffset, (version === 1 ? 10 : 12) + TEXT.length);
  });
}

test("names of fields are latin-1 before version 3.0 and UTF-8 in it", () => {
  const text = "{'descr': [('é', '<f8')], 'fortran_order': False, 'shape': ()}";
  assert.deepEqual(readHeader(npy(text, 3)).dtype.names, ["é"]);
  const latin1 = Uint8Array.from([...text].map((char) => char.charCodeAt(0)));
  assert.deepEqual(readHeader(npy(latin1, 1)).dtype.names, ["é"]);
});

/** Spellings of shape (5,) that Python's parser takes, none of which numpy writes. */
const SPACED: Record<string, string> = {
  "keys in any order": "{'shape': (5,), 'fortran_order': False, 'descr': '>f8'}",
  "line breaks, tabs and comments":
    "\r\n{'descr':\t'>f8', # type\n 'fortran_order' : False,\n\n'shape':(5,\n)}",
  "double quotes, prefixes and escapes":
    `{"descr": u'>f8', r'fortran_order': False, 'sha' 'pe': (0x5,), }`,
  "escapes in strings": "{'descr': '\\x3ef8', 'fortran\\137order': False, '\\u0073hape': (5,)}",
  "hexadecimal, binary and grouped ints":
    "{'descr': '>f8', 'fortran_order': False, 'shape': (0b0_101,)}",
  "a key that stands twice":
    "{'descr': '<i4', 'descr': '>f8', 'fortran_order': False, 'shape': (5,)}",
  "brackets around brackets": `{'descr': ${"(".repeat(150)}'>f8'${
    ")".repeat(150)
  }, 'fortran_order': False, 'shape': (5,)}`,
};
for (const [name, text] of Object.entries(SPACED)) {
  test(`readHeader() reads ${name}`, () => {
    const { dtype, shape, fortranOrder } = readHeader(npy(text));
    assert.deepEqual([dtype.str, shape, fortranOrder], [">f8", [5], false]);
  });
}

test("Python 2's longs are read before version 3.0, as numpy does", () => {
  const text = "{'descr': '<i4', 'fortran_order': False, 'shape': (2L, 3L)}";
  assert.deepEqual(readHeader(npy(text, 2)).shape, [2, 3]);
  assert.throws(() => readHeader(npy(text, 3)), NpyFormatError);
});

/** What np.dtype takes for a type string, and what it is. */
const DESCRS: Record<string, string> = {
  "'f8'": "float64",
  "'=f8'": "float64",
  "'|f8'": "float64",
  "'float64'": "float64",
  "'d'": "float64",
  "'f4,f4'": "[('f0', '<f4'), ('f1', '<f4')]",
  "[('a', '(2,)<f4')]": "[('a', '<f4', (2,))]",
  "[('a', '<f4', 2)]": "[('a', '<f4', (2,))]",
  "[('a', ('<f4', (2,)))]": "[('a', '<f4', (2,))]",
  "[(('T', 'a'), '<i4')]": "[(('T', 'a'), '<i4')]",
  "[('p', [('x', '<f4'), ('y', '<f4')]), ('m', '<i2', (2, 2))]":
    "[('p', [('x', '<f4'), ('y', '<f4')]), ('m', '<i2', (2, 2))]",
  "[('a', '|i1'), ('', '|V7'), ('b', '<f8')]":
    "{'names': ['a', 'b'], 'formats': ['i1', '<f8'], 'offsets': [0, 8], 'itemsize': 16}",
  "[('a', '|i1'), ('', '<i4', (2,))]":
    "{'names': ['a'], 'formats': ['i1'], 'offsets': [0], 'itemsize': 9}",
  "[('a', '|i1'), ('', '|V3')]":
    "{'names': ['a'], 'formats': ['i1'], 'offsets': [0], 'itemsize': 4}",
  "'bfloat16'": "bfloat16",
  "'float8_e4m3fn'": "float8_e4m3fn",
  "'int4'": "int4",
  "'<V2'": "bfloat16",
  "[]": "[]",
  "'|V2'": "|V2",
  "'V2'": "|V2",
  "'<V4'": "|V4",
  "'<V1'": "|V1",
  "'<f1'": "float8_e5m2",
  "[('w', '<V2'), ('v', '|V2')]": "[('w', bfloat16), ('v', 'V2')]",
};
for (const [descr, text] of Object.entries(DESCRS)) {
  test(`readHeader() takes descr ${descr} for ${text}`, () => {
    assert.equal(String(readHeader(npy(ofDescr(descr))).dtype), text);
  });
}

test("a bfloat16 array of foreign byte order keeps it", () => {
  const { dtype } = readHeader(npy(ofDescr("'>V2'")));
  assert.deepEqual([dtype.ml, dtype.byteOrder], ["bfloat16", ">"]);
});

/** Headers that numpy refuses. */
const WRONG: Record<string, string> = {
  "no dict": "(1, 2)",
  "a key too many": "{'descr': '<i4', 'fortran_order': False, 'shape': (), 'x': 1}",
  "a key too few": "{'descr': '<i4', 'shape': ()}",
  "an order that is no boolean": "{'descr': '<i4', 'fortran_order': 0, 'shape': ()}",
  "a shape that is a number": "{'descr': '<i4', 'fortran_order': False, 'shape': 3}",
  "a shape that is a list": "{'descr': '<i4', 'fortran_order': False, 'shape': [3]}",
  "a length that is a float": "{'descr': '<i4', 'fortran_order': False, 'shape': (3.0,)}",
  "a length that is a boolean": "{'descr': '<i4', 'fortran_order': False, 'shape': (True,)}",
  "a negative length": "{'descr': '<i4', 'fortran_order': False, 'shape': (-1,)}",
  "a length beyond 2**53": "{'descr': '<i4', 'fortran_order': False, 'shape': (9007199254740993,)}",
  "axes beyond all memory": "{'descr': '<i4', 'fortran_order': False, 'shape': (0, 2**40)}"
    .replaceAll("2**40", "1099511627776, 1099511627776"),
  "a call": "{'descr': eval('1'), 'fortran_order': False, 'shape': ()}",
  "text behind it": "{'descr': '<i4', 'fortran_order': False, 'shape': ()} x",
  "a NUL byte": "{'descr': '<i4', 'fortran_order': False, 'shape': ()}\0",
  "true instead of True": "{'descr': '<i4', 'fortran_order': true, 'shape': ()}",
  "an end that is missing": "{'descr': '<i4', 'fortran_order': False, 'shape': (",
  "spaces only": "     \n",
  "nothing": "",
};
for (const [name, text] of Object.entries(WRONG)) {
  test(`a header with ${name} is an NpyFormatError with its offset`, () => refused(text));
}

const WRONG_DESCRS = [
  ...["',<f8'", "'f4,,i2'", "'f4,(,)i2'", "'<M[ns]'", "'<float64'", "'f4,(2,)(2,)i2'"],
  ...["'nope'", "''", "None", "4", "b'f8'", "['f4', 'i4']", "[('a',)]", "[(1, '<f4')]"],
  ...["[('a', '<f4', [2])]", "[('a', '<f4', (-1,))]", "[('a', '<f4'), ('a', '<f4')]", "'<f3'"],
  ...["'(2,)<f4'", "('<f4', (2,))", "{'names': ['a'], 'formats': ['<f4']}", "[['a', '<f4']]"],
  ...["[(('b', 'a'), '<f4'), ('b', '<f4')]", "[((1, 'a'), '<f4')]"],
];
for (const descr of WRONG_DESCRS) {
  test(`descr ${descr} is an NpyFormatError with its offset`, () => refused(ofDescr(descr)));
}

test("a file that ends within its header is an NpyFormatError", () => {
  for (const version of [1, 2]) {
    const file = npy(TEXT, version);
    for (let length = 0; length < file.length; length++) {
      assert.throws(() => readHeader(file.subarray(0, length)), NpyFormatError);
    }
  }
});

for (const [major, minor] of [[0, 0], [4, 0], [1, 1]]) {
  test(`version ${major}.${minor} is an NpyFormatError`, () => {
    const file = npy(TEXT);
    file[6] = major;
    file[7] = minor;
    assert.throws(() => readHeader(file), { name: "NpyFormatError", offset: 6 });
  });
}

test("a header of version 3.0 that is not UTF-8 is an NpyFormatError with its offset", () => {
  const file = npy(TEXT, 3);
  file[20] = 0xff;
  assert.throws(() => readHeader(file), { name: "NpyFormatError", offset: 20 });
});

test("a header above maxHeaderSize is a LimitError, exactly at it is read", () => {
  const file = npy(TEXT + " ".repeat(20_000));
  assert.throws(() => readHeader(file), LimitError);
  assert.deepEqual(readHeader(file, { maxHeaderSize: 30_000 }).shape, [2, 3]);
  assert.deepEqual(readHeader(npy(TEXT), { maxHeaderSize: TEXT.length }).shape, [2, 3]);
  assert.throws(() => readHeader(npy(TEXT), { maxHeaderSize: TEXT.length - 1 }), LimitError);
});

test("maxHeaderSize counts characters, not bytes", () => {
  const text = `{'descr': [('${"日".repeat(50)}', '<f8')], 'fortran_order': False, 'shape': ()}`;
  assert.equal(readHeader(npy(text, 3), { maxHeaderSize: text.length }).dtype.itemsize, 8);
  assert.throws(() => readHeader(npy(text, 3), { maxHeaderSize: text.length - 1 }), LimitError);
});

test("more than 64 axes are a LimitError", () => {
  const text = (axes: number) =>
    `{'descr': '<i4', 'fortran_order': False, 'shape': (${"1, ".repeat(axes)})}`;
  assert.equal(readHeader(npy(text(64))).shape.length, 64);
  assert.throws(() => readHeader(npy(text(65))), LimitError);
});

test("an unknown option names the right one", () => {
  const options = { max_header_size: 1 };
  assert.throws(() => readHeader(npy(TEXT), options as never), /use "maxHeaderSize"/);
});

test("isNpy() looks at the first bytes", () => {
  assert.equal(isNpy(npy(TEXT)), true);
  assert.equal(isNpy(new Uint8Array(100)), false);
  assert.equal(isNpy(npy(TEXT).subarray(0, 5)), false);
});

function refused(text: string): void {
  assert.throws(() => readHeader(npy(text)), (error: unknown) => {
    return error instanceof NpyFormatError && typeof error.offset === "number";
  });
}

function ofDescr(descr: string): string {
  return `{'descr': ${descr}, 'fortran_order': False, 'shape': ()}`;
}

function npy(text: string | Uint8Array, version = 1): Uint8Array {
  const body = typeof text === "string" ? new TextEncoder().encode(text) : text;
  const size = version === 1
    ? [body.length & 255, body.length >> 8]
    : [body.length & 255, body.length >> 8, 0, 0];
  return Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0, ...size, ...body);
}

test("a header in numpy's own words is read as the literal that it is", () => {
  const texts = ["<f8", "|b1", "<M8[25s]", "=i4", "float64"].flatMap((descr) =>
    ["", "0,", "3,", "2, 3", "1, 0, 999999999999999"].map((shape) =>
      `{'descr': '${descr}', 'fortran_order': ${shape === "2, 3" ? "True" : "False"}, ` +
      `'shape': (${shape}), }   \n`
    )
  );
  for (const text of texts) {
    const plain = plainHeader(text)!;
    const header = parseLiteral(text) as Map<string, Literal>;
    const shape = [...header.get("shape") as Literal[]];
    assert.deepEqual(
      [plain.descr, plain.fortranOrder, plain.shape],
      [header.get("descr"), header.get("fortran_order"), shape],
    );
  }
  const others = ["3", "03,", "3,4", "2, 3, ", "-1,", "1e3,", ",", "3L,", "1000000000000000,"];
  for (const shape of others) {
    const text = `{'descr': '<f8', 'fortran_order': False, 'shape': (${shape}), }\n`;
    assert.equal(plainHeader(text), undefined, shape);
  }
  for (const descr of ["<f8'", "\\x3cf8", "f4,f4", "", "a\rb"]) {
    const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': (), }\n`;
    assert.equal(plainHeader(text), undefined, descr);
  }
});
