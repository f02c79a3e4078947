/**
 * lz4 read whole and in pieces, with and without waiting: frames of all kinds, by Python and by hand,
 * and nothing cut, damaged or too large that passes; what is written is read back.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { openReader, openReaderSync } from "../io/source.ts";
import { lz4BlockBound } from "./_lz4_encoder.ts";
import { readLz4Header } from "./_lz4_frame.ts";
import { Xxh32, xxh32 } from "./_lz4_xxh32.ts";
import {
  assertSame,
  collector,
  concat,
  drain,
  inPieces,
  makePayload,
  pieces,
} from "./deflate_suite.ts";
import { lz4 } from "./lz4.ts";
import type { DecompressLimits } from "./registry.ts";

const PAYLOAD = makePayload(1_500_000);
const SMALL = PAYLOAD.subarray(0, 3000);
const WORDS = words(1_200_000);
const TEXT = new TextEncoder().encode("the same words, the same words, and others; ".repeat(20));

/** TEXT by python-lz4 4.4: linked blocks, checksums of blocks and content, content size. */
const FROM_PYTHON = unbase64(
  "BCJNGHxAcAMAAAAAAADwLwAAAPwBdGhlIHNhbWUgd29yZHMsIBAAvWFuZCBvdGhlcnM7HAAPLAD///8fUGVyczsg" +
    "QadA8QAAAADGjryl",
);

type Read = (bytes: Uint8Array, limits?: DecompressLimits) => Promise<Uint8Array>;
const readers: Readonly<Record<string, Read>> = {
  whole: async (bytes, limits = {}) => await lz4.decompress(bytes, limits),
  synchronously: (bytes, limits = {}) => readSync(bytes, limits, 10_000),
  "in large parts": (bytes, limits = {}) => readSync(bytes, limits, 4 << 20),
  streamed: async (bytes, limits = {}) => {
    const source = await openReader(inPieces(bytes, bytes.length < 5000 ? 1 : 7001));
    return await drain(lz4.openReader!(source, limits));
  },
};

// deno-lint-ignore require-await -- as the others, it rejects
async function readSync(
  bytes: Uint8Array,
  limits: DecompressLimits,
  size: number,
): Promise<Uint8Array> {
  const random = { size: bytes.length, read: (a: number, b: number) => bytes.subarray(a, b) };
  const reader = lz4.openReaderSync!(openReaderSync(random), limits);
  const parts: Uint8Array[] = [];
  const into = new Uint8Array(size);
  for (;;) {
    const bound = reader.remaining!;
    const count = reader.read(into);
    assert(count <= bound);
    if (count === 0) break;
    parts.push(into.slice(0, count));
    into.fill(0xaa); // what is handed out is the caller's, and need not stay
  }
  reader.close();
  return concat(...parts);
}

/** FLG bits of a frame's header. */
const INDEPENDENT = 0x20;
const BLOCK_CHECKSUM = 0x10;
const CONTENT_SIZE = 0x08;
const CONTENT_CHECKSUM = 0x04;
const DICTIONARY = 0x01;
const VERSION = 0x40;

/** A frame of ready-made blocks, as its flags ask for; `content` is what it holds. */
function frame(options: {
  flags?: number;
  bd?: number;
  blocks?: Uint8Array[];
  content?: Uint8Array;
  size?: number;
}): Uint8Array {
  const { flags = VERSION | INDEPENDENT, bd = 0x40, blocks = [], content = EMPTY } = options;
  const { size = content.length } = options;
  const descriptor = concat(
    Uint8Array.of(flags, bd),
    flags & CONTENT_SIZE ? concat(word(size % 2 ** 32), word(Math.floor(size / 2 ** 32))) : EMPTY,
    flags & DICTIONARY ? word(77) : EMPTY,
  );
  const parts = [lz4.prefix, descriptor, Uint8Array.of(xxh32(descriptor) >>> 8)];
  for (const block of blocks) {
    parts.push(word(block.length), block);
    if (flags & BLOCK_CHECKSUM) parts.push(word(xxh32(block)));
  }
  parts.push(word(0));
  if (flags & CONTENT_CHECKSUM) parts.push(word(xxh32(content)));
  return concat(...parts);
}

const EMPTY = new Uint8Array(0);

/** A block of the literals, a match, and more literals. */
function block(literals: string, offset: number, length: number, last: string): Uint8Array {
  return concat(
    Uint8Array.of(literals.length << 4 | length - 4),
    ascii(literals),
    Uint8Array.of(offset, offset >>> 8, last.length << 4),
    ascii(last),
  );
}

function ascii(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function word(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}

function unbase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
}

for (const [how, read] of Object.entries(readers)) {
  test(`lz4, ${how}: Python's bytes are read, also frames behind each other`, async () => {
    assertSame(await read(FROM_PYTHON), TEXT);
    assertSame(await read(concat(FROM_PYTHON, FROM_PYTHON)), concat(TEXT, TEXT));
  });

  test(`lz4, ${how}: linked blocks look back into what was read before`, async () => {
    const linked = frame({
      flags: VERSION,
      blocks: [block("abcdefgh", 8, 6, "12345"), block("X", 19, 5, "y"), block("", 20, 18, "z")],
    });
    const first = "abcdefghabcdef12345";
    const second = "Xbcdefy".slice(0, 1) + first.slice(1, 6) + "y";
    const all = first + second;
    const third = (all.slice(-20) + all.slice(-20)).slice(0, 18) + "z";
    assert.equal(new TextDecoder().decode(await read(linked)), all + third);
  });

  test(`lz4, ${how}: what lies between frames to be skipped is skipped`, async () => {
    const skippable = concat(
      Uint8Array.of(0x5a, 0x2a, 0x4d, 0x18),
      word(9000),
      PAYLOAD.slice(0, 9000),
    );
    const bytes = concat(skippable, FROM_PYTHON, skippable, skippable, FROM_PYTHON, skippable);
    assertSame(await read(bytes), concat(TEXT, TEXT));
    await assertCut(read(bytes.subarray(0, -1)), bytes.length - 1);
    const nothing = concat(Uint8Array.of(0x50, 0x2a, 0x4d, 0x18), word(0));
    assertSame(await read(nothing), EMPTY);
  });

  test(`lz4, ${how}: gives back what was compressed`, async () => {
    for (const payload of [PAYLOAD, WORDS, SMALL, EMPTY, Uint8Array.of(7)]) {
      for (const level of [0, 3]) {
        assertSame(await read(await lz4.compress(payload, level)), payload);
      }
    }
  });

  test(`lz4, ${how}: a frame that is cut anywhere is a CompressionError`, async () => {
    for (let length = 0; length < FROM_PYTHON.length; length++) {
      await assertCut(read(FROM_PYTHON.subarray(0, length)), length);
      if (length === 0) continue;
      const second = concat(FROM_PYTHON, FROM_PYTHON.subarray(0, length));
      await assertCut(read(second), second.length);
    }
  });

  test(`lz4, ${how}: a changed byte is a typed error`, async () => {
    for (let at = 0; at < FROM_PYTHON.length; at++) {
      for (const bit of [0, 3, 7]) {
        const damaged = FROM_PYTHON.slice();
        damaged[at] ^= 1 << bit;
        await assert.rejects(read(damaged), { name: "CompressionError" });
      }
    }
  });

  test(`lz4, ${how}: what is no frame behind one is a CompressionError with its place`, async () => {
    const bytes = concat(FROM_PYTHON, ascii("no frame"));
    await assertDamaged(read(bytes), /no lz4 frame/, FROM_PYTHON.length);
  });

  test(`lz4, ${how}: bad headers are CompressionErrors`, async () => {
    const wrong = frame({});
    wrong[6] ^= 1;
    await assertDamaged(read(wrong), /header checksum/, 6);
    await assertDamaged(read(frame({ flags: 0x80 | INDEPENDENT })), /unknown version 2/, 4);
    await assertDamaged(read(frame({ flags: VERSION | 0x02 })), /reserved bits/, 4);
    for (const bd of [0x30, 0xc0, 0x41]) {
      await assertDamaged(read(frame({ bd })), /reserved bits/, 4);
    }
  });

  test(`lz4, ${how}: a dictionary and the legacy format are UnsupportedErrors`, async () => {
    await assert.rejects(read(frame({ flags: VERSION | DICTIONARY })), {
      name: "UnsupportedError",
      message: /dictionary 77/,
    });
    const legacy = concat(Uint8Array.of(0x02, 0x21, 0x4c, 0x18), word(1), ascii("x"));
    await assert.rejects(read(concat(FROM_PYTHON, legacy)), {
      name: "UnsupportedError",
      message: /legacy/,
    });
  });

  test(`lz4, ${how}: damaged blocks are CompressionErrors`, async () => {
    const long = concat(
      Uint8Array.of(0x1f),
      ascii("a"),
      Uint8Array.of(1, 0),
      filled(300, 255),
      new Uint8Array(2),
    );
    const cases: [RegExp, Uint8Array][] = [
      [/offset 0/, block("abcd", 0, 4, "e")],
      [/before the start/, block("abcd", 5, 4, "e")],
      [/literals beyond/, Uint8Array.of(0x50, 1, 2, 3)],
      [/length without an end/, Uint8Array.of(0xf0, 255)],
      [/length without an end/, Uint8Array.of(0x1f, 1, 1, 0, 255)],
      [/without an offset/, Uint8Array.of(0x10, 1, 2)],
      [/ends in a match/, Uint8Array.of(0x10, 1, 1, 0)],
      [/too long/, long],
    ];
    for (const [reason, damaged] of cases) {
      await assertDamaged(read(frame({ blocks: [damaged] })), reason);
    }
    const apart = [block("abcdefgh", 8, 6, "12345"), block("X", 19, 5, "y")];
    await assertDamaged(read(frame({ blocks: apart })), /before the start/);
    const huge = frame({ blocks: [new Uint8Array(65_537)] });
    await assertDamaged(read(huge), /too long/, 7);
  });

  test(`lz4, ${how}: wrong checksums and sizes are CompressionErrors`, async () => {
    const blocks = [block("abcd", 4, 4, "e")];
    const content = ascii("abcdabcde");
    const flags = VERSION | BLOCK_CHECKSUM | CONTENT_CHECKSUM | CONTENT_SIZE;
    const good = frame({ flags, blocks, content });
    assertSame(await read(good), content);
    for (const [back, reason] of [[1, /content checksum/], [9, /block checksum/]] as const) {
      const bytes = good.slice();
      bytes[bytes.length - back] ^= 1;
      await assertDamaged(read(bytes), reason);
    }
    for (const size of [8, 10, 2 ** 40, 2 ** 63]) {
      await assertDamaged(read(frame({ flags, blocks, content, size })), /content size/);
    }
  });

  test(`lz4, ${how}: limits stop before more comes out`, async () => {
    const bytes = await lz4.compress(PAYLOAD);
    assertSame(await read(bytes, { maxBytes: PAYLOAD.length }), PAYLOAD);
    for (const maxBytes of [0, 1, 1000, PAYLOAD.length - 1]) {
      await assert.rejects(read(bytes, { maxBytes }), { name: "LimitError" });
    }
    const bomb = await lz4.compress(new Uint8Array(8 << 20));
    await assert.rejects(read(bomb, { maxBytes: 3 << 20 }), { name: "LimitError" });
    await assert.rejects(read(bomb, { maxRatio: 50 }), { name: "LimitError", message: /maxRatio/ });
  });

  test(`lz4, ${how}: any bytes go through and back, at any level`, async () => {
    const part = fc.tuple(fc.uint8Array({ maxLength: 40 }), fc.integer({ min: 1, max: 5000 }));
    const data = fc.array(part, { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(data, fc.integer({ min: 0, max: 9 }), async (parts, level) => {
        const payload = concat(...parts.map(([bytes, times]) => repeated(bytes, times)));
        assertSame(await read(await lz4.compress(payload, level)), payload);
      }),
      { numRuns: 40 },
    );
  });

  test(`lz4, ${how}: bytes of chance are typed errors`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 60 }), fc.boolean(), async (tail, linked) => {
        const flags = linked ? VERSION : VERSION | INDEPENDENT;
        for (const bytes of [concat(lz4.prefix, tail), frame({ flags, blocks: [tail] })]) {
          await read(bytes, { maxBytes: 1 << 20 }).catch((error) =>
            assert.match(error.name, /CompressionError|UnsupportedError|LimitError/)
          );
        }
      }),
      { numRuns: 300 },
    );
  });
}

test("lz4: a checksum fails before the last bytes are handed out", () => {
  const content = PAYLOAD.subarray(0, 65_536 * 3);
  const blocks = [...pieces(content, [65_536])].map((piece) => stored(piece));
  const bytes = frame({ flags: VERSION | CONTENT_CHECKSUM, blocks: [], content });
  const whole = concat(bytes.subarray(0, 7), ...blocks, bytes.subarray(7));
  whole[whole.length - 1] ^= 1;
  const reader = lz4.openReaderSync!(openReaderSync(whole), {});
  const into = new Uint8Array(65_536);
  assert.equal(reader.read(into), 65_536);
  assert.equal(reader.read(into), 65_536);
  assert.throws(() => reader.read(into), { name: "CompressionError" });
});

test("lz4: what is behind a frame goes back to its source where several may follow", async () => {
  for (const tail of [ascii("x"), ascii("no frame"), EMPTY]) {
    const bytes = concat(FROM_PYTHON, tail);
    const source = openReaderSync(bytes);
    const reader = lz4.openReaderSync!(source, { several: true });
    while (reader.read(new Uint8Array(100)) > 0);
    reader.close();
    assert.equal(source.remaining, tail.length);
    const other = await openReader(bytes);
    const later = lz4.openReader!(other, { several: true });
    while (await later.read(new Uint8Array(100)) > 0);
    await later.close();
    assert.equal(other.remaining, tail.length);
  }
});

test("lz4: a source that can't give bytes back is read only to the frame's end", () => {
  const bytes = concat(FROM_PYTHON, ascii("tail"));
  const below = openReaderSync(bytes);
  const exact = { ...below, bytes: undefined, exact: true, remaining: undefined };
  const reader = lz4.openReaderSync!(exact, {});
  const into = new Uint8Array(TEXT.length + 10);
  assert.equal(reader.read(into), TEXT.length);
  assert.equal(below.remaining, 4);
});

test("lz4: each level is read back, with and without waiting", async () => {
  const payload = prose(300_000);
  let last = Infinity;
  for (const level of [undefined, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9]) {
    const whole = await lz4.compress(payload, level);
    assert(whole.length < payload.length);
    assert.equal(readLz4Header(whole, 0).independent, true);
    const now = collector();
    const sink = lz4.openSinkSync!(now, level);
    for (const piece of pieces(payload, [1, 10, 200_000])) sink.write(piece);
    sink.close();
    const other = collector();
    const later = lz4.openSink!(other.later, level);
    for (const piece of pieces(payload, [1, 10, 200_000])) await later.write(piece);
    await later.close();
    for (const bytes of [now.bytes(), other.bytes()]) assertSame(bytes, whole);
    assertSame(await lz4.decompress(whole), payload);
    if (level === 3 || level === 4 || level === 9) assert(whole.length < last);
    last = whole.length;
  }
});

test("lz4: what can't be compressed is stored", async () => {
  const noise = xorshift(300_000);
  for (const level of [0, 9]) {
    const bytes = await lz4.compress(noise, level);
    assert(bytes.length < noise.length + 32);
    assertSame(await lz4.decompress(bytes), noise);
  }
  assert(lz4BlockBound(0) > 1);
});

test("lz4: other levels are RangeErrors", () => {
  for (const level of [-1, 10, 2.5, NaN]) {
    assert.throws(() => lz4.compress(SMALL, level), RangeError);
    assert.throws(() => lz4.openSink!(collector().later, level), RangeError);
    assert.throws(() => lz4.openSinkSync!(collector(), level), RangeError);
  }
});

test("lz4: what is written in reused memory is what was there", async () => {
  const now = collector();
  const sink = lz4.openSinkSync!(now, 0);
  const other = collector();
  const later = lz4.openSink!(other.later, 0);
  const reused = new Uint8Array(400_000);
  for (const piece of pieces(WORDS, [1000, 400_000])) {
    reused.set(piece);
    sink.write(reused.subarray(0, piece.length));
    await later.write(reused.subarray(0, piece.length));
    reused.fill(1);
  }
  sink.close();
  await later.close();
  assertSame(await lz4.decompress(now.bytes()), WORDS);
  assertSame(await lz4.decompress(other.bytes()), WORDS);
});

test("lz4: threads write the same bytes", async () => {
  for (const level of [0, 4]) {
    const whole = await lz4.compress(WORDS, level);
    for (const threads of [1, 2]) {
      const other = collector();
      const sink = lz4.openSink!(other.later, level, { threads });
      for (let at = 0; at < WORDS.length; at += 500_000) {
        await sink.write(WORDS.subarray(at, at + 500_000));
      }
      await sink.close();
      assertSame(other.bytes(), whole);
    }
  }
});

test("lz4: a dump that stops aborts the sink below", async () => {
  const now = collector();
  const sink = lz4.openSinkSync!(now, 1);
  sink.write(SMALL);
  sink.abort();
  assert.equal(now.aborted(), true);
  const later = lz4.openSink!(now.later, 1);
  await later.write(SMALL);
  await later.abort();
});

test("XXH32 is the specification's, whole and in pieces", () => {
  const cases: [string, number][] = [
    ["", 0x02cc5d05],
    ["abc", 0x32d153ff],
    ["Nobody inspects the spammish repetition", 0xe2293b2f],
  ];
  for (const [text, sum] of cases) assert.equal(xxh32(ascii(text)), sum);
  const sum = new Xxh32();
  for (const piece of pieces(PAYLOAD, [1, 2, 3, 15, 16, 17, 31, 1000])) sum.update(piece);
  assert.equal(sum.digest(), xxh32(PAYLOAD));
});

function stored(bytes: Uint8Array): Uint8Array {
  return concat(word(bytes.length + 2 ** 31), bytes);
}

function filled(length: number, value: number): Uint8Array {
  return new Uint8Array(length).fill(value);
}

function repeated(bytes: Uint8Array, times: number): Uint8Array {
  const whole = new Uint8Array(bytes.length * times);
  for (let i = 0; i < times; i++) whole.set(bytes, i * bytes.length);
  return whole;
}

/** Words of three letters in an order of chance. */
function words(length: number): Uint8Array {
  const chance = xorshift(length);
  return chance.map((_, i) => i % 4 === 3 ? 32 : 97 + chance[i >> 2] % 50 * (i % 4 + 1) % 26);
}

/** Words of other lengths, with numbers between them. */
function prose(length: number): Uint8Array {
  const list = "larder pickle array of the memory is in a result model 0.125 and file when".split(
    " ",
  );
  const chance = xorshift(length);
  const parts = Array.from(chance, (byte, i) => byte < 20 ? chance[i >> 1] : list[byte % 15]);
  return ascii(parts.join(" ")).subarray(0, length);
}

function xorshift(length: number): Uint8Array {
  let state = 1;
  return new Uint8Array(length).map(() => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state;
  });
}

async function assertCut(result: Promise<Uint8Array>, length: number): Promise<void> {
  await assert.rejects(result, {
    name: "CompressionError",
    message: /before the stream does/,
    offset: length,
  });
}

async function assertDamaged(
  result: Promise<Uint8Array>,
  reason: RegExp,
  offset?: number,
): Promise<void> {
  await assert.rejects(result, (error: Error & { offset?: number }) => {
    assert.equal(error.name, "CompressionError");
    assert.match(error.message, reason);
    assert.equal(typeof error.offset, "number");
    if (offset !== undefined) assert.equal(error.offset, offset);
    return true;
  });
}
