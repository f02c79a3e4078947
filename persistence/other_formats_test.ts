/** Files that are often taken for a pickle are refused by what they are, however they come. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { test } from "node:test";
import { freshPath } from "../tests/temporary.ts";
import { load, loadAll, loads, loadSync } from "./load.ts";

const FILES: readonly [what: RegExp, bytes: string][] = [
  [/a \.npy file; load of @larder\/joblib\/npy/, "\x93NUMPY\x01\x00v\x00{'descr': '<f8'}"],
  [/a \.npz or other zip file; load of @larder\/joblib\/npy/, "PK\x03\x04\x14\x00\x00\x00"],
  [/an HDF5 file/, "\x89HDF\r\n\x1a\n"],
  [
    /a pointer of Git LFS; `git lfs pull`/,
    "version https://git-lfs.github.com/spec/v1\noid sha256:0\n",
  ],
  [/HTML or XML; a server's answer/, "<!DOCTYPE html><title>Not found</title>"],
  [/JSON; a server's answer/, '{"message": "Not Found"}'],
];

for (const [what, text] of FILES) {
  test(`a file that starts with ${JSON.stringify(text.slice(0, 4))} is told by what it is`, async () => {
    const bytes = Uint8Array.from(text, (letter) => letter.charCodeAt(0));
    const path = freshPath();
    writeFileSync(path, bytes);
    const expected = { name: "UnpicklingError", message: what, offset: 0 };
    assert.throws(() => loads(bytes), expected);
    assert.throws(() => loadSync(path), expected);
    await assert.rejects(load(path), expected);
    await assert.rejects(load(path, { mmapMode: "r" }), expected);
    await assert.rejects(load(bytes, { mmapMode: "r" }), expected);
    await assert.rejects(load(new Blob([bytes])), expected);
    await assert.rejects(loadAll(bytes).next(), expected);
  });
}
