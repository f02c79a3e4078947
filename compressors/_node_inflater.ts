/**
 * Inflate by the handle inside of `node:zlib`'s streams, step by step: the module's own synchronous
 * calls take whole streams only. The handle is the same on Deno, Bun and Node (npm's `minizlib` has
 * it too) but no documented part of them, so it is tried before it is used. It fills the buffer that
 * it is given; the streams make one of their own for each chunk, which takes longer.
 */
import type { Builtins } from "../io/builtin.ts";
import { corrupt, truncated } from "./_engine.ts";
import type { Inflater, Origin, Wrapper } from "./_engine.ts";

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
  onerror?: (message: string, errno: number) => void;
}

const Z_NO_FLUSH = 0;
const Z_FINISH = 4;
const Z_NEED_DICT = 2;
const Z_BUF_ERROR = -5;
/** The streams' own buffers are not used: the least that they take. */
const OPTIONS = { chunkSize: 64 };
/** Input of one step: an error can be told no closer than that. */
const STEP_BYTES = 64 << 10;
/** "a", compressed. */
const SAMPLE = Uint8Array.of(0x4b, 0x04, 0x00);

let tried: boolean | undefined;

/** Whether the handle is there, and does what is expected of it. */
export function hasSteps(zlib: Zlib): boolean {
  return tried ??= trySteps(zlib);
}

function trySteps(zlib: Zlib): boolean {
  try {
    const inflater = new NodeInflater(zlib, "raw", { name: "sample", offset: 0 });
    const output = new Uint8Array(2);
    inflater.step(SAMPLE, output, false);
    const { used, made } = inflater;
    inflater.step(SAMPLE, output.subarray(1), false);
    inflater.close();
    return used === SAMPLE.length && made === 1 && output[0] === 0x61 && inflater.done;
  } catch {
    return false;
  }
}

/** One stream. */
export class NodeInflater implements Inflater {
  used = 0;
  made = 0;
  done = false;
  readonly #stream: Stream;
  readonly #origin: Origin;
  #total = 0;
  #error: { message: string; errno: number } | undefined;

  constructor(zlib: Zlib, wrapper: Wrapper, origin: Origin) {
    const create = wrapper === "zlib" ? zlib.createInflate : zlib.createInflateRaw;
    const stream = create(OPTIONS) as unknown as Stream;
    this.#stream = stream;
    this.#origin = origin;
    // the stream's own would destroy it
    if (stream._handle !== undefined) {
      stream._handle.onerror = (message, errno) => this.#error = { message, errno };
    }
  }

  step(input: Uint8Array, output: Uint8Array, last: boolean): void {
    const { _handle: handle, _writeState: state } = this.#stream;
    if (handle?.writeSync === undefined || state === undefined) {
      throw new TypeError("node:zlib has no handle");
    }
    const length = Math.min(input.length, STEP_BYTES);
    const flush = last && length === input.length ? Z_FINISH : Z_NO_FLUSH;
    handle.writeSync(flush, input, 0, length, output, 0, output.length);
    if (this.#error !== undefined) throw this.#failure(length);
    const [free, unused] = state;
    this.used = length - unused;
    this.made = output.length - free;
    this.#total += this.used;
    // It takes all it is given unless the output is full or the stream complete.
    this.done = free > 0 && (unused > 0 || flush === Z_FINISH);
  }

  close(): void {
    this.#stream.destroy();
  }

  #failure(length: number): Error {
    const { message, errno } = this.#error!;
    const at = this.#origin.offset + this.#total;
    const cause = new Error(message);
    if (errno === Z_BUF_ERROR) return truncated(this.#origin, at + length, cause);
    const reason = errno === Z_NEED_DICT ? "a preset dictionary is needed" : message;
    return corrupt(this.#origin, reason, at, cause);
  }
}
