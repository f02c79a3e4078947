/**
 * What every random-access file does, whatever it is made of: the suite that all adapters pass,
 * and the content that they hold.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openRandomAccessFile, openRandomAccessFileSync } from "./random_access.ts";
import type { RandomAccessFile, RandomAccessOptions } from "./random_access.ts";
import type { Source, SyncSource } from "./source.ts";

/** What the sources of the suite hold. */
export const CONTENT: Uint8Array<ArrayBuffer> = Uint8Array.from(
  { length: 1_300_001 },
  (_, i) => (i * 7 + (i >> 8)) & 0xff,
);

/** A source that holds {@linkcode CONTENT}, made anew for each test. */
export interface Made<S = Source> {
  source: S;
  /** Releases what the test opened. */
  finish?: () => Promise<void> | void;
}

/** How to make a kind of source, and what it can do. */
export interface Kind {
  make(): Made | Promise<Made>;
  /** Whether it opens without waiting. */
  sync: boolean;
  /** Whether it can be written to. */
  writes: "always" | "when asked" | "never";
  /** How it is opened. */
  options?: RandomAccessOptions;
  /** What is laid over the opened file. */
  wrap?: (file: RandomAccessFile) => RandomAccessFile;
}

/** A range of the content, with a buffer of its own. */
export function range(start: number, end: number): { start: number; into: Uint8Array } {
  return { start, into: new Uint8Array(end - start) };
}

/** Hold a kind of source to what all do. */
export function randomAccessSuite(name: string, kind: Kind): void {
  const { sync, writes, wrap = (file: RandomAccessFile) => file } = kind;

  function open(source: Source, options?: RandomAccessOptions): Promise<RandomAccessFile> {
    return openRandomAccessFile(source, { ...kind.options, ...options });
  }

  /** Run a test on a file, opened one way and then the other. */
  async function each(
    run: (file: RandomAccessFile, read: Read, write: Write) => Promise<void>,
    options?: RandomAccessOptions,
  ): Promise<void> {
    const made = await kind.make();
    const file = wrap(await open(made.source, options));
    await run(file, (ranges) => file.read(ranges), (at, bytes) => file.write(at, bytes));
    await file.close();
    await made.finish?.();
    if (!sync) return;
    const again = await kind.make();
    const other = wrap(openRandomAccessFileSync(again.source as SyncSource, {
      ...kind.options,
      ...options,
    }));
    await run(
      other,
      async (ranges) => await other.readSync(ranges),
      async (at, bytes) => await other.writeSync(at, bytes),
    );
    other.closeSync();
    await again.finish?.();
  }

  test(`${name}: ranges come in any order, and may overlap, touch or be empty`, async () => {
    await each(async (file, read) => {
      assert.equal(file.size, CONTENT.length);
      const end = CONTENT.length;
      const places = [[900_000, 900_100], [0, 1], [50, 90], [70, 80], [90, 91], [5, 5], [end, end]];
      places.push([end - 3, end], [100_000, 400_000], [99_000, 100_000], [4_000, 12_000]);
      const ranges = places.map(([from, to]) => range(from, to));
      await read(ranges);
      for (const { start, into } of ranges) {
        assert.deepEqual(into, CONTENT.slice(start, start + into.length));
      }
      await read([]);
    });
  });

  test(`${name}: a whole file goes into a part of a buffer`, async () => {
    await each(async (_file, read) => {
      const buffer = new Uint8Array(CONTENT.length + 20).fill(0xee);
      await read([{ start: 0, into: buffer.subarray(10, 10 + CONTENT.length) }]);
      assert.equal(Buffer.compare(buffer.subarray(10, 10 + CONTENT.length), CONTENT), 0);
      assert.deepEqual(buffer.slice(0, 10), new Uint8Array(10).fill(0xee));
      assert.deepEqual(buffer.slice(-10), new Uint8Array(10).fill(0xee));
    });
  });

  test(`${name}: small reads one after another give what was asked for`, async () => {
    await each(async (_file, read) => {
      for (let start = 3; start < CONTENT.length; start += 70_001) {
        const one = range(start, Math.min(start + 9, CONTENT.length));
        await read([one]);
        assert.deepEqual(one.into, CONTENT.slice(start, start + 9));
      }
    });
  });

  test(`${name}: a range behind the end is an error that tells where the end is`, async () => {
    await each(async (_file, read) => {
      const { length } = CONTENT;
      const offset = {
        name: "LarderError",
        offset: length,
        message: /file ends at byte 1300001, /,
      };
      await assert.rejects(read([range(0, 4), range(length - 1, length + 1)]), offset);
      await assert.rejects(read([range(length + 7, length + 9)]), offset);
    });
  });

  test(`${name}: a place that is no whole number is a RangeError`, async () => {
    await each(async (_file, read) => {
      for (const start of [-1, 1.5, NaN, Infinity]) {
        await assert.rejects(read([{ start, into: new Uint8Array(1) }]), RangeError);
      }
    });
  });

  test(`${name}: many reads at once do not disturb each other`, async () => {
    const made = await kind.make();
    const file = wrap(await open(made.source));
    const ranges = Array.from({ length: 100 }, (_, i) => {
      const start = (i * 7919 * 131) % (CONTENT.length - 3000);
      return [range(start, start + 5 + (i % 9) * 300), range((i * 11) % 1000, 2000)];
    });
    await Promise.all(ranges.map((pair) => file.read(pair)));
    for (const { start, into } of ranges.flat()) {
      assert.deepEqual(into, CONTENT.slice(start, start + into.length));
    }
    await file.close();
    await made.finish?.();
  });

  test(`${name}: a closed file is closed once, after what is under way, and read no more`, async () => {
    const made = await kind.make();
    const file = wrap(await open(made.source));
    const late = [range(200_000, 200_050), range(700_000, 700_050)];
    const reading = file.read(late);
    await Promise.all([file.close(), reading, file.close()]);
    assert.deepEqual(late[1].into, CONTENT.slice(700_000, 700_050));
    const closed = { name: "LarderError", message: /it is closed/ };
    await assert.rejects(file.read([range(0, 1)]), closed);
    assert.throws(() => file.readSync([range(0, 1)]), sync ? closed : Error);
    await assert.rejects(file.write(0, new Uint8Array(1)), closed);
    file.closeSync();
    await made.finish?.();
  });

  test(`${name}: an aborted signal ends opening and reading with its reason`, async () => {
    const made = await kind.make();
    const reason = new Error("enough");
    const aborted = AbortSignal.abort(reason);
    await assert.rejects(open(made.source, { signal: aborted }), reason);
    const controller = new AbortController();
    const { signal } = controller;
    const file = wrap(await open(made.source, { signal }));
    await file.read([range(0, 10)]);
    controller.abort(reason);
    await assert.rejects(file.read([range(500_000, 500_010)]), reason);
    await file.close();
    await made.finish?.();
  });

  if (!sync) {
    test(`${name}: a synchronous call is refused`, async () => {
      const made = await kind.make();
      const file = wrap(await open(made.source));
      await file.read([range(0, 1)]);
      assert.equal(file.sync, false);
      const refused = { name: "UnsupportedError", message: /asynchronous call/ };
      assert.throws(() => file.readSync([range(0, 1)]), refused);
      await file.close();
      await made.finish?.();
    });
  }

  if (writes !== "always") {
    test(`${name}: writing is refused unless it was asked for`, async () => {
      await each(async (file, _read, write) => {
        assert.equal(file.writable, false);
        await assert.rejects(write(0, Uint8Array.of(1)), { name: "UnsupportedError" });
        await file.flush();
      });
    });
  }

  if (writes === "never") {
    test(`${name}: opening it for writing is refused`, async () => {
      const made = await kind.make();
      const opening = open(made.source, { write: true });
      await assert.rejects(opening, { name: "UnsupportedError", message: /Cannot write to / });
      await made.finish?.();
    });
    return;
  }

  test(`${name}: what was written is read back, and its neighbours stay`, async () => {
    await each(async (file, read, write) => {
      assert.equal(file.writable, true);
      const expected = CONTENT.slice();
      const end = CONTENT.length;
      for (const [start, length] of [[4090, 10], [0, 1], [end - 2, 2], [70_000, 40_000], [9, 0]]) {
        const bytes = Uint8Array.from({ length }, (_, i) => 255 - (i & 0x7f));
        await write(start, bytes);
        expected.set(bytes, start);
      }
      await file.flush();
      if (file.sync) file.flushSync();
      const whole = range(0, CONTENT.length);
      await read([whole]);
      assert.equal(Buffer.compare(whole.into, expected), 0);
    }, { write: true });
  });

  test(`${name}: a write behind the end is refused and the file does not grow`, async () => {
    await each(async (file, read, write) => {
      const { length } = CONTENT;
      const refused = { name: "LarderError", offset: length, message: /^Cannot write / };
      await assert.rejects(write(length - 1, Uint8Array.of(1, 2)), refused);
      await assert.rejects(write(length, Uint8Array.of(1)), refused);
      await assert.rejects(write(-1, Uint8Array.of(1)), RangeError);
      const last = range(length - 1, length);
      await read([last]);
      assert.equal(last.into[0], CONTENT[length - 1]);
      assert.equal(file.size, length);
    }, { write: true });
  });
}

type Read = (ranges: { start: number; into: Uint8Array }[]) => Promise<void>;
type Write = (start: number, bytes: Uint8Array) => Promise<void>;
