/**
 * Reading zstd by the handle inside of `node:zlib`'s streams, which fills the buffer that it is given. Deno's streams
 * themselves throw past all handlers at damaged data.
 */
import type { Builtins } from "../io/builtin.ts";
import { BARE_STREAM, ZlibHandle } from "./_zlib_handle.ts";
import type { ZstdDecoder, ZstdStream } from "./_zstd_format.ts";

type Zlib = Builtins["zlib"];

const ZSTD_E_CONTINUE = 0;
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
  return new NodeStream(zlib.createZstdDecompress(BARE_STREAM));
}

class NodeStream implements ZstdStream {
  readonly #handle: ZlibHandle;

  constructor(stream: unknown) {
    this.#handle = new ZlibHandle(stream);
  }

  get used(): number {
    return this.#handle.used;
  }

  get made(): number {
    return this.#handle.made;
  }

  step(input: Uint8Array, output: Uint8Array): void {
    const handle = this.#handle;
    handle.step(ZSTD_E_CONTINUE, input, input.length, output);
    if (handle.error !== undefined) throw new Error(handle.error.message);
  }

  close(): void {
    this.#handle.close();
  }
}
