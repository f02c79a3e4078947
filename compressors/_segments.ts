/**
 * Sinks that write zlib and gzip in segments of 1 MiB. Segments join to one ordinary stream (one
 * gzip member: joblib.load hangs on a second), so memory is bounded in synchronous calls too, and
 * threads can compress several of them at a time.
 */
import { freeBytes } from "../bytes/free.ts";
import type { AsyncSink, SyncSink } from "../io/sink.ts";
import type { DeflateWrapper } from "./_deflate.ts";
import type { DeflateEngine, DeflateJob, Deflater } from "./_engine.ts";
import type { CompressSinkOptions } from "./registry.ts";
import { parallelSegments, type SegmentMethod } from "./_threads.ts";

const SEGMENT_BYTES = 1 << 20;

/** Compresses into a sink, at once. */
export class DeflateSinkSync implements SyncSink {
  readonly start = 0;
  readonly #sink: SyncSink;
  readonly #frame: Frame;
  readonly #deflater: Deflater;

  constructor(
    format: DeflateWrapper,
    sink: SyncSink,
    options: { level: number; engine: DeflateEngine },
  ) {
    this.#sink = sink;
    this.#frame = new Frame(format, options.engine);
    this.#deflater = options.engine.deflater(options.level);
    sink.write(format.header(options.level));
  }

  write(bytes: Uint8Array): void {
    for (let offset = 0; offset < bytes.length;) {
      // What is as long as a segment needs no copy into one.
      const whole = this.#frame.empty && bytes.length - offset >= SEGMENT_BYTES;
      if (whole) {
        const segment = bytes.subarray(offset, offset + SEGMENT_BYTES);
        this.#put(this.#frame.count(segment), false);
        offset += SEGMENT_BYTES;
      } else {
        offset += this.#frame.fill(bytes, offset);
        if (this.#frame.full) this.#put(this.#frame.take(), false);
      }
    }
  }

  close(): void {
    this.#put(this.#frame.take(), true);
    this.#sink.write(this.#frame.trailer());
    this.#sink.close();
  }

  abort(): void {
    this.#sink.abort();
  }

  #put(segment: Uint8Array, last: boolean): void {
    const bytes = this.#deflater.deflateSync(segment, last);
    if (bytes.length > 0) this.#sink.write(bytes);
    freeBytes(bytes);
  }
}

/** Compress into a sink, by threads where there are any. */
export function openDeflateSink(
  format: DeflateWrapper,
  sink: AsyncSink,
  options: CompressSinkOptions & { level: number; engine: Promise<DeflateEngine> },
): AsyncSink {
  const method = options.engine.then((engine) => deflateMethod(format, engine, options.level));
  return parallelSegments(sink, method, options);
}

function deflateMethod(
  format: DeflateWrapper,
  engine: DeflateEngine,
  level: number,
): SegmentMethod<DeflateJob> {
  const deflater = engine.deflater(level);
  const frame = new Frame(format, engine);
  return {
    name: format.name,
    segmentBytes: SEGMENT_BYTES,
    where: deflater.where,
    args: (segment, last) => deflater.job(frame.count(segment), last),
    compress: (...job) => deflater.deflate(...job),
    head: () => format.header(level),
    tail: () => frame.trailer(),
  };
}

/** The segment that is being filled, with the sums over all that went before. */
class Frame {
  readonly #format: DeflateWrapper;
  readonly #engine: DeflateEngine;
  #segment: Uint8Array | undefined;
  #filled = 0;
  #checksum: number;
  #length = 0;

  constructor(format: DeflateWrapper, engine: DeflateEngine) {
    this.#format = format;
    this.#engine = engine;
    this.#checksum = format.checksumStart;
  }

  get empty(): boolean {
    return this.#filled === 0;
  }

  get full(): boolean {
    return this.#filled === SEGMENT_BYTES;
  }

  /** Copy as much of `bytes` from `offset` on as fits; returns how much. */
  fill(bytes: Uint8Array, offset: number): number {
    this.#segment ??= new Uint8Array(SEGMENT_BYTES);
    const part = bytes.subarray(offset, offset + SEGMENT_BYTES - this.#filled);
    this.#segment.set(part, this.#filled);
    this.#filled += part.length;
    return part.length;
  }

  /** The segment as far as it is filled, valid until the next one is: that starts. */
  take(): Uint8Array {
    const segment = this.#segment?.subarray(0, this.#filled) ?? new Uint8Array(0);
    this.#filled = 0;
    return this.count(segment);
  }

  /** Add a segment to the sums. */
  count(segment: Uint8Array): Uint8Array {
    this.#checksum = this.#format.checksum(segment, this.#checksum, this.#engine);
    this.#length += segment.length;
    return segment;
  }

  trailer(): Uint8Array {
    return this.#format.trailer(this.#checksum, this.#length);
  }
}
