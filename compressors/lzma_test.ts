/** .lzma: the suite of stepped methods, known lengths, and headers that claim too much. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { assertSame, collector, pieces } from "./deflate_suite.ts";
import { lzma } from "./lzma.ts";
import { xz } from "./xz.ts";
import { readers, testStepped, TEXT, unbase64 } from "./steps_suite.ts";

// TEXT by Python's lzma.compress(format=FORMAT_ALONE).
const ALONE = unbase64(
  "XQAAgAD//////////wA6GgjOdtl205PO4GxcdeQr9/qjgT4fTdepFHFjA5yrRiXR7eOe1t3///xbkAA=",
);
const OTHER_PROPERTIES = unbase64(
  "EgAAAQD//////////wA6GtnUdEyd2REB+xuh4j9Lk8GRnRJQgCrDeH9C0wswhapi35UhI0ZDVv8cn0AA",
);

testStepped({
  name: "lzma",
  compressor: lzma,
  fromPython: ALONE,
  levels: [0, 1, 6],
  wrongLevels: [-1, 10, 2.5, NaN],
  checked: false,
});

test("lzma with other properties is read", async () => {
  for (const read of Object.values(readers)) {
    assert.deepEqual(await read(lzma, OTHER_PROPERTIES), TEXT);
  }
});

test("lzma with a known length is read, with an end marker behind it", async () => {
  for (const read of Object.values(readers)) {
    assert.deepEqual(await read(lzma, claiming(5, BigInt(TEXT.length))), TEXT);
  }
});

test("lzma with a wrong length is a CompressionError", async () => {
  for (const length of [0n, 1n, BigInt(TEXT.length - 1), BigInt(TEXT.length + 1), 1n << 37n]) {
    for (const read of Object.values(readers)) {
      await assert.rejects(read(lzma, claiming(5, length)), { name: "CompressionError" });
    }
  }
});

test("lzma: what liblzma takes for no .lzma is refused by its header", async () => {
  const dictionaries = [0, 0x00800200, 0xffffffff];
  const cases = dictionaries.map((size) => {
    const bytes = ALONE.slice();
    new DataView(bytes.buffer).setUint32(1, size, true);
    return bytes;
  });
  for (const bytes of [...cases, claiming(5, 1n << 40n)]) {
    for (const read of Object.values(readers)) {
      await assert.rejects(read(lzma, bytes), {
        name: "CompressionError",
        message: /a dictionary of|a length of/,
      });
    }
  }
});

test("lzma is written with an end marker and no length, as by Python", async () => {
  const bytes = await lzma.compress(TEXT, 6);
  assert.deepEqual(bytes.subarray(0, 13), ALONE.subarray(0, 13));
});

function claiming(at: number, length: bigint): Uint8Array {
  const bytes = ALONE.slice();
  new DataView(bytes.buffer).setBigUint64(at, length, true);
  return bytes;
}

for (const [name, compressor] of Object.entries({ lzma, xz })) {
  test(`${name}: several pieces are compressed without waiting, some of which give nothing yet`, async () => {
    const payload = new Uint8Array(2_100_000);
    const sink = collector();
    const now = compressor.openSinkSync!(sink, 0);
    for (const piece of pieces(payload, [1 << 20, 10, 1 << 20])) now.write(piece);
    now.close();
    assertSame(await compressor.decompress(sink.bytes()), payload);
  });
}
