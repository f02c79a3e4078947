/** Registered compressors through dump and load: by name, pair, extension and first bytes. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { registerCompressor } from "../compressors/mod.ts";
import { freshPath } from "../tests/temporary.ts";
import { dump, dumps, dumpSync } from "./dump.ts";
import { load, loadAll, loads, loadSync } from "./load.ts";

const encoder = new TextEncoder();
const VALUE = { numbers: [1, 2, 3], text: "larder" };

/** Each byte turned by 13, behind the prefix. */
function turned(prefix: Uint8Array): (bytes: Uint8Array) => Uint8Array {
  return (bytes) => Uint8Array.of(...prefix, ...bytes.map((byte) => byte + 13));
}

function back(prefix: Uint8Array): (bytes: Uint8Array) => Uint8Array {
  return (bytes) => bytes.slice(prefix.length).map((byte) => byte - 13);
}

const ROT = encoder.encode("ROT");
registerCompressor("rot13", {
  prefix: ROT,
  extension: ".rot",
  compress: turned(ROT),
  decompress: back(ROT),
}, { force: true });

const LATE = encoder.encode("LAT");
registerCompressor("late", {
  prefix: LATE,
  extension: ".late",
  compress: async (bytes, level) => {
    assert.equal(level, 7);
    return await turned(LATE)(bytes);
  },
  decompress: async (bytes) => await back(LATE)(bytes),
}, { force: true });

const FLOW = encoder.encode("FLO");
registerCompressor("flow", {
  prefix: FLOW,
  extension: ".flow",
  compress: turned(FLOW),
  decompress: back(FLOW),
  compressStream: () =>
    new TransformStream({
      start: (controller) => controller.enqueue(FLOW),
      transform: (piece, controller) => controller.enqueue(piece.map((byte) => byte + 13)),
    }),
  decompressStream: () => {
    let skip = FLOW.length;
    return new TransformStream({
      transform(piece, controller): void {
        controller.enqueue(piece.subarray(skip).map((byte) => byte - 13));
        skip = Math.max(0, skip - piece.length);
      },
    });
  },
}, { force: true });

for (const name of ["rot13", "flow"]) {
  const extension = name === "flow" ? ".flow" : ".rot";
  const prefix = name === "flow" ? FLOW : ROT;

  test(`${name} works by name, by pair and by extension, and is told by its first bytes`, async () => {
    for (const [compress, file] of [[name, "x.pkl"], [[name, 3], "x"], [false, `x${extension}`]]) {
      const options = { compress: compress as string };
      const [path] = await dump(VALUE, freshPath(file as string), options);
      const [now] = dumpSync(VALUE, freshPath(file as string), options);
      assert.deepEqual(new Uint8Array(readFileSync(path)), turned(prefix)(dumps(VALUE)));
      assert.deepEqual(readFileSync(now), readFileSync(path));
      assert.deepEqual(await load(path), VALUE);
      assert.deepEqual(loadSync(path), VALUE);
      assert.deepEqual(loads(readFileSync(path)), VALUE);
      for await (const value of loadAll(path)) assert.deepEqual(value, VALUE);
    }
  });
}

test("asynchronous functions work in dump() and load(), and get the level", async () => {
  const [path] = await dump(VALUE, freshPath(), { compress: ["late", 7] });
  assert.deepEqual(await load(path), VALUE);
  assert.throws(() => loadSync(path), { name: "UnsupportedError" });
  assert.throws(() => dumpSync(VALUE, freshPath(), { compress: ["late", 7] }), {
    name: "UnsupportedError",
  });
});

test("a registered compressor writes to a stream and reads from one", async () => {
  const { writable, readable } = new TransformStream<Uint8Array, Uint8Array>();
  const loading = load(readable);
  await dump(VALUE, writable, { compress: "rot13" });
  await writable.close();
  assert.deepEqual(await loading, VALUE);
});
