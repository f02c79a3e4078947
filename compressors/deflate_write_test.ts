/**
 * zlib and gzip written by both engines: other readers read them, in whatever pieces they were
 * written, behind the first bytes that joblib writes.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { DeflateEngine } from "./_engine.ts";
import type { DeflateFormat } from "./_deflate.ts";
import { DeflateSinkSync, openDeflateSink } from "./_segments.ts";
import { compressWhole } from "./_whole.ts";
import { gzip } from "./gzip.ts";
import { compressSink } from "./streams.ts";
import { zlib } from "./zlib.ts";
import { assertSame, cases, collector, engines, PAYLOAD, pieces, SMALL } from "./deflate_suite.ts";

for (const [name, engine] of Object.entries(engines)) {
  for (const { format, unpacked } of cases) {
    test(`${format.name} written by ${name} is read by others, at each level`, async () => {
      for (let level = 1; level <= 9; level++) {
        const payload = PAYLOAD.subarray(0, 300_000);
        const bytes = compressed(payload, { format, engine, level });
        assertSame(unpacked(bytes), payload);
        assert(bytes.length < payload.length);
        assert.deepEqual(
          bytes.subarray(0, HEADERS[format.name][level].length),
          HEADERS[format.name][level],
        );
      }
      for (const bytes of [new Uint8Array(0), SMALL, PAYLOAD.subarray(0, 1 << 20)]) {
        assertSame(unpacked(compressed(bytes, { format, engine, level: 3 })), bytes);
      }
      const sink = collector();
      const later = openDeflateSink(format, sink.later, {
        level: 3,
        engine: Promise.resolve(engine),
      });
      await later.close();
      assert.equal(unpacked(sink.bytes()).length, 0);
    });

    test(`${format.name} written by ${name} in any pieces is the same stream`, async () => {
      const expected = compressed(PAYLOAD, { format, engine, level: 3 });
      let expectedLater: Uint8Array | undefined;
      for (const sizes of [[100_000], [1, 2, 1_500_000], [1 << 20], [PAYLOAD.length]]) {
        const sink = collector();
        const now = new DeflateSinkSync(format, sink, { level: 3, engine });
        for (const piece of pieces(PAYLOAD, sizes)) now.write(piece);
        now.close();
        assertSame(unpacked(sink.bytes()), PAYLOAD);
        assertSame(sink.bytes(), expected);

        const asyncSink = collector();
        const later = openDeflateSink(format, asyncSink.later, {
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
        assertSame(asyncSink.bytes(), expectedLater ??= asyncSink.bytes());
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

test("aborting a compressing sink aborts the sink below", async () => {
  const sink = collector();
  const through = compressSink(sink.later, "gzip");
  await through.write(PAYLOAD);
  await through.abort();
  assert.equal(sink.aborted(), true);
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

function compressed(
  bytes: Uint8Array,
  how: { format: DeflateFormat; engine: DeflateEngine; level: number },
): Uint8Array {
  return compressWhole(bytes, (sink) => new DeflateSinkSync(how.format, sink, how));
}
