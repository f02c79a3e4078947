/**
 * Readers over the decoder of LZ4 frames: two short loops, one that awaits its input.
 */
import { yieldToEventLoop } from "../io/event_loop.ts";
import { readAll, runReads, runReadsAsync } from "../io/read_task.ts";
import type { AsyncReader, SyncReader } from "../io/source.ts";
import { Lz4Decoder, MAX_LZ4_RATIO, NEEDS_INPUT } from "./_lz4_decoder.ts";
import type { DecompressLimits } from "./registry.ts";

/** Asynchronous reads of what is in memory give way to the event loop so often. */
const TURN_BYTES = 4 << 20;

/** Decompress the whole of `bytes`. */
export function decompressLz4(bytes: Uint8Array, limits: DecompressLimits): Uint8Array {
  const decoder = new Lz4Decoder(limits, bytes);
  const most = MAX_LZ4_RATIO * bytes.length;
  let output = new Uint8Array(Math.min(most, 4 * bytes.length) + 1);
  for (let length = 0;;) {
    const count = decoder.read(output.subarray(length));
    if (count === 0) return output.subarray(0, length);
    length += count;
    if (length === output.length) {
      const longer = new Uint8Array(Math.min(most + 1, 2 * output.length));
      longer.set(output);
      output = longer;
    }
  }
}

/** Decompress what `reader` gives, in bounded memory. */
export function openLz4ReaderSync(reader: SyncReader, limits: DecompressLimits): SyncReader {
  const decoder = new Lz4Decoder(limits, reader.bytes && runReads(readAll(reader), reader));
  return {
    exact: false,
    get remaining(): number | undefined {
      return remainingOf(reader, decoder);
    },
    read(into: Uint8Array): number {
      for (;;) {
        const count = decoder.read(into);
        if (count !== NEEDS_INPUT) return count;
        decoder.fed(reader.read(decoder.room(reader.exact, reader.remaining)));
      }
    },
    unread(): void {},
    close(): void {
      const rest = decoder.release();
      if (rest > 0) reader.unread(rest);
      reader.close();
    },
  };
}

/** Decompress what `reader` gives, in bounded memory. */
export function openLz4Reader(reader: AsyncReader, limits: DecompressLimits): AsyncReader {
  const inMemory = reader.bytes !== undefined;
  let decoder: Lz4Decoder | undefined;
  let turn = 0;
  return {
    exact: false,
    get remaining(): number | undefined {
      return remainingOf(reader, decoder);
    },
    async read(into: Uint8Array): Promise<number> {
      decoder ??= new Lz4Decoder(
        limits,
        inMemory ? await runReadsAsync(readAll(reader), reader) : undefined,
      );
      const part = into.length > TURN_BYTES ? into.subarray(0, TURN_BYTES) : into;
      for (;;) {
        const count = decoder.read(part);
        if (count !== NEEDS_INPUT) {
          turn += count;
          if (turn >= TURN_BYTES) {
            turn = 0;
            await yieldToEventLoop();
          }
          return count;
        }
        decoder.fed(await reader.read(decoder.room(reader.exact, reader.remaining)));
      }
    },
    unread: (): Promise<void> => Promise.resolve(),
    async close(): Promise<void> {
      const rest = decoder?.release() ?? 0;
      if (rest > 0) await reader.unread(rest);
      await reader.close();
    },
  };
}

function remainingOf(
  reader: { readonly remaining: number | undefined },
  decoder: Lz4Decoder | undefined,
): number | undefined {
  const { remaining } = reader;
  if (remaining === undefined) return undefined;
  return (remaining + (decoder?.unused ?? 0)) * MAX_LZ4_RATIO + (decoder?.ready ?? 0);
}
