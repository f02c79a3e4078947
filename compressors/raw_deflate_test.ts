/**
 * Deflate data without a wrapper, whole and in pieces; and CRC-32, by `node:zlib` and in script.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { deflateRawSync as zlibDeflate, inflateRawSync } from "node:zlib";
import { join } from "../bytes/join.ts";
import { type AsyncReader, asyncReader, openReader, openReaderSync } from "../io/source.ts";
import { crc32 as crc32InScript } from "./_checksums.ts";
import { crc32 } from "./crc32.ts";
import {
  deflateRaw,
  deflateRawSync,
  openDeflate,
  openDeflateSync,
  openInflate,
  openInflateSync,
} from "./raw_deflate.ts";

const DATA = Uint8Array.from({ length: 3_300_000 }, (_, i) => (i * i >> 7) & 0xff);
const DEFLATED = new Uint8Array(zlibDeflate(DATA));

test("openInflate() and openInflateSync() read piece by piece", async () => {
  assert.deepEqual(await readAll(openInflate(await openReader(DEFLATED))), DATA);
  assert.deepEqual(await readAll(asyncReader(openInflateSync(openReaderSync(DEFLATED)))), DATA);
});

test("openInflate() tells the place of damage from where the data starts", async () => {
  const cut = DEFLATED.subarray(0, 5000);
  const offset = 1000;
  const error = { name: "CompressionError", offset: 6000 };
  await assert.rejects(readAll(openInflate(await openReader(cut), { offset })), error);
  const reader = openInflateSync(openReaderSync(cut), { offset });
  await assert.rejects(readAll(asyncReader(reader)), error);
});

test("deflateRaw() and deflateRawSync() write one whole stream", async () => {
  assert.deepEqual(new Uint8Array(inflateRawSync(await deflateRaw(DATA, 6))), DATA);
  assert.deepEqual(new Uint8Array(inflateRawSync(deflateRawSync(DATA, 1))), DATA);
});

test("openDeflate() and openDeflateSync() write data that joins to one stream", async () => {
  const written: Uint8Array[] = [];
  const sink = {
    start: 0,
    write: (bytes: Uint8Array) => Promise.resolve(void written.push(bytes.slice())),
    close: () => Promise.resolve(),
    abort: () => Promise.resolve(),
  };
  const deflate = openDeflate(sink, { level: 6 });
  for (let i = 0; i < DATA.length; i += 700_000) await deflate.write(DATA.subarray(i, i + 700_000));
  await deflate.close();
  const asynchronous = join(written.splice(0));

  const deflateSync = openDeflateSync({
    start: 0,
    write: (bytes) => written.push(bytes.slice()),
    close() {},
    abort() {},
  }, { level: 6 });
  deflateSync.write(DATA);
  deflateSync.close();
  const synchronous = join(written);

  assert.deepEqual(new Uint8Array(inflateRawSync(asynchronous)), DATA);
  assert.deepEqual(new Uint8Array(inflateRawSync(synchronous)), DATA);
});

test("crc32() continues, and is the same in script", () => {
  assert.equal(crc32(new TextEncoder().encode("123456789"), 0), 0xcbf43926);
  const half = crc32(DATA.subarray(0, 1_000_001), 0);
  assert.equal(crc32(DATA.subarray(1_000_001), half), crc32(DATA, 0));
  assert.equal(crc32InScript(DATA, 0), crc32(DATA, 0));
});

async function readAll(reader: AsyncReader): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for (;;) {
    const into = new Uint8Array(100_000);
    const count = await reader.read(into);
    if (count === 0) break;
    pieces.push(into.subarray(0, count));
  }
  await reader.close();
  return join(pieces);
}
