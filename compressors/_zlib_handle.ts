/**
 * The handle inside of `node:zlib`'s streams, which works step by step: the module's synchronous calls take
 * whole streams only, and its streams make a buffer for each chunk, where the handle fills the one that
 * it is given. It is the same on Deno, Bun and Node (npm's `minizlib` has it too) but no documented part of
 * them, so whoever uses it tries it before.
 */
import { freeBytes } from "../bytes/free.ts";
import { join } from "../bytes/join.ts";

/** A stream of `node:zlib`, with what is inside of it. */
export interface HandledStream {
  readonly _handle?: StreamHandle;
  /** What the last call left: free bytes of the output, unused bytes of the input. */
  readonly _writeState?: Uint32Array;
  destroy(): void;
}

/** What does the work. */
export interface StreamHandle {
  writeSync?(
    flush: number,
    input: Uint8Array,
    inputOffset: number,
    inputLength: number,
    output: Uint8Array,
    outputOffset: number,
    outputLength: number,
  ): void;
  onerror?: (message: string, errno: number) => void;
}

/** For streams whose own buffers are not used: the least that they take. */
export const BARE_STREAM: { readonly chunkSize: number } = { chunkSize: 64 };

/** One stream, step by step. */
export class ZlibHandle {
  /** How many bytes of its input the last step used. */
  used = 0;
  /** How many bytes it made. */
  made = 0;
  /** What was wrong; Bun and Node tell it in this way, Deno also throws. */
  error: { readonly message: string; readonly errno: number } | undefined;
  readonly #stream: HandledStream;

  /** @param stream A stream of `node:zlib`, which is used for nothing else. */
  constructor(stream: unknown) {
    this.#stream = stream as HandledStream;
    const { _handle: handle } = this.#stream;
    // the stream's own would destroy it
    if (handle !== undefined) handle.onerror = (message, errno) => this.error = { message, errno };
  }

  /** Work on `length` bytes of `input`, as far as the output goes into `output`. */
  step(flush: number, input: Uint8Array, length: number, output: Uint8Array): void {
    const { _handle: handle, _writeState: state } = this.#stream;
    if (handle?.writeSync === undefined || state === undefined) {
      throw new TypeError("node:zlib has no handle");
    }
    handle.writeSync(flush, input, 0, length, output, 0, output.length);
    if (this.error !== undefined) return;
    const [free, unused] = state;
    this.used = length - unused;
    this.made = output.length - free;
  }

  /** Release what it holds. */
  close(): void {
    this.#stream.destroy();
  }
}

/**
 * All that a stream of `node:zlib` makes of `bytes`, in a thread of the runtime's, in memory that can be
 * freed: the module's calls with a callback leave all their room for it to the collector.
 */
export async function runInThread(
  stream: AsyncIterable<Uint8Array> & { end(bytes: Uint8Array): void },
  bytes: Uint8Array,
): Promise<Uint8Array> {
  stream.end(bytes);
  const pieces: Uint8Array[] = [];
  for await (const piece of stream) pieces.push(asPlainBytes(piece));
  const all = join(pieces);
  if (pieces.length > 1) pieces.forEach(freeBytes);
  return all;
}

/** No Buffer: the slices of those are no copies. */
export function asPlainBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}
