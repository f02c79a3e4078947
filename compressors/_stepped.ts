/**
 * Compressors that are read in steps, by a decoder of ours in every runtime, and written by a package
 * that is loaded at the first write: bz2, xz and lzma.
 */
import type { AsyncReader, SyncReader } from "../io/source.ts";
import type { AsyncSink, SyncSink } from "../io/sink.ts";
import { compressWholeLater } from "./_whole.ts";
import { decompressSteps, openSteps, openStepsSync, type SteppedFormat } from "./_steps.ts";
import type {
  BuiltInCompressor,
  CompressSinkOptions,
  DecompressLimits,
  DecompressOptions,
} from "./registry.ts";

/** Such a method. */
export interface SteppedMethod {
  /** First bytes of what it writes. */
  readonly prefix: Uint8Array;
  /** Suffix of file names that pick it, with its dot. */
  readonly extension: string;
  /** The format, for reading within limits. */
  format(limits: DecompressLimits): SteppedFormat;
  /** The level, or the default; a RangeError where there is no such level. */
  checkLevel(level: number | undefined): number;
  /** Load what writes. */
  load(): void;
  /** Compress into a sink. */
  openSink(sink: AsyncSink, level: number, options: CompressSinkOptions): AsyncSink;
  /** Compress into a sink, without waiting. */
  openSinkSync(sink: SyncSink, level: number): SyncSink;
}

/** The compressor of a method. */
export function steppedCompressor(method: SteppedMethod): BuiltInCompressor {
  const { format, checkLevel } = method;
  return {
    prefix: method.prefix,
    extension: method.extension,
    compress(bytes: Uint8Array, level?: number): Promise<Uint8Array> {
      const checked = checkLevel(level);
      return compressWholeLater(bytes, (sink) => method.openSink(sink, checked, {}));
    },
    decompress(bytes: Uint8Array, options: DecompressOptions = {}): Uint8Array {
      return decompressSteps(format(options), bytes, options);
    },
    // deno-lint-ignore require-await -- what is missing must reject, not throw
    async prepare(): Promise<void> {
      method.load();
    },
    openReader(reader: AsyncReader, limits: DecompressLimits): AsyncReader {
      return openSteps(format(limits), reader, limits);
    },
    openReaderSync(reader: SyncReader, limits: DecompressLimits): SyncReader {
      return openStepsSync(format(limits), reader, limits);
    },
    openSink(sink: AsyncSink, level?: number, options: CompressSinkOptions = {}): AsyncSink {
      return method.openSink(sink, checkLevel(level), options);
    },
    openSinkSync(sink: SyncSink, level?: number): SyncSink {
      return method.openSinkSync(sink, checkLevel(level));
    },
  };
}
