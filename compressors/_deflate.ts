/**
 * What zlib and gzip have in common: raw deflate data between a header and a trailer, read in steps
 * and written in segments, by whichever engine the runtime has. The two formats are in zlib.ts and gzip.ts.
 */
import { UnsupportedError } from "../errors.ts";
import type { AsyncReader, SyncReader } from "../io/source.ts";
import type { AsyncSink, SyncSink } from "../io/sink.ts";
import { loadEngine, readyEngine } from "./_engine.ts";
import type { DeflateEngine, Inflater } from "./_engine.ts";
import { DeflateSinkSync, openDeflateSink } from "./_segments.ts";
import { compressWhole } from "./_whole.ts";
import { decompressSteps, openSteps, openStepsSync } from "./_steps.ts";
import type { Feed, SteppedFormat, TargetSteps } from "./_steps.ts";
import type {
  BuiltInCompressor,
  CompressSinkOptions,
  DecompressLimits,
  DecompressOptions,
} from "./registry.ts";

/** Deflate grows at most so many times: 258 bytes from 2 bits. */
export const MAX_DEFLATE_RATIO = 1032;
const DEFAULT_LEVEL = 3; // joblib's

/** What is written around deflate data. */
export interface DeflateWrapper {
  /** What `compress` calls it. */
  readonly name: string;
  /** Value of the checksum before the first byte. */
  readonly checksumStart: number;
  /** Continue the checksum. */
  checksum(bytes: Uint8Array, value: number, engine: DeflateEngine): number;
  /** The header written at `level`. */
  header(level: number): Uint8Array;
  /** The trailer of data with that checksum and length. */
  trailer(checksum: number, length: number): Uint8Array;
}

/** A format of files: deflate data in a wrapper. */
export interface DeflateFormat extends DeflateWrapper {
  /** First bytes. */
  readonly prefix: Uint8Array;
  /** Suffix of file names. */
  readonly extension: string;
  /** Decompress what comes through `feed`; `several` as in {@linkcode DecompressLimits}. */
  decode(feed: Feed, engine: DeflateEngine, several: boolean): TargetSteps;
}

/** The registry's entry of a format. */
export function deflateCompressor(format: DeflateFormat): BuiltInCompressor {
  return {
    prefix: format.prefix,
    extension: format.extension,
    compress(bytes: Uint8Array, level?: number): Uint8Array | Promise<Uint8Array> {
      const checked = checkLevel(format, level);
      return withEngine((engine) =>
        compressWhole(
          bytes,
          (sink) => new DeflateSinkSync(format, sink, { level: checked, engine }),
        )
      );
    },
    decompress(
      bytes: Uint8Array,
      options: DecompressOptions = {},
    ): Uint8Array | Promise<Uint8Array> {
      return withEngine((engine) => decompressSteps(stepped(format, engine), bytes, options));
    },
    async prepare(): Promise<void> {
      await loadEngine();
    },
    openReader(reader: AsyncReader, limits: DecompressLimits): AsyncReader {
      const withSteps = (engine: DeflateEngine) => stepped(format, engine, limits.several);
      const engine = readyEngine();
      const steps = engine === undefined ? loadEngine().then(withSteps) : withSteps(engine);
      return openSteps(steps, reader, limits);
    },
    openReaderSync(reader: SyncReader, limits: DecompressLimits): SyncReader {
      const engine = requireEngine(format, "read");
      return openStepsSync(stepped(format, engine, limits.several), reader, limits);
    },
    openSink(sink: AsyncSink, level?: number, options?: CompressSinkOptions): AsyncSink {
      const work = { level: checkLevel(format, level), engine: loadEngine() };
      return openDeflateSink(format, sink, { ...options, ...work });
    },
    openSinkSync(sink: SyncSink, level?: number): SyncSink {
      const engine = requireEngine(format, "write");
      return new DeflateSinkSync(format, sink, { level: checkLevel(format, level), engine });
    },
  };
}

/** A format with an engine, for reading. */
export function stepped(
  format: DeflateFormat,
  engine: DeflateEngine,
  several = false,
): SteppedFormat {
  return {
    name: format.name,
    maxRatio: MAX_DEFLATE_RATIO,
    decode: (feed) => format.decode(feed, engine, several),
  };
}

/** Decompress one stream; `each` sees all output. */
export function* inflate(
  feed: Feed,
  inflater: Inflater,
  each: (output: Uint8Array) => void = () => {},
): TargetSteps {
  try {
    while (!inflater.done) {
      const { target } = feed;
      inflater.step(feed.view(0, feed.length), target, feed.ended);
      const { used, made } = inflater;
      feed.skip(used);
      if (made > 0) {
        each(target.subarray(0, made));
        yield made;
      } else if (!inflater.done && feed.length === 0) yield undefined;
    }
  } finally {
    inflater.close();
  }
}

function withEngine(
  work: (engine: DeflateEngine) => Uint8Array,
): Uint8Array | Promise<Uint8Array> {
  const engine = readyEngine();
  return engine === undefined ? loadEngine().then(work) : work(engine);
}

function requireEngine(format: DeflateFormat, action: string): DeflateEngine {
  const engine = readyEngine();
  if (engine !== undefined) return engine;
  throw new UnsupportedError(
    `Cannot ${action} ${format.name} synchronously here: await prepare("${format.name}") first, ` +
      `or use the asynchronous call`,
  );
}

function checkLevel(format: DeflateFormat, level: number = DEFAULT_LEVEL): number {
  if (Number.isInteger(level) && level >= 1 && level <= 9) return level;
  throw new RangeError(
    `Cannot compress with ${format.name}: level ${level} is not an integer from 1 to 9`,
  );
}
