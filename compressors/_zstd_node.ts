/**
 * Reading zstd by the handle inside of `node:zlib`'s streams, step by step: its synchronous calls
 * take whole frames only, and Deno's streams throw past all handlers at damaged data. The handle is
 * no documented part of Deno, Bun and Node, so it is tried before it is used.
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

const ZSTD_E_CONTINUE = 0;
/** The streams' own buffers are not used: the least that they take. */
const OPTIONS = { chunkSize: 64 };
/** A frame of one byte, "a", in one raw block. */
const SAMPLE = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0x20, 1, 9, 0, 0, 0x61);
const EMPTY = new Uint8Array(0);

let decoder: ZstdDecoder | undefined;

/** A decoder over a `node:zlib` module; nothing where it has no zstd, or another handle. */
export function nodeZstdDecoder(zlib: Zlib): ZstdDecoder | undefined {
  if (typeof zlib.createZstdDecompress !== "function") return undefined;
  if (decoder === undefined && tryHandle(zlib)) decoder = () => new NodeStream(zlib);
  return decoder;
}

function tryHandle(zlib: Zlib): boolean {
  try {
    const stream = new NodeStream(zlib);
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

class NodeStream implements ZstdStream {
  used = 0;
  made = 0;
  readonly #stream: Stream;
  /** Deno throws; Bun and Node tell it in this way. */
  #error: string | undefined;

  constructor(zlib: Zlib) {
    this.#stream = zlib.createZstdDecompress(OPTIONS) as unknown as Stream;
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
    handle.writeSync(ZSTD_E_CONTINUE, input, 0, length, output, 0, output.length);
    if (this.#error !== undefined) throw new Error(this.#error);
    const [free, unused] = state;
    this.used = length - unused;
    this.made = output.length - free;
  }

  close(): void {
    this.#stream.destroy();
  }
}
