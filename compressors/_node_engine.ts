/**
 * Deflate by `node:zlib`. Its default chunk of 16 KiB costs 10–20 %, so ours are larger.
 */
import { type Builtins, runtime } from "../io/builtin.ts";
import type { DeflateEngine, DeflateJob, Deflater } from "./_engine.ts";
import { NodeInflater } from "./_node_inflater.ts";

type Zlib = Builtins["zlib"];
type DeflateOptions = NonNullable<Parameters<Zlib["deflateRawSync"]>[1]>;

const MAX_CHUNK_BYTES = 64 << 20;
const MIN_CHUNK_BYTES = 4 << 10;
/** As far as deflate looks back. */
const WINDOW_BYTES = 32 << 10;
const MEM_LEVEL = 8; // as joblib

/** The engine over a `node:zlib` module. */
export function nodeEngine(zlib: Zlib): DeflateEngine {
  return {
    inflater: (wrapper, origin) => new NodeInflater(zlib, wrapper, origin),
    deflater: (level) => new NodeDeflater(zlib, level),
    crc32: (bytes, value) => zlib.crc32(bytes, value),
  };
}

/**
 * Every segment but the last ends on a byte (Z_SYNC_FLUSH) and looks back into the one before it,
 * so that together they are one ordinary stream, and each may be compressed by another thread.
 */
class NodeDeflater implements Deflater {
  // Deno's asynchronous zlib runs in the one thread of the program.
  readonly where = runtime() === "deno"
    ? { module: "node:zlib", name: "deflateRawSync" }
    : "threads";
  readonly #zlib: Zlib;
  readonly #level: number;
  #dictionary: Uint8Array | undefined;

  constructor(zlib: Zlib, level: number) {
    this.#zlib = zlib;
    this.#level = level;
  }

  deflateSync(segment: Uint8Array, last: boolean): Uint8Array {
    return this.#zlib.deflateRawSync(segment, this.#options(segment, last));
  }

  job(segment: Uint8Array, last: boolean): DeflateJob {
    return [segment, this.#options(segment, last)];
  }

  deflate(...[segment, how]: DeflateJob): Uint8Array | Promise<Uint8Array> {
    const options = how as DeflateOptions;
    if (this.where !== "threads") return this.#zlib.deflateRawSync(segment, options);
    return new Promise((resolve, reject) => {
      this.#zlib.deflateRaw(segment, options, (error, bytes) => {
        if (error) reject(error);
        else resolve(bytes);
      });
    });
  }

  #options(segment: Uint8Array, last: boolean): DeflateOptions {
    const { Z_FINISH, Z_SYNC_FLUSH } = this.#zlib.constants;
    const dictionary = this.#dictionary;
    if (segment.length > 0) this.#dictionary = segment.slice(-WINDOW_BYTES);
    return {
      level: this.#level,
      memLevel: MEM_LEVEL,
      chunkSize: Math.min(Math.max(segment.length, MIN_CHUNK_BYTES), MAX_CHUNK_BYTES),
      finishFlush: last ? Z_FINISH : Z_SYNC_FLUSH,
      ...(dictionary === undefined ? {} : { dictionary }),
    };
  }
}
