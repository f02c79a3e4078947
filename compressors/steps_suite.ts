/**
 * What the tests of xz, lzma and bz2 share: one suite that each of them passes, read whole and in
 * pieces, with and without waiting.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { openReader, openReaderSync } from "../io/source.ts";
import {
  assertSame,
  collector,
  concat,
  drain,
  inPieces,
  makePayload,
  pieces,
} from "./deflate_suite.ts";
import type { BuiltInCompressor, DecompressLimits } from "./registry.ts";

export const TEXT: Uint8Array = new TextEncoder().encode(
  "the same words, the same words, and others; ".repeat(20),
);
const PAYLOAD: Uint8Array = makePayload(1_500_000);
const SMALL: Uint8Array = PAYLOAD.subarray(0, 3000);
const JUNK: Uint8Array = new TextEncoder().encode("no stream of this format");

type Read = (
  compressor: BuiltInCompressor,
  bytes: Uint8Array,
  limits?: DecompressLimits,
) => Promise<Uint8Array>;

/** The ways to read. */
export const readers: Readonly<Record<string, Read>> = {
  whole: async ({ decompress }, bytes, limits = {}) => await decompress(bytes, limits),
  // deno-lint-ignore require-await -- as the others, it rejects
  synchronously: async ({ openReaderSync: open }, bytes, limits = {}) => {
    const reader = open!(openReaderSync(bytes), limits);
    const parts: Uint8Array[] = [];
    for (;;) {
      const part = new Uint8Array(10_000);
      const count = reader.read(part);
      if (count === 0) break;
      parts.push(part.subarray(0, count));
    }
    reader.close();
    return concat(...parts);
  },
  streamed: async ({ openReader: open }, bytes, limits = {}) =>
    await drain(open!(await openReader(inPieces(bytes, bytes.length < 5000 ? 1 : 7001)), limits)),
};

/** What a suite must know of its method. */
export interface SteppedCase {
  name: string;
  compressor: BuiltInCompressor;
  /** TEXT as Python compresses it. */
  fromPython: Uint8Array;
  levels: number[];
  wrongLevels: number[];
  /** Whether a changed byte is always found: .lzma has no checksum. */
  checked: boolean;
}

/** Bytes of base64. */
export function unbase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
}

/** Test a method. */
export function testStepped(its: SteppedCase): void {
  const { name, compressor, fromPython } = its;

  for (const [how, read] of Object.entries(readers)) {
    test(`${name}, ${how}: Python's bytes are read, also streams behind each other`, async () => {
      assertSame(await read(compressor, fromPython), TEXT);
      assertSame(await read(compressor, concat(fromPython, fromPython)), concat(TEXT, TEXT));
    });

    test(`${name}, ${how}: what is no stream is ignored behind one`, async () => {
      assertSame(await read(compressor, concat(fromPython, JUNK)), TEXT);
    });

    test(`${name}, ${how}: gives back what was compressed`, async () => {
      for (const payload of [PAYLOAD, SMALL, new Uint8Array(0), Uint8Array.of(7)]) {
        assertSame(await read(compressor, await compressor.compress(payload, 1)), payload);
      }
    });

    test(`${name}, ${how}: a stream that is cut anywhere is a CompressionError`, async () => {
      for (let length = 0; length < fromPython.length; length++) {
        await assert.rejects(read(compressor, fromPython.subarray(0, length)), {
          name: "CompressionError",
          message: /before the stream does/,
          offset: length,
        });
        const second = concat(fromPython, fromPython.subarray(0, length));
        if (length < 3) continue;
        await assert.rejects(read(compressor, second), { offset: second.length });
      }
    });

    test(`${name}, ${how}: a changed byte never passes unseen or as another error`, async () => {
      for (let at = 0; at < fromPython.length; at++) {
        for (const bit of [0, 3, 7]) {
          const damaged = fromPython.slice();
          damaged[at] ^= 1 << bit;
          await read(compressor, damaged, { maxBytes: 1 << 20 }).then(
            () => assert(!its.checked || name === "bz2", `byte ${at}, bit ${bit} passed`),
            (error) => assert.match(error.name, /CompressionError|UnsupportedError|LimitError/),
          );
        }
      }
    });

    test(`${name}, ${how}: limits stop before more comes out`, async () => {
      const bytes = await compressor.compress(PAYLOAD, 1);
      assertSame(await read(compressor, bytes, { maxBytes: PAYLOAD.length }), PAYLOAD);
      for (const maxBytes of [0, 1, 1000, PAYLOAD.length - 1]) {
        await assert.rejects(read(compressor, bytes, { maxBytes }), { name: "LimitError" });
      }
      const bomb = await compressor.compress(new Uint8Array(8 << 20), 1);
      await assert.rejects(read(compressor, bomb, { maxBytes: 3 << 20 }), { name: "LimitError" });
      if (how === "whole") return;
      await assert.rejects(read(compressor, bomb, { maxRatio: 50 }), {
        name: "LimitError",
        message: /maxRatio/,
      });
    });

    test(`${name}, ${how}: any bytes go through and back`, async () => {
      const data = fc.array(
        fc.tuple(fc.uint8Array({ maxLength: 40 }), fc.integer({ min: 1, max: 90 })),
        { maxLength: 12 },
      );
      await fc.assert(
        fc.asyncProperty(data, async (parts) => {
          const repeated = parts.map(([bytes, times]) => concat(...Array(times).fill(bytes)));
          const payload = concat(...repeated);
          assertSame(await read(compressor, await compressor.compress(payload, 1)), payload);
        }),
        { numRuns: 40 },
      );
    });

    test(`${name}, ${how}: bytes of chance are typed errors`, async () => {
      const { prefix } = compressor;
      await fc.assert(
        fc.asyncProperty(fc.uint8Array({ maxLength: 60 }), async (tail) => {
          await read(compressor, concat(prefix, tail), { maxBytes: 1 << 20 }).catch((error) =>
            assert.match(error.name, /CompressionError|UnsupportedError|LimitError/)
          );
        }),
        { numRuns: 200 },
      );
    });
  }

  test(`${name}: each level is read back, with and without waiting`, async () => {
    for (const level of [undefined, ...its.levels]) {
      const whole = await compressor.compress(SMALL, level);
      assert(whole.length < SMALL.length);
      const now = collector();
      const sink = compressor.openSinkSync!(now, level);
      for (const piece of pieces(SMALL, [1, 10, 500])) sink.write(piece);
      sink.close();
      const other = collector();
      const later = compressor.openSink!(other.later, level);
      for (const piece of pieces(SMALL, [1, 10, 500])) await later.write(piece);
      await later.close();
      for (const bytes of [whole, now.bytes(), other.bytes()]) {
        assertSame(await readers.whole(compressor, bytes), SMALL);
        assert.deepEqual(bytes.subarray(0, compressor.prefix.length), compressor.prefix);
      }
    }
  });

  test(`${name}: other levels are RangeErrors`, () => {
    for (const level of its.wrongLevels) {
      assert.throws(() => compressor.compress(SMALL, level), RangeError);
      assert.throws(() => compressor.openSink!(collector().later, level), RangeError);
      assert.throws(() => compressor.openSinkSync!(collector(), level), RangeError);
    }
  });

  test(`${name}: what is written in reused memory is what was there`, async () => {
    const now = collector();
    const sink = compressor.openSinkSync!(now, 1);
    const other = collector();
    const later = compressor.openSink!(other.later, 1);
    const reused = new Uint8Array(400_000);
    for (const piece of pieces(PAYLOAD, [1000, 400_000])) {
      reused.set(piece);
      sink.write(reused.subarray(0, piece.length));
      await later.write(reused.subarray(0, piece.length));
      reused.fill(1);
    }
    sink.close();
    await later.close();
    assertSame(await readers.whole(compressor, now.bytes()), PAYLOAD);
    assertSame(await readers.whole(compressor, other.bytes()), PAYLOAD);
  });

  test(`${name}: a dump that stops aborts the sink below`, async () => {
    const now = collector();
    const sink = compressor.openSinkSync!(now, 1);
    sink.write(SMALL);
    sink.abort();
    assert.equal(now.aborted(), true);
    const later = compressor.openSink!(now.later, 1);
    await later.write(SMALL);
    await later.abort();
  });

  test(`${name}: what is behind the stream goes back to its source`, async () => {
    const bytes = concat(fromPython, JUNK);
    const source = openReaderSync(bytes);
    const reader = compressor.openReaderSync!(source, {});
    while (reader.read(new Uint8Array(100)) > 0);
    assert.equal(source.remaining, JUNK.length);
    const other = await openReader(bytes);
    const later = compressor.openReader!(other, {});
    while (await later.read(new Uint8Array(100)) > 0);
    assert.equal(other.remaining, JUNK.length);
  });

  test(`${name}: a reader that is left in the middle can be closed`, async () => {
    const bytes = await compressor.compress(PAYLOAD, 1);
    const reader = compressor.openReader!(await openReader(inPieces(bytes, 1000)), {});
    await reader.read(new Uint8Array(10));
    await reader.close();
    const now = compressor.openReaderSync!(openReaderSync(bytes), {});
    now.read(new Uint8Array(10));
    now.close();
  });

  test(`${name}: prepare() loads what writing needs`, async () => {
    await compressor.prepare!();
  });
}
