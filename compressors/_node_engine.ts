/**
 * Deflate by `node:zlib`. Its errors and its handling of what follows a stream were tested to be
 * the same on Deno, Bun and Node; its default chunk of 16 KiB costs 10–20 %, so ours are larger.
 */
import { type Builtins, runtime } from "../io/builtin.ts";
import { corrupt, truncated } from "./_engine.ts";
import type {
  DeflateEngine,
  DeflateJob,
  Deflater,
  Inflated,
  Inflater,
  Origin,
  Wrapper,
} from "./_engine.ts";
import type { Input } from "./_input.ts";
import { tooLarge } from "./_limits.ts";

type Zlib = Builtins["zlib"];
type DeflateOptions = NonNullable<Parameters<Zlib["deflateRawSync"]>[1]>;

const CHUNK_BYTES = 1 << 20;
const MAX_CHUNK_BYTES = 64 << 20;
const MIN_CHUNK_BYTES = 4 << 10;
/** As far as deflate looks back. */
const WINDOW_BYTES = 32 << 10;
const MEM_LEVEL = 8; // as joblib

/** The engine over a `node:zlib` module. */
export function nodeEngine(zlib: Zlib): DeflateEngine {
  return {
    inflateSync: (bytes, wrapper, maxBytes, origin) =>
      inflateSync(zlib, wrapper, { bytes, maxBytes, origin }),
    inflater: (wrapper, origin) => new NodeInflater(zlib, wrapper, origin),
    deflater: (level) => new NodeDeflater(zlib, level),
    crc32: (bytes, value) => zlib.crc32(bytes, value),
  };
}

interface WholeStream {
  bytes: Uint8Array;
  maxBytes: number;
  origin: Origin;
}

function inflateSync(zlib: Zlib, wrapper: Wrapper, whole: WholeStream): Inflated {
  const { bytes, maxBytes, origin } = whole;
  const inflate = wrapper === "zlib" ? zlib.inflateSync : zlib.inflateRawSync;
  // One chunk that is large enough spares the copy that joins several.
  const guess = Math.min(Math.max(2 * bytes.length, MIN_CHUNK_BYTES), MAX_CHUNK_BYTES);
  const options: { info: true; chunkSize: number; maxOutputLength?: number } = {
    info: true,
    chunkSize: Math.min(guess, Math.max(maxBytes, MIN_CHUNK_BYTES)),
  };
  if (maxBytes < 2 ** 31) options.maxOutputLength = Math.max(maxBytes, 1);
  let result: { buffer: Uint8Array; engine: { bytesWritten: number } };
  try {
    result = inflate(bytes, options) as unknown as typeof result;
  } catch (error) {
    throw wrap(error, {
      origin,
      offset: origin.offset,
      end: origin.offset + bytes.length,
      maxBytes,
    });
  }
  if (result.buffer.length > maxBytes) throw tooLarge(origin.name, maxBytes);
  const { buffer, byteOffset, length } = result.buffer;
  // Not a Buffer: those compare unequal to other runtimes' bytes.
  const output = new Uint8Array(buffer, byteOffset, length);
  return { output, consumed: result.engine.bytesWritten };
}

class NodeInflater implements Inflater {
  readonly #stream: ReturnType<Zlib["createInflate"]>;
  readonly #origin: Origin;
  #fed = 0;
  #last: Uint8Array = new Uint8Array(0);
  #ended = false;
  #writing = false;
  #error: unknown;
  #wake: () => void = () => {};

  constructor(zlib: Zlib, wrapper: Wrapper, origin: Origin) {
    const create = wrapper === "zlib" ? zlib.createInflate : zlib.createInflateRaw;
    this.#origin = origin;
    this.#stream = create({ chunkSize: CHUNK_BYTES });
    this.#stream.on("readable", () => this.#wake());
    this.#stream.on("end", () => {
      this.#ended = true;
      this.#wake();
    });
    this.#stream.on("error", (error) => {
      this.#error = error;
      this.#wake();
    });
  }

  async next(input: Input): Promise<Uint8Array | undefined> {
    const stream = this.#stream;
    for (;;) {
      const event = new Promise<void>((resolve) => this.#wake = resolve);
      const chunk = stream.read() as Uint8Array | null;
      if (chunk !== null) return chunk;
      if (this.#error !== undefined) throw this.#failure(input);
      if (this.#ended) return this.#finish(input);
      if (!this.#writing) await this.#feed(input);
      await event;
    }
  }

  close(): void {
    this.#stream.destroy();
  }

  async #feed(input: Input): Promise<void> {
    if (input.window.length === 0 && !await input.more()) {
      this.#writing = true;
      this.#stream.end(); // answered by "end", or by an error where the stream isn't complete
      return;
    }
    const piece = input.window;
    this.#writing = true;
    this.#last = piece;
    this.#fed += piece.length;
    input.skip(piece.length);
    this.#stream.write(piece, () => {
      // Input that was not taken means that the stream is complete: "end" comes next.
      this.#writing = this.#stream.bytesWritten < this.#fed;
      this.#wake();
    });
  }

  #finish(input: Input): undefined {
    const unused = this.#fed - this.#stream.bytesWritten;
    if (unused > 0) {
      input.window = this.#last.subarray(this.#last.length - unused);
      input.offset -= unused;
    }
    this.close();
    return undefined;
  }

  #failure(input: Input): unknown {
    const origin = this.#origin;
    const offset = origin.offset + this.#stream.bytesWritten;
    this.close();
    return wrap(this.#error, { origin, offset, end: input.offset, maxBytes: Infinity });
  }
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

interface Place {
  origin: Origin;
  offset: number;
  end: number;
  maxBytes: number;
}

function wrap(error: unknown, place: Place): unknown {
  const { code, message } = error as { code?: unknown; message: string };
  if (code === "Z_BUF_ERROR") return truncated(place.origin, place.end, error);
  if (code === "Z_NEED_DICT") {
    return corrupt(place.origin, "a preset dictionary is needed", place.offset, error);
  }
  if (code === "Z_DATA_ERROR") return corrupt(place.origin, message, place.offset, error);
  if (code === "ERR_BUFFER_TOO_LARGE") return tooLarge(place.origin.name, place.maxBytes, error);
  return error;
}
