/** Small `.npy` files, and ways to hand them over. */
import type { NDArray } from "../numpy/mod.ts";
import { npyPieces, type WriteNpyOptions } from "../npy/write_array.ts";

/** The bytes of pieces, one after the other. */
export function bytesOf(pieces: Iterable<Uint8Array>): Uint8Array<ArrayBuffer> {
  const copies = Array.from(pieces, (piece) => piece.slice());
  const all = new Uint8Array(copies.reduce((length, piece) => length + piece.length, 0));
  let at = 0;
  for (const piece of copies) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

/** The `.npy` file of an array. */
export function npyFile(array: NDArray, options: WriteNpyOptions = {}): Uint8Array<ArrayBuffer> {
  return bytesOf(npyPieces(array, options));
}

/** A file of version 1.0 whose header is spelled out. */
export function rawNpy(
  header: string,
  data: Uint8Array = new Uint8Array(0),
): Uint8Array<ArrayBuffer> {
  const text = `${header}\n`;
  const start = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, text.length & 255, text.length >> 8];
  return bytesOf([Uint8Array.from(start), new TextEncoder().encode(text), data]);
}

/** A stream that gives `bytes` in chunks of `size`. */
export function streamOf(bytes: Uint8Array, size: number): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream<Uint8Array>({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      controller.enqueue(bytes.slice(at, at + size));
      at += size;
    },
  });
}
