/**
 * Deflate of segments on Deno, by the handle inside of a stream of `node:zlib` that is used again:
 * deflateRawSync leaves 33 kB with each segment that looks back until a collector comes that nothing
 * calls, 65 MB for 2 GB. Resetting the handle reads the window anew from the array that it was given. That
 * is no documented part of Deno, so it is tried before it is used. The same code runs in workers.
 */
import { equalBytes } from "../bytes/equal.ts";
import type { Builtins } from "../io/builtin.ts";
import type { WorkerTask } from "../io/workers.ts";
import type { HandledStream, StreamHandle } from "./_zlib_handle.ts";

type Zlib = Pick<Builtins["zlib"], "deflateRawSync" | "createDeflateRaw" | "constants">;
type DeflateOptions = NonNullable<Parameters<Builtins["zlib"]["deflateRawSync"]>[1]>;

/** Compresses a segment by the options of deflateRawSync. */
export type DeflateSegment = (segment: Uint8Array, options: DeflateOptions) => Uint8Array;

/** Where workers find it: a module that is no file, so that it needs no permission. */
export const DENO_DEFLATE: WorkerTask = {
  get module() {
    const script = `import zlib from "node:zlib"; export const deflate = (${makeDeflate})(zlib);`;
    return `data:text/javascript,${encodeURIComponent(script)}`;
  },
  name: "deflate",
};

let tried: DeflateSegment | undefined;

/** Deflate over a `node:zlib` module; its own deflateRawSync where the handle is another. */
export function denoDeflate(zlib: Zlib): DeflateSegment | undefined {
  if (tried !== undefined) return tried;
  try {
    const deflate = makeDeflate(zlib);
    return tried = isRight(zlib, deflate) ? deflate : undefined;
  } catch {
    return undefined;
  }
}

/** Whether two segments that look back come out as from deflateRawSync. */
function isRight(zlib: Zlib, deflate: DeflateSegment): boolean {
  const segment = Uint8Array.from({ length: 1000 }, (_, i) => i % 7);
  return [0, 3].every((first) => {
    const dictionary = new Uint8Array(32 << 10).map((_, i) => (i + first) % 7);
    const options = { level: 2, memLevel: 8, chunkSize: 4096, finishFlush: 2, dictionary };
    const expected = zlib.deflateRawSync(segment, options);
    const found = deflate(segment, options);
    return equalBytes(found, expected);
  });
}

/** What Deno's handle has besides. */
interface DeflateHandle extends Required<StreamHandle> {
  init(
    windowBits: number,
    level: number,
    memLevel: number,
    strategy: number,
    callback: () => void,
    dictionary: Uint8Array,
  ): void;
  reset(): void;
}

/** A handle of one level, with the array that it reads the window from. */
interface Opened {
  readonly handle: DeflateHandle;
  readonly state: Uint32Array;
  readonly window: Uint8Array;
  error?: string;
}

/** Self-contained, since workers get it as text. */
function makeDeflate(zlib: Zlib): DeflateSegment {
  const WINDOW_BITS = 15;
  const WINDOW_BYTES = 1 << WINDOW_BITS;
  const handles = new Map<number, Opened>();

  function open(level: number, memLevel: number): Opened {
    const stream: unknown = zlib.createDeflateRaw({ level, memLevel, chunkSize: 64 });
    const { _handle, _writeState: state } = stream as Required<HandledStream>;
    const handle = _handle as DeflateHandle;
    const window = new Uint8Array(WINDOW_BYTES);
    const opened: Opened = { handle, state, window };
    handle.onerror = (message) => opened.error = message;
    handle.init(WINDOW_BITS, level, memLevel, 0, () => {}, window);
    handles.set(level, opened);
    return opened;
  }

  return (segment, options) => {
    const { level = 6, memLevel = 8, chunkSize = 0, finishFlush = 4, dictionary } = options;
    const before = dictionary as Uint8Array | undefined;
    if (before?.length !== WINDOW_BYTES) return zlib.deflateRawSync(segment, options);
    const opened = handles.get(level) ?? open(level, memLevel);
    const { handle, state, window } = opened;
    window.set(before);
    handle.reset();
    const output = new Uint8Array(chunkSize);
    handle.writeSync(finishFlush, segment, 0, segment.length, output, 0, chunkSize);
    const [free, unused] = state;
    if (opened.error !== undefined || unused > 0 || free === 0) {
      handles.delete(level);
      return zlib.deflateRawSync(segment, options);
    }
    return output.subarray(0, chunkSize - free);
  };
}
