/**
 * Registered compressors as readers and sinks: through their transform streams, or with the whole
 * data collected where they have none.
 */
import { join } from "../bytes/join.ts";
import type { AsyncReader } from "../io/source.ts";
import type { AsyncSink, SyncSink } from "../io/sink.ts";
import { openChunks } from "./_chunk_reader.ts";
import { checkLimits } from "./_limits.ts";
import type { DecompressLimits } from "./registry.ts";

const READ_BYTES = 256 << 10;

type Bytes = TransformStream<Uint8Array, Uint8Array>;

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

  constructor(transform: Bytes, sink: AsyncSink) {
    this.#sink = sink;
    this.#writer = transform.writable.getWriter();
    this.#done = drain(transform.readable, sink);
    this.#done.catch((error) => this.#writer.abort(error).catch(() => {}));
  }

  async write(bytes: Uint8Array): Promise<void> {
    await this.#writer.ready;
    await this.#writer.write(bytes.slice());
  }

  async close(): Promise<void> {
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
      length += value.length;
      checkLimits(name, limits, length, fed.length);
      yield value;
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

async function drain(readable: ReadableStream<Uint8Array>, sink: AsyncSink): Promise<void> {
  const reader = readable.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    await sink.write(value);
  }
}
