/**
 * Writing to the caller's `WritableStream`: its lock is taken and given back, it is never closed.
 * Each write waits until the stream took the chunk, which is how a stream tells its errors.
 */
import type { AsyncSink } from "./sink.ts";

/** Write to a stream. */
export function openStreamSink(stream: WritableStream<Uint8Array>): AsyncSink {
  const writer = stream.getWriter();
  return {
    start: 0,
    async write(bytes: Uint8Array): Promise<void> {
      await writer.ready;
      // A stream may hold the chunk long after it took it; the caller's buffer moves on.
      await writer.write(bytes.slice());
    },
    async close(): Promise<void> {
      await writer.ready;
      writer.releaseLock();
    },
    abort(): Promise<void> {
      writer.releaseLock();
      return Promise.resolve();
    },
  };
}
