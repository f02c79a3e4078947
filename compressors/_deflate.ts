/**
 * What zlib and gzip have in common: raw deflate data between a header and a trailer, whole or
 * streaming, over whichever engine the runtime has. The two formats are in zlib.ts and gzip.ts.
 */
import { UnsupportedError } from "../errors.ts";
import { yieldToEventLoop } from "../io/event_loop.ts";
import type { AsyncReader, SyncReader } from "../io/source.ts";
import type { AsyncSink, SyncSink } from "../io/sink.ts";
import { openChunks } from "./_chunk_reader.ts";
import { loadEngine, readyEngine } from "./_engine.ts";
import type { DeflateEngine, Inflated } from "./_engine.ts";
import { Input } from "./_input.ts";
import { checkLimits } from "./_limits.ts";
import { openWhole, readRest } from "./_whole.ts";
import type { BuiltInCompressor, CompressSinkOptions, DecompressLimits } from "./registry.ts";
import { DeflateSinkSync, openDeflateSink } from "./_segments.ts";

/** Deflate grows at most so many times: 258 bytes from 2 bits. */
export const MAX_DEFLATE_RATIO = 1032;
const DEFAULT_LEVEL = 3; // joblib's
/** Other work has its turn after so much output. */
export const PAUSE_BYTES: number = 1 << 20;

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
  /** Decompress the stream at the start of `bytes`. */
  decompress(bytes: Uint8Array, maxBytes: number, engine: DeflateEngine): Inflated;
  /** Decompress what is at the start of `bytes` up to the first place where it may end; `undefined`
   * where nothing of the format is there. For formats that can go on behind such a place. */
  decompressPart?(bytes: Uint8Array, maxBytes: number, engine: DeflateEngine): Inflated | undefined;
  /** Decompress piece by piece; at the end the input stands behind the stream. */
  chunks(input: Input, engine: DeflateEngine, several: boolean): AsyncGenerator<Uint8Array, void>;
}

/** The registry's entry of a format. */
export function deflateCompressor(format: DeflateFormat): BuiltInCompressor {
  return {
    prefix: format.prefix,
    extension: format.extension,
    compress(bytes: Uint8Array, level?: number): Uint8Array | Promise<Uint8Array> {
      const checked = checkLevel(format, level);
      return withEngine((engine) => compressWhole(format, engine, { bytes, level: checked }));
    },
    decompress(
      bytes: Uint8Array,
      options: { maxBytes?: number } = {},
    ): Uint8Array | Promise<Uint8Array> {
      const { maxBytes = Infinity } = options;
      return withEngine((engine) => format.decompress(bytes, maxBytes, engine).output);
    },
    async prepare(): Promise<void> {
      await loadEngine();
    },
    openReader(reader: AsyncReader, limits: DecompressLimits): AsyncReader {
      return openDeflateReader(format, reader, { limits, engine: loadEngine() });
    },
    openReaderSync(reader: SyncReader, limits: DecompressLimits): SyncReader {
      const engine = requireEngine(format, "read");
      const bytes = readRest(reader);
      if (limits.several && format.decompressPart !== undefined) {
        return openParts(format, reader, { bytes, limits, engine });
      }
      const { maxBytes = Infinity } = limits;
      const { output, consumed } = format.decompress(bytes, maxBytes, engine);
      checkLimits(format.name, limits, output.length, consumed);
      reader.unread(bytes.length - consumed);
      return openWhole(output, reader);
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

/** Read what `reader` gives through an engine. */
export function openDeflateReader(
  format: DeflateFormat,
  reader: AsyncReader,
  options: { limits: DecompressLimits; engine: Promise<DeflateEngine> },
): AsyncReader {
  const input = new Input(reader);
  return openChunks({
    chunks: boundedChunks(format, input, options),
    remaining: () => {
      const { remaining } = input;
      return remaining === undefined ? undefined : remaining * MAX_DEFLATE_RATIO;
    },
    async close(): Promise<void> {
      await input.release();
      await reader.close();
    },
  });
}

/** Compress the whole of `bytes` with an engine. */
export function compressWhole(
  format: DeflateFormat,
  engine: DeflateEngine,
  options: { bytes: Uint8Array; level: number },
): Uint8Array {
  const { bytes, level } = options;
  const pieces: Uint8Array[] = [];
  let length = 0;
  const sink = new DeflateSinkSync(format, {
    start: 0,
    write(piece: Uint8Array): void {
      pieces.push(piece);
      length += piece.length;
    },
    close(): void {},
    abort(): void {},
  }, { level, engine });
  sink.write(bytes);
  sink.close();
  const whole = new Uint8Array(length);
  let offset = 0;
  for (const piece of pieces) {
    whole.set(piece, offset);
    offset += piece.length;
  }
  return whole;
}

/** Read part by part, the next one when it is asked for; what is behind goes back at the end. */
function openParts(
  format: DeflateFormat,
  source: SyncReader,
  options: { bytes: Uint8Array; limits: DecompressLimits; engine: DeflateEngine },
): SyncReader {
  const { bytes, limits, engine } = options;
  const { maxBytes = Infinity } = limits;
  let used = 0;
  let length = 0;
  let current = new Uint8Array(0);
  function more(): boolean {
    const rest = bytes.subarray(used);
    const part = format.decompressPart?.(rest, maxBytes - length, engine);
    if (part === undefined) return false;
    used += part.consumed;
    length += part.output.length;
    checkLimits(format.name, limits, length, used);
    current = part.output as Uint8Array<ArrayBuffer>;
    return true;
  }
  return {
    exact: false,
    get remaining(): number {
      return current.length + (bytes.length - used) * MAX_DEFLATE_RATIO;
    },
    read(into: Uint8Array): number {
      if (into.length === 0) return 0;
      while (current.length === 0) if (!more()) return 0;
      const count = Math.min(into.length, current.length);
      into.set(current.subarray(0, count));
      current = current.subarray(count);
      return count;
    },
    unread(): void {},
    close(): void {
      source.unread(bytes.length - used);
      source.close();
    },
  };
}

async function* boundedChunks(
  format: DeflateFormat,
  input: Input,
  options: { limits: DecompressLimits; engine: Promise<DeflateEngine> },
): AsyncGenerator<Uint8Array, void> {
  const { limits } = options;
  let length = 0;
  let paused = 0;
  const several = limits.several === true;
  for await (const chunk of format.chunks(input, await options.engine, several)) {
    length += chunk.length;
    checkLimits(format.name, limits, length, input.offset);
    yield chunk;
    if (length - paused < PAUSE_BYTES) continue;
    paused = length;
    await yieldToEventLoop(); // Deno's zlib never does
  }
  await input.release();
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
