/**
 * The rules of `compress`, as a table: what is given, the path, what comes out.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { resolveCompress } from "./options.ts";
import type { CompressOption } from "./options.ts";

const ACCEPTED: [
  compress: unknown,
  path: string | undefined,
  name: string | null,
  level?: number,
][] = [
  [undefined, "x.pkl", null],
  [false, "x.pkl", null],
  [0, "x.pkl", null],
  [-0, "x.pkl", null],
  [true, "x.pkl", "zlib"],
  [1, "x.pkl", "zlib", 1],
  [3, "x.pkl", "zlib", 3],
  [9, "x.compressed", "zlib", 9],
  ["zlib", "x.pkl", "zlib"],
  ["gzip", "x.pkl", "gzip"],
  [["gzip", 3], "x.pkl", "gzip", 3],
  [["zlib", true], "x.pkl", "zlib", 1], // in Python True is 1
  [["gzip", undefined], "x.pkl", "gzip"], // None: the method's default level
  [["gzip", undefined], "x.bz2", "gzip"],
  // The extension decides, even for false; 0 is then the method's default level.
  [undefined, "x.z", "zlib"],
  [undefined, "x.gz", "gzip"],
  [undefined, "x.bz2", "bz2"],
  [undefined, "x.xz", "xz"],
  [undefined, "x.lzma", "lzma"],
  [undefined, "x.lz4", "lz4"],
  [false, "x.gz", "gzip"],
  [0, "x.gz", "gzip"],
  [true, "x.gz", "gzip"],
  [6, "x.z", "zlib", 6],
  [3, "x.xz", "xz", 3],
  // These are not extensions.
  [undefined, "x.gzip", null],
  [undefined, "x.zlib", null],
  [undefined, "x.GZ", null],
  [undefined, "x.gz.bak", null],
  [3, "x.gzip", "zlib", 3],
  // A name or pair overrides the extension.
  ["gzip", "x.bz2", "gzip"],
  [["gzip", 6], "x.bz2", "gzip", 6],
  [["gzip", 0], "x.gz", null],
  [["gzip", false], "x.gz", null],
  [["gzip", 0], "x.pkl", null],
  // An open file has no name that counts.
  [undefined, undefined, null],
  [true, undefined, "zlib"],
  ["gzip", undefined, "gzip"],
];

for (const [compress, path, name, level] of ACCEPTED) {
  test(`compress ${JSON.stringify(compress)} onto ${path}`, () => {
    const resolved = resolveCompress(compress as CompressOption, path);
    assert.deepEqual(resolved, name === null ? null : { name, level });
  });
}

const REFUSED: [compress: unknown, error: typeof RangeError | typeof TypeError, message: RegExp][] =
  [
    [10, RangeError, /level 10/],
    [-1, RangeError, /level -1/],
    [2.5, RangeError, /level 2\.5/],
    [NaN, RangeError, /level NaN/],
    ["zip", RangeError, /"zip".*zlib, gzip, bz2, lzma, xz, lz4/],
    ["GZIP", RangeError, /"GZIP"/],
    ["", RangeError, /""/],
    [["gzip"], RangeError, /list of 1/],
    [["gzip", 3, 3], RangeError, /list of 3/],
    [["gzip", 10], RangeError, /level 10/],
    [["gzip", 2.5], RangeError, /level 2\.5/],
    [["foo", 3], RangeError, /"foo"/],
    [[3, "gzip"], TypeError, /name is 3/],
    [["gzip", "3"], TypeError, /compress with 3/],
    [["gzip", null], TypeError, /compress with null/],
    [null, TypeError, /compress with null/],
    [{}, TypeError, /compress with an object/],
    [3n, TypeError, /compress with 3/],
  ];

for (const [compress, error, message] of REFUSED) {
  const shown = Array.isArray(compress) ? JSON.stringify(compress) : String(compress);
  test(`compress ${shown} is refused whatever the extension`, () => {
    for (const path of ["x.pkl", "x.gz", undefined]) {
      assert.throws(() => resolveCompress(compress as CompressOption, path), (thrown: Error) => {
        return thrown instanceof error && message.test(thrown.message);
      });
    }
  });
}
