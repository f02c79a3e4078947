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
import { nodeZstdDecoder } from "./_zstd_node.ts";

type Zlib = Builtins["zlib"];
type Fzstd = typeof import("fzstd");

const MIN_CHUNK_BYTES = 1 << 10;

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

/** Compress `bytes` to one frame, with a checksum. */
export function compressZstdFrame(bytes: Uint8Array, level: number): Uint8Array {
  const zlib = requireZstd();
  return plain(zlib.zstdCompressSync(bytes, frameOptions(zlib, bytes.length, level)));
}

/** Where frames are compressed at the same time: Deno's zlib has no threads, so workers do it. */
export function zstdThreads(): "threads" | WorkerTask {
  return runtime() === "deno" ? { module: import.meta.url, name: "compressZstdFrame" } : "threads";
}

/** Compress `bytes` to one frame in a thread of the runtime's, where it has them. */
export function compressZstdLater(bytes: Uint8Array, level: number): Promise<Uint8Array> {
  const zlib = requireZstd();
  return new Promise((resolve, reject) => {
    zlib.zstdCompress(bytes, frameOptions(zlib, bytes.length, level), (error, frame) => {
      if (error) reject(error);
      else resolve(plain(frame));
    });
  });
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
    chunkSize: length + MIN_CHUNK_BYTES,
    pledgedSrcSize: length, // or the asynchronous call and Deno's leave it out of the header
    params: { [ZSTD_c_compressionLevel]: level, [ZSTD_c_checksumFlag]: 1 },
  };
}

// Not a Buffer: those compare unequal to other runtimes' bytes.
function plain(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}
