/**
 * Sinks that write one stream through the native package, piece by piece: .lzma so that timers and
 * I/O get their turn meanwhile, and both formats in synchronous calls.
 */
import { yieldToEventLoop } from "../io/event_loop.ts";
import type { AsyncSink, SyncSink } from "../io/sink.ts";
import { loadNative } from "./_lzma_native.ts";
import type { NativeCompressor, NativeFormat } from "./_lzma_native.ts";
import { openThread } from "./_lzma_worker.ts";
import type { ThreadCompressor } from "./_lzma_worker.ts";

const DEFAULT_PRESET = 6; // Python's
const PIECE_BYTES = 64 << 10;
const THREAD_PIECE_BYTES = 1 << 20;

/** Compresses .lzma into a sink. */
export class LzmaSink implements AsyncSink {
  readonly start = 0;
  readonly #sink: AsyncSink;
  readonly #open: () => NativeCompressor;
  // Made by the first write: what is missing is told when the sink below can be aborted.
  #opened: NativeCompressor | undefined;

  constructor(sink: AsyncSink, preset: number) {
    this.#sink = sink;
    this.#open = () => new (loadNative("lzma").LzmaCompressor)({ preset });
  }

  get #compressor(): NativeCompressor {
    return this.#opened ??= this.#open();
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let start = 0; start < bytes.length; start += PIECE_BYTES) {
      const output = this.#compressor.update(bytes.subarray(start, start + PIECE_BYTES));
      if (output.length > 0) await this.#sink.write(output);
      if (start + PIECE_BYTES < bytes.length) await yieldToEventLoop();
    }
  }

  async close(): Promise<void> {
    await this.#sink.write(await this.#compressor.finish());
    await this.#sink.close();
  }

  async abort(): Promise<void> {
    await this.#sink.abort();
  }
}

/** Compresses into a sink, with a thread that is waited for. */
export class LzmaSinkSync implements SyncSink {
  readonly start = 0;
  readonly #sink: SyncSink;
  readonly #open: () => ThreadCompressor;
  #opened: ThreadCompressor | undefined;
  #piece = new Uint8Array(THREAD_PIECE_BYTES);
  #filled = 0;

  constructor(format: NativeFormat, sink: SyncSink, preset: number) {
    this.#sink = sink;
    this.#open = () => openThread(format, preset);
  }

  get #thread(): ThreadCompressor {
    return this.#opened ??= this.#open();
  }

  write(bytes: Uint8Array): void {
    for (let start = 0; start < bytes.length;) {
      const part = bytes.subarray(start, start + this.#piece.length - this.#filled);
      this.#piece.set(part, this.#filled);
      this.#filled += part.length;
      start += part.length;
      if (this.#filled === this.#piece.length) this.#put();
    }
  }

  close(): void {
    try {
      this.#put();
      this.#sink.write(this.#thread.finish());
    } finally {
      this.#opened?.close();
    }
    this.#sink.close();
  }

  abort(): void {
    this.#opened?.close();
    this.#sink.abort();
  }

  #put(): void {
    if (this.#filled === 0) return;
    const output = this.#thread.update(this.#piece.subarray(0, this.#filled));
    this.#filled = 0;
    if (output.length > 0) this.#sink.write(output);
  }
}

/** The preset of a level. */
export function checkPreset(format: NativeFormat, level: number = DEFAULT_PRESET): number {
  if (Number.isInteger(level) && level >= 0 && level <= 9) return level;
  throw new RangeError(
    `Cannot compress with ${format}: level ${level} is not an integer from 0 to 9`,
  );
}
