/**
 * zlib and gzip read whole and streaming, by both engines: what comes back, and that nothing cut,
 * damaged or too large passes.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { readAll, runReads } from "../io/read_task.ts";
import { openReader, openReaderSync } from "../io/source.ts";
import { adler32, crc32 } from "./_checksums.ts";
import { stepped } from "./_deflate.ts";
import type { DeflateFormat } from "./_deflate.ts";
import {
  assertSame,
  cases,
  concat,
  drain,
  engines,
  inPieces,
  PAYLOAD,
  SMALL,
} from "./deflate_suite.ts";
import { decompressSteps, openSteps, openStepsSync } from "./_steps.ts";
import { gzipFormat } from "./gzip.ts";
import type { DecompressLimits } from "./registry.ts";
import { decompressReader, decompressReaderSync } from "./streams.ts";
import { zlibFormat } from "./zlib.ts";

const JUNK = new TextEncoder().encode("not a member");

type Read = (
  format: DeflateFormat,
  bytes: Uint8Array,
  limits?: DecompressLimits,
) => Promise<Uint8Array>;
const readers: Record<string, Read> = {};
for (const [name, engine] of Object.entries(engines)) {
  readers[`whole by ${name}`] = (format, bytes, limits = {}) =>
    new Promise((resolve) => resolve(decompressSteps(stepped(format, engine), bytes, limits)));
  readers[`synchronously by ${name}`] = (format, bytes, limits = {}) =>
    new Promise((resolve) => {
      const source = openReaderSync({
        size: bytes.length,
        read: (a: number, b: number) => bytes.slice(a, b),
      });
      const reader = openStepsSync(stepped(format, engine), source, limits);
      resolve(runReads(readAll(reader), reader));
    });
  readers[`streamed by ${name}`] = async (format, bytes, limits = {}) => {
    const source = await openReader(inPieces(bytes, bytes.length < 2000 ? 100 : 200_000));
    return drain(openSteps(stepped(format, engine), source, limits));
  };
  readers[`streamed byte by byte by ${name}`] = async (format, bytes, limits = {}) => {
    const source = await openReader(inPieces(bytes, bytes.length < 2000 ? 1 : 100_000));
    return drain(openSteps(stepped(format, engine), source, limits));
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

test("decompressReaderSync() gives what is behind the stream back to its source", () => {
  const tail = new Uint8Array(1000);
  const whole = concat(deflateSync(SMALL), tail);
  const sources = [whole, {
    size: whole.length,
    read: (a: number, b: number) => whole.slice(a, b),
  }];
  for (const source of sources) {
    const below = openReaderSync(source);
    const reader = decompressReaderSync(below, "zlib");
    assertSame(runReads(readAll(reader), reader), SMALL);
    assert.equal(below.remaining, tail.length);
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
  const reader = decompressReaderSync(openReaderSync(bomb), "zlib", limits);
  assert.throws(() => runReads(readAll(reader), reader), tooMuch);
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
