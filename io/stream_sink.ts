/**
 * Writing to the caller's `WritableStream`: its lock is taken and given back, it is never closed.
 * Each write waits until the stream took the chunk, which is how a stream tells its errors.
 */
import { isWritableStream } from "./_kinds.ts";
import type { AsyncSink, Target } from "./sink.ts";

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

/**
 * A sink into `target` that heeds a signal while a stream takes nothing: what waits for it fails with
 * the signal's reason. Sinks of files are returned as they are: a write that was begun there still
 * reads the caller's memory, into a descriptor that must stay open for it.
 */
export function heedSignal(
  sink: AsyncSink,
  { target, signal }: { target: Target; signal: AbortSignal | undefined },
): AsyncSink {
  if (signal === undefined || !isWritableStream(target)) return sink;
  return {
    start: sink.start,
    write: (bytes) => untilAborted(() => sink.write(bytes), signal),
    close: () => untilAborted(() => sink.close(), signal),
    abort: () => sink.abort(),
  };
}

function untilAborted(work: () => Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const stop = () => reject(signal.reason);
    signal.addEventListener("abort", stop);
    work().then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}
