import assert from "node:assert/strict";
import { test } from "node:test";
import { NpyFormatError } from "../errors.ts";
import { isNpy, readHeader } from "./header.ts";

const TEXT = "{'descr': '<i4', 'fortran_order': True, 'shape': (2, 3), }\n";

for (const version of [1, 2, 3]) {
  test(`readHeader() reads version ${version}.0`, () => {
    const header = readHeader(npy(TEXT, version));
    assert.equal(header.dtype.str, "<i4");
    assert.equal(header.fortranOrder, true);
    assert.deepEqual(header.shape, [2, 3]);
    assert.equal(header.dataOffset, (version === 1 ? 10 : 12) + TEXT.length);
  });
}

test("names of fields are latin-1 before version 3.0 and UTF-8 in it", () => {
  const text = "{'descr': [('é', '<f8')], 'fortran_order': False, 'shape': ()}";
  assert.deepEqual(readHeader(npy(text, 3)).dtype.names, ["é"]);
  const latin1 = Uint8Array.from([...text].map((char) => char.charCodeAt(0)));
  assert.deepEqual(readHeader(npy(latin1, 1)).dtype.names, ["é"]);
});

test("keys may stand in any order", () => {
  const text = "{'shape': (5,), 'fortran_order': False, 'descr': '>f8'}";
  assert.deepEqual(readHeader(npy(text)).shape, [5]);
});

test("fields have shapes and structs of their own", () => {
  const text =
    "{'descr': [('a', '<i2', (2, 3)), ('b', [('c', '|u1')])], 'fortran_order': False, 'shape': (1,)}";
  const { dtype } = readHeader(npy(text));
  assert.deepEqual(dtype.names, ["a", "b"]);
  assert.equal(dtype.itemsize, 13);
});

/** Headers that numpy refuses. */
const WRONG: Record<string, string> = {
  "no dict": "(1, 2)",
  "a key too many": "{'descr': '<i4', 'fortran_order': False, 'shape': (), 'x': 1}",
  "a key too few": "{'descr': '<i4', 'shape': ()}",
  "an order that is no boolean": "{'descr': '<i4', 'fortran_order': 0, 'shape': ()}",
  "a shape that is a number": "{'descr': '<i4', 'fortran_order': False, 'shape': 3}",
  "a negative length": "{'descr': '<i4', 'fortran_order': False, 'shape': (-1,)}",
  "an unknown dtype": "{'descr': 'nope', 'fortran_order': False, 'shape': ()}",
  "a call": "{'descr': eval('1'), 'fortran_order': False, 'shape': ()}",
  "nothing": "",
};
for (const [name, text] of Object.entries(WRONG)) {
  test(`a header with ${name} is an NpyFormatError with its offset`, () => {
    assert.throws(() => readHeader(npy(text)), (error: unknown) => {
      return error instanceof NpyFormatError && typeof error.offset === "number";
    });
  });
}

test("a file that ends within its header is an NpyFormatError", () => {
  const file = npy(TEXT);
  for (let length = 0; length < file.length; length++) {
    assert.throws(() => readHeader(file.subarray(0, length)), NpyFormatError);
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

test("a header above maxHeaderSize is a LimitError", () => {
  const file = npy(TEXT + " ".repeat(20_000));
  assert.throws(() => readHeader(file), { name: "LimitError" });
  assert.deepEqual(readHeader(file, { maxHeaderSize: 30_000 }).shape, [2, 3]);
});

test("isNpy() looks at the first bytes", () => {
  assert.equal(isNpy(npy(TEXT)), true);
  assert.equal(isNpy(new Uint8Array(100)), false);
  assert.equal(isNpy(npy(TEXT).subarray(0, 5)), false);
});

function npy(text: string | Uint8Array, version = 1): Uint8Array {
  const body = typeof text === "string" ? new TextEncoder().encode(text) : text;
  const size = version === 1
    ? [body.length & 255, body.length >> 8]
    : [body.length & 255, body.length >> 8, 0, 0];
  return Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0, ...size, ...body);
}
