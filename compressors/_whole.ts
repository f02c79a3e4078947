/** Compressing all bytes at once by what compresses them piece by piece. */
import { join } from "../bytes/join.ts";
import type { AsyncSink, SyncSink } from "../io/sink.ts";

/** What a sink of the method writes for `bytes`. */
export function compressWhole(bytes: Uint8Array, open: (sink: SyncSink) => SyncSink): Uint8Array {
  const pieces: Uint8Array[] = [];
  const sink = open({
    start: 0,
    write: (piece) => void pieces.push(piece.slice()),
    close: () => {},
    abort: () => {},
  });
  sink.write(bytes);
  sink.close();
  return join(pieces);
}

/** What a sink of the method writes for `bytes`, awaited. */
export async function compressWholeLater(
  bytes: Uint8Array,
  open: (sink: AsyncSink) => AsyncSink,
): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  const sink = open({
    start: 0,
    // deno-lint-ignore require-await -- an interface of promises
    write: async (piece) => void pieces.push(piece.slice()),
    close: () => Promise.resolve(),
    abort: () => Promise.resolve(),
  });
  await sink.write(bytes);
  await sink.close();
  return join(pieces);
}
