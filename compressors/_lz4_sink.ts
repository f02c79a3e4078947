/**
 * Sinks that write one LZ4 frame of independent blocks: one block is held at a time, in memory that
 * is used again. Like joblib's frames, it has no checksums and no content size.
 */
import type { AsyncSink, SyncSink } from "../io/sink.ts";
import type { WorkerTask } from "../io/workers.ts";
import { lz4BlockBound } from "./_lz4_encoder.ts";
import { writeLz4Header } from "./_lz4_frame.ts";
import {
  encodeLz4Segment,
  LZ4_SEGMENT_BYTES,
  LZ4_SEGMENT_TASK,
  lz4BlockBytes,
  lz4SegmentBound,
  putLz4Block,
  WORD_BYTES,
} from "./_lz4_segment.ts";
import { parallelSegments } from "./_threads.ts";
import type { CompressSinkOptions } from "./registry.ts";

/** Of the fast levels, workers have no use where so much is left of what was written. */
const STORED_RATIO = 0.95;
const FIRST_BYTES = 64 << 10;
const END_MARK = new Uint8Array(WORD_BYTES);

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

/** Compress into a sink, by workers where there is much to do. */
export function openLz4Sink(
  sink: AsyncSink,
  level: number,
  options?: CompressSinkOptions,
): AsyncSink {
  const isFast = lz4BlockBytes(level) < LZ4_SEGMENT_BYTES;
  let taken = 0;
  let made = 0;
  return parallelSegments<[segment: Uint8Array, level: number]>(sink, {
    name: "lz4",
    segmentBytes: LZ4_SEGMENT_BYTES,
    outputBytes: lz4SegmentBound(LZ4_SEGMENT_BYTES),
    get where(): WorkerTask | "unneeded" {
      // What can't be compressed is told in less time than it takes to hand it over.
      return isFast && made >= STORED_RATIO * taken ? "unneeded" : LZ4_SEGMENT_TASK;
    },
    args: (segment) => segment.length === 0 ? undefined : [segment, level],
    compress(segment: Uint8Array): Uint8Array {
      const output = encodeLz4Segment(segment, level);
      taken += segment.length;
      made += output.length;
      return output;
    },
    head: () => writeLz4Header(lz4BlockBytes(level)),
    tail: () => END_MARK,
  }, options);
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
    this.#size = lz4BlockBytes(level);
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

    return output.subarray(0, putLz4Block(block, output, { at: head, level: this.#level }));
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
