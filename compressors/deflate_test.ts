/**
 * zlib and gzip, whole and streaming, over both engines: what comes back, what joblib's headers
 * look like, and that nothing cut, damaged or too large passes.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { deflateRawSync, deflateSync, gunzipSync, gzipSync, inflateSync } from "node:zlib";
import { openReader, openReaderSync } from "../io/source.ts";
import type { AsyncReader } from "../io/source.ts";
import type { AsyncSink, SyncSink } from "../io/sink.ts";
import { adler32, crc32 } from "./_checksums.ts";
import { compressWhole, openDeflateReader } from "./_deflate.ts";
import type { DeflateFormat } from "./_deflate.ts";
import { readyEngine } from "./_engine.ts";
import type { DeflateEngine } from "./_engine.ts";
import { loadFflateEngine } from "./_fflate_engine.ts";
import { DeflateSink, DeflateSinkSync } from "./_segments.ts";
import { gzip, gzipFormat } from "./gzip.ts";
import type { DecompressLimits } from "./registry.ts";
import { compressSink, decompressReader, decompressReaderSync } from "./streams.ts";
import { zlib, zlibFormat } from "./zlib.ts";

const engines: Record<string, DeflateEngine> = {
  "node:zlib": readyEngine()!,
  "fflate": await loadFflateEngine(),
};
const PAYLOAD = makePayload(3_300_000);
const SMALL = PAYLOAD.subarray(0, 700);
const JUNK = new TextEncoder().encode("not a member");

interface Case {
  format: DeflateFormat;
  packed: (bytes: Uint8Array) => Uint8Array;
  unpacked: (bytes: Uint8Array) => Uint8Array;
  trailerBytes: number;
}
const cases: Case[] = [
  { format: zlibFormat, packed: deflateSync, unpacked: inflateSync, trailerBytes: 4 },
  { format: gzipFormat, packed: gzipSync, unpacked: gunzipSync, trailerBytes: 8 },
];

type Read = (
  format: DeflateFormat,
  bytes: Uint8Array,
  limits?: DecompressLimits,
) => Promise<Uint8Array>;
const readers: Record<string, Read> = {};
for (const [name, engine] of Object.entries(engines)) {
  readers[`whole by ${name}`] = (format, bytes, limits = {}) =>
    new Promise((resolve) => {
      resolve(format.decompress(bytes, limits.maxBytes ?? Infinity, engine));
    });
  readers[`streamed by ${name}`] = async (format, bytes, limits = {}) => {
    const source = await openReader(inPieces(bytes, bytes.length < 2000 ? 100 : 200_000));
    return drain(openDeflateReader(format, source, { limits, engine: Promise.resolve(engine) }));
  };
  readers[`streamed byte by byte by ${name}`] = async (format, bytes, limits = {}) => {
    const source = await openReader(inPieces(bytes, bytes.length < 2000 ? 1 : 100_000));
    return drain(openDeflateReader(format, source, { limits, engine: Promise.resolve(engine) }));
  };
}

for (const [how, read] of Object.entries(readers)) {
  for (const { format, packed, trailerBytes } of cases) {
    const title = `${format.name}, ${how}`;

    test(`${title}: gives back what was compressed`, async () => {
      for (const payload of [PAYLOAD, SMALL, new Uint8Array(0), Uint8Array.of(7)]) {
        assertSame(await read(format, packed(payload)), payload);
      }
    });

    test(`${title}: a stream that is cut anywhere is a CompressionError`, async () => {
      const bytes = packed(SMALL);
      for (const length of [0, 1, 2, 5, 9, 12, 100, bytes.length - 9, bytes.length - 5]) {
        await assertCut(read(format, bytes.subarray(0, length)), length);
      }
      for (let missing = 1; missing <= trailerBytes; missing++) {
        await assertCut(read(format, bytes.subarray(0, -missing)), bytes.length - missing);
      }
    });

    test(`${title}: a wrong checksum is a CompressionError`, async () => {
      for (let back = 1; back <= trailerBytes; back++) {
        const bytes = packed(SMALL).slice();
        bytes[bytes.length - back] ^= 1;
        await assertCorrupt(read(format, bytes), /incorrect (data|length) check/);
      }
    });

    test(`${title}: damaged data is a CompressionError`, async () => {
      const bytes = packed(SMALL).slice();
      for (let at = 10; at < bytes.length; at += 41) {
        const damaged = bytes.slice();
        damaged[at] ^= 0x55;
        await assertCorrupt(read(format, damaged), /Cannot decompress/);
      }
    });

    test(`${title}: a byte limit stops before more comes out`, async () => {
      const bytes = packed(PAYLOAD);
      assertSame(await read(format, bytes, { maxBytes: PAYLOAD.length }), PAYLOAD);
      for (const maxBytes of [0, 1, 1000, 2_000_000, PAYLOAD.length - 1]) {
        await assert.rejects(read(format, bytes, { maxBytes }), { name: "LimitError" });
      }
      assert.equal((await read(format, packed(new Uint8Array(0)), { maxBytes: 0 })).length, 0);
    });
  }

  test(`zlib, ${how}: bytes behind the stream are ignored`, async () => {
    const bytes = deflateSync(SMALL);
    for (const tail of [JUNK, Uint8Array.of(0), bytes, new Uint8Array(300_000)]) {
      assertSame(await read(zlibFormat, concat(bytes, tail)), SMALL);
    }
  });

  test(`zlib, ${how}: bad headers are CompressionErrors`, async () => {
    const body = deflateSync(SMALL).subarray(2);
    for (const head of [[0x78, 0x9d], [0x79, 0x9c], [0x88, 0x1c]]) {
      const bytes = concat(Uint8Array.from(head), body);
      await assertCorrupt(
        read(zlibFormat, bytes),
        /incorrect header check|unknown compression|window size/,
      );
    }
    const preset = concat(Uint8Array.of(0x78, 0xbb, 0, 0, 0, 1), body);
    await assertCorrupt(read(zlibFormat, preset), /preset dictionary/);
  });

  test(`gzip, ${how}: all members are read, also empty ones`, async () => {
    const members = [SMALL, new Uint8Array(0), Uint8Array.of(1, 2, 3), SMALL];
    assertSame(
      await read(gzipFormat, concat(...members.map((member) => gzipSync(member)))),
      concat(...members),
    );
  });

  test(`gzip, ${how}: zeros behind the last member are ignored`, async () => {
    assertSame(await read(gzipFormat, concat(gzipSync(SMALL), new Uint8Array(700))), SMALL);
  });

  test(`gzip, ${how}: what is neither zeros nor a member is a CompressionError`, async () => {
    await assertCorrupt(read(gzipFormat, concat(gzipSync(SMALL), JUNK)), /no gzip member/);
    const cut = concat(gzipSync(SMALL), gzipSync(SMALL).subarray(0, 30));
    await assertCut(read(gzipFormat, cut), cut.length);
  });

  test(`gzip, ${how}: optional header fields are skipped`, async () => {
    for (let flags = 0; flags < 32; flags++) {
      assertSame(await read(gzipFormat, memberWith(flags)), SMALL);
    }
  });

  test(`gzip, ${how}: bad headers are CompressionErrors`, async () => {
    const bytes = gzipSync(SMALL).slice();
    for (const [at, value] of [[0, 0x1e], [1, 0], [2, 7], [3, 0x20], [3, 0x80]]) {
      const damaged = bytes.slice();
      damaged[at] = value;
      await assertCorrupt(read(gzipFormat, damaged), /header|method/);
    }
    const wrongChecksum = memberWith(2);
    wrongChecksum[10] ^= 1;
    await assertCorrupt(read(gzipFormat, wrongChecksum), /header checksum/);
  });
}

for (const [name, engine] of Object.entries(engines)) {
  for (const { format, unpacked } of cases) {
    test(`${format.name} written by ${name} is read by others, at each level`, async () => {
      for (let level = 1; level <= 9; level++) {
        const bytes = compressWhole(format, engine, { bytes: PAYLOAD, level });
        assertSame(unpacked(bytes), PAYLOAD);
        assert(bytes.length < PAYLOAD.length);
        assert.deepEqual(
          bytes.subarray(0, HEADERS[format.name][level].length),
          HEADERS[format.name][level],
        );
      }
      for (const bytes of [new Uint8Array(0), SMALL, PAYLOAD.subarray(0, 1 << 20)]) {
        assertSame(unpacked(compressWhole(format, engine, { bytes, level: 3 })), bytes);
      }
      const sink = collector();
      const later = new DeflateSink(format, sink.later, {
        level: 3,
        engine: Promise.resolve(engine),
      });
      await later.close();
      assert.equal(unpacked(sink.bytes()).length, 0);
    });

    test(`${format.name} written by ${name} in any pieces is the same stream`, async () => {
      const expected = compressWhole(format, engine, { bytes: PAYLOAD, level: 3 });
      for (const sizes of [[100_000], [1, 2, 1_500_000], [1 << 20], [PAYLOAD.length]]) {
        const sink = collector();
        const now = new DeflateSinkSync(format, sink, { level: 3, engine });
        for (const piece of pieces(PAYLOAD, sizes)) now.write(piece);
        now.close();
        assertSame(unpacked(sink.bytes()), PAYLOAD);

        const asyncSink = collector();
        const later = new DeflateSink(format, asyncSink.later, {
          level: 3,
          engine: Promise.resolve(engine),
        });
        const reused = new Uint8Array(PAYLOAD.length);
        for (const piece of pieces(PAYLOAD, sizes)) {
          reused.set(piece);
          await later.write(reused.subarray(0, piece.length));
        }
        await later.close();
        assertSame(unpacked(asyncSink.bytes()), PAYLOAD);
        if (name === "node:zlib") assertSame(asyncSink.bytes(), expected);
      }
    });
  }
}

test("levels are the integers from 1 to 9, 3 by default", async () => {
  for (const compressor of [zlib, gzip]) {
    for (const level of [0, 10, -1, 2.5, NaN]) {
      assert.throws(() => compressor.compress(SMALL, level), RangeError);
      assert.throws(() => compressor.openSinkSync!(collector(), level), RangeError);
    }
    assertSame(await compressor.compress(SMALL), await compressor.compress(SMALL, 3));
  }
});

test("decompressReader() gives what is behind the stream back to its source", async () => {
  for (const name of ["zlib", "gzip"]) {
    const packed = name === "zlib"
      ? deflateSync(SMALL)
      : concat(gzipSync(SMALL), new Uint8Array(3));
    const tail = name === "zlib" ? 1000 : 3;
    const source = await openReader(
      name === "zlib" ? concat(packed, new Uint8Array(1000)) : packed,
    );
    const reader = decompressReader(source, name);
    const into = new Uint8Array(SMALL.length);
    assert.equal(await reader.read(into), SMALL.length);
    assert.equal(source.remaining, tail);
    await reader.close();
  }
});

test("a checksum fails before the last bytes are handed out", async () => {
  const bytes = gzipSync(PAYLOAD).slice();
  bytes[bytes.length - 1] ^= 1;
  const reader = decompressReader(await openReader(bytes), "gzip");
  let length = 0;
  await assert.rejects(async () => {
    for (;;) length += await reader.read(new Uint8Array(PAYLOAD.length - length));
  }, { name: "CompressionError" });
  assert(length < PAYLOAD.length);
});

test("a reader knows an upper bound of what a stream can hold", async () => {
  const bytes = deflateSync(new Uint8Array(5_000_000));
  const reader = decompressReader(await openReader(bytes), "zlib");
  for (let left = 5_000_000;;) {
    assert(reader.remaining! >= left);
    const count = await reader.read(new Uint8Array(600_000));
    if (count === 0) break;
    left -= count;
  }
  assert(reader.remaining! < 2 ** 30);
});

test("a ratio limit stops a bomb, and lets what is honest pass", async () => {
  const bomb = deflateSync(new Uint8Array(20_000_000));
  const limits = { maxRatio: 100 };
  const tooMuch = { name: "LimitError", message: /maxRatio/ };
  await assert.rejects(drain(decompressReader(await openReader(bomb), "zlib", limits)), tooMuch);
  assert.throws(() => decompressReaderSync(openReaderSync(bomb), "zlib", limits), tooMuch);
  const honest = decompressReader(await openReader(deflateSync(PAYLOAD)), "zlib", limits);
  assertSame(await drain(honest), PAYLOAD);
});

test("a reader that is left in the middle can be closed", async () => {
  const reader = decompressReader(await openReader(inPieces(deflateSync(PAYLOAD), 1000)), "zlib");
  await reader.read(new Uint8Array(10));
  await reader.close();
  const unused = decompressReader(await openReader(deflateSync(PAYLOAD)), "zlib");
  await unused.close();
});

test("aborting a compressing sink aborts the sink below", async () => {
  const sink = collector();
  const through = compressSink(sink.later, "gzip");
  await through.write(PAYLOAD);
  await through.abort();
  assert.equal(sink.aborted(), true);
});

test("checksums in plain JavaScript are those of the RFCs", () => {
  const text = new TextEncoder().encode("123456789");
  assert.equal(crc32(text, 0), 0xcbf43926);
  assert.equal(adler32(text, 1), 0x091e01de);
  assert.equal(
    adler32(PAYLOAD.subarray(1000), adler32(PAYLOAD.subarray(0, 1000), 1)),
    adler32(PAYLOAD, 1),
  );
  const high = new Uint8Array(100_000).fill(255);
  const packed = deflateSync(high);
  const view = new DataView(packed.buffer, packed.byteOffset, packed.length);
  assert.equal(adler32(high, 1), view.getUint32(packed.length - 4));
});

const HEADERS: Record<string, Uint8Array[]> = {
  // joblib's first bytes at levels 0 (not written) to 9
  zlib: [0, 0x01, 0x5e, 0x5e, 0x5e, 0x5e, 0x9c, 0xda, 0xda, 0xda].map((flg) =>
    Uint8Array.of(0x78, flg)
  ),
  gzip: [0, 4, 0, 0, 0, 0, 0, 0, 0, 2].map((xfl) =>
    Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, xfl, 3)
  ),
};

function memberWith(flags: number): Uint8Array {
  const fields: Uint8Array[] = [Uint8Array.of(0x1f, 0x8b, 8, flags, 1, 2, 3, 4, 0, 3)];
  if (flags & 4) fields.push(Uint8Array.of(3, 0, 9, 0, 9));
  if (flags & 8) fields.push(new TextEncoder().encode("name.pkl\0"));
  if (flags & 16) fields.push(new TextEncoder().encode("a comment\0"));
  if (flags & 2) {
    const sum = crc32(concat(...fields), 0);
    fields.push(Uint8Array.of(sum & 0xff, sum >>> 8 & 0xff));
  }
  return concat(
    ...fields,
    deflateRawSync(SMALL),
    gzipFormat.trailer(crc32(SMALL, 0), SMALL.length),
  );
}

async function assertCut(result: Promise<Uint8Array>, length: number): Promise<void> {
  await assert.rejects(result, {
    name: "CompressionError",
    message: /before the stream does/,
    offset: length,
  });
}

async function assertCorrupt(result: Promise<Uint8Array>, message: RegExp): Promise<void> {
  await assert.rejects(result, (error: Error & { offset?: number }) => {
    return error.name === "CompressionError" && message.test(error.message) &&
      typeof error.offset === "number";
  });
}

// assert.deepEqual takes seconds for megabytes.
function assertSame(actual: Uint8Array, expected: Uint8Array): void {
  assert.equal(actual.length, expected.length);
  for (let i = 0; i < expected.length; i++) {
    if (actual[i] !== expected[i]) assert.fail(`byte ${i} is ${actual[i]}, not ${expected[i]}`);
  }
}

function makePayload(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = 1;
  for (let i = 0; i < length; i++) {
    state = Math.imul(state, 1664525) + 1013904223 | 0;
    bytes[i] = i % 3 === 0 ? state >>> 24 : i >>> 6;
  }
  return bytes;
}

function concat(...parts: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

function* pieces(bytes: Uint8Array, sizes: number[]): Generator<Uint8Array> {
  for (let offset = 0, i = 0; offset < bytes.length; i++) {
    yield bytes.subarray(offset, offset += sizes[Math.min(i, sizes.length - 1)]);
  }
}

function inPieces(bytes: Uint8Array, size: number): ReadableStream<Uint8Array> {
  const parts = pieces(bytes, [size]);
  return new ReadableStream({
    pull(controller): void {
      const { value, done } = parts.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
  });
}

async function drain(reader: AsyncReader): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  try {
    for (;;) {
      const part = new Uint8Array(65_536);
      const count = await reader.read(part);
      if (count === 0) return concat(...parts);
      parts.push(part.subarray(0, count));
    }
  } finally {
    await reader.close();
  }
}

function collector(): SyncSink & { later: AsyncSink; bytes(): Uint8Array; aborted(): boolean } {
  const parts: Uint8Array[] = [];
  let isAborted = false;
  const sink = {
    start: 0,
    write(bytes: Uint8Array): void {
      parts.push(bytes.slice());
    },
    close(): void {},
    abort(): void {
      isAborted = true;
    },
  };
  const later: AsyncSink = {
    start: 0,
    write: (bytes) => Promise.resolve(sink.write(bytes)),
    close: () => Promise.resolve(),
    abort: () => Promise.resolve(sink.abort()),
  };
  return { ...sink, later, bytes: () => concat(...parts), aborted: () => isAborted };
}
