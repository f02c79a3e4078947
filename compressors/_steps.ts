/**
 * Decompressors as generators: they look at a window of compressed bytes, yield what comes out of
 * it, and yield nothing to get more. One such generator is read with and without waiting.
 */
import type { AsyncReader, SyncReader } from "../io/source.ts";
import { openReaderSync } from "../io/source.ts";
import { openChunks } from "./_chunk_reader.ts";
import { checkLimits } from "./_limits.ts";
import type { DecompressLimits } from "./registry.ts";

const READ_BYTES = 64 << 10;

/** What a decompressor yields: output, or nothing where it needs a longer window. */
export type Steps = Generator<Uint8Array | undefined, void>;

/** A format that is read in steps. */
export interface SteppedFormat {
  /** What `compress` calls it. */
  readonly name: string;
  /** Decompress what comes through `feed`, which stands behind the stream at the end. */
  decode(feed: Feed): Steps;
}

/** The compressed bytes that were read and not used yet. */
export class Feed {
  /** The buffer that holds the window; what is around it is undefined. */
  buffer: Uint8Array = new Uint8Array(0);
  /** Where the window starts in `buffer`. */
  start = 0;
  /** Where it ends. */
  end = 0;
  /** Position of the window's first byte in the whole. */
  offset = 0;
  /** There is nothing behind the window. */
  ended = false;

  /** Length of the window. */
  get length(): number {
    return this.end - this.start;
  }

  /** A byte of the window. */
  byteAt(index: number): number {
    return this.buffer[this.start + index];
  }

  /** Bytes of the window, as a view that lasts until the window grows. */
  view(start: number, end: number): Uint8Array {
    return this.buffer.subarray(this.start + start, this.start + end);
  }

  /** Take the first `count` bytes out of the window. */
  skip(count: number): void {
    this.start += count;
    this.offset += count;
  }

  /** Where the next bytes go. */
  room(): Uint8Array {
    const { length } = this;
    if (this.start > 0 && (length === 0 || this.buffer.length - this.end < READ_BYTES)) {
      this.buffer.copyWithin(0, this.start, this.end);
      this.start = 0;
      this.end = length;
    }
    if (this.buffer.length - this.end < READ_BYTES) {
      const longer = new Uint8Array(Math.max(2 * this.buffer.length, 2 * READ_BYTES));
      longer.set(this.buffer.subarray(0, this.end));
      this.buffer = longer;
    }
    return this.buffer.subarray(this.end, this.end + READ_BYTES);
  }

  /** That many bytes went into the room, none at the end. */
  filled(count: number): void {
    this.end += count;
    if (count === 0) this.ended = true;
  }
}

/** Wait until the window holds `length` bytes; returns whether it does. */
export function* need(feed: Feed, length: number): Generator<undefined, boolean> {
  while (feed.length < length && !feed.ended) yield undefined;
  return feed.length >= length;
}

/** Read what `reader` gives, decompressed. */
export function openSteps(
  format: SteppedFormat,
  reader: AsyncReader,
  limits: DecompressLimits,
): AsyncReader {
  return openChunks({
    chunks: chunks(format, reader, limits),
    remaining: () => undefined,
    close: () => reader.close(),
  });
}

/** Read what `reader` gives, decompressed, without waiting. */
export function openStepsSync(
  format: SteppedFormat,
  reader: SyncReader,
  limits: DecompressLimits,
): SyncReader {
  const pieces = chunksSync(format, reader, limits);
  let current: Uint8Array = new Uint8Array(0);
  let position = 0;
  let ahead: Uint8Array | undefined;
  let started = false;

  function pull(): Uint8Array | undefined {
    const { value, done } = pieces.next();
    return done ? undefined : value;
  }

  return {
    exact: false,
    remaining: undefined,
    read(into: Uint8Array): number {
      if (into.length === 0) return 0;
      if (position === current.length) {
        // As in the asynchronous reader: the last piece waits until the end was checked.
        if (!started) ahead = pull();
        started = true;
        if (ahead === undefined) return 0;
        const next = pull();
        current = ahead;
        position = 0;
        ahead = next;
      }
      const count = Math.min(into.length, current.length - position);
      into.set(current.subarray(position, position + count));
      position += count;
      return count;
    },
    unread: (): void => {},
    close(): void {
      pieces.return();
      reader.close();
    },
  };
}

/** Decompress the whole of `bytes`. */
export function decompressSteps(
  format: SteppedFormat,
  bytes: Uint8Array,
  limits: DecompressLimits,
): Uint8Array {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for (const piece of chunksSync(format, openReaderSync(bytes), limits)) {
    pieces.push(piece);
    length += piece.length;
  }
  if (pieces.length === 1) return pieces[0];
  const whole = new Uint8Array(length);
  let offset = 0;
  for (const piece of pieces) {
    whole.set(piece, offset);
    offset += piece.length;
  }
  return whole;
}

async function* chunks(
  format: SteppedFormat,
  reader: AsyncReader,
  limits: DecompressLimits,
): AsyncGenerator<Uint8Array, void> {
  const feed = new Feed();
  let length = 0;
  for (const chunk of format.decode(feed)) {
    if (chunk === undefined) feed.filled(await reader.read(feed.room()));
    else if (chunk.length > 0) {
      length += chunk.length;
      checkLimits(format.name, limits, length, feed.offset);
      yield chunk;
    }
  }
  await reader.unread(feed.length);
}

function* chunksSync(
  format: SteppedFormat,
  reader: SyncReader,
  limits: DecompressLimits,
): Generator<Uint8Array, void> {
  const feed = new Feed();
  let length = 0;
  for (const chunk of format.decode(feed)) {
    if (chunk === undefined) feed.filled(reader.read(feed.room()));
    else if (chunk.length > 0) {
      length += chunk.length;
      checkLimits(format.name, limits, length, feed.offset);
      yield chunk;
    }
  }
  reader.unread(feed.length);
}
