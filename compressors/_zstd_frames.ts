/**
 * Writing zstd frame by frame, each whole and by a call that knows its size: that goes into its header.
 */
import { equalBytes } from "../bytes/equal.ts";
import { runtime } from "../io/builtin.ts";
import type { Builtins } from "../io/builtin.ts";
import type { WorkerTask } from "../io/workers.ts";
import { BARE_STREAM, type HandledStream, runInThread, ZlibHandle } from "./_zlib_handle.ts";
import { requireZstd } from "./_zstd_engine.ts";
import { nodeZstdDecoder } from "./_zstd_node.ts";

type Zlib = Builtins["zlib"];

const ZSTD_E_END = 2;
/** In Deno's list of parameters: as zstd has it. */
const NOT_SET = 2 ** 32 - 1;

/** Data, and memory with room for its frame. */
export interface FrameJob {
  readonly bytes: Uint8Array;
  readonly output: Uint8Array;
}

/** The most bytes that a frame of `length` bytes takes (ZSTD_COMPRESSBOUND, header and checksum). */
export function zstdFrameBound(length: number): number {
  return length + (length >>> 8) + 256;
}

/** Where frames are compressed at the same time: Deno has no threads of its own for it. */
export function zstdThreads(): "threads" | WorkerTask {
  return runtime() !== "deno" ? "threads" : { module: import.meta.url, name: "compressZstdFrame" };
}

/** Those of a worker, of the level that it was last asked for. */
let kept: ZstdFrames | undefined;

/**
 * Compress `bytes` to one frame, in a worker.
 *
 * @param roomAt Where in the buffer of `bytes` there is room for the frame.
 */
export function compressZstdFrame(bytes: Uint8Array, level: number, roomAt: number): Uint8Array {
  if (kept?.level !== level) {
    kept?.close();
    kept = new ZstdFrames(level);
  }
  return kept.put(jobOf(bytes, roomAt));
}

/** A job with room behind its data. */
export function jobOf(bytes: Uint8Array, roomAt: number): FrameJob {
  const output = new Uint8Array(bytes.buffer, roomAt, zstdFrameBound(bytes.length));
  return { bytes, output };
}

/** Compress `bytes` to one frame in a thread of the runtime's. */
export function compressZstdLater(bytes: Uint8Array, level: number): Promise<Uint8Array> {
  const zlib = requireZstd();
  const options = frameOptions(zlib, bytes.length, level);
  const chunkSize = zstdFrameBound(bytes.length);
  return runInThread(zlib.createZstdCompress({ ...options, chunkSize }), bytes);
}

/**
 * Writes frames one after the other, those of one length by one stream's handle: to open one takes a
 * quarter of the time that a frame of 1 MiB does, and leaves some kilobytes to the collector.
 */
export class ZstdFrames {
  readonly level: number;
  readonly #zlib: Zlib;
  #open: OpenStream | undefined;

  /** @throws {UnsupportedError} Nothing here writes zstd. */
  constructor(level: number) {
    this.level = level;
    this.#zlib = requireZstd();
  }

  /** Compress to one frame at the start of `output`; returns that part. */
  put(job: FrameJob): Uint8Array {
    const { bytes, output } = job;
    if (nodeZstdDecoder(this.#zlib) === undefined) { // there is no such handle
      const options = frameOptions(this.#zlib, bytes.length, this.level);
      const frame = this.#zlib.zstdCompressSync(bytes, { ...options, chunkSize: output.length });
      output.set(frame);
      return output.subarray(0, frame.length);
    }
    if (this.#open?.length === bytes.length && opensAgain(this.#zlib)) beginAgain(this.#open);
    else {
      this.close();
      this.#open = openStream(this.#zlib, bytes.length, this.level);
    }
    return putFrame(this.#open, job);
  }

  /** Release what it holds. */
  close(): void {
    this.#open?.handle.close();
    this.#open = undefined;
  }
}

/** A stream for frames of one length. */
interface OpenStream {
  readonly stream: HandledStream;
  readonly handle: ZlibHandle;
  readonly length: number;
  /** What Deno must be told for the next frame. */
  readonly parameters: Uint32Array | undefined;
}

function openStream(zlib: Zlib, length: number, level: number): OpenStream {
  const options = frameOptions(zlib, length, level);
  const stream = zlib.createZstdCompress({ ...BARE_STREAM, ...options }) as unknown;
  return {
    stream: stream as HandledStream,
    handle: new ZlibHandle(stream),
    length,
    parameters: runtime() === "deno" ? denoParameters(zlib, options.params) : undefined,
  };
}

function putFrame({ handle }: OpenStream, { bytes, output }: FrameJob): Uint8Array {
  handle.step(ZSTD_E_END, bytes, bytes.length, output);
  if (handle.error !== undefined) throw new Error(handle.error.message);
  if (handle.used < bytes.length) throw new RangeError("zstd needs more room than its bound");
  return output.subarray(0, handle.made);
}

/** What Deno's handle has besides. */
interface DenoHandle {
  init?(parameters: Uint32Array, callback: () => void, length: number): boolean;
}

/** After a frame comes the next, of the same length. */
function beginAgain({ stream, length, parameters }: OpenStream): void {
  if (parameters !== undefined) (stream._handle as DenoHandle).init?.(parameters, () => {}, length);
}

/** All parameters by their numbers. */
function denoParameters(zlib: Zlib, params: Record<number, number>): Uint32Array {
  const names = Object.keys(zlib.constants).filter((name) => name.startsWith("ZSTD_c_"));
  const constants = zlib.constants as unknown as Record<string, number>;
  const parameters = new Uint32Array(Math.max(...names.map((name) => constants[name])) + 1);
  parameters.fill(NOT_SET);
  for (const [key, value] of Object.entries(params)) parameters[Number(key)] = value;
  return parameters;
}

let tried: boolean | undefined;

/** Whether the second frame of a stream is as the first of another: no runtime promises it. */
function opensAgain(zlib: Zlib): boolean {
  return tried ??= tryAgain(zlib);
}

function tryAgain(zlib: Zlib): boolean {
  try {
    const [first, second] = [3, 5].map((n) => Uint8Array.from({ length: 1000 }, (_, i) => i % n));
    const stream = openStream(zlib, first.length, 1);
    const other = openStream(zlib, first.length, 1);
    const room = (bytes: Uint8Array) => ({ bytes, output: new Uint8Array(2000) });
    putFrame(stream, room(first));
    beginAgain(stream);
    const found = putFrame(stream, room(second));
    const expected = putFrame(other, room(second));
    stream.handle.close();
    other.handle.close();
    return equalBytes(found, expected);
  } catch {
    return false;
  }
}

interface FrameOptions {
  /** Asynchronous calls and Deno leave it out of the header otherwise. */
  readonly pledgedSrcSize: number;
  readonly params: Record<number, number>;
}

function frameOptions(zlib: Zlib, length: number, level: number): FrameOptions {
  const { ZSTD_c_compressionLevel, ZSTD_c_checksumFlag } = zlib.constants;
  const params = { [ZSTD_c_compressionLevel]: level, [ZSTD_c_checksumFlag]: 1 };
  return { pledgedSrcSize: length, params };
}
