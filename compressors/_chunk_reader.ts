/**
 * A reader over decompressed chunks. It hands a chunk out only when the next one is there or the
 * end was checked: a consumer that stops at the last byte it needs would never see a checksum fail.
 */
import type { AsyncReader } from "../io/source.ts";

/** A chunk that tells: all before it was checked, and may be all that is wanted. */
export const BOUNDARY: Uint8Array = new Uint8Array(0);

/** What a chunk reader reads. */
export interface ChunkSource {
  /** The chunks in order. */
  readonly chunks: AsyncGenerator<Uint8Array, void>;
  /** Upper bound of the bytes that the chunks still to come hold, where it is known. */
  remaining(): number | undefined;
  /** Release the source below. */
  close(): Promise<void>;
}

/** Read chunks as one run of bytes. */
export function openChunks(source: ChunkSource): AsyncReader {
  let current: Uint8Array = new Uint8Array(0);
  let position = 0;
  let ahead: Uint8Array | undefined;
  let started = false;

  async function pull(): Promise<Uint8Array | undefined> {
    for (;;) {
      const { value, done } = await source.chunks.next();
      if (done) return undefined;
      if (value.length > 0 || value === BOUNDARY) return value;
    }
  }

  return {
    exact: false,
    get remaining(): number | undefined {
      const later = source.remaining();
      if (later === undefined) return undefined;
      return later + current.length - position + (ahead?.length ?? 0);
    },
    async read(into: Uint8Array): Promise<number> {
      if (into.length === 0) return 0;
      if (position === current.length) {
        if (!started) ahead = await pull();
        started = true;
        while (ahead === BOUNDARY) ahead = await pull();
        if (ahead === undefined) return 0;
        const next = await pull();
        current = ahead;
        position = 0;
        ahead = next;
      }
      const count = Math.min(into.length, current.length - position);
      into.set(current.subarray(position, position + count));
      position += count;
      return count;
    },
    unread: (): Promise<void> => Promise.resolve(),
    async close(): Promise<void> {
      // return() runs the generator's finally, which frees the engine.
      await source.chunks.return();
      await source.close();
    },
  };
}
