/**
 * Deflate by fflate, for runtimes without `node:zlib`. It checks no trailers and doesn't tell where
 * a stream ends; both are added here, the end read off the state that its own `Gunzip` reads.
 */
import { join } from "../bytes/join.ts";
import { UnsupportedError } from "../errors.ts";
import { requireFrom } from "../io/builtin.ts";
import { adler32, crc32 } from "./_checksums.ts";
import { corrupt, truncated } from "./_engine.ts";
import type { DeflateEngine, DeflateJob, Deflater, Inflater, Origin, Wrapper } from "./_engine.ts";

type Fflate = typeof import("fflate");

/** Input per step: deflate grows at most 1032-fold, so this bounds the output of a step. */
const STEP_BYTES = 16 << 10;
const ZLIB_HEADER_BYTES = 2;
const ADLER_BYTES = 4;

let loaded: DeflateEngine | undefined;

/** The engine, where it was loaded before or needs no waiting. */
export function readyFflateEngine(): DeflateEngine | undefined {
  if (loaded !== undefined) return loaded;
  try {
    const fflate = requireFrom(import.meta.url)?.("fflate") as Fflate | undefined;
    if (fflate !== undefined) loaded = fflateEngine(fflate);
  } catch {
    // not to be had in this way: the caller says what else there is
  }
  return loaded;
}

/** Load the engine. */
export async function loadFflateEngine(): Promise<DeflateEngine> {
  if (loaded !== undefined) return loaded;
  let fflate: Fflate;
  try {
    fflate = await import("fflate");
  } catch (cause) {
    throw new UnsupportedError(
      `Cannot compress or decompress here: this runtime has no node:zlib, and fflate can't be loaded`,
      { cause },
    );
  }
  return loaded = fflateEngine(fflate);
}

/** The engine over an fflate module. */
export function fflateEngine(fflate: Fflate): DeflateEngine {
  return {
    inflater: (wrapper, origin) => new FflateInflater(new Steps(fflate, wrapper, origin)),
    deflater: (level) => new FflateDeflater(fflate, level),
    crc32,
  };
}

class FflateInflater implements Inflater {
  used = 0;
  made = 0;
  done = false;
  readonly #steps: Steps;
  #ready: Uint8Array[] = [];

  constructor(steps: Steps) {
    this.#steps = steps;
  }

  step(input: Uint8Array, output: Uint8Array, last: boolean): void {
    const steps = this.#steps;
    this.used = 0;
    if (this.#ready.length === 0 && !steps.done && (input.length > 0 || last)) {
      // A copy: fflate keeps what it can't use yet, the input's buffer is used again.
      const step = input.slice(0, STEP_BYTES);
      this.#ready = steps.push(step);
      this.used = step.length - (steps.done ? steps.unused : 0);
    }
    this.made = 0;
    while (this.#ready.length > 0 && this.made < output.length) {
      const [piece] = this.#ready;
      const part = piece.subarray(0, output.length - this.made);
      output.set(part, this.made);
      this.made += part.length;
      if (part.length === piece.length) this.#ready.shift();
      else this.#ready[0] = piece.subarray(part.length);
    }
    this.done = steps.done && this.#ready.length === 0;
  }

  close(): void {
    this.#ready = [];
  }
}

/** The state of fflate's `Inflate` that its `Gunzip` uses to find the end of a member. */
interface InflateState {
  /** Input that is not used yet. */
  p: Uint8Array;
  /** `f`: in the last block; `l`: inside of a block; `p`: bits used of the first byte of `p`. */
  s: { f?: number; l?: unknown; p?: number };
}

/** One stream, fed step by step; an empty step tells that there is no more. */
class Steps {
  readonly origin: Origin;
  /** The stream is complete. */
  done = false;
  /** Then: how many bytes of the last step don't belong to it. */
  unused = 0;
  readonly #inflate: InstanceType<Fflate["Inflate"]>;
  readonly #zlib: boolean;
  #output: Uint8Array[] = [];
  #head: Uint8Array = new Uint8Array(0);
  #headDone: boolean;
  #tail: Uint8Array | undefined;
  #adler = 1;
  #fed = 0;

  constructor(fflate: Fflate, wrapper: Wrapper, origin: Origin) {
    this.origin = origin;
    this.#zlib = wrapper === "zlib";
    this.#headDone = !this.#zlib;
    this.#inflate = new fflate.Inflate((bytes) => {
      if (bytes.length > 0) this.#output.push(bytes);
    });
  }

  push(step: Uint8Array): Uint8Array[] {
    if (step.length === 0) throw truncated(this.origin, this.#offset);
    this.#fed += step.length;
    if (this.#tail !== undefined) this.#endWith(appended(this.#tail, step));
    else this.#inflateStep(step);
    const output = this.#output;
    this.#output = [];
    return output;
  }

  get #offset(): number {
    return this.origin.offset + this.#fed;
  }

  #inflateStep(step: Uint8Array): void {
    const data = this.#headDone ? step : this.#behindHead(step);
    if (data === undefined || data.length === 0) return;
    const state = this.#inflate as unknown as InflateState;
    try {
      this.#inflate.push(data);
    } catch (error) {
      throw corrupt(this.origin, (error as Error).message, this.#offset - data.length, error);
    }
    if (this.#zlib) {
      for (const piece of this.#output) this.#adler = adler32(piece, this.#adler);
    }
    const { f, l, p } = state.s;
    if (f && !l) this.#endWith(state.p.subarray(p ? 1 : 0));
  }

  #behindHead(step: Uint8Array): Uint8Array | undefined {
    this.#head = appended(this.#head, step);
    if (this.#head.length < ZLIB_HEADER_BYTES) return undefined;
    const [cmf, flg] = this.#head;
    const { offset } = this.origin;
    if ((cmf & 0x0f) !== 8 || cmf >>> 4 > 7 || (cmf * 256 + flg) % 31 !== 0) {
      throw corrupt(this.origin, "incorrect header check", offset);
    }
    if (flg & 0x20) throw corrupt(this.origin, "a preset dictionary is needed", offset);
    this.#headDone = true;
    return this.#head.subarray(ZLIB_HEADER_BYTES);
  }

  #endWith(tail: Uint8Array): void {
    if (!this.#zlib) {
      this.done = true;
      this.unused = tail.length;
      return;
    }
    this.#tail = tail;
    if (tail.length < ADLER_BYTES) return;
    const view = new DataView(tail.buffer, tail.byteOffset);
    this.unused = tail.length - ADLER_BYTES;
    if (view.getUint32(0) !== this.#adler) {
      const offset = this.#offset - tail.length;
      throw corrupt(this.origin, "incorrect data check", offset);
    }
    this.done = true;
  }
}

class FflateDeflater implements Deflater {
  readonly where = "nowhere";
  readonly #deflate: InstanceType<Fflate["Deflate"]>;
  #output: Uint8Array[] = [];

  constructor(fflate: Fflate, level: number) {
    const options = { level: level as 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 };
    this.#deflate = new fflate.Deflate(options, (bytes) => this.#output.push(bytes));
  }

  deflateSync(segment: Uint8Array, last: boolean): Uint8Array {
    this.#deflate.push(segment, last);
    const pieces = this.#output;
    this.#output = [];
    return join(pieces);
  }

  job(segment: Uint8Array, last: boolean): DeflateJob {
    return [segment, last];
  }

  deflate(...[segment, last]: DeflateJob): Uint8Array {
    return this.deflateSync(segment, last === true);
  }
}

function appended(first: Uint8Array, second: Uint8Array): Uint8Array {
  return first.length === 0 ? second : join([first, second]);
}
