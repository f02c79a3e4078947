/** Pieces of bytes as one. */

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
