/** Deflate by a handle that is used again, beside deflateRawSync. */
import assert from "node:assert/strict";
import { test } from "node:test";
import zlib from "node:zlib";
import { runtime } from "../io/builtin.ts";
import { denoDeflate } from "./_deno_deflate.ts";

const SKIP = runtime() === "deno" ? false : "only Deno's handle is used again";
const WINDOW_BYTES = 32 << 10;

/** Bytes that repeat, some more than others. */
function made(length: number, seed: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * i * seed >> 5) & 15);
}

test("segments come out as from deflateRawSync, at each level and whatever came before", {
  skip: SKIP,
}, () => {
  const deflate = denoDeflate(zlib);
  assert.ok(deflate !== undefined);
  for (const level of [2, 9, 2, 6, 9]) {
    for (const [length, seed] of [[100_000, 3], [0, 1], [70_000, 5]]) {
      for (const finishFlush of [zlib.constants.Z_SYNC_FLUSH, zlib.constants.Z_FINISH]) {
        const segment = made(length, seed);
        const dictionary = made(WINDOW_BYTES, seed + level);
        const options = { level, memLevel: 8, chunkSize: 120_000, finishFlush, dictionary };
        const expected = new Uint8Array(zlib.deflateRawSync(segment, options));
        assert.deepEqual(new Uint8Array(deflate(segment, options)), expected);
      }
    }
  }
});

test("a segment that needs more room than was thought comes out whole", { skip: SKIP }, () => {
  const deflate = denoDeflate(zlib)!;
  const segment = made(50_000, 7);
  const dictionary = made(WINDOW_BYTES, 1);
  const options = { level: 2, memLevel: 8, chunkSize: 64, finishFlush: 2, dictionary };
  assert.deepEqual(
    new Uint8Array(deflate(segment, options)),
    new Uint8Array(zlib.deflateRawSync(segment, options)),
  );
});
