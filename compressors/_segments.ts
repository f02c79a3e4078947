/**
 * Sinks that write zlib and gzip in segments of 1 MiB. Segments join to one ordinary stream (one
 * gzip member: joblib.load hangs on a second), so memory is bounded in synchronous calls too, and
 * a runtime with threads compresses one segment while the next is being made.
 */
import type { AsyncSink, SyncSink } from "../io/sink.ts";
import type { DeflateEngine, Deflater } from "./_engine.ts";
import type { DeflateFormat } from "./_deflate.ts";

const SEGMENT_BYTES = 1 << 20;
/** Segments that are being compressed at a time; Deno does them one after the other. */
const SEGMENTS_IN_FLIGHT = 2;

/** Compresses into a sink, at once. */
export class DeflateSinkSync implements SyncSink {
  readonly start = 0;
  readonly #sink: SyncSink;
  readonly #frame: Frame;
  readonly #deflater: Deflater;

  constructor(
    format: DeflateFormat,
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
  }
}

/** Compresses into a sink, by threads where the runtime has them. */
export class DeflateSink implements AsyncSink {
  readonly start = 0;
  readonly #format: DeflateFormat;
  readonly #sink: AsyncSink;
  readonly #level: number;
  readonly #engine: Promise<DeflateEngine>;
  #work: { frame: Frame; deflater: Deflater } | undefined;
  readonly #inFlight: Promise<Uint8Array>[] = [];

  constructor(
    format: DeflateFormat,
    sink: AsyncSink,
    options: { level: number; engine: Promise<DeflateEngine> },
  ) {
    this.#format = format;
    this.#sink = sink;
    this.#level = options.level;
    this.#engine = options.engine;
    this.#engine.catch(() => {}); // told by the first write
  }

  async write(bytes: Uint8Array): Promise<void> {
    const { frame, deflater } = await this.#begin();
    for (let offset = 0; offset < bytes.length;) {
      offset += frame.fill(bytes, offset);
      if (frame.full) await this.#put(deflater.deflate(frame.take(), false));
    }
  }

  async close(): Promise<void> {
    const { frame, deflater } = await this.#begin();
    await this.#put(deflater.deflate(frame.take(), true));
    while (this.#inFlight.length > 0) await this.#writeNext();
    await this.#sink.write(frame.trailer());
    await this.#sink.close();
  }

  async abort(): Promise<void> {
    this.#inFlight.length = 0;
    await this.#sink.abort();
  }

  async #begin(): Promise<{ frame: Frame; deflater: Deflater }> {
    if (this.#work !== undefined) return this.#work;
    const engine = await this.#engine;
    this.#work = {
      frame: new Frame(this.#format, engine),
      deflater: engine.deflater(this.#level),
    };
    await this.#sink.write(this.#format.header(this.#level));
    return this.#work;
  }

  async #put(segment: Promise<Uint8Array>): Promise<void> {
    segment.catch(() => {}); // told when its turn comes to be written
    this.#inFlight.push(segment);
    while (this.#inFlight.length > SEGMENTS_IN_FLIGHT) await this.#writeNext();
  }

  async #writeNext(): Promise<void> {
    const bytes = await this.#inFlight.shift();
    if (bytes !== undefined && bytes.length > 0) await this.#sink.write(bytes);
  }
}

/** The segment that is being filled, with the sums over all that went before. */
class Frame {
  readonly #format: DeflateFormat;
  readonly #engine: DeflateEngine;
  #segment: Uint8Array | undefined;
  #filled = 0;
  #checksum: number;
  #length = 0;

  constructor(format: DeflateFormat, engine: DeflateEngine) {
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

  /** The segment as far as it is filled; the next one starts. */
  take(): Uint8Array {
    const segment = this.#segment?.subarray(0, this.#filled) ?? new Uint8Array(0);
    this.#segment = undefined; // a thread may be reading it still
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
