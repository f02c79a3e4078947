/** What several threads write, Python's joblib loads equal: one gzip member, one zlib stream. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { dump } from "../../mod.ts";
import { Random } from "../random.ts";
import { freshPath } from "../temporary.ts";
import { python, pythonTest } from "./python.ts";

const SIZES: readonly number[] = [0, 1, 1000, 1 << 20, (1 << 20) + 1, 5 << 20];
const KINDS = { noise, text };

interface Case {
  path: string;
  sha1: string;
  length: number;
}

for (const method of ["gzip", "zlib"] as const) {
  pythonTest(`Python loads ${method} that 1, 2 and 3 threads wrote`, async () => {
    const cases: Case[] = [];
    for (const make of Object.values(KINDS)) {
      for (const size of SIZES) {
        const bytes = make(size);
        const sha1 = createHash("sha1").update(bytes).digest("hex");
        for (const threads of [1, 2, 3]) {
          for (const level of [1, 3, 9]) {
            const path = freshPath();
            await dump(bytes, path, { compress: [method, level], threads });
            cases.push({ path, sha1, length: size });
          }
        }
      }
    }
    const wrong = await python<string[]>(
      `
import hashlib, joblib
result = []
for case in data:
    value = joblib.load(case["path"])
    if len(value) != case["length"] or hashlib.sha1(bytes(value)).hexdigest() != case["sha1"]:
        result.append(repr(case))`,
      cases,
    );
    assert.deepEqual(wrong, []);
  });
}

function noise(length: number): Uint8Array {
  const random = new Random(length);
  return Uint8Array.from({ length }, () => random.below(256));
}

function text(length: number): Uint8Array {
  const random = new Random(length);
  const words = ["larder ", "pickle ", "array ", "of ", "the ", "0.125 ", "\n"];
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length;) {
    const word = new TextEncoder().encode(random.pick(words)).subarray(0, length - at);
    bytes.set(word, at);
    at += word.length;
  }
  return bytes;
}
