/** Blocks of lz4 decoded by WebAssembly and in JavaScript: both read the same and refuse the same. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import loadWabt from "wabt";
import { Random } from "../tests/random.ts";
import { assertSame } from "./deflate_suite.ts";
import { decodeLz4Block } from "./_lz4_block.ts";
import type { BlockTarget } from "./_lz4_block.ts";
import { encodeLz4Block, lz4BlockBound } from "./_lz4_encoder.ts";
import { LZ4_DECODE_WASM, Lz4Blocks } from "./_lz4_wasm.ts";

const EMPTY = new Uint8Array(0);
const LEVELS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

// Little goes through JavaScript: so this is much, of which all that follows profits.
byWasm(encode(new Uint8Array(1 << 20), 0), target(1 << 20));

/** Runs, texts and noise in turns. */
function makeBlock(seed: number, length: number): Uint8Array {
  const random = new Random(seed);
  const block = new Uint8Array(length);
  for (let at = 0; at < length;) {
    const end = Math.min(length, at + 1 + random.below(random.below(8) === 0 ? 2000 : 40));
    const kind = random.below(3);
    const back = 1 + random.below(Math.max(1, Math.min(at, 70_000)));
    if (kind === 0 && at > 0) { for (; at < end; at++) block[at] = block[at - back]; }
    else if (kind === 1) block.fill(random.below(4), at, at = end);
    else for (; at < end; at++) block[at] = random.below(256);
  }
  return block;
}

function encode(input: Uint8Array, level: number): Uint8Array {
  const output = new Uint8Array(lz4BlockBound(input.length));
  return output.subarray(0, encodeLz4Block(input, output, level));
}

function target(length: number): BlockTarget {
  return { bytes: new Uint8Array(length), start: 0, limit: length, floor: 0, history: EMPTY };
}

/** What a decoder makes of a block: its output, or its error. */
function outcome(decode: (block: Uint8Array, into: BlockTarget) => number, block: Uint8Array) {
  const into = target(5000);
  try {
    return into.bytes.subarray(0, decode(block, into)).join();
  } catch (error) {
    const { name, message, offset } = error as Error & { offset: number };
    return `${name} ${message} ${offset}`;
  }
}

function byWasm(block: Uint8Array, into: BlockTarget): number {
  return new Lz4Blocks().decode(
    { bytes: block, start: 0, end: block.length, base: 7 },
    into,
    false,
  );
}

function inScript(block: Uint8Array, into: BlockTarget): number {
  return decodeLz4Block({ bytes: block, start: 0, end: block.length, base: 7 }, into);
}

test("lz4 blocks: the module is what its source says", async () => {
  const wabt = await loadWabt();
  const source = readFileSync(new URL("_lz4_decode.wat", import.meta.url), "utf8");
  const module = wabt.parseWat("_lz4_decode.wat", source, { simd: true, bulk_memory: true });
  const { buffer } = module.toBinary({});
  assert.equal(LZ4_DECODE_WASM, btoa(String.fromCharCode(...buffer)));
});

test("lz4 blocks: a module is made once much has to be decoded", async () => {
  const { Module } = WebAssembly;
  let made = 0;
  class CountedModule extends Module {
    constructor(bytes: BufferSource) {
      super(bytes);
      made++;
    }
  }
  try {
    WebAssembly.Module = CountedModule;
    const { Lz4Blocks } = await freshModule("counted");
    const block = encode(makeBlock(1, 60_000), 0);
    const counts: number[] = [];
    for (let i = 0; i < 10; i++) {
      const source = { bytes: block, start: 0, end: block.length, base: 0 };
      new Lz4Blocks().decode(source, target(60_000), false);
      counts.push(made);
    }
    assert.deepEqual(counts, [0, 0, 0, 0, 1, 1, 1, 1, 1, 1]);
  } finally {
    WebAssembly.Module = Module;
  }
});

test("lz4 blocks: both decoders read what was encoded", () => {
  for (let seed = 0; seed < 60; seed++) {
    const input = makeBlock(seed, 10 + seed * 83);
    const block = encode(input, LEVELS[seed % 10]);
    for (const decode of [byWasm, inScript]) {
      const into = target(input.length);
      assert.equal(decode(block, into), input.length);
      assertSame(into.bytes, input);
    }
  }
});

test("lz4 blocks: both decoders make the same of damaged blocks", () => {
  for (let seed = 0; seed < 40; seed++) {
    const block = encode(makeBlock(seed, 300 + seed * 7), seed % 2 === 0 ? 0 : 9);
    const random = new Random(seed);
    for (let i = 0; i < 100; i++) {
      const damaged = block.slice(0, i % 3 === 0 ? random.below(block.length) : block.length);
      for (let n = random.below(4); n >= 0; n--) {
        damaged[random.below(damaged.length)] = random.below(256);
      }
      assert.equal(outcome(byWasm, damaged), outcome(inScript, damaged));
    }
  }
});

test("lz4 blocks: both decoders make the same of bytes of chance", () => {
  const bytes = fc.uint8Array({ maxLength: 60 });
  fc.assert(
    fc.property(bytes, (block) => assert.equal(outcome(byWasm, block), outcome(inScript, block))),
    { numRuns: 2000 },
  );
});

test("lz4 blocks: matches of each offset and length are the same by both", () => {
  for (const offset of [1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 15, 16, 17, 31, 40]) {
    for (const length of [4, 5, 7, 8, 9, 15, 16, 18, 19, 20, 33, 273, 274, 2000]) {
      const literals = Array.from({ length: 40 }, (_, i) => 3 * i + 1);
      const rest = length - 4;
      const more = rest < 15
        ? []
        : [...Array(Math.floor((rest - 15) / 255)).fill(255), (rest - 15) % 255];
      const block = Uint8Array.from([
        ...[0xf0 | Math.min(rest, 15), 25, ...literals, offset, 0, ...more],
        ...[0x50, 1, 2, 3, 4, 5],
      ]);
      assert.equal(outcome(byWasm, block), outcome(inScript, block));
      assert.equal(outcome(byWasm, block).split(",").length, 40 + length + 5);
    }
  }
});

test("lz4 blocks: linked ones of two decoders in turns look back each into their own", () => {
  const inputs = [makeBlock(1, 1_500_000), makeBlock(2, 1_500_000)];
  const outputs = inputs.map((input) => new Uint8Array(input.length));
  const decoders = [new Lz4Blocks(), new Lz4Blocks()];
  // A block that repeats the last 60,000 bytes: literals are none, one match, five last bytes.
  const repeat = linkedBlock(60_000);
  for (const i of [0, 1]) outputs[i].set(inputs[i].subarray(0, 65_536));
  for (let start = 65_536; start + 60_005 <= 1_500_000; start += 60_005) {
    for (const i of [0, 1]) {
      const source = { bytes: repeat, start: 0, end: repeat.length, base: 0 };
      const into = { bytes: outputs[i], start, limit: start + 65_536, floor: 0, history: EMPTY };
      assert.equal(decoders[i].decode(source, into, true), start + 60_005);
      const expected = outputs[i].slice(start - 60_000, start);
      assertSame(outputs[i].subarray(start, start + 60_000), expected);
    }
  }
});

test("lz4 blocks: what was before may be in another buffer, in part", () => {
  const history = makeBlock(3, 50_000);
  const bytes = new Uint8Array(100_000);
  bytes.set(makeBlock(4, 10_000));
  const block = linkedBlock(60_000);
  const source = { bytes: block, start: 0, end: block.length, base: 0 };
  const into = { bytes, start: 10_000, limit: 75_536, floor: 0, history };
  assert.equal(new Lz4Blocks().decode(source, into, true), 70_005);
  assertSame(bytes.subarray(10_000, 60_000), history);
  assertSame(bytes.subarray(60_000, 70_000), makeBlock(4, 10_000));
  const short = { ...into, history: history.subarray(1) };
  assert.throws(() => new Lz4Blocks().decode(source, short, true), /before the start/);
});

test("lz4 blocks: where there is no WebAssembly, JavaScript does it", async () => {
  const { WebAssembly: kept } = globalThis;
  try {
    (globalThis as { WebAssembly?: unknown }).WebAssembly = undefined;
    await assertDecodes("without");
  } finally {
    globalThis.WebAssembly = kept;
  }
});

test("lz4 blocks: where modules are not made from bytes, JavaScript does it", async () => {
  const { Module } = WebAssembly;
  let refused = 0;
  try {
    WebAssembly.Module = class extends Module {
      constructor(bytes: BufferSource) {
        super(bytes);
        refused++;
        throw new WebAssembly.CompileError("Wasm code generation disallowed by embedder");
      }
    };
    await assertDecodes("refused");
  } finally {
    WebAssembly.Module = Module;
  }
  assert.equal(refused, 1); // and is not asked again
});

/** A module of its own, with nothing loaded. */
async function freshModule(name: string): Promise<typeof import("./_lz4_wasm.ts")> {
  const path = `./_lz4_wasm.ts?${name}`;
  return await import(path);
}

async function assertDecodes(name: string): Promise<void> {
  const { Lz4Blocks } = await freshModule(name);
  const input = makeBlock(5, 1_000_000);
  const block = encode(input, 0);
  for (let i = 0; i < 2; i++) {
    const into = target(input.length);
    const source = { bytes: block, start: 0, end: block.length, base: 0 };
    assert.equal(new Lz4Blocks().decode(source, into, false), input.length);
    assertSame(into.bytes, input);
  }
}

/** A block that repeats the last `length` bytes, and five more. */
function linkedBlock(length: number): Uint8Array {
  const rest = length - 4 - 15;
  return Uint8Array.from([
    ...[0x0f, length, length >>> 8, ...Array(Math.floor(rest / 255)).fill(255), rest % 255],
    ...[0x50, 1, 2, 3, 4, 5],
  ]);
}
