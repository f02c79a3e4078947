/**
 * Deflate data without a wrapper, whole and in pieces; and CRC-32, by `node:zlib` and in script.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { deflateRawSync, inflateRawSync as zlibInflate } from "node:zlib";
import { CompressionError, LimitError } from "../errors.ts";
import { type AsyncReader, openReader } from "../io/source.ts";
import { crc32 as crc32InScript } from "./_checksums.ts";
import { crc32 } from "./crc32.ts";
import {
  inflateRaw,
  inflateRawSync,
  openDeflate,
  openDeflateSync,
  openInflate,
} from "./raw_deflate.ts";

const DATA = Uint8Array.from({ length: 3_300_000 }, (_, i) => (i * i >> 7) & 0xff);
const DEFLATED = new Uint8Array(deflateRawSync(DATA));

test("inflateRaw() and inflateRawSync() inflate the whole", async () => {
  assert.deepEqual(inflateRawSync(DEFLATED, { maxBytes: DATA.length }), DATA);
  assert.deepEqual(await inflateRaw(DEFLATED, { maxBytes: DATA.length }), DATA);
});

test("inflateRaw() stops before more than maxBytes come out", async () => {
  assert.throws(() => inflateRawSync(DEFLATED, { maxBytes: DATA.length - 1 }), LimitError);
  await assert.rejects(inflateRaw(DEFLATED, { maxBytes: 1 }), LimitError);
});

test("inflateRaw() tells the place of damage from where the data starts", () => {
  const error = (end: number) => ({ name: "CompressionError", offset: 1000 + end });
  const cut = DEFLATED.subarray(0, 5000);
  assert.throws(() => inflateRawSync(cut, { maxBytes: 1e7, offset: 1000 }), error(5000));
});

test("openInflate() reads piece by piece", async () => {
  assert.deepEqual(await readAll(openInflate(await openReader(DEFLATED), {})), DATA);
  const cut = openInflate(await openReader(DEFLATED.subarray(0, -9)), {});
  await assert.rejects(readAll(cut), CompressionError);
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

  assert.deepEqual(new Uint8Array(zlibInflate(asynchronous)), DATA);
  assert.deepEqual(synchronous, asynchronous);
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

function join(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
