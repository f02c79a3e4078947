/**
 * Registered compressors as readers and sinks: through their transform streams, or with the whole
 * data collected where they have none. What their functions give is checked before it is used: text
 * would be opened as a path, an ArrayBuffer written as nothing.
 */
import { join } from "../bytes/join.ts";
import type { AsyncReader } from "../io/source.ts";
import type { AsyncSink, SyncSink } from "../io/sink.ts";
import { openChunks } from "./_chunk_reader.ts";
import { checkLimits } from "./_limits.ts";
import type { DecompressLimits } from "./registry.ts";

const READ_BYTES = 256 << 10;

type Bytes = TransformStream<Uint8Array, Uint8Array>;

/** A function of a registered compressor, for messages. */
interface Origin {
  /** Name of the compressor. */
  name: string;
  /** Name of the function. */
  call: "compress" | "decompress" | "compressStream" | "decompressStream";
}

/**
 * What a registered function gave, or a chunk of its stream, when it is bytes.
 *
 * @throws {TypeError} It is something else.
 */
export function bytesOf(given: unknown, origin: Origin): Uint8Array {
  if (ArrayBuffer.isView(given) && tagOf(given) === "Uint8Array") return given as Uint8Array;
  throw wrongResult(given, origin, "a Uint8Array");
}

/**
 * What a registered stream method gave, when it is a transform stream: told by its two sides, since
 * the platform's CompressionStream is no instance of TransformStream.
 *
 * @throws {TypeError} It is something else.
 */
export function transformOf(given: unknown, origin: Origin): Bytes {
  const { readable, writable } = Object(given) as Partial<Bytes>;
  if (typeof readable?.getReader === "function" && typeof writable?.getWriter === "function") {
    return given as Bytes;
  }
  throw wrongResult(given, origin, "a TransformStream");
}

/** Read what `reader` gives through a transform stream. */
export function readThrough(
  transform: Bytes,
  reader: AsyncReader,
  options: { name: string; limits: DecompressLimits },
): AsyncReader {
  return openChunks({
    chunks: transformed(transform, reader, options),
    remaining: () => undefined,
    close: () => reader.close(),
  });
}

/** Writes into a sink through a transform stream. */
export class WriteThrough implements AsyncSink {
  readonly start = 0;
  readonly #sink: AsyncSink;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #done: Promise<void>;

  constructor(transform: Bytes, sink: AsyncSink, options: { name: string }) {
    this.#sink = sink;
    this.#writer = transform.writable.getWriter();
    this.#done = drain(transform.readable, sink, options.name);
    this.#done.catch((error) => this.#writer.abort(error).catch(() => {}));
  }

  async write(bytes: Uint8Array): Promise<void> {
    await this.#writer.ready;
    await this.#writer.write(bytes.slice());
  }

  async close(): Promise<void> {
    await this.#writer.ready; // tells what failed, which closing would not
    await Promise.all([this.#writer.close(), this.#done]);
    await this.#sink.close();
  }

  async abort(): Promise<void> {
    await this.#writer.abort().catch(() => {});
    await this.#done.catch(() => {});
    await this.#sink.abort();
  }
}

/** Collects what is written and writes it compressed at the end. */
export class WholeSink implements AsyncSink {
  readonly start = 0;
  readonly #sink: AsyncSink;
  readonly #compress: (bytes: Uint8Array) => Uint8Array | Promise<Uint8Array>;
  readonly #collected = new Collected();

  constructor(
    sink: AsyncSink,
    compress: (bytes: Uint8Array) => Uint8Array | Promise<Uint8Array>,
  ) {
    this.#sink = sink;
    this.#compress = compress;
  }

  async write(bytes: Uint8Array): Promise<void> {
    await this.#collected.add(bytes);
  }

  async close(): Promise<void> {
    await this.#sink.write(await this.#compress(this.#collected.whole()));
    await this.#sink.close();
  }

  async abort(): Promise<void> {
    await this.#sink.abort();
  }
}

/** Collects what is written and writes it compressed at the end. */
export class WholeSinkSync implements SyncSink {
  readonly start = 0;
  readonly #sink: SyncSink;
  readonly #compress: (bytes: Uint8Array) => Uint8Array;
  readonly #collected = new Collected();

  constructor(sink: SyncSink, compress: (bytes: Uint8Array) => Uint8Array) {
    this.#sink = sink;
    this.#compress = compress;
  }

  write(bytes: Uint8Array): void {
    this.#collected.add(bytes);
  }

  close(): void {
    this.#sink.write(this.#compress(this.#collected.whole()));
    this.#sink.close();
  }

  abort(): void {
    this.#sink.abort();
  }
}

class Collected {
  #pieces: Uint8Array[] = [];

  add(bytes: Uint8Array): void {
    this.#pieces.push(bytes.slice());
  }

  whole(): Uint8Array {
    const whole = join(this.#pieces);
    this.#pieces = [];
    return whole;
  }
}

async function* transformed(
  transform: Bytes,
  reader: AsyncReader,
  options: { name: string; limits: DecompressLimits },
): AsyncGenerator<Uint8Array, void> {
  const { name, limits } = options;
  const fed = { length: 0 };
  const feeding = feed(transform.writable, reader, fed);
  feeding.catch(() => {}); // the readable side tells it too
  const output = transform.readable.getReader();
  let length = 0;
  try {
    for (;;) {
      const { done, value } = await output.read();
      if (done) break;
      const bytes = bytesOf(value, { name, call: "decompressStream" });
      length += bytes.length;
      checkLimits(name, limits, length, fed.length);
      yield bytes;
    }
    await feeding;
  } finally {
    await output.cancel().catch(() => {});
  }
}

async function feed(
  writable: WritableStream<Uint8Array>,
  reader: AsyncReader,
  fed: { length: number },
): Promise<void> {
  const writer = writable.getWriter();
  try {
    for (;;) {
      await writer.ready;
      const piece = new Uint8Array(READ_BYTES);
      const count = await reader.read(piece);
      if (count === 0) break;
      fed.length += count;
      await writer.write(piece.subarray(0, count));
    }
    await writer.close();
  } catch (error) {
    await writer.abort(error).catch(() => {});
    throw error;
  }
}

async function drain(
  readable: ReadableStream<Uint8Array>,
  sink: AsyncSink,
  name: string,
): Promise<void> {
  const reader = readable.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      await sink.write(bytesOf(value, { name, call: "compressStream" }));
    }
  } catch (error) {
    // else a write that waits for room in the transform would never end, nor its abort
    reader.cancel(error).catch(() => {});
    throw error;
  }
}

function wrongResult(given: unknown, { name, call }: Origin, wanted: string): TypeError {
  const action = call.startsWith("de") ? "decompress" : "compress";
  return new TypeError(
    `Cannot ${action} by "${name}": ${call}() gave ${kindOf(given)}, not ${wanted}`,
  );
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value !== "object") return `a ${typeof value}`;
  const tag = tagOf(value);
  return `${/^[AEIO]/.test(tag) ? "an" : "a"} ${tag}`;
}

/** The kind of an object, the same for one from another realm. */
function tagOf(value: object): string {
  return Object.prototype.toString.call(value).slice("[object ".length, -1);
}
