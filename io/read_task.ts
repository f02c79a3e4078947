/**
 * Work that needs the bytes of a reader, written once for readers that answer at once and for those
 * that are awaited: a generator yields the buffer that it wants filled, and is told how far it was.
 */
import type { AsyncReader, SyncReader } from "./source.ts";

/** Yields a buffer to be filled from its front; is answered how many bytes came, 0 at the end. */
export type ReadTask<T> = Generator<Uint8Array, T, number>;

/** The facts of a reader that {@linkcode readAll} uses. */
export interface ReaderFacts {
  /** Upper bound of the bytes that are left, where it is known. */
  readonly remaining: number | undefined;
  /** The whole rest as one view, where it is in memory already. */
  readonly bytes?: Uint8Array | undefined;
}

const FIRST_READ_BYTES = 1 << 20;
const MAX_FIRST_READ_BYTES = 64 << 20;
const SCRATCH_BYTES = 64 << 10;

/** Do the work with a reader that answers at once. */
export function runReads<T>(task: ReadTask<T>, reader: SyncReader): T {
  let step = task.next();
  while (!step.done) step = task.next(reader.read(step.value));
  return step.value;
}

/** Do the work with a reader that is awaited. */
export async function runReadsAsync<T>(task: ReadTask<T>, reader: AsyncReader): Promise<T> {
  let step = task.next();
  while (!step.done) step = task.next(await reader.read(step.value));
  return step.value;
}

/** All that is left of a reader, which stands at its end then; a view where it is in memory. */
export function* readAll(reader: ReaderFacts): ReadTask<Uint8Array> {
  const { bytes, remaining = FIRST_READ_BYTES } = reader;
  if (bytes !== undefined) {
    const scratch = new Uint8Array(Math.min(SCRATCH_BYTES, bytes.length + 1));
    while ((yield scratch) > 0);
    return bytes;
  }
  // One byte more than what is left, so that the end shows without another allocation; bounded,
  // because what is left may be a stranger's claim (content-length).
  let all = new Uint8Array(Math.min(remaining, MAX_FIRST_READ_BYTES) + 1);
  for (let length = 0;;) {
    const count = yield all.subarray(length);
    if (count === 0) return all.subarray(0, length);
    length += count;
    if (length < all.length) continue;
    const longer = new Uint8Array(2 * all.length);
    longer.set(all);
    all = longer;
  }
}
