/**
 * zstd: the suite of stepped methods, both decoders, frames that claim too much, and many frames.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fzstd from "fzstd";
import { openReader, openReaderSync } from "../io/source.ts";
import { decompressSteps, openStepsSync } from "./_steps.ts";
import { readyZstdDecoder } from "./_zstd_engine.ts";
import { ZSTD_MAGIC, zstdFormat } from "./_zstd_format.ts";
import { zstdFrameBound, ZstdFrames } from "./_zstd_frames.ts";
import { fzstdDecoder } from "./_zstd_fzstd.ts";
import { Xxh64 } from "./_zstd_xxh64.ts";
import {
  assertSame,
  collector,
  concat,
  drain,
  inPieces,
  makePayload,
  pieces,
} from "./deflate_suite.ts";
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
  return decompressSteps(zstdFormat(fzstdDecoder(fzstd), limits), bytes, limits);
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
      [[0xe0, 0, 0, 0, 0, 0, 1, 0, 0, ...raw], "LimitError", /window of 1099511627776 bytes/],
      [[0xa0, 0, 0, 0, 1, ...raw], "CompressionError", /content size/],
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

test("zstd: a frame is the same whatever was written before it", () => {
  const bytes = LARGE.subarray(0, 300_000);
  const frames = new ZstdFrames(3);
  for (
    const [start, end] of [[0, 100_000], [100_000, 200_000], [0, 0], [0, 100_000], [0, 300_000]]
  ) {
    const part = bytes.subarray(start, end);
    const output = new Uint8Array(zstdFrameBound(part.length));
    const alone = new ZstdFrames(3);
    const expected = alone.put({ bytes: part, output: output.slice() });
    alone.close();
    const frame = frames.put({ bytes: part, output });
    assertSame(frame, expected);
    assertSame(byFzstd(frame.slice(), { maxBytes: part.length }), part);
  }
  frames.close();
});

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

/** A frame without size whose blocks are as long as they can be, with a checksum of `content`. */
function longFrame(blocks: readonly Uint8Array[], checksum: boolean): Uint8Array {
  const parts = [ZSTD_MAGIC, Uint8Array.of(checksum ? 4 : 0, 0x58)];
  const sum = new Xxh64();
  blocks.forEach((block, i) => {
    const header = block.length << 3 | (i === blocks.length - 1 ? 1 : 0);
    parts.push(Uint8Array.of(header, header >>> 8, header >>> 16), block);
    sum.update(block);
  });
  if (checksum) parts.push(new Uint8Array(Uint32Array.of(sum.low()).buffer));
  return concat(...parts);
}

/** Where the blocks are in a frame that says its size in 4 bytes. */
function blockOffsets(frame: Uint8Array): number[] {
  assert.equal(frame[4] >>> 6, 2);
  const offsets: number[] = [];
  let at = frame[4] & 0x20 ? 9 : 10;
  for (let last = false; !last;) {
    offsets.push(at);
    const header = frame[at] | frame[at + 1] << 8 | frame[at + 2] << 16;
    last = (header & 1) === 1;
    at += 3 + ((header >>> 1 & 3) === 1 ? 1 : header >>> 3);
  }
  return offsets;
}

const BLOCKS = [...pieces(LARGE.subarray(0, 1_000_000), [128 << 10])];
const LONG = longFrame(BLOCKS, true);
const decoders = { "node:zlib": readyZstdDecoder()!, fzstd: fzstdDecoder(fzstd) };

for (const [name, decoder] of Object.entries(decoders)) {
  const readAll = (bytes: Uint8Array, limits: DecompressLimits = {}) =>
    decompressSteps(zstdFormat(decoder, limits), bytes, limits);

  test(`zstd, by ${name}: a long frame is read block by block`, () => {
    assertSame(readAll(LONG), LARGE.subarray(0, 1_000_000));
    let most = 0;
    const source = openReaderSync({
      size: LONG.length,
      read: (start: number, end: number) => LONG.subarray(start, end),
    });
    const reader = openStepsSync(zstdFormat(decoder, {}), source, {});
    const into = new Uint8Array(1000);
    for (let out = 0; out < 900_000; out += reader.read(into)) {
      most = Math.max(most, LONG.length - source.remaining! - out);
    }
    assert(most <= 600_000, `${most} bytes were held`); // a block, and what is read at a time
  });

  test(`zstd, by ${name}: a wrong checksum is told with its place, before the last bytes`, () => {
    for (const frame of [LONG, WITH_CHECKSUM]) {
      const wrong = frame.slice();
      wrong[frame.length - 2] ^= 1;
      const error = {
        name: "CompressionError",
        message: /incorrect content checksum/,
        offset: frame.length - 4,
      };
      assert.throws(() => readAll(wrong), error);
      const content = frame === LONG ? 1_000_000 : TEXT.length;
      const reader = openStepsSync(zstdFormat(decoder, {}), openReaderSync(wrong), {});
      assert.throws(() => reader.read(new Uint8Array(content)), error);
    }
  });

  test(`zstd, by ${name}: damage is told with the place of its block`, async () => {
    const frame = await zstd.compress(LARGE.subarray(0, 1_000_000), 3);
    const [, second] = blockOffsets(frame);
    const damaged = frame.slice();
    damaged.fill(0xff, second + 3, second + 20);
    assert.throws(() => readAll(damaged), (error: Error & { offset: number }) => {
      assert.equal(error.name, "CompressionError");
      // fzstd takes nonsense for data, and fails at the block's end or at the checksum
      if (name === "fzstd") assert(error.offset >= second);
      else assert.equal(error.offset, second);
      return true;
    });
    damaged[second] |= 6;
    assert.throws(() => readAll(damaged), { message: /bad block header/, offset: second });
  });

  test(`zstd, by ${name}: a frame that is cut anywhere ends where the file does`, () => {
    const ends = [0, 1, 4, 5, 6, 8, 9, 100, 131_080, 131_081, 131_082, LONG.length - 4];
    for (const length of [...ends, LONG.length - 1]) {
      assert.throws(() => readAll(LONG.subarray(0, length)), {
        name: "CompressionError",
        message: /before the stream does/,
        offset: length,
      });
    }
  });

  test(`zstd, by ${name}: one block of a bomb comes out at a time`, () => {
    // 4 bytes each, which stand for 128 KiB of zeros
    const rle = Array.from({ length: 20_000 }, (_, i) => [i === 19_999 ? 3 : 2, 0, 0x10, 0]);
    const bomb = concat(ZSTD_MAGIC, Uint8Array.of(0, 0x58), Uint8Array.from(rle.flat()));
    assert.throws(() => readAll(bomb, { maxBytes: 5_000_000 }), { name: "LimitError" });
    assert.throws(() => readAll(bomb, { maxRatio: 1000 }), { message: /maxRatio/ });
    const reader = openStepsSync(zstdFormat(decoder, {}), openReaderSync(bomb), {});
    assert.equal(reader.read(new Uint8Array(3_000_000)), 3_000_000);
    assert(reader.remaining! >= 20_000 * (128 << 10) - 3_000_000);
    reader.close();
  });

  test(`zstd, by ${name}: where several may follow, it stops behind each frame`, () => {
    const source = openReaderSync(concat(STREAMED, WITH_CHECKSUM));
    const reader = openStepsSync(zstdFormat(decoder, { several: true }), source, {});
    const into = new Uint8Array(2 * TEXT.length);
    assert.equal(reader.read(into), TEXT.length);
    reader.close();
    assert.equal(source.remaining, WITH_CHECKSUM.length);
    const other = openReaderSync(concat(STREAMED, WITH_CHECKSUM));
    const both = openStepsSync(zstdFormat(decoder, { several: true }), other, {});
    assert.equal(both.read(into), TEXT.length);
    assert.equal(both.read(into), TEXT.length);
    assert.equal(both.read(into), 0);
  });

  test(`zstd, by ${name}: each level's frames are read, of any length`, async () => {
    for (const length of [0, 1, 255, 256, 257, 65_791, 65_792, 131_072, 131_073, 4_194_305]) {
      const part = LARGE.subarray(0, length);
      for (const level of length > 100_000 ? [3] : [1, 3, 9]) {
        assertSame(readAll(await zstd.compress(part, level)), part);
      }
    }
  });
}

test("XXH64 is the specification's, whole and in pieces", () => {
  const cases: [string, number][] = [
    ["", 0x51d8e999],
    ["a", 0xa98c6e5b],
    ["abc", 0xad770999],
    ["Nobody inspects the spammish repetition", 0x8a378bf1],
    ["0123456789abcdef".repeat(4) + "012", 0xdc76c903],
  ];
  for (const [text, sum] of cases) {
    const whole = new Xxh64();
    whole.update(new TextEncoder().encode(text));
    assert.equal(whole.low(), sum);
  }
  const whole = new Xxh64();
  whole.update(LARGE);
  const parts = new Xxh64();
  for (const piece of pieces(LARGE, [1, 7, 31, 32, 33, 64, 100_000])) parts.update(piece);
  assert.equal(parts.low(), whole.low());
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
