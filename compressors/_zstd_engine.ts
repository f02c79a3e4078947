/**
 * Zstandard by `node:zlib`, and for reading by fzstd where there is none. Frames are written whole, by
 * calls that know their size: it goes into their headers.
 */
import { UnsupportedError } from "../errors.ts";
import { builtin, requireFrom, runtime } from "../io/builtin.ts";
import type { Builtins } from "../io/builtin.ts";
import type { WorkerTask } from "../io/workers.ts";
import type { ZstdDecoder } from "./_zstd_format.ts";
import { fzstdDecoder } from "./_zstd_fzstd.ts";
import { runInThread } from "./_zlib_handle.ts";
import { compressByHandle, nodeZstdDecoder } from "./_zstd_node.ts";

type Zlib = Builtins["zlib"];
type Fzstd = typeof import("fzstd");

let byFzstd: ZstdDecoder | undefined;

/** The decoder of this runtime, loaded where it must be. */
export async function loadZstdDecoder(): Promise<ZstdDecoder> {
  const ready = readyZstdDecoder();
  if (ready !== undefined) return ready;
  try {
    return byFzstd = fzstdDecoder(await import("fzstd"));
  } catch (cause) {
    throw new UnsupportedError(
      `Cannot read zstd: this runtime has no node:zlib with zstd, and fzstd can't be loaded`,
      { cause },
    );
  }
}

/** The decoder of this runtime, where it needs no waiting. */
export function readyZstdDecoder(): ZstdDecoder | undefined {
  const zlib = builtin("zlib");
  const byZlib = zlib === undefined ? undefined : nodeZstdDecoder(zlib);
  if (byZlib !== undefined) return byZlib;
  if (byFzstd !== undefined) return byFzstd;
  try {
    const fzstd = requireFrom(import.meta.url)?.("fzstd") as Fzstd | undefined;
    if (fzstd !== undefined) byFzstd = fzstdDecoder(fzstd);
  } catch {
    // not to be had in this way: the caller says what else there is
  }
  return byFzstd;
}

/** Where frames are compressed at the same time: Deno has no threads of its own for it. */
export function zstdThreads(): "threads" | WorkerTask {
  return runtime() !== "deno" ? "threads" : { module: import.meta.url, name: "compressZstdFrame" };
}

/** The most bytes that a frame of `length` bytes takes (ZSTD_COMPRESSBOUND, header and checksum). */
export function zstdFrameBound(length: number): number {
  return length + (length >>> 8) + 256;
}

/**
 * Compress `bytes` to one frame, with its size and a checksum.
 *
 * @param roomAt Where in the buffer of `bytes` there is room for the frame; a new one otherwise.
 */
export function compressZstdFrame(bytes: Uint8Array, level: number, roomAt?: number): Uint8Array {
  const zlib = requireZstd();
  const bound = zstdFrameBound(bytes.length);
  const output = roomAt === undefined
    ? new Uint8Array(bound)
    : new Uint8Array(bytes.buffer, roomAt, bound);
  return putZstdFrame(zlib, { bytes, output }, level);
}

/** Compress `bytes` to one frame in a thread of the runtime's. */
export function compressZstdLater(bytes: Uint8Array, level: number): Promise<Uint8Array> {
  const zlib = requireZstd();
  const options = frameOptions(zlib, bytes.length, level);
  const chunkSize = zstdFrameBound(bytes.length);
  return runInThread(zlib.createZstdCompress({ ...options, chunkSize }), bytes);
}

/** Compress to one frame at the start of `output`, which has room for the bound; returns that part. */
export function putZstdFrame(
  zlib: Zlib,
  job: { bytes: Uint8Array; output: Uint8Array },
  level: number,
): Uint8Array {
  const options = frameOptions(zlib, job.bytes.length, level);
  if (nodeZstdDecoder(zlib) !== undefined) return compressByHandle(zlib, job, options);
  const frame = zlib.zstdCompressSync(job.bytes, { ...options, chunkSize: job.output.length });
  job.output.set(frame);
  return job.output.subarray(0, frame.length);
}

/**
 * `node:zlib`, for writing.
 *
 * @throws {UnsupportedError} There is none.
 */
export function requireZstd(): Zlib {
  const zlib = zstdZlib();
  if (zlib !== undefined) return zlib;
  throw new UnsupportedError(
    `Cannot write zstd: this runtime has no node:zlib with zstd; zlib, gzip and lz4 are written`,
  );
}

function zstdZlib(): Zlib | undefined {
  const zlib = builtin("zlib");
  return typeof zlib?.zstdCompressSync === "function" ? zlib : undefined;
}

function frameOptions(
  zlib: Zlib,
  length: number,
  level: number,
): NonNullable<Parameters<Zlib["zstdCompressSync"]>[1]> {
  const { ZSTD_c_compressionLevel, ZSTD_c_checksumFlag } = zlib.constants;
  return {
    pledgedSrcSize: length, // or asynchronous calls and Deno leave it out of the header
    params: { [ZSTD_c_compressionLevel]: level, [ZSTD_c_checksumFlag]: 1 },
  };
}
