/**
 * Sinks that write one LZ4 frame of independent blocks: one block is held at a time, in memory that
 * is used again. Like joblib's frames, it has no checksums and no content size.
 */
import type { AsyncSink, SyncSink } from "../io/sink.ts";
import { encodeLz4Block, FIRST_HC_LEVEL, lz4BlockBound } from "./_lz4_encoder.ts";
import { UNCOMPRESSED_FLAG, WORD_BYTES, writeLz4Header } from "./_lz4_frame.ts";
import { parallelSegments } from "./_threads.ts";
import type { CompressSinkOptions } from "./registry.ts";

/** Blocks of the fast levels: readers of files hold one or two of them, and larger ones gain 0.5 %. */
const FAST_BLOCK_BYTES = 256 << 10;
/** Blocks of the thorough levels: 2 % smaller files than with the above. */
const HC_BLOCK_BYTES = 1 << 20;
const FIRST_BYTES = 64 << 10;
const END_MARK = new Uint8Array(WORD_BYTES);

/** Compress the whole of `bytes`. */
export function compressLz4(bytes: Uint8Array, level: number): Uint8Array {
  const pieces: Uint8Array[] = [];
  let length = 0;
  const sink = new Lz4SinkSync({
    start: 0,
    write(piece: Uint8Array): void {
      pieces.push(piece.slice());
      length += piece.length;
    },
    close(): void {},
    abort(): void {},
  }, level);
  sink.write(bytes);
  sink.close();
  const whole = new Uint8Array(length);
  let offset = 0;
  for (const piece of pieces) {
    whole.set(piece, offset);
    offset += piece.length;
  }
  return whole;
}

/** Compresses into a sink, at once. */
export class Lz4SinkSync implements SyncSink {
  readonly start = 0;
  readonly #sink: SyncSink;
  readonly #blocks: Blocks;

  constructor(sink: SyncSink, level: number) {
    this.#sink = sink;
    this.#blocks = new Blocks(level);
  }

  write(bytes: Uint8Array): void {
    for (let offset = 0; offset < bytes.length;) {
      offset += this.#blocks.add(bytes, offset);
      if (this.#blocks.full) this.#sink.write(this.#blocks.take());
    }
  }

  close(): void {
    this.#sink.write(this.#blocks.take());
    this.#sink.write(END_MARK);
    this.#sink.close();
  }

  abort(): void {
    this.#sink.abort();
  }
}

/** Compress into a sink; the thorough levels by workers where there is much to do. */
export function openLz4Sink(
  sink: AsyncSink,
  level: number,
  options?: CompressSinkOptions,
): AsyncSink {
  const fast = level < FIRST_HC_LEVEL;
  const segmentBytes = fast ? FAST_BLOCK_BYTES : HC_BLOCK_BYTES;
  return parallelSegments<[block: Uint8Array, level: number]>(sink, {
    name: "lz4",
    segmentBytes,
    // By workers the fast levels take twice as long: a copy costs more than the work.
    where: fast ? "nowhere" : { module: import.meta.url, name: "encodeLz4Piece" },
    args: (block) => block.length === 0 ? undefined : [block, level],
    compress: encodeLz4Piece,
    head: () => writeLz4Header(segmentBytes),
    tail: () => END_MARK,
  }, fast ? {} : options);
}

/** A block with its size in front. Workers call this. */
export function encodeLz4Piece(block: Uint8Array, level: number): Uint8Array {
  const output = new Uint8Array(WORD_BYTES + lz4BlockBound(block.length));
  return output.subarray(0, putBlock(block, output, { at: 0, level }));
}

/** The block that is being filled. */
class Blocks {
  readonly #level: number;
  readonly #size: number;
  /** The block, where it is put together from several pieces. */
  #collected: Uint8Array = new Uint8Array(0);
  /** The block: a part of `#collected`, or of what the caller wrote. */
  #block: Uint8Array = this.#collected;
  #output: Uint8Array = new Uint8Array(0);
  #header: Uint8Array;

  constructor(level: number) {
    this.#level = level;
    this.#size = level < FIRST_HC_LEVEL ? FAST_BLOCK_BYTES : HC_BLOCK_BYTES;
    this.#header = writeLz4Header(this.#size);
  }

  get full(): boolean {
    return this.#block.length === this.#size;
  }

  /** Add as much of `bytes` from `offset` on as fits; returns how much. */
  add(bytes: Uint8Array, offset: number): number {
    const filled = this.#block.length;
    const part = bytes.subarray(offset, offset + this.#size - filled);
    if (part.length === this.#size) {
      this.#block = part; // encoded before the caller has it back: no copy
    } else {
      this.#growTo(filled + part.length);
      this.#collected.set(part, filled);
      this.#block = this.#collected.subarray(0, filled + part.length);
    }
    return part.length;
  }

  /** What goes into the file for the block, perhaps nothing; the next block starts. */
  take(): Uint8Array {
    const block = this.#block;
    this.#block = this.#collected.subarray(0, 0);
    const head = this.#header.length;
    const bound = head + WORD_BYTES + lz4BlockBound(block.length);
    if (this.#output.length < bound) this.#output = new Uint8Array(bound);
    const output = this.#output;
    output.set(this.#header);
    this.#header = this.#header.subarray(head);
    if (block.length === 0) return output.subarray(0, head);

    return output.subarray(0, putBlock(block, output, { at: head, level: this.#level }));
  }

  #growTo(length: number): void {
    if (this.#collected.length >= length) return;
    const longer = new Uint8Array(
      Math.min(this.#size, Math.max(length, 2 * this.#collected.length, FIRST_BYTES)),
    );
    longer.set(this.#block);
    this.#collected = longer;
  }
}

/** Put a block with its size in front into `output`; returns where it ends. */
function putBlock(
  block: Uint8Array,
  output: Uint8Array,
  options: { at: number; level: number },
): number {
  const { at, level } = options;
  const start = at + WORD_BYTES;
  let size = encodeLz4Block(block, output.subarray(start), level);
  let word = size;
  if (size >= block.length) {
    size = block.length;
    word = size + UNCOMPRESSED_FLAG;
    output.set(block, start);
  }
  for (let i = 0; i < WORD_BYTES; i++) output[at + i] = word / 2 ** (8 * i);
  return start + size;
}
