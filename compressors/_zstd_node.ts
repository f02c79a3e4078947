/**
 * zstd by the handle inside of `node:zlib`'s streams. Its synchronous calls take whole frames only and
 * make a buffer for each; Deno's streams throw past all handlers at damaged data. The handle fills
 * the buffer that it is given. It is no documented part of Deno, Bun and Node, so it is tried before
 * it is used.
 */
import type { Builtins } from "../io/builtin.ts";
import type { ZstdDecoder, ZstdStream } from "./_zstd_format.ts";

type Zlib = Builtins["zlib"];

/** A stream of `node:zlib`, with what is inside of it. */
interface Stream {
  readonly _handle?: Handle;
  /** What the last call left: free bytes of the output, unused bytes of the input. */
  readonly _writeState?: Uint32Array;
  destroy(): void;
}

interface Handle {
  writeSync?(
    flush: number,
    input: Uint8Array,
    inputOffset: number,
    inputLength: number,
    output: Uint8Array,
    outputOffset: number,
    outputLength: number,
  ): void;
  onerror?: (message: string) => void;
}

type StreamOptions = NonNullable<Parameters<Zlib["createZstdCompress"]>[0]>;

const ZSTD_E_CONTINUE = 0;
const ZSTD_E_END = 2;
/** The streams' own buffers are not used: the least that they take. */
const OPTIONS = { chunkSize: 64 };
/** A frame of one byte, "a", in one raw block. */
const SAMPLE = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0x20, 1, 9, 0, 0, 0x61);
const EMPTY = new Uint8Array(0);

let decoder: ZstdDecoder | undefined;

/** A decoder over a `node:zlib` module; nothing where it has no zstd, or another handle. */
export function nodeZstdDecoder(zlib: Zlib): ZstdDecoder | undefined {
  if (typeof zlib.createZstdDecompress !== "function") return undefined;
  if (decoder === undefined && tryHandle(zlib)) decoder = () => openDecompress(zlib);
  return decoder;
}

/**
 * Compress `bytes` to one frame at the start of `output`, which has room for it.
 *
 * @returns The part of `output` that holds the frame.
 */
export function compressByHandle(
  zlib: Zlib,
  job: { bytes: Uint8Array; output: Uint8Array },
  options: StreamOptions,
): Uint8Array {
  const { bytes, output } = job;
  const stream = new NodeStream(zlib.createZstdCompress({ ...OPTIONS, ...options }), ZSTD_E_END);
  try {
    stream.step(bytes, output);
    if (stream.used < bytes.length) throw new RangeError("zstd needs more room than its bound");
    return output.subarray(0, stream.made);
  } finally {
    stream.close();
  }
}

function tryHandle(zlib: Zlib): boolean {
  try {
    const stream = openDecompress(zlib);
    const output = new Uint8Array(2);
    stream.step(SAMPLE, output);
    const { used, made } = stream;
    stream.step(EMPTY, output);
    stream.close();
    return used === SAMPLE.length && made === 1 && output[0] === 0x61 && stream.made === 0;
  } catch {
    return false;
  }
}

function openDecompress(zlib: Zlib): NodeStream {
  return new NodeStream(zlib.createZstdDecompress(OPTIONS), ZSTD_E_CONTINUE);
}

class NodeStream implements ZstdStream {
  used = 0;
  made = 0;
  readonly #stream: Stream;
  readonly #flush: number;
  /** Deno throws; Bun and Node tell it in this way. */
  #error: string | undefined;

  constructor(stream: unknown, flush: number) {
    this.#stream = stream as Stream;
    this.#flush = flush;
    const { _handle: handle } = this.#stream;
    // the stream's own would destroy it
    if (handle !== undefined) handle.onerror = (message) => this.#error = message;
  }

  step(input: Uint8Array, output: Uint8Array): void {
    const { _handle: handle, _writeState: state } = this.#stream;
    if (handle?.writeSync === undefined || state === undefined) {
      throw new TypeError("node:zlib has no handle");
    }
    const { length } = input;
    handle.writeSync(this.#flush, input, 0, length, output, 0, output.length);
    if (this.#error !== undefined) throw new Error(this.#error);
    const [free, unused] = state;
    this.used = length - unused;
    this.made = output.length - free;
  }

  close(): void {
    this.#stream.destroy();
  }
}
