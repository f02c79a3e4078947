/**
 * Writing to the caller's `WritableStream`: its lock is taken and given back, it is never closed.
 * Each write waits until the stream took the chunk, which is how a stream tells its errors.
 */
import type { AsyncSink } from "./sink.ts";

/**
 * Write to a stream.
 *
 * @param signal Frees a write that waits while the stream takes nothing.
 */
export function openStreamSink(
  stream: WritableStream<Uint8Array>,
  signal: AbortSignal | undefined,
): AsyncSink {
  const writer = stream.getWriter();
  return {
    start: 0,
    write: (bytes: Uint8Array) =>
      untilAborted(signal, async () => {
        await writer.ready;
        // A stream may hold the chunk long after it took it; the caller's buffer moves on.
        await writer.write(bytes.slice());
      }),
    close: () =>
      untilAborted(signal, async () => {
        await writer.ready;
        writer.releaseLock();
      }),
    abort(): Promise<void> {
      writer.releaseLock();
      return Promise.resolve();
    },
  };
}

function untilAborted(signal: AbortSignal | undefined, work: () => Promise<void>): Promise<void> {
  if (signal === undefined) return work();
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const stop = () => reject(signal.reason);
    signal.addEventListener("abort", stop);
    work().then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}
