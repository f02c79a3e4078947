/**
 * Zstandard by `node:zlib`, and for reading by fzstd where there is none. Whole frames only: Deno's
 * streaming decoder throws past all handlers at damaged data, as tested with 2.9.6.
 */
import { UnsupportedError } from "../errors.ts";
import { builtin, requireFrom, runtime } from "../io/builtin.ts";
import type { Builtins } from "../io/builtin.ts";
import type { WorkerTask } from "../io/workers.ts";
import { zstdCorrupt, zstdTooLarge } from "./_zstd_format.ts";
import type { ZstdDecoder, ZstdFrame } from "./_zstd_format.ts";

type Zlib = Builtins["zlib"];
type Fzstd = typeof import("fzstd");

const MIN_CHUNK_BYTES = 1 << 10;
const MAX_CHUNK_BYTES = 64 << 20;

let fzstdDecoder: ZstdDecoder | undefined;

/** The decoder of this runtime, loaded where it must be. */
export async function loadZstdDecoder(): Promise<ZstdDecoder> {
  const ready = readyZstdDecoder();
  if (ready !== undefined) return ready;
  try {
    return fzstdDecoder = zstdDecoderOf(await import("fzstd"));
  } catch (cause) {
    throw new UnsupportedError(
      `Cannot read zstd: this runtime has no node:zlib with zstd, and fzstd can't be loaded`,
      { cause },
    );
  }
}

/** The decoder of this runtime, where it needs no waiting. */
export function readyZstdDecoder(): ZstdDecoder | undefined {
  const zlib = zstdZlib();
  if (zlib !== undefined) return nodeDecoder(zlib);
  if (fzstdDecoder !== undefined) return fzstdDecoder;
  try {
    const fzstd = requireFrom(import.meta.url)?.("fzstd") as Fzstd | undefined;
    if (fzstd !== undefined) fzstdDecoder = zstdDecoderOf(fzstd);
  } catch {
    // not to be had in this way: the caller says what else there is
  }
  return fzstdDecoder;
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
  return typeof zlib?.zstdDecompressSync === "function" ? zlib : undefined;
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

function nodeDecoder(zlib: Zlib): ZstdDecoder {
  return (frame) => {
    const { bytes, bound } = frame;
    const most = Math.min(bound, frame.maxBytes);
    const options: { chunkSize: number; maxOutputLength?: number } = {
      // One byte more: the end then shows without another chunk.
      chunkSize: Math.min(Math.max(most + 1, MIN_CHUNK_BYTES), MAX_CHUNK_BYTES),
    };
    if (most < 2 ** 31) options.maxOutputLength = Math.max(most, 1);
    let output: Uint8Array;
    try {
      output = zlib.zstdDecompressSync(bytes, options);
    } catch (error) {
      if ((error as { code?: unknown }).code !== "ERR_BUFFER_TOO_LARGE") {
        throw zstdCorrupt(frame, error);
      }
      throw bound <= frame.maxBytes ? zstdCorrupt(frame, error) : zstdTooLarge(frame, error);
    }
    if (output.length > frame.maxBytes) throw zstdTooLarge(frame);
    return plain(output);
  };
}

/** A decoder over an fzstd module. It doesn't look at checksums. */
export function zstdDecoderOf(fzstd: Fzstd): ZstdDecoder {
  return (frame) => {
    const pieces: Uint8Array[] = [];
    let length = 0;
    const decompress = new fzstd.Decompress((piece) => {
      length += piece.length;
      if (length > frame.maxBytes) throw zstdTooLarge(frame);
      pieces.push(piece.slice());
    });
    push(decompress, frame, () => length > frame.maxBytes);
    const whole = new Uint8Array(length);
    let offset = 0;
    for (const piece of pieces) {
      whole.set(piece, offset);
      offset += piece.length;
    }
    return whole;
  };
}

function push(
  decompress: InstanceType<Fzstd["Decompress"]>,
  frame: ZstdFrame,
  isTooLarge: () => boolean,
): void {
  try {
    decompress.push(frame.bytes.slice(), true);
  } catch (error) {
    throw isTooLarge() ? error : zstdCorrupt(frame, error);
  }
}

// Not a Buffer: those compare unequal to other runtimes' bytes.
function plain(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}
