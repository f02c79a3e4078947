/**
 * Inflate by the handle inside of `node:zlib`'s streams, step by step, straight into the caller's buffer.
 */
import type { Builtins } from "../io/builtin.ts";
import { corrupt, truncated } from "./_engine.ts";
import type { Inflater, Origin, Wrapper } from "./_engine.ts";
import { BARE_STREAM, ZlibHandle } from "./_zlib_handle.ts";

type Zlib = Builtins["zlib"];

const Z_NO_FLUSH = 0;
const Z_FINISH = 4;
const Z_NEED_DICT = 2;
const Z_BUF_ERROR = -5;
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
  readonly #handle: ZlibHandle;
  readonly #origin: Origin;
  #total = 0;

  constructor(zlib: Zlib, wrapper: Wrapper, origin: Origin) {
    const create = wrapper === "zlib" ? zlib.createInflate : zlib.createInflateRaw;
    this.#handle = new ZlibHandle(create(BARE_STREAM));
    this.#origin = origin;
  }

  step(input: Uint8Array, output: Uint8Array, last: boolean): void {
    const handle = this.#handle;
    const length = Math.min(input.length, STEP_BYTES);
    const flush = last && length === input.length ? Z_FINISH : Z_NO_FLUSH;
    handle.step(flush, input, length, output);
    if (handle.error !== undefined) throw this.#failure(handle.error, length);
    this.used = handle.used;
    this.made = handle.made;
    this.#total += this.used;
    // It takes all it is given unless the output is full or the stream complete.
    this.done = this.made < output.length && (this.used < length || flush === Z_FINISH);
  }

  close(): void {
    this.#handle.close();
  }

  #failure({ message, errno }: { message: string; errno: number }, length: number): Error {
    const at = this.#origin.offset + this.#total;
    const cause = new Error(message);
    if (errno === Z_BUF_ERROR) return truncated(this.#origin, at + length, cause);
    const reason = errno === Z_NEED_DICT ? "a preset dictionary is needed" : message;
    return corrupt(this.#origin, reason, at, cause);
  }
}
