/**
 * zstd: the suite of stepped methods, both decoders, frames that claim too much, and many frames.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fzstd from "fzstd";
import { openReader } from "../io/source.ts";
import { decompressSteps } from "./_steps.ts";
import { zstdDecoderOf } from "./_zstd_engine.ts";
import { zstdFormat } from "./_zstd_format.ts";
import { assertSame, collector, concat, drain, inPieces, makePayload } from "./deflate_suite.ts";
import type { DecompressLimits } from "./registry.ts";
import { readers, testStepped, TEXT, unbase64 } from "./steps_suite.ts";
import { zstd } from "./zstd.ts";

// TEXT by python-zstandard, with a checksum and the content's size, and streamed, with neither.
const WITH_CHECKSUM = unbase64(
  "KLUv/WRwAk0BANh0aGUgc2FtZSB3b3JkcywgYW5kIG90aGVyczsEACGfqgAg4OfsDTKXy66cjQ==",
);
const STREAMED = unbase64("KLUv/QBYTQEA2HRoZSBzYW1lIHdvcmRzLCBhbmQgb3RoZXJzOwQAIZ+qACDg5+wNMpc=");
const LARGE = makePayload(9_000_000);

testStepped({
  name: "zstd",
  compressor: zstd,
  fromPython: WITH_CHECKSUM,
  levels: [1, 2, 3, 4, 5, 6, 7, 8, 9],
  wrongLevels: [-1, 0, 10, 2.5, NaN],
  checked: false, // some bits of a header mean nothing
});

function byFzstd(bytes: Uint8Array, limits: DecompressLimits = {}): Uint8Array {
  return decompressSteps(zstdFormat(zstdDecoderOf(fzstd), limits), bytes, limits);
}

for (const [how, read] of Object.entries(readers)) {
  test(`zstd, ${how}: a changed byte gives an error or the same value`, async () => {
    for (let at = 0; at < WITH_CHECKSUM.length; at++) {
      const damaged = WITH_CHECKSUM.slice();
      damaged[at] ^= 4;
      await read(zstd, damaged).then(
        (value) => assertSame(value, TEXT),
        (error) => assert.match(error.name, /CompressionError|UnsupportedError|LimitError/),
      );
    }
  });

  test(`zstd, ${how}: a frame without size and checksum is read`, async () => {
    assertSame(await read(zstd, STREAMED), TEXT);
    assertSame(await read(zstd, concat(STREAMED, WITH_CHECKSUM)), concat(TEXT, TEXT));
  });

  test(`zstd, ${how}: what lies between frames to be skipped is skipped`, async () => {
    const skippable = concat(
      Uint8Array.of(0x53, 0x2a, 0x4d, 0x18, 0x28, 0x23, 0, 0),
      LARGE.subarray(0, 9000),
    );
    const bytes = concat(skippable, STREAMED, skippable, skippable, STREAMED, skippable);
    assertSame(await read(zstd, bytes), concat(TEXT, TEXT));
    const cut = bytes.subarray(0, -1);
    await assert.rejects(read(zstd, cut), { name: "CompressionError", offset: cut.length });
  });

  test(`zstd, ${how}: a frame can't claim memory`, async () => {
    const raw = [1, 0, 0]; // a last block without bytes
    const cases: [number[], string, RegExp][] = [
      [[0x00, 0xf8, ...raw], "LimitError", /window of 2199023255552 bytes/],
      [[0xe0, 0, 0, 0, 0, 0, 1, 0, 0, ...raw], "CompressionError", /content size/],
      [[0x01, 0x58, 7, ...raw], "UnsupportedError", /dictionary 7/],
      [[0x08, 0x58, ...raw], "CompressionError", /reserved bits/],
      [[0x00, 0x58, 7, 0, 0], "CompressionError", /bad block header/],
      [[0x00, 0x58, 1, 0, 0x80], "CompressionError", /bad block header/],
    ];
    for (const [header, name, message] of cases) {
      await assert.rejects(read(zstd, concat(zstd.prefix, Uint8Array.from(header))), {
        name,
        message,
      });
    }
  });
}

test("zstd: a long payload goes through several frames, and back by fzstd too", async () => {
  for (const threads of [1, 2]) {
    const sink = collector();
    const later = zstd.openSink!(sink.later, 1, { threads });
    for (let at = 0; at < LARGE.length; at += 700_000) {
      await later.write(LARGE.subarray(at, at + 700_000));
    }
    await later.close();
    assertSame(await zstd.decompress(sink.bytes()), LARGE);
    const reader = zstd.openReader!(await openReader(inPieces(sink.bytes(), 100_000)), {});
    assertSame(await drain(reader), LARGE);
    if (threads === 1) assertSame(byFzstd(sink.bytes()), LARGE);
  }
});

test("zstd, by fzstd: reads, and holds to the limits", async () => {
  assertSame(byFzstd(concat(WITH_CHECKSUM, STREAMED)), concat(TEXT, TEXT));
  assertSame(byFzstd(await zstd.compress(new Uint8Array(0))), new Uint8Array(0));
  const bomb = await zstd.compress(new Uint8Array(4 << 20));
  assert.throws(() => byFzstd(bomb, { maxBytes: 1 << 20 }), { name: "LimitError" });
  assert.throws(() => byFzstd(bomb, { maxRatio: 50 }), { name: "LimitError" });
  for (let length = 0; length < STREAMED.length; length++) {
    assert.throws(() => byFzstd(STREAMED.subarray(0, length)), {
      name: "CompressionError",
      offset: length,
    });
  }
  for (let at = 4; at < STREAMED.length; at++) {
    const damaged = STREAMED.slice();
    damaged[at] ^= 4;
    try {
      byFzstd(damaged);
    } catch (error) {
      assert.match((error as Error).name, /CompressionError|UnsupportedError|LimitError/);
    }
  }
});
