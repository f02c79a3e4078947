/**
 * The registry: joblib's checks on what is registered, detection by first bytes, by extension.
 * Registered names are the process's own, so each test takes names that no other uses.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openReader, openReaderSync } from "../io/source.ts";
import type { AsyncSink, SyncSink } from "../io/sink.ts";
import {
  compressorByExtension,
  compressorByName,
  compressorNames,
  detectCompressor,
  maxPrefixLength,
  registerCompressor,
} from "./registry.ts";
import type { CompressorEntry } from "./registry.ts";
import {
  compressSink,
  compressSinkSync,
  decompressReader,
  decompressReaderSync,
} from "./streams.ts";

const PAYLOAD = new TextEncoder().encode("some bytes ".repeat(50_000));

test("joblib's compressors are known, in joblib's order", () => {
  assert.deepEqual(compressorNames().slice(0, 6), ["zlib", "gzip", "bz2", "lzma", "xz", "lz4"]);
  assert(maxPrefixLength() >= 5);
});

test("files are told by their first bytes", () => {
  const cases: [string | undefined, number[]][] = [
    ["zlib", [0x78, 0x01]],
    ["gzip", [0x1f, 0x8b]],
    ["bz2", [0x42, 0x5a, 0x68]],
    ["xz", [0xfd, 0x37, 0x7a, 0x58, 0x5a]],
    ["lzma", [0x5d, 0x00]],
    ["lz4", [0x04, 0x22, 0x4d, 0x18]],
    [undefined, [0x80, 0x04]],
    [undefined, [0x5a, 0x46]], // joblib's old container is for the caller
    [undefined, [0x1f]],
    [undefined, []],
  ];
  for (const [name, bytes] of cases) {
    assert.equal(detectCompressor(Uint8Array.from(bytes)), name);
  }
});

test("an unknown name lists the known ones", () => {
  assert.throws(() => compressorByName("zip"), /RangeError.*"zip".*zlib, gzip/);
});

test("registerCompressor() refuses a name that is no string", () => {
  assert.throws(() => registerCompressor(5 as unknown as string, entry("N")), TypeError);
});

test("registerCompressor() refuses an object without the interface", () => {
  const whole = entry("I");
  const broken: unknown[] = [null, 5, {}, () => whole];
  for (const key of ["prefix", "extension", "compress", "decompress"]) {
    broken.push({ ...whole, [key]: undefined });
  }
  for (const value of broken) {
    assert.throws(() => registerCompressor("broken", value as CompressorEntry), TypeError);
  }
  assert(!compressorNames().includes("broken"));
});

test("registerCompressor() refuses optional parts that are no functions", () => {
  const parts = ["compressStream", "decompressStream", "prepare", "openReader", "openReaderSync"];
  for (const part of [...parts, "openSink", "openSinkSync"]) {
    for (const value of [5, null, {}]) {
      assert.throws(() => registerCompressor("parts", { ...entry("PRT"), [part]: value }), {
        name: "TypeError",
        message: `Cannot register compressor "parts": its ${part} is not a function`,
      });
    }
  }
  assert(!compressorNames().includes("parts"));
  registerCompressor("parts", { ...entry("PRT"), compressStream: undefined } as CompressorEntry);
});

test("registerCompressor() refuses unknown options", () => {
  const cases: [options: unknown, message: string][] = [
    [{ forc: true }, 'Unknown option "forc" for registerCompressor(): known are force'],
    [{ Force: true }, 'Unknown option "Force" for registerCompressor(): use "force"'],
    [
      true,
      "Cannot use true as options of registerCompressor(): they are an object, as { force: … }",
    ],
  ];
  for (const [options, message] of cases) {
    const register = () => registerCompressor("optioned", entry("OPT"), options as object);
    assert.throws(register, { name: "TypeError", message });
  }
  assert(!compressorNames().includes("optioned"));
});

test("registerCompressor() refuses an empty prefix and an empty extension", () => {
  const empty = { ...entry("E"), prefix: new Uint8Array(0) };
  assert.throws(() => registerCompressor("empty", empty), RangeError);
  assert.throws(() => registerCompressor("empty", { ...entry("E"), extension: "" }), RangeError);
});

test("registerCompressor() refuses a taken name without force", () => {
  const first = entry("F1");
  const second = entry("F2");
  registerCompressor("forced", first);
  assert.throws(() => registerCompressor("forced", second), RangeError);
  assert.throws(() => registerCompressor("zlib", second), RangeError);
  assert.equal(compressorByName("forced"), first);
  registerCompressor("forced", second, { force: true });
  assert.equal(compressorByName("forced"), second);
});

test("of two compressors with one extension the last registered wins", () => {
  registerCompressor("ext1", { ...entry("X1"), extension: ".ext" });
  registerCompressor("ext2", { ...entry("X2"), extension: ".ext" });
  assert.equal(compressorByExtension("a.ext"), "ext2");
  assert.equal(compressorByExtension("a.EXT"), undefined);
  assert.equal(compressorByExtension("a.gz"), "gzip");
});

test("a registered compressor works whole, synchronously and not", async () => {
  registerCompressor("whole", entry("WHL"));
  await roundTrip("whole");
  roundTripSync("whole");
});

test("a registered compressor that answers later works asynchronously only", async () => {
  const { compress, decompress, ...rest } = entry("LTR");
  registerCompressor("later", {
    ...rest,
    compress: async (bytes, level) => await compress(bytes, level),
    decompress: async (bytes) => await decompress(bytes),
  });
  await roundTrip("later");
  const refused = { name: "UnsupportedError", message: /asynchronous call/ };
  assert.throws(() => decompressReaderSync(openReaderSync(PAYLOAD), "later"), refused);
  const sink = compressSinkSync(collector().sync, "later");
  sink.write(PAYLOAD);
  assert.throws(() => sink.close(), refused);
});

test("a thenable is awaited, and refused where nothing waits", async () => {
  const { compress, decompress, ...rest } = entry("THN");
  registerCompressor("thenable", {
    ...rest,
    compress: (bytes, level) => thenable(compress(bytes, level)),
    decompress: (bytes) => thenable(decompress(bytes)),
  });
  await roundTrip("thenable");
  const refused = { name: "UnsupportedError", message: /asynchronous call/ };
  assert.throws(() => decompressReaderSync(openReaderSync(PAYLOAD), "thenable"), refused);
  const sink = compressSinkSync(collector().sync, "thenable");
  sink.write(PAYLOAD);
  assert.throws(() => sink.close(), refused);
});

const NO_BYTES: [kind: string, value: unknown][] = [
  ["a string", "/dev/null"],
  ["a number", 5],
  ["undefined", undefined],
  ["null", null],
  ["an ArrayBuffer", new ArrayBuffer(8)],
  ["an Array", [1, 2]],
  ["a Float32Array", new Float32Array(2)],
];

for (const [kind, value] of NO_BYTES) {
  test(`what a compressor gives must be bytes, not ${kind}`, async () => {
    const bytes = value as Uint8Array;
    const name = `gives ${kind}`;
    registerCompressor(name, { ...entry(kind), compress: () => bytes, decompress: () => bytes });

    const written = wrong(name, "compress", `${kind}, not a Uint8Array`);
    const { sink, sync, bytes: output } = collector();
    assert.throws(() => compressSinkSync(sync, name).close(), written);
    await assert.rejects(compressSink(sink, name).close(), written);
    assert.equal(output().length, 0);

    const read = wrong(name, "decompress", `${kind}, not a Uint8Array`);
    assert.throws(() => decompressReaderSync(openReaderSync(PAYLOAD), name), read);
    const reader = decompressReader(await openReader(PAYLOAD), name);
    await assert.rejects(reader.read(new Uint8Array(1)), read);
  });

  test(`what a compressor's stream gives must be bytes, not ${kind}`, async () => {
    const name = `streams ${kind}`;
    registerStreams(name, () =>
      new TransformStream({
        transform: (_, controller) => controller.enqueue(value as Uint8Array),
      }));

    const written = wrong(name, "compressStream", `${kind}, not a Uint8Array`);
    const { sink, bytes } = collector();
    const through = compressSink(sink, name);
    await assert.rejects(writeTwice(through), written);
    await through.abort();
    assert.equal(bytes().length, 0);

    const reader = decompressReader(await openReader(PAYLOAD), name);
    const read = wrong(name, "decompressStream", `${kind}, not a Uint8Array`);
    await assert.rejects(reader.read(new Uint8Array(1)), read);
  });

  test(`a compressor's stream must be a TransformStream, not ${kind}`, async () => {
    const name = `is ${kind}`;
    registerStreams(name, () => value as ByteStream);
    const { sink } = collector();
    const written = wrong(name, "compressStream", `${kind}, not a TransformStream`);
    assert.throws(() => compressSink(sink, name), written);
    const source = await openReader(PAYLOAD);
    const read = wrong(name, "decompressStream", `${kind}, not a TransformStream`);
    assert.throws(() => decompressReader(source, name), read);
  });
}

test("an error in a compressor's stream is told when writing ends", async () => {
  registerStreams("fails", () =>
    new TransformStream({
      transform(): void {
        throw new Error("no room");
      },
    }));
  const through = compressSink(collector().sink, "fails");
  await assert.rejects(writeTwice(through), /no room/);
  await through.abort();
});

test("streams that are no TransformStream but have its two sides serve", async () => {
  registerStreams("sides", () => {
    const { readable, writable } = flipStream();
    return { readable, writable };
  });
  await roundTrip("sides");
});

test("a registered compressor with streams is streamed", async () => {
  registerCompressor("streamed", {
    ...entry("STR"),
    compress: () => assert.fail("not streamed"),
    decompress: () => assert.fail("not streamed"),
    compressStream: flipStream,
    decompressStream: flipStream,
  });
  await roundTrip("streamed");
});

test("a registered compressor's output is held to the limits", async () => {
  registerCompressor("grows", {
    ...entry("GRW"),
    decompress: (bytes) => new Uint8Array(bytes.length * 100),
  });
  const tooMuch = { name: "LimitError" };
  const limits = [{ maxBytes: PAYLOAD.length }, { maxRatio: 50 }];
  for (const limit of limits) {
    assert.throws(() => decompressReaderSync(openReaderSync(PAYLOAD), "grows", limit), tooMuch);
    const reader = decompressReader(await openReader(PAYLOAD), "grows", limit);
    await assert.rejects(reader.read(new Uint8Array(1)), tooMuch);
  }
});

type ByteStream = TransformStream<Uint8Array, Uint8Array>;

/** Register a method whose streams are what `make` gives. */
function registerStreams(name: string, make: () => ByteStream): void {
  registerCompressor(name, { ...entry(name), compressStream: make, decompressStream: make });
}

function wrong(name: string, call: string, what: string): { name: string; message: string } {
  const action = call.startsWith("de") ? "decompress" : "compress";
  return { name: "TypeError", message: `Cannot ${action} by "${name}": ${call}() gave ${what}` };
}

function thenable(bytes: unknown): Promise<Uint8Array> {
  const later = { then: (resolve: (value: unknown) => void) => resolve(bytes) };
  return later as unknown as Promise<Uint8Array>;
}

async function writeTwice(sink: AsyncSink): Promise<void> {
  await sink.write(PAYLOAD.subarray(0, 100));
  await sink.write(PAYLOAD.subarray(100));
  await sink.close();
}

async function roundTrip(name: string): Promise<void> {
  const { sink, bytes } = collector();
  const through = compressSink(sink, name);
  assert.equal(through.start, 0);
  await through.write(PAYLOAD.subarray(0, 100));
  await through.write(PAYLOAD.subarray(100));
  await through.close();
  const reader = decompressReader(await openReader(bytes()), name);
  const back = new Uint8Array(PAYLOAD.length + 1);
  let length = 0;
  for (let count = -1; count !== 0; length += count) {
    count = await reader.read(back.subarray(length));
  }
  await reader.close();
  assert.deepEqual(back.subarray(0, length), PAYLOAD);
}

function roundTripSync(name: string): void {
  const { sync, bytes } = collector();
  const through = compressSinkSync(sync, name);
  through.write(PAYLOAD.subarray(0, 100));
  through.write(PAYLOAD.subarray(100));
  through.close();
  const reader = decompressReaderSync(openReaderSync(bytes()), name);
  assert.deepEqual(reader.bytes, PAYLOAD);
  reader.close();
}

function entry(magic: string): CompressorEntry {
  const prefix = new TextEncoder().encode(magic);
  return {
    prefix,
    extension: `.${magic}`,
    compress(bytes: Uint8Array): Uint8Array {
      const whole = new Uint8Array(prefix.length + bytes.length);
      whole.set(prefix);
      whole.set(flip(bytes), prefix.length);
      return whole;
    },
    decompress: (bytes) => flip(bytes.subarray(prefix.length)),
  };
}

function flip(bytes: Uint8Array): Uint8Array {
  return bytes.map((byte) => byte ^ 0xff);
}

function flipStream(): TransformStream<Uint8Array, Uint8Array> {
  return new TransformStream({
    transform: (chunk, controller) => controller.enqueue(flip(chunk)),
  });
}

function collector(): { sink: AsyncSink; sync: SyncSink; bytes(): Uint8Array } {
  const pieces: number[] = [];
  const sync: SyncSink = {
    start: 7,
    write(bytes): void {
      for (const byte of bytes) pieces.push(byte);
    },
    close(): void {},
    abort(): void {},
  };
  const sink: AsyncSink = {
    start: 7,
    write: (bytes) => Promise.resolve(sync.write(bytes)),
    close: () => Promise.resolve(),
    abort: () => Promise.resolve(),
  };
  return { sink, sync, bytes: () => Uint8Array.from(pieces) };
}
