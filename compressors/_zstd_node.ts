/**
 * zstd by the handle inside of `node:zlib`'s streams, which fills the buffer that it is given. Deno's streams
 * themselves throw past all handlers at damaged data.
 */
import type { Builtins } from "../io/builtin.ts";
import { BARE_STREAM, ZlibHandle } from "./_zlib_handle.ts";
import type { ZstdDecoder, ZstdStream } from "./_zstd_format.ts";

type Zlib = Builtins["zlib"];

type StreamOptions = NonNullable<Parameters<Zlib["createZstdCompress"]>[0]>;

const ZSTD_E_CONTINUE = 0;
const ZSTD_E_END = 2;
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
  const stream = new NodeStream(
    zlib.createZstdCompress({ ...BARE_STREAM, ...options }),
    ZSTD_E_END,
  );
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
  return new NodeStream(zlib.createZstdDecompress(BARE_STREAM), ZSTD_E_CONTINUE);
}

class NodeStream implements ZstdStream {
  readonly #handle: ZlibHandle;
  readonly #flush: number;

  constructor(stream: unknown, flush: number) {
    this.#handle = new ZlibHandle(stream);
    this.#flush = flush;
  }

  get used(): number {
    return this.#handle.used;
  }

  get made(): number {
    return this.#handle.made;
  }

  step(input: Uint8Array, output: Uint8Array): void {
    const handle = this.#handle;
    handle.step(this.#flush, input, input.length, output);
    if (handle.error !== undefined) throw new Error(handle.error.message);
  }

  close(): void {
    this.#handle.close();
  }
}
