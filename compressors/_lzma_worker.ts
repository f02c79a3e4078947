/**
 * Native compression in the middle of a synchronous call: the package ends a stream in a promise
 * only, so a thread waits for that promise, and this one for the thread.
 */
import { UnsupportedError } from "../errors.ts";
import { builtin, requireFrom } from "../io/builtin.ts";
import { loadNative, NATIVE_CLASS, NATIVE_PACKAGE } from "./_lzma_native.ts";
import type { NativeFormat } from "./_lzma_native.ts";

/** Longest time that a thread may take to start. */
const START_MS = 30_000;

// Runs in the thread: CommonJS, for the eval of node:worker_threads.
const SCRIPT = `
const { workerData: { path, name, preset, port, flag } } = require("node:worker_threads");
let compressor;
function answer(message) {
  port.postMessage(message);
  Atomics.store(flag, 0, 1);
  Atomics.notify(flag, 0);
}
async function step(bytes) {
  return bytes === null ? await compressor.finish() : compressor.update(bytes);
}
port.on("message", (bytes) => {
  step(bytes).then(
    // Bun gives native code's empty buffers as detached ones
    (output) => answer({ output: output.length > 0 ? new Uint8Array(output) : undefined }),
  ).catch((error) => answer({ error: String(error) }));
});
try {
  compressor = new (require(path)[name])({ preset });
  answer({});
} catch (error) {
  answer({ error: String(error) });
}
`;

interface Answer {
  output?: Uint8Array;
  error?: string;
}

/** A compressor in a thread. */
export interface ThreadCompressor {
  /** Compress a piece; returns what is ready. */
  update(bytes: Uint8Array): Uint8Array;
  /** Compress what is left. */
  finish(): Uint8Array;
  /** End the thread. */
  close(): void;
}

/** Start a thread that compresses. */
export function openThread(format: NativeFormat, preset: number): ThreadCompressor {
  loadNative(format); // tells what is missing
  const threads = builtin("worker_threads");
  const require = requireFrom(import.meta.url) as { resolve(name: string): string } | undefined;
  if (threads === undefined || require === undefined) {
    throw new UnsupportedError(
      `Cannot write ${format} synchronously here: this runtime has no threads; use dump()`,
    );
  }
  const { MessageChannel, receiveMessageOnPort, Worker } = threads;
  const { port1, port2 } = new MessageChannel();
  const flag = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(SCRIPT, {
    eval: true,
    workerData: {
      path: require.resolve(NATIVE_PACKAGE),
      name: NATIVE_CLASS[format],
      preset,
      port: port2,
      flag,
    },
    transferList: [port2],
  });
  worker.unref();

  function close(): void {
    port1.close();
    void worker.terminate();
  }

  function receive(timeout: number): Uint8Array {
    const result = Atomics.wait(flag, 0, 0, timeout);
    const message = receiveMessageOnPort(port1)?.message as Answer | undefined;
    Atomics.store(flag, 0, 0);
    if (message?.error === undefined && message !== undefined) {
      return message.output ?? new Uint8Array(0);
    }
    close();
    throw new UnsupportedError(
      `Cannot write ${format} synchronously here: ${message?.error ?? `the thread is ${result}`}`,
    );
  }

  receive(START_MS);
  return {
    update(bytes: Uint8Array): Uint8Array {
      port1.postMessage(bytes);
      return receive(Infinity);
    },
    finish(): Uint8Array {
      port1.postMessage(null);
      return receive(Infinity);
    },
    close,
  };
}
