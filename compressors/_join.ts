/** Pieces of output as one. */
import type { AsyncSink, SyncSink } from "../io/sink.ts";

/** All of `pieces`, one after the other; a piece itself where there is no other. */
export function join(pieces: readonly Uint8Array[]): Uint8Array {
  if (pieces.length === 1) return pieces[0];
  const whole = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let offset = 0;
  for (const piece of pieces) {
    if (piece.length === 0) continue; // Bun gives native code's empty buffers as detached ones
    whole.set(piece, offset);
    offset += piece.length;
  }
  return whole;
}

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
