/**
 * Deflate data (RFC 1951) without a wrapper, as the members of a zip archive hold it: no magic, no
 * length, no checksum. So it is no compressor of the registry, and who uses it knows the sizes.
 */
import { UnsupportedError } from "../errors.ts";
import type { AsyncReader, SyncReader } from "../io/source.ts";
import type { AsyncSink, SyncSink } from "../io/sink.ts";
import { type DeflateWrapper, inflate, MAX_DEFLATE_RATIO } from "./_deflate.ts";
import { type DeflateEngine, loadEngine, readyEngine } from "./_engine.ts";
import { DeflateSinkSync, openDeflateSink } from "./_segments.ts";
import { openSteps, openStepsSync, type SteppedFormat } from "./_steps.ts";
import type { CompressSinkOptions } from "./registry.ts";

export { MAX_DEFLATE_RATIO } from "./_deflate.ts";

const NAME = "deflate";
const EMPTY = new Uint8Array(0);

/** Which deflate data is read. */
export interface InflateOptions {
  /** Where the data starts, for errors. @default 0 */
  offset?: number;
}

/** How data is deflated in pieces. */
export interface DeflateSinkOptions extends CompressSinkOptions {
  /** 1 (fast) to 9 (small). */
  level: number;
}

/** Inflate what `reader` gives, in bounded memory. Closing the result closes `reader`. */
export function openInflate(reader: AsyncReader, options: InflateOptions = {}): AsyncReader {
  return openSteps(loadEngine().then((engine) => rawFormat(engine, options)), reader, {});
}

/**
 * Inflate what `reader` gives, without waiting; closing the result closes `reader`.
 *
 * @throws {UnsupportedError} The runtime has no `node:zlib`, and nothing was prepared.
 */
export function openInflateSync(reader: SyncReader, options: InflateOptions = {}): SyncReader {
  return openStepsSync(rawFormat(requireEngine("read"), options), reader, {});
}

/** Deflate into `sink`, by threads where there are any; closing the result closes `sink`. */
export function openDeflate(sink: AsyncSink, options: DeflateSinkOptions): AsyncSink {
  return openDeflateSink(noWrapper, sink, { ...options, engine: loadEngine() });
}

/**
 * Deflate into `sink`, without waiting; closing the result closes `sink`.
 *
 * @throws {UnsupportedError} The runtime has no `node:zlib`, and nothing was prepared.
 */
export function openDeflateSync(sink: SyncSink, { level }: DeflateSinkOptions): SyncSink {
  return new DeflateSinkSync(noWrapper, sink, { level, engine: requireEngine("write") });
}

/** Deflate the whole of `bytes` at once. */
export async function deflateRaw(bytes: Uint8Array, level: number): Promise<Uint8Array> {
  return (await loadEngine()).deflater(level).deflateSync(bytes, true);
}

/**
 * Deflate the whole of `bytes`, without waiting.
 *
 * @throws {UnsupportedError} The runtime has no `node:zlib`, and nothing was prepared.
 */
export function deflateRawSync(bytes: Uint8Array, level: number): Uint8Array {
  return requireEngine("write").deflater(level).deflateSync(bytes, true);
}

/** Nothing stands around the data. */
const noWrapper: DeflateWrapper = {
  name: NAME,
  checksumStart: 0,
  checksum: (_bytes: Uint8Array, value: number): number => value,
  header: (): Uint8Array => EMPTY,
  trailer: (): Uint8Array => EMPTY,
};

function rawFormat(engine: DeflateEngine, { offset = 0 }: InflateOptions): SteppedFormat {
  return {
    name: NAME,
    maxRatio: MAX_DEFLATE_RATIO,
    decode: (feed) => inflate(feed, engine.inflater("raw", { name: NAME, offset })),
  };
}

function requireEngine(action: string): DeflateEngine {
  const engine = readyEngine();
  if (engine !== undefined) return engine;
  throw new UnsupportedError(
    `Cannot ${action} ${NAME} synchronously here: await prepare("zlib") first, or use the ` +
      `asynchronous call`,
  );
}
