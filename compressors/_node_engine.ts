/**
 * Deflate by `node:zlib`, each segment into one chunk: its default of 16 KiB costs 10–20 %.
 */
import { freeBuffer } from "../bytes/free.ts";
import { type Builtins, collectNativeGarbage, runtime } from "../io/builtin.ts";
import { type DeflateSegment, DENO_DEFLATE, denoDeflate } from "./_deno_deflate.ts";
import type { DeflateEngine, DeflateJob, Deflater } from "./_engine.ts";
import { NodeInflater } from "./_node_inflater.ts";

type Zlib = Builtins["zlib"];
type DeflateOptions = NonNullable<Parameters<Zlib["deflateRawSync"]>[1]>;

/** Some deflates store what they can't compress by codes of 9 bits. */
const SLACK_BYTES = 4 << 10;
/** Least milliseconds between two collections, which leave some 20 windows in native memory. */
const COLLECT_EVERY = 300;
/** A collection may take so much of the time. */
const COLLECT_PART = 0.05;
/** As far as deflate looks back. */
const WINDOW_BYTES = 32 << 10;
const MEM_LEVEL = 8; // as joblib
/** On Deno and Bun, level 1 is a mode of its own, that lets floats grow by 4 % and text by a third.
 * Level 2 is as fast as joblib's level 1 or faster (1.1 to 1.7 times), and about as small. On Node
 * the two are the same. */
const LEAST_LEVEL = 2;

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
  readonly where: Deflater["where"];
  readonly #zlib: Zlib;
  readonly #level: number;
  readonly #deflate: DeflateSegment;
  #dictionary: Uint8Array | undefined;
  #collectAt = performance.now() + COLLECT_EVERY;

  constructor(zlib: Zlib, level: number) {
    this.#zlib = zlib;
    this.#level = level;
    // Deno's asynchronous zlib runs in the one thread of the program.
    const isDeno = runtime() === "deno";
    const own = isDeno ? denoDeflate(zlib) : undefined;
    this.#deflate = own ?? ((segment, options) => zlib.deflateRawSync(segment, options));
    const inWorkers = own === undefined
      ? { module: "node:zlib", name: "deflateRawSync" }
      : DENO_DEFLATE;
    this.where = isDeno ? inWorkers : "threads";
  }

  deflateSync(segment: Uint8Array, last: boolean): Uint8Array {
    const output = plain(this.#deflate(segment, this.#options(segment, last)));
    // in its own place: what each segment left would lie there until the collector comes
    if (this.#dictionary === undefined) this.#dictionary = segment.slice(-WINDOW_BYTES);
    else if (segment.length >= WINDOW_BYTES) this.#dictionary.set(segment.subarray(-WINDOW_BYTES));
    return output;
  }

  job(segment: Uint8Array, last: boolean): DeflateJob {
    const job: DeflateJob = [segment, this.#options(segment, last)];
    if (segment.length > 0) this.#dictionary = segment.slice(-WINDOW_BYTES);
    return job;
  }

  deflate(...[segment, how]: DeflateJob): Uint8Array | Promise<Uint8Array> {
    const options = how as DeflateOptions;
    if (this.where !== "threads") return plain(this.#deflate(segment, options));
    return new Promise((resolve, reject) => {
      this.#zlib.deflateRaw(segment, options, (error, bytes) => {
        // the window of this segment, which would lie there until the collector comes
        if (options.dictionary !== undefined) freeBuffer((options.dictionary as Uint8Array).buffer);
        if (error) reject(error);
        else resolve(plain(bytes));
      });
    });
  }

  /** Free the windows that native code holds, where a collection is quick. */
  #collect(): void {
    const start = performance.now();
    if (start < this.#collectAt) return;
    collectNativeGarbage();
    const end = performance.now();
    this.#collectAt = end + Math.max(COLLECT_EVERY, (end - start) / COLLECT_PART);
  }

  #options(segment: Uint8Array, last: boolean): DeflateOptions {
    this.#collect();
    const { Z_FINISH, Z_SYNC_FLUSH } = this.#zlib.constants;
    const dictionary = this.#dictionary;
    return {
      level: Math.max(this.#level, LEAST_LEVEL),
      memLevel: MEM_LEVEL,
      chunkSize: segment.length + (segment.length >> 3) + SLACK_BYTES,
      finishFlush: last ? Z_FINISH : Z_SYNC_FLUSH,
      ...(dictionary === undefined ? {} : { dictionary }),
    };
  }
}

// Not a Buffer: the slices of those are no copies.
function plain(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}
