/** Registered compressors through dump and load: by name, pair, extension and first bytes. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { type BuiltInCompressor, registerCompressor } from "../compressors/mod.ts";
import { freshPath, neighbours } from "../tests/temporary.ts";
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

/** What a compressor does wrong when it writes, and what is told of it. */
const FAULTY: [does: string, parts: Record<string, unknown>, told: RegExp][] = [
  [
    "gives an ArrayBuffer",
    { compress: (bytes: Uint8Array) => bytes.slice().buffer },
    /ArrayBuffer/,
  ],
  ["gives text", { compress: () => "text" }, /compress\(\) gave a string/],
  ["gives nothing", { compress: () => undefined }, /compress\(\) gave undefined/],
  ["streams text", { compressStream: () => streamOf("text") }, /compressStream\(\) gave a string/],
  ["throws for a stream", { compressStream: noRoom }, /no room/],
  [
    "promises a stream",
    { compressStream: () => Promise.resolve(streamOf(FLOW)) },
    /compressStream\(\) gave a Promise, not a TransformStream/,
  ],
  ["gives an object for a stream", { compressStream: () => ({}) }, /gave an Object/],
];

for (const [does, parts, told] of FAULTY) {
  test(`the old file stays, and it alone, when a compressor ${does}`, async () => {
    const name = registerFaulty(does, parts);
    const path = oldFile();
    await assert.rejects(dump(VALUE, path, { compress: name }), told);
    assertOld(path);
    if (!("compress" in parts)) return;
    assert.throws(() => dumpSync(VALUE, path, { compress: name }), told);
    assertOld(path);
  });
}

test("dumpSync() leaves the old file, and it alone, when a compressor can't open its sink", () => {
  const name = registerFaulty("has no sink", { openSinkSync: noRoom });
  const path = oldFile();
  assert.throws(() => dumpSync(VALUE, path, { compress: name }), /no room/);
  assertOld(path);
});

test("a thenable works in dump() and load(), and leaves the old file in dumpSync()", async () => {
  const prefix = encoder.encode("thenables");
  const later = (bytes: Uint8Array) => ({ then: (give: (value: unknown) => void) => give(bytes) });
  const name = registerFaulty("thenables", {
    compress: (bytes: Uint8Array) => later(turned(prefix)(bytes)),
    decompress: (bytes: Uint8Array) => later(back(prefix)(bytes)),
  });
  const [path] = await dump(VALUE, freshPath(), { compress: name });
  assert.deepEqual(await load(path), VALUE);
  assert.throws(() => loadSync(path), { name: "UnsupportedError" });
  const old = oldFile();
  assert.throws(() => dumpSync(VALUE, old, { compress: name }), { name: "UnsupportedError" });
  assertOld(old);
});

test("text that a compressor gives is not opened as a path", async () => {
  const [other] = dumpSync("another file", freshPath());
  const whole = registerFaulty("tells a path", { decompress: () => other });
  const streamed = registerFaulty("streams a path", { decompressStream: () => streamOf(other) });
  const path = freshPath();
  writeFileSync(path, `${whole} and more`);
  const message = `Cannot decompress by "${whole}": decompress() gave a string, not a Uint8Array`;
  await assert.rejects(load(path), { name: "TypeError", message });
  assert.throws(() => loadSync(path), { name: "TypeError", message });
  writeFileSync(path, `${streamed} and more`);
  await assert.rejects(load(path), { name: "TypeError", message: /Stream\(\) gave a string/ });
});

test("a pair without a level takes the method's default", () => {
  const bytes = dumps(VALUE, { compress: ["gzip", undefined] });
  assert.deepEqual(bytes, dumps(VALUE, { compress: "gzip" }));
});

/** Register a compressor of which some parts are wrong; its name is its prefix. */
function registerFaulty(name: string, parts: Record<string, unknown>): string {
  const prefix = encoder.encode(name);
  const entry: BuiltInCompressor = {
    prefix,
    extension: `.${name}`,
    compress: turned(prefix),
    decompress: back(prefix),
    ...parts,
  };
  registerCompressor(name, entry, { force: true });
  return name;
}

function streamOf(chunk: unknown): TransformStream<Uint8Array, Uint8Array> {
  return new TransformStream({
    transform: (_, controller) => controller.enqueue(chunk as Uint8Array),
  });
}

function noRoom(): never {
  throw new Error("no room");
}

function oldFile(): string {
  const path = freshPath();
  writeFileSync(path, "old");
  return path;
}

function assertOld(path: string): void {
  assert.equal(readFileSync(path, "utf8"), "old");
  assert.deepEqual(neighbours(path), ["value.joblib"]);
}
