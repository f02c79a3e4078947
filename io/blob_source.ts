/**
 * A reader over a `Blob` or `File`. It asks for slices of at least 1 MiB, because a slice costs
 * half a millisecond in a browser whatever its size, and at most 8 MiB, because a slice is a copy.
 */
import { LarderError } from "../errors.ts";
import type { AsyncReader } from "./source.ts";

const MIN_SLICE_BYTES = 1 << 20;
const MAX_SLICE_BYTES = 8 << 20;

/** Read a blob from front to back. */
export function openBlob(blob: Blob): AsyncReader {
  let position = 0;
  let slice = new Uint8Array(0);
  let sliceStart = 0;
  return {
    exact: false,
    get remaining(): number {
      return blob.size - position;
    },
    async read(into: Uint8Array): Promise<number> {
      if (position === blob.size || into.length === 0) return 0;
      if (position >= sliceStart + slice.length) {
        slice = await readSlice(blob, position, into.length);
        sliceStart = position;
      }
      const offset = position - sliceStart;
      const count = Math.min(into.length, slice.length - offset);
      into.set(slice.subarray(offset, offset + count));
      position += count;
      return count;
    },
    unread(count: number): Promise<void> {
      position -= count;
      if (position < sliceStart) slice = new Uint8Array(0);
      return Promise.resolve();
    },
    close(): Promise<void> {
      slice = new Uint8Array(0);
      return Promise.resolve();
    },
  };
}

async function readSlice(
  blob: Blob,
  start: number,
  wanted: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const length = Math.min(Math.max(wanted, MIN_SLICE_BYTES), MAX_SLICE_BYTES);
  const end = Math.min(start + length, blob.size);
  const bytes = new Uint8Array(await blob.slice(start, end).arrayBuffer());
  if (bytes.length === end - start) return bytes;
  throw new LarderError(
    `Cannot read Blob: bytes ${start} to ${end} gave ${bytes.length} bytes, ${end - start} needed`,
    { offset: start },
  );
}
