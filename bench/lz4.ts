/**
 * Decoding lz4 in several ways beside python-lz4, in one run and from the same frame: by WebAssembly,
 * in JavaScript, by two workers. `deno task bench lz4 [--mb 64] [--rounds 5]`. Ratios above 1: faster
 * than python-lz4, which fills fresh memory each time; `warm` does not.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import process from "node:process";
import { parseArgs } from "node:util";
import { decodeLz4Block } from "../compressors/_lz4_block.ts";
import { lz4 } from "../compressors/lz4.ts";
import { Lz4Blocks } from "../compressors/_lz4_wasm.ts";
import { openWorkers, type Workers } from "../io/workers.ts";
import { BLOCK_BYTES, decodeFrameBlocks, splitFrame } from "./lz4_blocks.ts";
import { median } from "./measure.ts";

const GROUP_BLOCKS = 4;
const WORKERS = 2;
const PYTHON = `
import statistics, sys, time
import lz4.frame
frame = open(sys.argv[1], "rb").read()
times = []
for _ in range(int(sys.argv[2]) + 1):
    start = time.perf_counter()
    lz4.frame.decompress(frame)
    times.append((time.perf_counter() - start) * 1000)
print(statistics.median(times[1:]))
`;

/** Run the bench with these arguments. */
export async function benchLz4(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      mb: { type: "string", default: "64" },
      rounds: { type: "string", default: "5" },
    },
  });
  const rounds = Number(values.rounds);
  const length = Number(values.mb) << 20;
  await compare("records", makeRecords(length), rounds);
  await compare("floats of two digits", makeFloats(length), rounds);
}

async function compare(title: string, raw: Uint8Array, rounds: number): Promise<void> {
  const frame = await lz4.compress(raw, 0);
  console.log(`${title}, ${raw.length >> 20} MiB, compressed ${ratio(frame.length / raw.length)}`);
  const rival = timePython(frame, rounds);
  const groups = splitFrame(frame, GROUP_BLOCKS);
  const warm = new Uint8Array(raw.length);
  const wasm = new Lz4Blocks();
  const ways: Record<string, () => unknown> = {
    "fresh memory alone": () => new Uint8Array(raw.length).fill(1),
    "WebAssembly, warm": () => decodeAll(groups, warm, (...at) => wasm.decode(...at, false)),
    "JavaScript, warm": () => decodeAll(groups, warm, decodeLz4Block),
    "WebAssembly": () => {
      return decodeAll(groups, new Uint8Array(raw.length), (...at) => wasm.decode(...at, false));
    },
  };
  for (const [name, decode] of Object.entries(ways)) {
    tell(name, rival / await median(rounds, decode));
  }
  const module = new URL("./lz4_worker.ts", import.meta.url).href;
  const workers = await openWorkers({ module, name: "decodeGroup" }, WORKERS);
  try {
    const time = await median(rounds, () => decodeByWorkers(workers, groups, raw.length));
    tell(`WebAssembly, ${WORKERS} workers`, rival / time);
  } finally {
    workers.release();
  }
}

function decodeAll(
  groups: Uint8Array[],
  output: Uint8Array,
  decode: Parameters<typeof decodeFrameBlocks>[2],
): void {
  let at = 0;
  for (const group of groups) at += decodeFrameBlocks(group, output.subarray(at), decode);
}

/** As a reader would: the input to the workers, in order from them, in buffers that go to and fro. */
async function decodeByWorkers(
  workers: Workers,
  groups: Uint8Array[],
  length: number,
): Promise<void> {
  const room = GROUP_BLOCKS * (BLOCK_BYTES + 4);
  const free = Array.from({ length: 2 * WORKERS }, () => new ArrayBuffer(2 * room));
  const output = new Uint8Array(length);
  const open: Promise<Uint8Array>[] = [];
  let next = 0;
  for (let at = 0; at < length;) {
    while (free.length > 0 && next < groups.length) {
      const group = groups[next++];
      const input = new Uint8Array(free.pop()!, 0, group.length);
      input.set(group);
      open.push(workers.run([input, room], [input.buffer]));
    }
    const piece = await open.shift()!;
    output.set(piece, at);
    at += piece.length;
    free.push(piece.buffer as ArrayBuffer);
  }
}

function timePython(frame: Uint8Array, rounds: number): number {
  const folder = mkdtempSync(`${tmpdir()}/larder-bench-`);
  try {
    const path = `${folder}/frame.lz4`;
    writeFileSync(path, frame);
    const python = process.env.LARDER_PYTHON ?? "python3";
    return Number(execFileSync(python, ["-c", PYTHON, path, String(rounds)]));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function makeRecords(length: number): Uint8Array {
  const words = "model water winter of and the station report average 0.5 north river".split(" ");
  let state = 1;
  let text = "";
  while (text.length < 1 << 20) {
    state = Math.imul(state, 1103515245) + 12345 & 0x7fffffff;
    text += `${words[(state >> 8) % words.length]} `;
    if (state % 20 === 0) text += `{"id": ${state}, "kind": `;
  }
  const part = new TextEncoder().encode(text);
  return Uint8Array.from({ length }, (_, i) => part[i % part.length]);
}

function makeFloats(length: number): Uint8Array {
  let state = 1;
  let sum = 0;
  const floats = Float64Array.from({ length: length / 8 }, () => {
    state = Math.imul(state, 1103515245) + 12345 & 0x7fffffff;
    sum += state / 2 ** 31 - 0.5;
    return Math.round(sum * 100) / 100;
  });
  return new Uint8Array(floats.buffer);
}

function tell(what: string, value: number): void {
  console.log(`  ${what.padEnd(26)} ${ratio(value)}`);
}

function ratio(value: number): string {
  return value.toFixed(2);
}
