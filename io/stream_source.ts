/**
 * A reader over a `ReadableStream` of bytes. A chunk that is longer than what was asked for is
 * kept for the next read; `close` cancels what was never read.
 */
import { describe } from "./_kinds.ts";
import type { AsyncReader } from "./source.ts";

const EMPTY = new Uint8Array(0);

/** What is known of a stream. */
export interface StreamOptions {
  /** How many bytes the stream will give at most. */
  remaining?: number | undefined;
  /** Cancels the stream, so that a read which waits for it ends. */
  signal?: AbortSignal | undefined;
}

/** Read a stream from front to back. */
export function openStream(
  stream: ReadableStream<Uint8Array>,
  { remaining, signal }: StreamOptions = {},
): AsyncReader {
  const reader = stream.getReader();
  // A stream that has failed rejects again on cancel: its error was thrown by read already.
  const cancel = () => reader.cancel(signal?.reason).catch(() => {});
  signal?.addEventListener("abort", cancel);
  let chunk: Uint8Array = EMPTY;
  let left = remaining;
  return {
    exact: false,
    get remaining(): number | undefined {
      return left;
    },
    async read(into: Uint8Array): Promise<number> {
      if (into.length === 0) return 0;
      while (chunk.length === 0) {
        const { done, value } = await reader.read();
        if (done) return 0;
        if (!(value instanceof Uint8Array)) {
          throw new TypeError(
            `Cannot read stream: a chunk is ${describe(value)}, not a Uint8Array`,
          );
        }
        chunk = value;
      }
      const count = Math.min(into.length, chunk.length);
      into.set(chunk.subarray(0, count));
      chunk = chunk.subarray(count);
      if (left !== undefined) left = Math.max(0, left - count);
      return count;
    },
    unread: (): Promise<void> => Promise.resolve(),
    async close(): Promise<void> {
      chunk = EMPTY;
      signal?.removeEventListener("abort", cancel);
      await cancel();
      reader.releaseLock();
    },
  };
}
