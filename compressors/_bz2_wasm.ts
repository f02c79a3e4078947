/**
 * Writing bzip2 by libbz2, compiled to WebAssembly in the package bzip2-wasm. Its own loader is not
 * used: it puts `require` and `__dirname` on the global object, and copies into memory that moved.
 */
import { UnsupportedError } from "../errors.ts";
import { builtin, requireFrom } from "../io/builtin.ts";
import type { WorkerTask } from "../io/workers.ts";

const WASM_FILE = "bzip2-wasm/bzip2-1.0.8/bzip2.wasm";
const BZ_OK = 0;
const DEFAULT_WORK_FACTOR = 0; // libbz2's 30, as in Python

interface Bzip2Exports {
  memory: WebAssembly.Memory;
  __wasm_call_ctors(): void;
  malloc(size: number): number;
  free(pointer: number): void;
  BZ2_bzBuffToBuffCompress(
    output: number,
    outputLength: number,
    input: number,
    inputLength: number,
    blockSize: number,
    verbosity: number,
    workFactor: number,
  ): number;
}

let loaded: Bzip2Exports | undefined;

/**
 * Load the library, where it isn't yet.
 *
 * @throws {UnsupportedError} It is not there, or may not be read; the message says what to do.
 */
export function loadBzip2(): Bzip2Exports {
  if (loaded !== undefined) return loaded;
  const require = requireFrom(import.meta.url) as { resolve(name: string): string } | undefined;
  const fs = builtin("fs");
  if (require === undefined || fs === undefined) {
    throw new UnsupportedError(
      `Cannot write bz2: this runtime can't load bzip2-wasm, which does it; ` +
        `it reads bz2, and writes zlib and gzip`,
    );
  }
  try {
    return loaded = instantiate(new Uint8Array(fs.readFileSync(require.resolve(WASM_FILE))));
  } catch (cause) {
    throw new UnsupportedError(
      `Cannot write bz2: bzip2-wasm can't be loaded; install it, and under Deno allow --allow-read`,
      { cause },
    );
  }
}

/** {@linkcode compressBz2Stream}, for workers. */
export const BZ2_TASK: WorkerTask = { module: import.meta.url, name: "compressBz2Stream" };

/** Compress `bytes` to a stream of their own; at most a few MiB, for memory holds them twice. */
export function compressBz2Stream(bytes: Uint8Array, level: number): Uint8Array {
  const library = loadBzip2();
  const most = bytes.length + Math.ceil(bytes.length / 100) + 600; // bzlib.h's bound
  const lengthAt = library.malloc(4);
  const outputAt = library.malloc(most);
  const inputAt = library.malloc(bytes.length);
  try {
    if (lengthAt === 0 || outputAt === 0 || inputAt === 0) throw outOfMemory();
    // A view only after the allocations: they may move the memory.
    new Uint8Array(library.memory.buffer).set(bytes, inputAt);
    new DataView(library.memory.buffer).setUint32(lengthAt, most, true);
    const status = library.BZ2_bzBuffToBuffCompress(
      outputAt,
      lengthAt,
      inputAt,
      bytes.length,
      level,
      0,
      DEFAULT_WORK_FACTOR,
    );
    if (status !== BZ_OK) throw outOfMemory(status);
    const length = new DataView(library.memory.buffer).getUint32(lengthAt, true);
    return new Uint8Array(library.memory.buffer).slice(outputAt, outputAt + length);
  } finally {
    library.free(inputAt);
    library.free(outputAt);
    library.free(lengthAt);
  }
}

function instantiate(code: Uint8Array<ArrayBuffer>): Bzip2Exports {
  function memory(): WebAssembly.Memory {
    return library.memory;
  }
  function refuse(): never {
    throw new UnsupportedError("Cannot write bz2: libbz2 stopped");
  }
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(code), {
    env: {
      exit: refuse,
      emscripten_memcpy_big(to: number, from: number, length: number): void {
        new Uint8Array(memory().buffer).copyWithin(to, from, from + length);
      },
      emscripten_resize_heap(size: number): number {
        const pageBytes = 65536;
        const missing = Math.ceil((size - memory().buffer.byteLength) / pageBytes);
        try {
          memory().grow(missing);
          return 1;
        } catch {
          return 0; // malloc answers 0 then
        }
      },
    },
    wasi_snapshot_preview1: { fd_close: refuse, fd_write: refuse, fd_seek: refuse },
  });
  const library = exports as unknown as Bzip2Exports;
  library.__wasm_call_ctors();
  return library;
}

function outOfMemory(status: number | string = "out of memory"): UnsupportedError {
  return new UnsupportedError(`Cannot write bz2: libbz2 says ${status}`);
}
