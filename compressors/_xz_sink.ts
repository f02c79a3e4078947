/**
 * A sink that writes xz in streams as long as the dictionary, which threads can share; Python reads
 * streams that follow each other as one. The threads are those in which the native package ends a
 * stream: up to a dictionary's length, nearly all of its work is done there.
 */
import { join } from "../bytes/join.ts";
import { runtime } from "../io/builtin.ts";
import { yieldToEventLoop } from "../io/event_loop.ts";
import type { AsyncSink } from "../io/sink.ts";
import { coreCount } from "../io/workers.ts";
import { loadNative } from "./_lzma_native.ts";
import { parallelSegments } from "./_threads.ts";
import type { CompressSinkOptions } from "./registry.ts";

const MIB = 1 << 20;
/** By preset, as in xz; shorter streams would only cost time. */
const STREAM_BYTES = [MIB, MIB, 2 * MIB, 4 * MIB, 4 * MIB, 8 * MIB, 8 * MIB].concat(
  [16 * MIB, 32 * MIB, 64 * MIB],
);
/** From here on a thread takes more than 180 MB: more than one must be asked for. */
const FIRST_LARGE_PRESET = 7;
/** How many libuv has for all that a program does. */
const UV_THREADS = 4;
/** What is given to the package at a time, between turns of the event loop. */
const PIECE_BYTES = 256 << 10;

/** Compress into a sink, several streams at a time. */
export function openXzSink(
  sink: AsyncSink,
  preset: number,
  options: CompressSinkOptions = {},
): AsyncSink {
  let count = 0;
  return parallelSegments<[segment: Uint8Array, preset: number]>(sink, {
    name: "xz",
    segmentBytes: STREAM_BYTES[preset],
    where: "threads",
    // An empty stream only where there is no other.
    args: (segment) => count++ === 0 || segment.length > 0 ? [segment, preset] : undefined,
    compress: compressXzStream,
  }, { ...options, threads: options.threads ?? defaultThreads(preset) });
}

async function compressXzStream(bytes: Uint8Array, preset: number): Promise<Uint8Array> {
  const { XzCompressor } = loadNative("xz");
  const compressor = new XzCompressor({ preset });
  const pieces: Uint8Array[] = [];
  for (let start = 0; start < bytes.length; start += PIECE_BYTES) {
    pieces.push(compressor.update(bytes.subarray(start, start + PIECE_BYTES)));
    if (start + PIECE_BYTES < bytes.length) await yieldToEventLoop();
  }
  pieces.push(await compressor.finish());
  return join(pieces);
}

/** One is left for files, which would have to wait for seconds: they are read in the same threads. */
function defaultThreads(preset: number): number {
  if (preset >= FIRST_LARGE_PRESET) return 1;
  const cores = coreCount();
  switch (runtime()) {
    case "node":
      return Math.min(cores, UV_THREADS - 1);
    case "bun": // as many as cores
      return Math.max(cores - 1, 1);
    default:
      return cores;
  }
}
